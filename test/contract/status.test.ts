import { HttpRequest, InvocationContext } from '@azure/functions';
import { UnavailableError } from '../../src/core/errors';
import { sourceId } from '../../src/core/model';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { runCycle } from '../../src/engine/cycle/run-cycle';
import { changeJob, type RunningCycle, STATE_KEYS } from '../../src/engine/job/job-state';
import { enterQuarantine } from '../../src/engine/job/quarantine-job';
import { readHealth } from '../../src/engine/queries/read-health';
import { makeHealth } from '../../src/functions/health';
import type { statusBody } from '../../src/functions/status-body';
import { watchedJob } from '../../src/functions/watched-job';
import type { CycleRecord } from '../../src/ports/cycle-store';
import { FakeSourceConnector } from '../fakes/source-connector';
import { makeFakeTarget } from '../fakes/target-connector';
import { READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import {
  aCycle,
  anEscrow,
  aStatusApp,
  askStatus,
  compose,
  guid,
  minutesAgo,
  record,
  type StatusApp,
  seedHistory,
} from '../unit/pages/status-app';

const MINUTE_MS = 60_000;

type StatusJson = ReturnType<typeof statusBody>;

async function bodyOf({ app }: Pick<StatusApp, 'app'>): Promise<StatusJson> {
  const answer = await askStatus(app);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as StatusJson;
}

/** The names of a Graph resource, as its public page lists them. */
const GRAPH = {
  // https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus
  status: [
    'code',
    'countSuccessiveCompleteFailures',
    'escrowsPruned',
    'lastExecution',
    'lastSuccessfulExecution',
    'lastSuccessfulExecutionWithExports',
    'progress',
    'quarantine',
    'steadyStateFirstAchievedTime',
    'steadyStateLastAchievedTime',
    'synchronizedEntryCountByType',
    'troubleshootingUrl',
  ],
  // https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationtaskexecution
  execution: [
    'activityIdentifier',
    'countEntitled',
    'countEntitledForProvisioning',
    'countEscrowed',
    'countEscrowedRaw',
    'countExported',
    'countExports',
    'countImported',
    'countImportedDeltas',
    'countImportedReferenceDeltas',
    'error',
    'state',
    'timeBegan',
    'timeEnded',
  ],
  // https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationprogress
  progress: ['completedUnits', 'progressObservationDateTime', 'totalUnits', 'units'],
  // https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationquarantine
  quarantine: ['currentBegan', 'error', 'nextAttempt', 'reason', 'seriesBegan', 'seriesCount'],
} as const;

describe('status › shape of Graph', () => {
  test('status and executions have exactly the names of Graph’s resources, and true counts of objects', async () => {
    const world = aStatusApp();
    await seedHistory(world.deps);
    await world.deps.cycles.put(aCycle('last', 3, { state: 'exporting', enqueued: 12, imported: 15 }));
    await record(world.deps, 'last', 7, { action: 'update' });
    await record(world.deps, 'last', 2, { action: 'create', status: 'failure', errorCode: 'RoleNotFound' });
    await record(world.deps, 'last', 3, { status: 'skipped', skipReason: 'NotEffectivelyEntitled' });
    await closeCycles(world.deps);
    const { status } = await bodyOf(world);
    expect(Object.keys(status).sort()).toEqual([...GRAPH.status]);
    for (const name of ['lastExecution', 'lastSuccessfulExecution', 'lastSuccessfulExecutionWithExports'] as const) {
      expect([name, Object.keys(status[name] ?? {}).sort()]).toEqual([name, [...GRAPH.execution]]);
    }
    expect(status.lastExecution).toMatchObject({
      activityIdentifier: 'last',
      countEntitled: 12,
      countEntitledForProvisioning: 9,
      countEscrowed: 2,
      countExports: 7,
      countImported: 15,
      state: 'EntryLevelErrors',
    });
    expect(status.synchronizedEntryCountByType).toEqual([
      { key: 'User', value: 64 },
      { key: 'Group', value: 0 },
      { key: 'Membership', value: 0 },
    ]);
  });

  test('the last execution with exports is remembered beyond the cycles that are listed', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('busy', 600, { state: 'exporting', enqueued: 1 }));
    await record(world.deps, 'busy', 1, { action: 'create' });
    await closeCycles(world.deps);
    for (let n = 0; n < 15; n += 1) await world.deps.cycles.put(aCycle(`idle-${n}`, 500 - n * 20, { state: 'exporting' }));
    await closeCycles(world.deps);
    const { status, cycles } = await bodyOf(world);
    expect(cycles.map(({ cycleId }) => cycleId)).not.toContain('busy');
    expect(status.lastSuccessfulExecutionWithExports?.activityIdentifier).toBe('busy');
    expect(status.lastSuccessfulExecution?.activityIdentifier).toBe('idle-14');
  });

  test('a cycle whose work has ended counts as the last good one, though the timer has not closed it yet', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('done', 3, { state: 'exporting', enqueued: 1 }));
    await record(world.deps, 'done', 1, { action: 'create' });
    await world.deps.cycles.put(aCycle('open', 1, { state: 'exporting', enqueued: 1 }));
    const { status } = await bodyOf(world);
    expect(status.lastExecution?.activityIdentifier).toBe('done');
    expect(status.lastSuccessfulExecution?.activityIdentifier).toBe('done');
    expect(status.lastSuccessfulExecutionWithExports?.activityIdentifier).toBe('done');
  });

  test('progress counts objects and tells when the cycle should end, at the speed of the last minutes', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('now', 10, { state: 'exporting', enqueued: 100 }));
    await record(world.deps, 'now', 10, { action: 'create' });
    await bodyOf(world);
    world.now = new Date(world.now.getTime() + MINUTE_MS);
    await record(world.deps, 'now', 30, { action: 'create' });
    const { status, running } = await bodyOf(world);
    expect(Object.keys(status.progress[0] ?? {}).sort()).toEqual([...GRAPH.progress]);
    expect(status.progress[0]).toMatchObject({ completedUnits: 30, totalUnits: 100, units: 'objects' });
    // 20 objects in the last minute, 70 to go: three and a half minutes.
    expect(running?.estimatedEndAt).toBe(new Date(world.now.getTime() + 3.5 * MINUTE_MS).toISOString());
  });

  test('while Entra ID is still being read there is no end to tell', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('now', 1, { state: 'importing', endedAt: null }));
    await world.deps.state.write(
      STATE_KEYS.cycle,
      { cycleId: 'now', phase: 'users', imported: 70, evaluated: 0 } as RunningCycle,
      null,
    );
    const { running } = await bodyOf(world);
    expect(running).toMatchObject({ phase: 'users', imported: 70, isTotalFinal: false, estimatedEndAt: null });
  });

  test('quarantine: Graph’s names, and the failing request and sample objects with their log entries', async () => {
    const world = aStatusApp();
    await world.deps.escrows.put(anEscrow(1));
    await enterQuarantine(world.deps, {
      reason: 'EncounteredQuarantineException',
      code: 'PROV_TARGET_UNAUTHORIZED',
      message: 'Zendesk refused the credential.',
      failingRequest: 'GET /api/v2/users/me → 401',
      sampleIds: [guid(1), guid(99)],
    });
    const { status, schedule, summary } = await bodyOf(world);
    expect(status.code).toBe('Quarantine');
    expect(Object.keys(status.quarantine ?? {})).toEqual(expect.arrayContaining([...GRAPH.quarantine]));
    expect(status.quarantine).toMatchObject({
      reason: 'EncounteredQuarantineException',
      error: { code: 'PROV_TARGET_UNAUTHORIZED', message: 'Zendesk refused the credential.', tenantActionable: true },
      failingRequest: 'GET /api/v2/users/me → 401',
      sampleObjects: [
        { sourceId: guid(1), logUrl: '/api/logs?$filter=changeId%20eq%20%27change-1%27' },
        { sourceId: guid(99), logUrl: null },
      ],
    });
    // The wait of an hour ends at 10:07:30; the next tick of every twenty minutes is at 10:20.
    expect(schedule.nextRunAt).toBe('2026-03-02T10:20:00.000Z');
    expect(summary.whatToDo[0]?.text).toContain('Check the Zendesk credential');
  });
});

