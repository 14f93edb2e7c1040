import type { InvocationContext, Timer } from '@azure/functions';
import type { ConfiguredApp } from '../../src/compose';
import { StateUnavailableError } from '../../src/core/errors';
import type { Notice } from '../../src/core/notice';
import { makeJobPause, makeJobStart } from '../../src/functions/job-control';
import { makePlanWork } from '../../src/functions/plan-work';
import { makeStatus } from '../../src/functions/status';
import { LOG_MESSAGES } from '../../src/ports/telemetry-names';
import { type JobWorld, startJobWorld } from './job-control-world';

/** The line that alerts read, and the notice of a credential that ends, as the five-minute timer makes them from real stores. */

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let world: JobWorld;
const people: string[] = [];

beforeAll(async () => {
  world = await startJobWorld({ DELETION_THRESHOLD: '2', DELETION_THRESHOLD_PERCENT: '100' });
  const { directory } = world;
  const role = directory.addAppRole(world.servicePrincipalId, { displayName: 'End user', value: 'end-user' });
  for (let index = 0; index < 5; index += 1) {
    const id = directory.addUser({
      userPrincipalName: `p${index}@contoso.com`,
      mail: `p${index}@contoso.com`,
      displayName: `Person ${index}`,
    });
    people.push(id);
    directory.assign(id, role);
  }
});
afterAll(() => world.stop());

/** One run of the timer. Answers the fields of its line, and the notices it sent. */
async function tick(app: ConfiguredApp = world.app) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const notices: Notice[] = [];
  const logger = {
    ...silent,
    info: (message: string, fields = {}) => void (message === 'How the job stands' && lines.push(fields)),
  };
  const notifier = { send: async (notice: Notice) => void notices.push(notice) };
  const watched: ConfiguredApp = { ...app, deps: { ...app.deps, logger, notifier } };
  await makePlanWork(() => watched)({} as Timer, { ...silent, invocationId: 'tick' } as unknown as InvocationContext);
  expect(lines).toHaveLength(1);
  const declared: readonly string[] = LOG_MESSAGES['How the job stands'];
  expect(Object.keys(lines[0] ?? {}).filter((name) => !declared.includes(name))).toEqual([]);
  return { line: lines[0] ?? {}, notices };
}

test('a job that is well › says so, with what waits and since when a cycle went well', async () => {
  await world.settle();
  await world.settle();
  const { line, notices } = await tick();
  expect(line).toEqual({ status: 'Active', heldRemovals: 0, queueLength: 0, healthyHours: 0, watch: 'well' });
  expect(notices).toEqual([]);
});

test('work that is not done › waits since its cycle ran', async () => {
  world.directory.updateUser(people[0] ?? '', { displayName: 'Another Name' });
  await world.cycle();
  expect((await tick()).line).toMatchObject({ status: 'Active', queueLength: 1, waitingHours: 0 });
  await world.drain();
  expect((await tick()).line).not.toHaveProperty('waitingHours');
});

test('paused › is said as long as it lasts', async () => {
  await world.call(makeJobPause, {});
  expect((await tick()).line).toMatchObject({ status: 'Paused' });
  await world.call(makeJobStart, {});
  expect((await tick()).line).toMatchObject({ status: 'Active' });
});

test('the brake › is said at every tick until nothing is held', async () => {
  const held = people.slice(0, 3).flatMap((id) => world.directory.assignmentsOf(id, world.servicePrincipalId));
  for (const { id } of held) world.directory.unassign(id);
  await world.settle();
  for (let look = 0; look < 2; look += 1) {
    expect((await tick()).line).toMatchObject({ status: 'Quarantine', reason: 'TooManyDeletes', heldRemovals: 3, heldHours: 0 });
  }
});

test('storage that does not answer › is a state, and not an exception', async () => {
  const { deps } = world.app;
  const state = {
    ...deps.state,
    read: () => Promise.reject(new StateUnavailableError('The storage account did not answer')),
  };
  const { line } = await tick({ ...world.app, deps: { ...deps, state } });
  expect(line).toEqual({ status: 'Unknown', code: 'PROV_STATE_UNAVAILABLE' });
});

test('a credential that ends › is in the line, the status and one notice for each step', async () => {
  const inDays = (days: number) =>
    world.compose({ ZENDESK_SECRET_EXPIRES_AT: new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10) });
  expect((await tick(inDays(200))).notices).toEqual([]);
  const soon = await tick(inDays(20));
  expect(soon.line).toMatchObject({ credentialDaysLeft: 20, credentialKind: 'secret' });
  expect(soon.notices).toEqual([
    { kind: 'credentialEnds', credential: expect.objectContaining({ daysLeft: 20, kind: 'secret' }) },
  ]);
  expect((await tick(inDays(20))).notices).toEqual([]);
  const status = await world.call(makeStatus, undefined, { method: 'GET', app: inDays(20) });
  expect(status.body.warnings).toEqual([
    expect.objectContaining({ code: 'CredentialEnds', setting: 'ZENDESK_SECRET_EXPIRES_AT' }),
  ]);
  const gone = await tick(inDays(-1));
  expect(gone.notices).toEqual([{ kind: 'credentialEnds', credential: expect.objectContaining({ daysLeft: -1 }) }]);
});

test('not configured › is a line of its own', async () => {
  const lines: string[] = [];
  const context = { ...silent, warn: (line: string) => void lines.push(line), invocationId: 'tick' };
  const app = { kind: 'notConfigured', error: undefined, warnings: [], queue: undefined };
  await makePlanWork(() => app as never)({} as Timer, context as unknown as InvocationContext);
  expect(lines).toEqual(['How the job stands {"status":"NotConfigured"}']);
});
