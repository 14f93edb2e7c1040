import type { SourceId } from '../../../../src/core/model';
import { type WayBack, wayBackOf } from '../../../../src/core/way-back';
import { changeIdFor } from '../../../../src/engine/change-id';
import { fingerprintOf } from '../../../../src/engine/decide/held';
import { holdFor, planUndoOf } from '../../../../src/engine/undo/undo-object';
import type { ObjectKey } from '../../../../src/ports/stored';
import { aUser } from '../../../builders/objects';
import { aCompany, aPerson } from '../../../builders/people';
import { OLGA } from '../../../property/support/undoing';
import { World } from '../../../property/support/world';

const FOREVER = Number.POSITIVE_INFINITY;

/** Three agents in a group, and the way back of one object from the newest cycle. */
async function aTeam() {
  const company = aCompany({ agents: 3 }, { settings: { deletionThreshold: 500 } });
  const { world, directory, roles, agents } = company;
  const group = directory.addGroup({ displayName: 'Sales' });
  directory.assign(group, roles.agent);
  for (const { id } of agents) directory.addMember(group, id);
  await world.round();
  await world.round();
  const back = async (cycleId: string, key: ObjectKey) => {
    const deps = world.deps();
    const entry = await deps.log.read(cycleId, changeIdFor(cycleId, key));
    const undoing = entry && wayBackOf(entry, []);
    const object = (await deps.space.readObject(key))?.value;
    if (undoing?.kind !== 'wayBack' || !object) throw new Error(`nothing to take back: ${undoing?.kind}`);
    const plan = { planId: 'p', cycleId: 'p', heldBy: OLGA, heldAt: '2026-01-05T08:00:00.000Z' };
    return { deps, object, hold: { ...holdFor(deps, plan, object, undoing.way), way: undoing.way } };
  };
  const planned = async (cycleId: string, key: ObjectKey) => {
    const { deps, hold } = await back(cycleId, key);
    return planUndoOf(deps, hold, FOREVER);
  };
  /** A cycle whose items are carried out with this one first: who joins a group is told by whichever comes first. */
  const first = async (id: SourceId): Promise<string> => {
    const { cycleId } = await world.cycle();
    world.queue.messages.sort(({ item }) => (item.sourceId === id ? -1 : 1));
    await world.drain();
    return cycleId;
  };
  return { ...company, first, group: { type: 'group', id: group } as const, back, planned };
}
const user = (id: SourceId | undefined) => ({ type: 'user', id: id as SourceId }) as const;

describe('the hold under which an object is taken back', () => {
  it('is of the object as it is now, and comes first', () => {
    const deps = new World().deps();
    const plan = { planId: 'p', cycleId: 'c', heldBy: OLGA, heldAt: '2026-01-05T08:00:00.000Z' };
    const [object, way] = [aUser(), {} as WayBack];
    expect(holdFor(deps, plan, object, way)).toEqual({
      ...{ key: { type: 'user', id: object.id }, source: fingerprintOf(deps, object), ...plan, name: 'Ann' },
      ...{ way, allows: null, isLast: false },
    });
    expect(holdFor(deps, plan, aUser({ attributes: {} }), way).name).toBe('');
  });
});

describe('the way back of one object', () => {
  it('counts a suspension', async () => {
    const { world, directory, planned } = await aTeam();
    const { id } = { id: aPerson(world, 'new') };
    directory.assign(id, directory.addAppRole({ displayName: 'Second', value: 'user' }));
    const { cycleId } = await world.round();
    const { row } = await planned(cycleId, user(id));
    expect(row).toMatchObject({ outcome: 'planned', removal: { kind: 'userDisable', count: 1 } });
  });

  it('counts the members whom it takes out of a group, and not those whom it brings back', async () => {
    const { world, directory, planned, first, group, agents, roles } = await aTeam();
    for (const at of [0, 1]) directory.removeMember(group.id, agents[at]?.id as SourceId);
    const { cycleId } = await world.round();
    const back = (await planned(cycleId, group)).row;
    expect(back).toMatchObject({ outcome: 'planned', removal: null });
    expect(back.changes.map(({ newValue }) => newValue === null)).toEqual([false, false]);
    const ids = ['x', 'y'].map((word) => aPerson(world, word));
    for (const id of ids) directory.assign(id, roles.agent);
    await world.round();
    for (const [count, some] of [
      [1, ids.slice(0, 1)],
      [2, ids],
    ] as const) {
      for (const id of some) directory.addMember(group.id, id);
      const later = await first(group.id);
      expect((await planned(later, group)).row.removal).toEqual({ kind: 'membershipRemoval', count });
      for (const id of some) directory.removeMember(group.id, id);
      await world.round();
    }
  });

  it('counts the groups that a user leaves by it', async () => {
    const { world, directory, planned, first, group, roles } = await aTeam();
    const id = aPerson(world, 'joins');
    directory.assign(id, roles.agent);
    await world.round();
    directory.addMember(group.id, id);
    const cycleId = await first(id);
    const entry = await world.deps().log.read(cycleId, changeIdFor(cycleId, user(id)));
    expect(entry?.modifiedProperties.map(({ displayName }) => displayName)).toContain('groups');
    expect((await planned(cycleId, user(id))).row.removal).toEqual({ kind: 'membershipRemoval', count: 1 });
  });

  it('says whether it takes a seat', async () => {
    const { world, directory, planned, agents } = await aTeam();
    world.settings = { ...world.settings, deprovisionUsers: 'DowngradeAndSuspend' };
    const key = user(agents[0]?.id);
    directory.updateUser(key.id, { accountEnabled: false });
    const { cycleId } = await world.round();
    expect(await planned(cycleId, key)).toMatchObject({ seat: 'takes', row: { outcome: 'planned', removal: null } });
  });

  it('counts nothing that merely gets another value, or none', async () => {
    const { world, directory, planned, agents } = await aTeam();
    const key = user(agents[0]?.id);
    directory.updateUser(key.id, { mobilePhone: '+1 555 0100' });
    const { cycleId } = await world.round();
    expect((await planned(cycleId, key)).row).toMatchObject({
      ...{ outcome: 'planned', removal: null, changes: [{ displayName: 'phone', newValue: null }], name: 'agent0' },
    });
  });

  it('is named by its hold where the row of the object is not there', async () => {
    const { world, directory, back, agents } = await aTeam();
    const key = user(agents[0]?.id);
    directory.updateUser(key.id, { displayName: 'Called' });
    const { cycleId } = await world.round();
    const { deps, hold } = await back(cycleId, key);
    const row = async () => (await planUndoOf(deps, hold, FOREVER)).row;
    expect(await row()).toMatchObject({ name: 'Called', way: hold.way, source: hold.source });
    await deps.space.removeObject(key);
    expect(await row()).toMatchObject({ name: 'Called' });
  });

  it('of which nothing stands is skipped, and counts nothing', async () => {
    const { world, directory, planned, agents } = await aTeam();
    const key = user(agents[0]?.id);
    directory.updateUser(key.id, { displayName: 'Called' });
    const { cycleId } = await world.round();
    Object.assign(world.target.users.get(world.accountOf(key.id)?.id as never) ?? {}, { name: 'By hand' });
    expect(await planned(cycleId, key)).toMatchObject({ row: { outcome: 'skipped', removal: null }, seat: undefined });
  });
});