describe('status › what waits', () => {
  test('escrows: the whole count, the first 50, each with its next attempt and log entry', async () => {
    const world = aStatusApp();
    for (let n = 0; n < 60; n += 1) await world.deps.escrows.put(anEscrow(n, { nextAttemptAt: minutesAgo(-60 - n) }));
    const { escrows } = await bodyOf(world);
    expect([escrows.count, escrows.isCountExact, escrows.listed.length]).toEqual([60, true, 50]);
    expect(escrows.nextAttemptAt).toBe(minutesAgo(-60));
    expect(escrows.listed[3]).toMatchObject({ changeId: 'change-3', logUrl: '/api/logs?$filter=changeId%20eq%20%27change-3%27' });
  });

  test('failures by code: of all that wait, not of the 50 that are listed, with a link to those of each code', async () => {
    const world = aStatusApp(SIGNED_IN);
    for (let n = 0; n < 105; n += 1)
      await world.deps.escrows.put(anEscrow(n, n === 80 ? { code: 'DuplicateTargetEntries' } : { code: 'UnprocessableEntity' }));
    expect((await bodyOf(world)).escrows.byCode).toEqual({ UnprocessableEntity: 104, DuplicateTargetEntries: 1 });
    const page = await visit(() => world.app, READER).get('');
    expect(textOf(page)).toMatch(/104 × UnprocessableEntity.*1 × DuplicateTargetEntries/s);
    expect(page.body).toContain('people?show=failed&amp;code=DuplicateTargetEntries');
    expect(textOf(await visit(() => world.app, READER).get('people?show=failed'))).toContain('1 to 50 of 105');
  });

  test('a cycle whose work has ended is finished at once, not only when the timer closes it', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('good', 3, { state: 'exporting', enqueued: 1 }));
    await record(world.deps, 'good', 1, { action: 'create' });
    await world.deps.cycles.put(aCycle('bad', 2, { state: 'exporting', enqueued: 1 }));
    await record(world.deps, 'bad', 1, { action: 'create', status: 'failure', errorCode: 'RoleNotFound' });
    await world.deps.cycles.put(aCycle('open', 1, { state: 'exporting', enqueued: 1 }));
    const { cycles } = await bodyOf(world);
    expect(cycles.map(({ cycleId, state, pending }) => [cycleId, state, pending])).toEqual([
      ['open', 'exporting', 1],
      ['bad', 'entryLevelErrors', 0],
      ['good', 'succeeded', 0],
    ]);
  });

  test('staged deletions by kind; candidates that are still being counted are none', async () => {
    const world = aStatusApp();
    const staged = (n: number, kind: 'userDisable' | 'membershipRemoval', count: number, state: 'staged' | 'candidate') => ({
      key: { type: 'user' as const, id: sourceId(guid(n)) },
      cycleId: 'c',
      changeId: `change-${n}`,
      kind,
      count,
      reason: 'gone',
      state,
      stagedAt: minutesAgo(1),
    });
    await world.deps.staged.put([
      staged(1, 'userDisable', 1, 'staged'),
      staged(2, 'membershipRemoval', 5, 'staged'),
      staged(3, 'userDisable', 1, 'candidate'),
    ]);
    const { stagedDeletions } = await bodyOf(world);
    expect(stagedDeletions).toMatchObject({
      count: 2,
      byKind: { userDisable: 1, userDelete: 0, agentDowngrade: 0, groupDelete: 0, membershipRemoval: 5 },
      cycleIds: ['c'],
    });
  });

  test('next run: from the schedule; none while off or paused', async () => {
    const world = aStatusApp({ CYCLE_SCHEDULE: '0 30 6 * * Mon-Fri' });
    expect((await bodyOf(world)).schedule).toEqual({
      expression: '0 30 6 * * Mon-Fri',
      state: 'Active',
      nextRunAt: '2026-03-03T06:30:00.000Z',
    });
    await changeJob(world.deps.state, (job) => ({ ...job, paused: true }));
    expect((await bodyOf(world)).schedule).toMatchObject({ state: 'Paused', nextRunAt: null });
    expect((await bodyOf(aStatusApp({ PROVISIONING_STATUS: 'Off' }))).schedule).toMatchObject({
      state: 'Disabled',
      nextRunAt: null,
    });
  });

  test('warnings: the token’s sunset, and a watermark older than five days', async () => {
    const world = aStatusApp({
      ZENDESK_OAUTH_CLIENT_ID: '',
      ZENDESK_OAUTH_CLIENT_SECRET: '',
      ZENDESK_ADMIN_EMAIL: 'a@b.example',
      ZENDESK_API_TOKEN: 'very-secret',
    });
    await world.deps.cycles.put(aCycle('old', 6 * 24 * 60));
    const { warnings } = await bodyOf(world);
    expect(warnings).toContainEqual({
      code: 'Setting',
      setting: 'ZENDESK_API_TOKEN',
      problem: expect.stringContaining('30 April 2027'),
    });
    expect(warnings).toContainEqual({ code: 'WatermarkOld', setting: '', problem: expect.stringContaining('5 days ago') });
    expect(JSON.stringify(warnings)).not.toContain('very-secret');
  });
});

