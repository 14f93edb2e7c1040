import { zendeskFaults } from '../../local/zendesk/faults';
import { makeOnDemand } from '../../src/functions/on-demand';
import { claimsOf, headerOf, OPERATOR } from '../support/console-app';
import type { ShownTables } from './job-control-tables';
import { tablesOf } from './job-control-tables';
import { type JobWorld, startJobWorld } from './job-control-world';

describe('provisioning on demand', () => {
  let world: JobWorld;
  let role: string;
  let ann: string;

  beforeAll(async () => {
    world = await startJobWorld({ DELETION_THRESHOLD: '2' });
    const { directory, servicePrincipalId } = world;
    role = directory.addAppRole(servicePrincipalId, { displayName: 'Agent', value: 'agent' });
    ann = person('ann');
    directory.assign(ann, role);
  });
  afterAll(() => world?.stop());

  const person = (name: string): string =>
    world.directory.addUser({
      userPrincipalName: `${name}@contoso.com`,
      mail: `${name}.mail@contoso.com`,
      displayName: name,
    });
  const account = (id: string) => world.zendesk.state.userByExternalId(id);
  const onDemand = (subjects: readonly string[], more: object = {}) => world.call(makeOnDemand, { subjects, ...more });
  const tables = (): Promise<ShownTables> => tablesOf(world);

  it('a dry run shows the plan and writes nothing anywhere', async () => {
    const before = await tables();
    const answer = await onDemand(['ann@contoso.com'], { dryRun: true });
    expect(answer.status).toBe(200);
    expect(answer.body.cycleId).toBeNull();
    const [one] = answer.body.value;
    expect(one.key.result).toBe('Success');
    expect(one.value.action).toBe('create');
    expect(one.value.modifiedProperties).toContainEqual({
      displayName: 'email',
      oldValue: null,
      newValue: 'ann.mail@contoso.com',
    });
    expect(one.steps.map((step: { name: string }) => step.name)).toEqual(['import', 'scope', 'match', 'action']);
    expect(one.steps[0].details.properties.userPrincipalName).toBe('ann@contoso.com');
    expect(account(ann)).toBeUndefined();
    expect(await tables()).toEqual(before);
  });

  it('before any cycle: imports and creates, with one log entry under a cycle of its own, by name of the operator', async () => {
    const headers = { 'x-ms-client-principal': headerOf(claimsOf(OPERATOR)) };
    const answer = await world.call(makeOnDemand, { subjects: ['ann.mail@contoso.com'] }, { headers });
    expect(answer.body.value[0].key).toEqual({ result: 'Success', details: null });
    expect(account(ann)).toMatchObject({ name: 'ann', role: 'agent', email: 'ann.mail@contoso.com' });
    const cycle = await world.app.deps.cycles.read(answer.body.cycleId);
    expect(cycle).toMatchObject({ kind: 'onDemand', state: 'succeeded', enqueued: 1 });
    const log = await world.app.deps.log.query({ cycleId: answer.body.cycleId }, 10);
    expect(log.entries).toHaveLength(1);
    expect(log.entries[0]).toMatchObject({
      provisioningAction: 'create',
      initiatedBy: { initiatorType: 'user', displayName: OPERATOR.name, id: OPERATOR.id },
    });
    // The cycle that follows finds nothing to do for her.
    await world.settle();
    expect((await world.app.deps.log.query({ sourceId: ann }, 1)).entries[0]).toMatchObject({ skipReason: 'RedundantExport' });
  });

  it('an unknown subject is an error of its own and does not stop the others', async () => {
    const bob = person('bob');
    world.directory.assign(bob, role);
    const answer = await onDemand(['nobody@contoso.com', bob.toUpperCase(), '__proto__']);
    expect(answer.status).toBe(200);
    expect(answer.body.value.map((one: { key: { result: string } }) => one.key.result)).toEqual([
      'Failure',
      'Success',
      'Failure',
    ]);
    expect(answer.body.value[0].key.details.errorCode).toBe('PROV_SOURCE_NOT_FOUND');
    expect(account(bob)?.role).toBe('agent');
    expect((await world.app.deps.cycles.read(answer.body.cycleId))?.enqueued).toBe(1);
  });

  it('a group: the Zendesk group with the members who have accounts; leaving it takes them out', async () => {
    const group = world.directory.addGroup({ displayName: 'Escalations' });
    world.directory.addMember(group, ann);
    world.directory.assign(group, role);
    const answer = await onDemand(['Escalations'], { objectType: 'group' });
    expect(answer.body).toMatchObject({ value: [{ value: { action: 'create' } }] });
    const members = () => {
      const row = [...world.zendesk.state.groups.values()].find((one) => one.name === 'Escalations');
      return world.zendesk.state.membershipsIn(row?.id ?? 0).map((one) => one.user_id);
    };
    expect(members()).toEqual([account(ann)?.id]);
    const carl = person('carl');
    world.directory.addMember(group, carl);
    // The user alone: entitled through the group, of which nobody has told but Graph itself.
    const user = await onDemand([carl]);
    expect(user.body.value[0].value.action).toBe('create');
    expect(members()).toContain(account(carl)?.id);
    world.directory.removeMember(group, carl);
    await onDemand([group]);
    expect(members()).toEqual([account(ann)?.id]);
    // Carl has lost his only assignment; asked for by name, he is disabled.
    await onDemand([carl]);
    expect(account(carl)?.suspended).toBe(true);
  });

  it('a soft-deleted user is found by the former name and disabled; a restored one comes back', async () => {
    const dora = person('dora');
    world.directory.assign(dora, role);
    await onDemand([dora]);
    world.directory.softDeleteUser(dora);
    const answer = await onDemand(['dora@contoso.com']);
    expect(answer.body.value[0].value.action).toBe('disable');
    expect(account(dora)?.suspended).toBe(true);
    world.directory.restoreUser(dora);
    await onDemand(['dora@contoso.com']);
    expect(account(dora)?.suspended).toBe(false);
  });

  it('more removals in one call than the brake lets through are refused, and nothing is written', async () => {
    const many = ['e1', 'e2', 'e3'].map(person);
    for (const id of many) world.directory.assign(id, role);
    await onDemand(many);
    for (const id of many) world.directory.disableUser(id);
    const writes = world.zendesk.stats.writes.length;
    const refused = await onDemand(many);
    expect(refused.status).toBe(409);
    expect(refused.body.code).toBe('PROV_DELETIONS_STAGED');
    expect(world.zendesk.stats.writes.length).toBe(writes);
    const dry = await onDemand(many, { dryRun: true });
    expect(dry.body.heldByBrake).toHaveLength(1);
    await onDemand(many.slice(0, 2));
    expect(many.map((id) => account(id)?.suspended)).toEqual([true, true, false]);
  });

  it('throttled: the item goes into the queue and says so; a dry run is 503 with retry-after', async () => {
    const fred = person('fred');
    world.directory.assign(fred, role);
    world.zendesk.faults.next({ method: 'POST', path: /users/ }, zendeskFaults.throttled(3000), 5);
    world.zendesk.faults.next({ path: /users\/(show_many|search)/ }, zendeskFaults.throttled(3000), 5);
    const dry = await onDemand([fred], { dryRun: true });
    expect(dry.status).toBe(503);
    expect(Number(dry.headers['retry-after'])).toBeGreaterThan(0);
    const answer = await onDemand([fred]);
    expect(answer.body.value[0].key.result).toBe('Enqueued');
    expect(await world.app.deps.queue.approximateLength()).toBe(1);
  });

  it.each([
    ['no subjects', { subjects: [] }],
    ['too many', { subjects: Array.from({ length: 101 }, (_, at) => `u${at}`) }],
    ['an unknown property', { subjects: ['a'], dryrun: true }],
    ['another type', { subjects: [1] }],
  ])('refuses %s', async (_what, body) => {
    const answer = await world.call(makeOnDemand, body);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body.errors.length).toBeGreaterThan(0);
  });
});
