import { NotFoundError, UnavailableError } from '../../src/core/errors';
import { restartJob } from '../../src/engine/control/restart';
import { readJob } from '../../src/engine/job/job-state';
import type { JobSettings } from '../../src/engine/job-settings';
import { provisionOnDemand } from '../../src/engine/on-demand/on-demand';
import type { Initiator } from '../../src/engine/record/log-entry';
import { aCompany, aPerson } from '../builders/people';
import type { World } from './support/world';

const operator: Initiator = { type: 'user', id: 'op', displayName: 'Operator' };
const OTHERS: readonly (readonly [string, Partial<JobSettings>, string])[] = [
  ['tenant', { tenantId: '11111111-0000-4000-8000-00000000000f' }, 'ENTRA_TENANT_ID'],
  ['application', { servicePrincipalId: 'ffffffff-0000-4000-8000-00000000000f' }, 'ENTRA_SERVICE_PRINCIPAL_ID'],
  ['Zendesk account', { subdomain: 'other' }, 'ZENDESK_SUBDOMAIN'],
];

const change = (world: World, settings: Partial<JobSettings>): void => {
  world.settings = { ...world.settings, ...settings };
};

const restartFull = (world: World) =>
  restartJob(world.deps(), operator, ['QuarantineState', 'Watermark', 'Escrows', 'ConnectorDataStore'], 'operator');

const tickLater = (world: World) => {
  world.nowMs += 20 * 60_000;
  return world.tick();
};

describe('engine › links of another application or account', () => {
  it.each(OTHERS)('another %s: nothing is read and nobody is touched, until it is set back', async (_what, other, setting) => {
    const { world, directory, users, agents } = aCompany({ users: 3, agents: 1 });
    await world.round();
    const before = world.snapshot();
    const own = world.settings;
    change(world, other);
    for (const { assignment } of [...users, ...agents]) directory.unassign(assignment);

    expect(await tickLater(world)).toMatchObject({ kind: 'failed', error: { code: 'PROV_CONFIG_INVALID' } });
    const { quarantine } = (await readJob(world.deps().state)).value;
    expect(quarantine?.message).toContain(setting);
    expect(world.notices).toEqual([expect.objectContaining({ kind: 'quarantine', code: 'PROV_CONFIG_INVALID' })]);
    for (const dryRun of [true, false]) {
      const asked = { subjects: users.map(({ id }) => id), objectType: 'user' as const, dryRun, operator, budgetMs: 10_000 };
      await expect(provisionOnDemand(world.deps(), asked)).rejects.toMatchObject({ code: 'PROV_CONFIG_INVALID' });
    }
    expect(world.snapshot()).toEqual(before);

    world.settings = own;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)?.suspended).toBe(true);
    expect((await readJob(world.deps().state)).value.quarantine).toBeNull();
  });

  it.each(OTHERS)('another %s: what is in the queue waits there', async (_what, other) => {
    const { world } = aCompany({ users: 2 });
    const before = world.snapshot();
    await world.cycle();
    change(world, other);
    const waiting = world.queue.messages.splice(0);
    expect(waiting).toHaveLength(2);
    for (const { item } of waiting) await world.work(item);
    expect(world.snapshot()).toEqual(before);
    expect(world.queue.messages.map(({ delayMs }) => delayMs)).toEqual([300_000, 300_000]);
  });

  it('a restart with Full takes the new account over: strangers who bear the old ids are left alone', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    const group = directory.addGroup({ displayName: 'Sales' });
    await world.round();
    // The same ids, other people: as in a sandbox, or an account on another pod.
    for (const row of world.target.users.values()) {
      if (row.email?.endsWith('@contoso.com'))
        Object.assign(row, { name: 'Stranger', email: `${row.id}@elsewhere.example`, externalId: null });
    }
    change(world, { subdomain: 'other' });
    const [leaver] = users;
    directory.unassign(leaver?.assignment ?? '');
    directory.addMember(group, leaver?.id ?? '');
    await tickLater(world);
    expect(await restartFull(world)).toMatchObject({ kind: 'restarted', linksCleared: 3 });
    await world.round();
    const strangers = [...world.target.users.values()].filter(({ name }) => name === 'Stranger');
    expect(strangers).toHaveLength(3);
    for (const one of strangers) expect(one).toMatchObject({ suspended: false, externalId: null });
    for (const { id } of users.slice(1)) expect(world.accountOf(id)).toMatchObject({ suspended: false });
    expect(world.accountOf(leaver?.id ?? ('' as never))).toBeUndefined();
  });

  it('a cycle and work items begun with the former application give nobody an account in the name of the new one', async () => {
    const { world, directory, roles } = aCompany({ users: 2 });
    await world.round();
    const late = aPerson(world, 'late');
    const assignment = directory.assign(late, roles.user);
    await world.cycle();
    const cutOff = aPerson(world, 'cutoff');
    const another = directory.assign(cutOff, roles.user);
    world.nowMs += 20 * 60_000;
    world.source.beforeCall = ({ method }) => {
      if (method === 'readUserChanges') throw new UnavailableError('source', 'down');
    };
    const stopped = await world.tick();
    if (stopped.kind !== 'failed' || !stopped.cycleId) throw new Error('no cycle was cut off');
    world.source.beforeCall = undefined;
    change(world, { servicePrincipalId: 'ffffffff-0000-4000-8000-00000000000f' });
    directory.unassign(assignment);
    directory.unassign(another);
    await tickLater(world);
    await restartFull(world);
    await world.drain();
    const next = await world.round();
    expect(next.cycleKind).toBe('initial');
    expect(next.cycleId).not.toBe(stopped.cycleId);
    expect(await world.deps().cycles.read(stopped.cycleId)).toMatchObject({ state: 'failed', endedAt: expect.any(String) });
    expect(world.accountOf(late)).toBeUndefined();
    expect(world.accountOf(cutOff)).toBeUndefined();
  });

  it('an application id that was never right can be corrected without a restart', async () => {
    const { world, users } = aCompany({ users: 1 });
    const right = world.settings;
    change(world, { servicePrincipalId: 'ffffffff-0000-4000-8000-00000000000f' });
    world.source.beforeCall = ({ method }) => {
      if (method === 'readApplication') throw new NotFoundError('source', 'there is none');
    };
    expect(await tickLater(world)).toMatchObject({ kind: 'failed' });
    world.source.beforeCall = undefined;
    world.settings = right;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
  });

  it('a restart that clears no links does not take it over', async () => {
    const { world } = aCompany({ users: 1 });
    await world.round();
    change(world, { subdomain: 'other' });
    await restartJob(world.deps(), operator, ['Watermark', 'QuarantineState'], 'op');
    expect(await tickLater(world)).toMatchObject({ kind: 'failed', error: { code: 'PROV_CONFIG_INVALID' } });
  });
});