test('what the newest cycle could not prove gone is a warning', async () => {
  const world = aStatusApp();
  const codes = async () => (await bodyOf(world)).warnings.map(({ code }) => code);
  await world.deps.cycles.put(aCycle('old', 40, { unknowns: 3 }));
  expect(await codes()).toEqual(['NotProved']);
  await world.deps.cycles.put(aCycle('new', 20));
  expect(await codes()).toEqual([]);
});

test('a mapping file that is not there is told together with bad settings of the job', async () => {
  const app = compose({ DELETION_THRESHOLD: 'many', PROVISIONING_SCHEMA: 'nowhere.json' });
  const { problems } = JSON.parse((await askStatus(app)).body) as { problems: { setting: string }[] };
  expect(problems.map(({ setting }) => setting)).toEqual(['DELETION_THRESHOLD', 'PROVISIONING_SCHEMA']);
});

test.each([
  [
    'stopped by an error',
    async ({ deps }: StatusApp, reading: CycleRecord) =>
      deps.cycles.put({ ...reading, error: { code: 'PROV_SOURCE_UNAVAILABLE', message: 'Graph failed.' } }),
  ],
  ['paused', async ({ deps }: StatusApp) => changeJob(deps.state, (job) => ({ ...job, paused: true }))],
] as const)('a cycle that is %s while it reads is shown as standing still, without a bar that moves', async (_, stop) => {
  const world = aStatusApp(SIGNED_IN);
  const reading = aCycle('reads', 3, { state: 'importing', endedAt: null });
  await world.deps.cycles.put(reading);
  const running = { cycleId: 'reads', phase: 'users', imported: 7, evaluated: 0 } as RunningCycle;
  await world.deps.state.write(STATE_KEYS.cycle, running, null);
  const page = async () => (await visit(() => world.app, READER).get('')).body;
  expect(await page()).toContain('<progress');
  await stop(world, reading);
  expect(await page()).toContain('stopped while it was reading the users');
  expect(await page()).not.toContain('<progress');
});

