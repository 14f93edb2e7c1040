import { readJob } from '../../src/engine/job/job-state';
import { makeJobForgetEscrow, makeJobRetryEscrow, makeJobUnlink } from '../../src/functions/escrow-control';
import { makeJobAllowDeletes, makeJobPause, makeJobRestart, makeJobRun, makeJobStart } from '../../src/functions/job-control';
import { claimsOf, headerOf, OPERATOR } from '../support/console-app';
import { type JobWorld, startJobWorld } from './job-control-world';

describe('job control', () => {
  let world: JobWorld;
  let role: string;
  let people: string[];

  beforeEach(async () => {
    world = await startJobWorld({ DELETION_THRESHOLD: '3', DELETION_THRESHOLD_PERCENT: '100' });
    role = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'Agent', value: 'agent' });
    people = Array.from({ length: 6 }, (_, at) => person(`p${at}`));
    for (const id of people) world.directory.assign(id, role);
    await world.settle();
  });
  afterEach(() => world?.stop());

  const person = (name: string): string =>
    world.directory.addUser({ userPrincipalName: `${name}@contoso.com`, mail: `${name}@contoso.com`, displayName: name });
  const account = (id: string) => world.zendesk.state.userByExternalId(id);
  const suspended = () => people.map((id) => account(id)?.suspended);
  const unassign = (id: string): void => {
    for (const one of world.directory.assignmentsOf(id, world.servicePrincipalId)) world.directory.unassign(one.id);
  };
  const job = async () => (await readJob(world.app.deps.state)).value;
  const operations = async () =>
    (await world.app.deps.log.query({ sourceId: world.servicePrincipalId }, 50)).entries.map(
      (entry) => entry.provisioningSteps[0]?.description,
    );
  const run = async () => {
    const answer = await world.call(makeJobRun);
    await world.drain();
    return answer;
  };
  const stagedIds = async () => {
    const ids: string[] = [];
    for await (const page of world.app.deps.staged.list())
      ids.push(...page.filter((row) => row.state === 'staged').map((row) => row.key.id));
    return ids.sort();
  };

  it('the brake: held, everything else goes on; allowed, exactly these go once; then the job is healthy again', async () => {
    for (const id of people.slice(0, 4)) unassign(id);
    world.directory.updateUser(people[5] ?? '', { displayName: 'Renamed' });
    const fresh = person('fresh');
    world.directory.assign(fresh, role);
    const held = await world.settle();

    expect(suspended()).toEqual([false, false, false, false, false, false]);
    expect(account(people[5] ?? '')?.name).toBe('Renamed');
    expect(account(fresh)?.role).toBe('agent');
    expect((await job()).quarantine?.reason).toBe('TooManyDeletes');
    const heldId = held.kind === 'completed' ? held.cycleId : '';
    const entries = (await world.app.deps.log.query({ cycleId: heldId, action: 'stagedDelete' }, 50)).entries;
    expect(entries.map((entry) => entry.sourceIdentity.id).sort()).toEqual(people.slice(0, 4).sort());
    const record = await world.app.deps.cycles.read(heldId);
    expect(record?.staged).toBe(4);
    expect((await world.app.deps.log.counts(heldId)).total).toBe(record?.enqueued);

    // A new look at one of them alone is below the threshold, and still does not let it slip through.
    world.directory.updateUser(people[0] ?? '', { displayName: 'Looked at again' });
    // One comes back before anybody has allowed anything.
    world.directory.assign(people[3] ?? '', role);
    // Cycles keep their schedule while some are held.
    expect((await world.cycle()).kind).toBe('completed');
    await run();
    expect(await stagedIds()).toEqual(people.slice(0, 3).sort());
    expect(suspended()).toEqual([false, false, false, false, false, false]);
    expect((await job()).quarantine?.reason).toBe('TooManyDeletes');

    const allowed = await world.call(makeJobAllowDeletes);
    expect(allowed.body).toMatchObject({ released: 3, leftQuarantine: true, status: 'Active' });
    await world.drain();
    expect(suspended()).toEqual([true, true, true, false, false, false]);
    const release = await world.app.deps.cycles.read(allowed.body.cycles[0].cycleId);
    expect(release).toMatchObject({ kind: 'release', state: 'succeeded', enqueued: 3 });

    const again = await world.call(makeJobAllowDeletes);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ released: 0, cycles: [] });
    const writes = world.zendesk.stats.writes.length;
    expect((await world.settle()).kind).toBe('completed');
    expect(world.zendesk.stats.writes.length).toBe(writes);

    // Only what was staged was allowed: the next mass removal is held again.
    for (const id of [people[3], people[4], people[5], fresh]) unassign(id ?? '');
    await world.settle();
    expect(suspended()).toEqual([true, true, true, false, false, false]);
    expect((await job()).quarantine?.reason).toBe('TooManyDeletes');
    // Corrected at the source instead: everybody is back, nothing is held, the next healthy cycle ends the quarantine.
    for (const id of [people[3], people[4], people[5], fresh]) world.directory.assign(id ?? '', role);
    await run();
    expect(await stagedIds()).toEqual([]);
    expect((await job()).quarantine).toBeNull();
    expect(account(fresh)?.suspended).toBe(false);
  });

  it('who came back at the source since is not touched, though no cycle has seen it; who cannot be read stays held', async () => {
    const [back = '', hidden = '', ...others] = people.slice(0, 4);
    for (const id of people.slice(0, 4)) unassign(id);
    await world.settle();
    world.directory.assign(back, role);
    world.graph.faults.unavailable.add(hidden);
    const allowed = await world.call(makeJobAllowDeletes);
    expect(allowed.body.cycles).toMatchObject([{ released: 3, kept: 1 }]);
    await world.drain();
    expect([back, hidden].map((id) => account(id)?.suspended)).toEqual([false, false]);
    expect(others.map((id) => account(id)?.suspended)).toEqual([true, true]);
    expect(await stagedIds()).toEqual([hidden]);
    expect((await job()).quarantine?.reason).toBe('TooManyDeletes');
  });

  it('pause and start: no cycle runs; items finish or wait; each is written down once with who did it', async () => {
    unassign(people[0] ?? '');
    expect((await world.cycle()).kind).toBe('completed');
    const headers = { 'x-ms-client-principal': headerOf(claimsOf(OPERATOR)) };
    const paused = await world.call(makeJobPause, { items: 'stop' }, { headers });
    expect(paused.body).toEqual({ status: 'Paused', items: 'stop', changed: true });
    expect((await world.call(makeJobPause, { items: 'stop' })).body.changed).toBe(false);
    await world.drain();
    // The gate of a process looks at most every few seconds; a fresh one sees the pause at once.
    const other = world.compose({});
    expect(await other.gate.holdMs()).toBeGreaterThan(0);
    expect((await world.cycle()).kind).toBe('notRun');
    expect((await world.call(makeJobRun)).status).toBe(409);
    expect((await world.call(makeJobStart)).body).toMatchObject({ status: 'Active', changed: true });
    expect((await world.cycle()).kind).toBe('completed');
    const entries = (await world.app.deps.log.query({ sourceId: world.servicePrincipalId }, 50)).entries;
    expect(entries.map((entry) => entry.initiatedBy.displayName)).toContain(OPERATOR.name);
    expect(entries.map((entry) => entry.initiatedBy.displayName)).toContain('function key');
    expect(entries.every((entry) => entry.provisioningAction === 'other')).toBe(true);
  });

  it('with PROVISIONING_STATUS Off, start and run say so', async () => {
    const app = world.compose({ PROVISIONING_STATUS: 'Off' });
    for (const make of [makeJobStart, makeJobRun]) {
      const answer = await world.call(make, undefined, { app });
      expect([answer.status, answer.body.code]).toEqual([409, 'Conflict']);
    }
  });

  it('restart: an empty scope reads everything again, forgets failures, leaves quarantine; links stay', async () => {
    const bad = person('bad');
    world.directory.assign(
      bad,
      world.directory.addAppRole(world.servicePrincipalId, { displayName: 'Nothing such', value: 'nothing-such' }),
    );
    await world.settle();
    const links = await world.app.deps.links.countLinks('user');
    const answer = await world.call(makeJobRestart, {});
    expect(answer.body).toMatchObject({
      escrowsForgotten: 1,
      linksCleared: 0,
      resetScope: 'QuarantineState, Watermark, Escrows',
    });
    const outcome = await world.settle();
    expect(outcome).toMatchObject({ kind: 'completed', cycleKind: 'initial' });
    expect(await world.app.deps.links.countLinks('user')).toBe(links);
    expect(await world.settle()).toMatchObject({ cycleKind: 'incremental' });
  });

  it('restart Escrows tries what failed again at once, and loses nobody', async () => {
    world.directory.updateUser(people[0] ?? '', { displayName: 'Renamed' });
    const refusal = { status: 422, body: { error: 'RecordInvalid', description: 'Record validation errors', details: {} } };
    world.zendesk.faults.next({ method: 'PUT', path: /users/ }, refusal, 1_000);
    await world.settle();
    expect(account(people[0] ?? '')?.name).not.toBe('Renamed');
    world.zendesk.faults.clear();
    const scope = { criteria: { resetScope: 'Escrows, QuarantineState' } };
    expect((await world.call(makeJobRestart, scope)).body.escrowsForgotten).toBe(1);
    expect((await world.call(makeJobRestart, scope)).body.escrowsForgotten).toBe(0);
    expect(await world.settle()).toMatchObject({ cycleKind: 'incremental', evaluated: 1 });
    expect(account(people[0] ?? '')?.name).toBe('Renamed');
  });

  it('restart ConnectorDataStore breaks every pair, with confirmation only, and the next cycle finds them all again', async () => {
    const body = { criteria: { resetScope: 'connectordatastore' } };
    expect((await world.call(makeJobRestart, body)).status).toBe(409);
    expect(await world.app.deps.links.countLinks('user')).toBe(6);
    const answer = await world.call(makeJobRestart, { ...body, confirm: true });
    expect(answer.body.linksCleared).toBe(6);
    expect(await world.app.deps.links.countLinks('user')).toBe(0);
    expect(await world.app.deps.links.sourceOf('user', String(account(people[0] ?? '')?.id) as never)).toBeUndefined();
    const before = world.zendesk.state.users.size;
    expect(await world.settle()).toMatchObject({ cycleKind: 'initial' });
    expect(await world.app.deps.links.countLinks('user')).toBe(6);
    expect(world.zendesk.state.users.size).toBe(before);
  });

  it('restart refuses a scope that is none and lists what there is', async () => {
    const answer = await world.call(makeJobRestart, { criteria: { resetScope: 'Watermark, Watermrk' } });
    expect(answer.status).toBe(400);
    for (const scope of ['None', 'QuarantineState', 'Watermark', 'Escrows', 'ConnectorDataStore', 'Full', 'ForceDeletes']) {
      expect(answer.body.detail).toContain(scope);
    }
  });

  it('ForceDeletes lets everything staged go', async () => {
    for (const id of people.slice(0, 4)) unassign(id);
    await world.settle();
    const answer = await world.call(makeJobRestart, { criteria: { resetScope: 'ForceDeletes' } });
    expect(answer.body.deletionsReleased).toBe(4);
    await world.drain();
    expect(suspended().filter(Boolean)).toHaveLength(4);
    expect((await job()).quarantine).toBeNull();
  });

  it('a restart asked for while a cycle runs comes after it', async () => {
    const { deps } = world.app;
    const stopped = { ...deps, sleep: deps.sleep };
    const { runCycle } = await import('../../src/engine/cycle/run-cycle');
    expect((await runCycle(stopped, { owner: 'a', budgetMs: 0 })).kind).toBe('interrupted');
    await world.call(makeJobRestart, {});
    expect(await world.settle()).toMatchObject({ kind: 'completed', cycleKind: 'incremental' });
    expect(await world.settle()).toMatchObject({ kind: 'completed', cycleKind: 'initial' });
    expect(await world.settle()).toMatchObject({ kind: 'completed', cycleKind: 'incremental' });
  });

  it('escrows: a retry runs now under a cycle that adds up; forgetting takes it off the list', async () => {
    const missing = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'Special', value: 'special' });
    const bad = person('bad');
    world.directory.assign(bad, missing);
    await world.settle();
    const key = { type: 'user' as const, id: bad as never };
    expect(await world.app.deps.escrows.read(key)).toBeDefined();
    world.zendesk.seed.customRole('special');
    await world.app.deps.target.describe(true);
    const answer = await world.call(makeJobRetryEscrow, { objectType: 'user', sourceId: bad.toUpperCase() });
    expect(answer.status).toBe(202);
    await world.drain();
    expect(account(bad)?.role).toBe('agent');
    expect(await world.app.deps.escrows.read(key)).toBeUndefined();
    expect(await world.app.deps.cycles.read(answer.body.cycleId)).toMatchObject({ state: 'succeeded', enqueued: 1 });
    expect((await world.call(makeJobRetryEscrow, { objectType: 'user', sourceId: bad })).status).toBe(404);
    expect((await world.call(makeJobForgetEscrow, { objectType: 'user', sourceId: bad })).body).toEqual({ forgotten: false });
  });

  it('unlink breaks one pair and touches neither side; asked again it says that there is none', async () => {
    const [id = ''] = people;
    const before = { ...account(id) };
    const writes = world.zendesk.stats.writes.length;
    const body = { objectType: 'user', sourceId: id };
    expect((await world.call(makeJobUnlink, body)).body).toEqual({ unlinked: true, targetId: String(before.id) });
    expect(world.zendesk.stats.writes.length).toBe(writes);
    expect(account(id)).toEqual(before);
    expect(await world.app.deps.links.read({ type: 'user', id: id as never })).toBeUndefined();
    expect((await world.call(makeJobUnlink, body)).body).toEqual({ unlinked: false, targetId: null });
    expect((await world.call(makeJobUnlink, { objectType: 'user', sourceId: "' or 1" })).status).toBe(400);
    const operations = (await world.app.deps.log.query({ sourceId: id }, 10)).entries;
    expect(operations.filter((entry) => entry.provisioningAction === 'other' && entry.skipReason === null)).toHaveLength(2);
  });

  it('writes every operation down', async () => {
    await world.call(makeJobAllowDeletes);
    await world.call(makeJobStart);
    await world.call(makeJobRestart, { criteria: { resetScope: 'None' } });
    expect(await operations()).toEqual(
      expect.arrayContaining(['There were no held removals to allow.', 'The job was started.', 'The job was restarted (None).']),
    );
  });
});