describe('engine › what no object of the source tells of', () => {
  it('an app role that is disabled: whoever has only that one loses access with the next cycle, and gets it back', async () => {
    const { world, directory, roles, users, agents } = aCompany({ users: 2, agents: 1 });
    await world.round();
    const before = world.snapshot();
    world.directory.enableRole(roles.user, false);
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)?.suspended).toBe(true);
    for (const { id } of agents) expect(world.accountOf(id)?.suspended).toBe(false);
    world.directory.enableRole(roles.user, true);
    await world.round();
    expect(world.snapshot()).toEqual(before);
    expect(directory.appRoles).toHaveLength(3);
  });

  it('an app role that gets another value: its holders get the other role', async () => {
    const { world, directory, roles, users } = aCompany({ users: 1 });
    await world.round();
    const at = directory.appRoles.findIndex(({ id }) => id === roles.user);
    const role = directory.appRoles[at];
    if (role) directory.appRoles[at] = { ...role, value: 'agent' };
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)?.role.role).toBe('agent');
  });

  it('app roles missing from one read: nobody loses anything', async () => {
    const { world, directory } = aCompany({ users: 3, agents: 2 });
    await world.round();
    const before = world.snapshot();
    const all = directory.appRoles.splice(0);
    await world.dueInitial();
    await world.round();
    directory.appRoles.push(...all);
    expect(world.snapshot()).toEqual(before);
  });

  it('the same app roles in another order: no initial cycle', async () => {
    const { world, directory } = aCompany({ users: 1 });
    await world.round();
    directory.appRoles.reverse();
    expect(await world.round()).toMatchObject({ cycleKind: 'incremental', evaluated: 0 });
  });

  it.each([
    ['DEPROVISION_USERS', { deprovisionUsers: 'Nothing' }, { deprovisionUsers: 'Suspend' }],
    ['PROTECTED_USERS', { protectedUsers: ['user0@contoso.com'] }, { protectedUsers: [] }],
  ] as const)(
    '%s: a leaver whom the former setting let be loses access once the setting says so',
    async (_name, former, latter) => {
      const { world, directory, users } = aCompany({ users: 2 });
      await world.round();
      change(world, former);
      for (const { assignment } of users.slice(0, 1)) directory.unassign(assignment);
      await world.round();
      const [leaver] = users;
      expect(world.accountOf(leaver?.id ?? ('' as never))?.suspended).toBe(false);
      change(world, latter);
      await world.round();
      expect(world.accountOf(leaver?.id ?? ('' as never))?.suspended).toBe(true);
    },
  );

  it('HARD_DELETED_USERS: as well', async () => {
    const { world, directory, users } = aCompany(
      { users: 1 },
      { settings: { hardDeletedUsers: 'Nothing', deprovisionUsers: 'Nothing' } },
    );
    await world.round();
    for (const { id } of users) directory.hardDeleteUser(id);
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)?.suspended).toBe(false);
    change(world, { hardDeletedUsers: 'Delete' });
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeUndefined();
  });
});

describe('engine › a restart that clears links', () => {
  it('waits while the brake holds removals: without their links these people would keep access for ever', async () => {
    const { world, directory, users } = aCompany({ users: 4 });
    await world.round();
    change(world, { deletionThreshold: 1 });
    for (const { assignment } of users.slice(0, 3)) directory.unassign(assignment);
    await world.round();
    expect(await restartFull(world)).toMatchObject({ kind: 'busy', reason: expect.stringContaining('brake') });
    expect(await world.deps().links.countLinks('user')).toBe(users.length);
    for (const { id } of users) expect(world.accountOf(id)?.suspended).toBe(false);
  });
});