test('a cycle that was stopped before it began to read anything is told, until one gets through', async () => {
  const world = aStatusApp();
  await world.deps.cycles.put(aCycle('good', 20));
  const source = new FakeSourceConnector();
  const deps = { ...world.deps, source, target: makeFakeTarget() };
  const run = () => runCycle(deps, { owner: 'test', budgetMs: MINUTE_MS });
  source.beforeCall = () => {
    throw new UnavailableError('source', 'Graph answered 503 to GET application');
  };
  expect((await run()).kind).toBe('failed');
  const stopped = await bodyOf(world);
  expect(stopped.summary).toMatchObject({ tone: 'warn', explanation: expect.stringContaining('Graph answered 503') });
  expect(stopped.warnings).toEqual([
    { code: 'CycleStopped', setting: '', problem: expect.stringContaining('PROV_SOURCE_UNAVAILABLE') },
  ]);
  source.beforeCall = undefined;
  expect((await run()).kind).toBe('completed');
  const well = await bodyOf(world);
  expect(well.summary.tone).toBe('good');
  expect(well.warnings).toEqual([]);
});

describe('status › cheap', () => {
  test('asking again and again counts no links again within a minute', async () => {
    const world = aStatusApp();
    await seedHistory(world.deps);
    await bodyOf(world);
    world.calls.length = 0;
    for (let n = 0; n < 5; n += 1) await bodyOf(world);
    expect(world.calls.filter((call) => /linkStore\.(count|list)|connectorSpace\.list/.test(call))).toEqual([]);
    expect(world.calls.filter((call) => call === 'provisioningLog.counts')).toEqual([]);
    world.now = new Date(world.now.getTime() + 61_000);
    await bodyOf(world);
    expect(world.calls.filter((call) => call === 'linkStore.countMemberships')).toHaveLength(1);
  });

  test('a closed cycle that wrote something brings fresh counts', async () => {
    const world = aStatusApp();
    await bodyOf(world);
    await seedHistory(world.deps, 5);
    await world.deps.cycles.put(aCycle('x', 1, { state: 'exporting', enqueued: 1 }));
    await record(world.deps, 'x', 1, { action: 'create' });
    await closeCycles(world.deps);
    expect((await bodyOf(world)).status.synchronizedEntryCountByType[0]).toEqual({ key: 'User', value: 5 });
  });
});

describe('status › page or JSON', () => {
  test('a browser is led to the console, a program gets JSON', async () => {
    const { app } = aStatusApp(SIGNED_IN);
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const led = await askStatus(app, { accept: browser, query: 'code=key' });
    expect([led.status, led.headers['location']]).toEqual([303, '/api/console']);
    expect((await askStatus(app, { accept: browser, query: 'person=lee' })).headers['location']).toBe(
      '/api/console/people?q=lee',
    );
    for (const accept of ['application/json', '*/*', '', 'application/json, text/html', 'text/html;q=0.5, application/json'])
      expect([accept, (await askStatus(app, { accept })).headers['content-type']]).toEqual([
        accept,
        'application/json; charset=utf-8',
      ]);
  });

  test('where nobody can sign in yet, a browser gets the data', async () => {
    const { app } = aStatusApp();
    expect((await askStatus(app, { accept: 'text/html' })).headers['content-type']).toBe('application/json; charset=utf-8');
  });

  test('not configured: every problem, in the console and as JSON', async () => {
    const app = compose({ ...SIGNED_IN, CYCLE_SCHEDULE: 'often', ZENDESK_SUBDOMAIN: '' });
    const page = (await visit(() => app, READER).get('')).body;
    const { problems, status } = JSON.parse((await askStatus(app)).body) as {
      problems: { setting: string }[];
      status: { code: string };
    };
    expect(status.code).toBe('NotConfigured');
    expect(problems.map(({ setting }) => setting).sort()).toEqual(['CYCLE_SCHEDULE', 'ZENDESK_SUBDOMAIN']);
    for (const { setting } of problems) expect(page).toContain(setting);
  });

  test('a person is found by object id, Zendesk id and name, also while Entra ID does not respond', async () => {
    const world = aStatusApp(SIGNED_IN);
    await seedHistory(world.deps, 3);
    await world.deps.escrows.put(anEscrow(2));
    await record(world.deps, 'p', 1, { sourceId: guid(2), targetId: '1002', name: 'Lee Gu', upn: 'lee@contoso.com' });
    const reader = visit(() => world.app, READER);
    for (const person of [guid(2), guid(2).toUpperCase(), '1002', 'lee gu', 'LEE@contoso.com']) {
      const found = await reader.get(`people?whole=yes&q=${encodeURIComponent(person)}`);
      expect([person, found.headers['location']]).toEqual([person, `/api/console/people/user/${guid(2)}`]);
    }
    expect(textOf(await reader.get(`people/user/${guid(2)}`))).toContain('The last try failed');
    expect((await reader.get('people?q=nobody%3Cscript%3E')).body).not.toContain('nobody<script>');
  });
});

describe('health › watchdog', () => {
  const at = async (world: StatusApp, minutes: number): Promise<string> => {
    world.now = new Date(world.now.getTime() + minutes * MINUTE_MS);
    const { status, reason } = await readHealth(world.deps, watchedJob(world.app));
    expect(reason === undefined).toBe(status === 'pass');
    return status;
  };

  test('a timer that never fires is noticed from the schedule’s period, though no cycle ever ran', async () => {
    const world = aStatusApp();
    expect(await at(world, 0)).toBe('pass');
    expect(await at(world, 30)).toBe('pass');
    expect(await at(world, 25)).toBe('warn');
    expect(await at(world, 130)).toBe('fail');
    expect((await bodyOf(world)).warnings).toContainEqual(expect.objectContaining({ code: 'CyclesOverdue' }));
  });

  test('a daily schedule is not overdue after an hour', async () => {
    const world = aStatusApp({ CYCLE_SCHEDULE: '0 0 6 * * *' });
    expect(await at(world, 0)).toBe('pass');
    expect(await at(world, 26 * 60)).toBe('pass');
    expect(await at(world, 24 * 60)).toBe('warn');
  });

  test('cycles that died long before anybody asked are noticed at the first question', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('dead', 60 * 24));
    expect(await at(world, 0)).toBe('fail');
  });

  test('a long import that goes on page by page is alive', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('long', 1, { state: 'importing', endedAt: null }));
    for (let page = 0; page < 12; page += 1) {
      await world.deps.state.write(STATE_KEYS.cycle, { cycleId: 'long', phase: 'users', imported: page } as RunningCycle, '*');
      expect(await at(world, 20)).toBe('pass');
    }
  });

  test('off and paused are no silence, and switching on again starts the clock anew', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('old', 5));
    await changeJob(world.deps.state, (job) => ({ ...job, paused: true }));
    expect(await at(world, 60 * 24 * 3)).toBe('pass');
    await changeJob(world.deps.state, (job) => ({ ...job, paused: false }));
    expect(await at(world, 5)).toBe('pass');
    expect(await at(world, 56)).toBe('warn');
  });

  test('quarantine warns, and is silent only when its own next attempt was missed', async () => {
    const world = aStatusApp();
    await at(world, 0);
    await enterQuarantine(world.deps, {
      reason: 'TooManyDeletes',
      code: 'PROV_DELETIONS_STAGED',
      message: 'held',
      sampleIds: [],
    });
    expect(await at(world, 50)).toBe('warn');
    expect(await at(world, 5 * 60)).toBe('fail');
  });

  test('three cycles in a row stopped by an error warn', async () => {
    const world = aStatusApp();
    await changeJob(world.deps.state, (job) => ({ ...job, successiveFailures: 3 }));
    expect(await at(world, 0)).toBe('warn');
  });

  test('the answer says nothing but its three words', async () => {
    const world = aStatusApp();
    const context = new InvocationContext({ functionName: 'health', logHandler: () => undefined });
    const answer = (await makeHealth(() => world.app)(
      new HttpRequest({ method: 'GET', url: 'http://127.0.0.1/api/health' }),
      context,
    )) as { body: string };
    expect(Object.keys(JSON.parse(answer.body) as object)).toEqual(['status', 'version', 'serviceId']);
  });
});
