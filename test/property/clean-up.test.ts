import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceId, TargetId } from '../../src/core/model';
import { cleanUp, readLeftOvers } from '../../src/engine/accounts/clean-up';
import { unlinkOne } from '../../src/engine/control/unlink';
import { settleDrift } from '../../src/engine/drift/drift-check';
import { createDrift, driftPlans } from '../../src/engine/drift/drift-run';
import { continuePlan } from '../../src/engine/preview/make-plan';
import type { Planning } from '../../src/engine/preview/planning';
import { itemFor } from '../../src/engine/work-item';
import { aCompany } from '../builders/people';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { schemaOf } from './support/world';

const OPERATOR = { type: 'user', id: 'op', displayName: 'Olga' } as const;

/** The shipped mappings without the box Delete of groups. */
function withoutDelete() {
  const file = JSON.parse(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
  for (const rule of file.synchronizationRules)
    for (const mapping of rule.objectMappings) if (/group/i.test(mapping.targetObjectName)) mapping.flowTypes = 'Add,Update';
  return schemaOf(JSON.stringify(file));
}

/** Two groups of ours: one that nothing asks for any more, one with a member put in by hand. */
async function leftOvers() {
  const { world, directory, agents, roles } = aCompany({ agents: 3 }, { schema: withoutDelete() });
  const [old, sales] = ['Old', 'Sales'].map((displayName) => directory.addGroup({ displayName })) as [SourceId, SourceId];
  const assignment = directory.assign(old, roles.agent);
  directory.assign(sales, roles.agent);
  for (const { id } of agents) directory.addMember(sales, id);
  await world.round();
  directory.unassign(assignment);
  await world.round();
  const inZendesk = world.groupNamed('Sales');
  if (!inZendesk || !world.groupNamed('Old')) throw new Error('no groups');
  const stranger = world.target.seedUser({ name: 'Bo (7)', email: 'bo@x.example', role: { role: 'agent', customRoleId: null } });
  await world.target.addMembership(stranger.id, inZendesk.id);
  const plans = makePlans();
  const planning = (): Planning => ({ deps: world.deps(), plans, shadow: makeShadow(), kinds: { drift: driftPlans } });
  const asked = (changes: Partial<Parameters<typeof cleanUp>[1]> = {}) => ({
    groups: [] as SourceId[],
    members: [] as { groupId: SourceId; userIds: TargetId[] }[],
    allowDeletes: false,
    ...changes,
  });
  return { world, directory, agents, roles, old, sales, stranger, inZendesk, planning, asked };
}

const log = async (world: Awaited<ReturnType<typeof leftOvers>>['world'], cycleId: string) =>
  (await world.deps().log.query({ cycleId }, 50)).entries;

describe('clean-up of groups', () => {
  it('lists what the last comparison found, by name', async () => {
    const { world, planning, old, sales, stranger } = await leftOvers();
    expect(await readLeftOvers(planning())).toBeUndefined();
    const begun = await createDrift(planning(), OPERATOR, false);
    if (begun.kind !== 'begun') throw new Error('busy');
    await continuePlan(planning(), begun.header.planId, { owner: 'x', budgetMs: 600_000 });
    await settleDrift(planning());
    const found = await readLeftOvers(planning());
    expect(found).toMatchObject({ isComplete: true });
    expect(found?.groups).toHaveLength(2);
    expect(found?.groups).toContainEqual(expect.objectContaining({ groupId: old, name: 'Old', isUnasked: true, members: [] }));
    expect(found?.groups).toContainEqual(
      expect.objectContaining({ groupId: sales, isUnasked: false, members: [{ id: stranger.id, name: 'Bo (7)' }] }),
    );
    expect(world.target.writes.get('deleteGroup')).toBeUndefined();
  });

  it('removes exactly what is named, and the log says who asked and what went', async () => {
    const { world, old, sales, stranger, inZendesk, asked } = await leftOvers();
    const answer = await cleanUp(
      world.deps(),
      asked({ groups: [old], members: [{ groupId: sales, userIds: [stranger.id] }] }),
      OPERATOR,
    );
    if (answer.kind !== 'begun') throw new Error(JSON.stringify(answer));
    await world.drain();
    expect(world.groupNamed('Old')).toBeUndefined();
    expect(world.membersOf(inZendesk.id)).toHaveLength(3);
    const entries = await log(world, answer.cycleId);
    expect(entries.map(({ provisioningAction }) => provisioningAction).sort()).toEqual(['delete', 'update']);
    const properties = entries.flatMap(({ modifiedProperties }) => modifiedProperties);
    expect(properties).toContainEqual({ displayName: 'members', oldValue: `zendesk:${stranger.id}`, newValue: null });
    const operations = (await world.deps().log.query({}, 200)).entries.filter(
      ({ initiatedBy }) => initiatedBy.displayName === 'Olga',
    );
    expect(operations).toHaveLength(1);
    await world.round();
    expect(world.membersOf(inZendesk.id)).toHaveLength(3);
  });

  it('leaves what Entra ID asks for by then, and what it never knew', async () => {
    const { world, directory, roles, agents, old, sales, inZendesk, asked } = await leftOvers();
    const member = world.accountOf(agents[0]!.id)!;
    await cleanUp(world.deps(), asked({ members: [{ groupId: sales, userIds: [member.id] }] }), OPERATOR);
    await world.drain();
    expect(world.membersOf(inZendesk.id)).toHaveLength(4);
    expect(await cleanUp(world.deps(), asked({ groups: [sales] }), OPERATOR)).toMatchObject({ kind: 'refused', groupId: sales });
    const nobody = '00000000-0000-4000-8000-00000000dead' as SourceId;
    expect(await cleanUp(world.deps(), asked({ groups: [nobody] }), OPERATOR)).toMatchObject({ kind: 'refused' });
    const answer = await cleanUp(world.deps(), asked({ groups: [old] }), OPERATOR);
    expect(answer.kind).toBe('begun');
    directory.assign(old, roles.agent);
    await world.cycle();
    await world.drain();
    expect(world.groupNamed('Old')).toBeDefined();
  });

  it('refuses a group that is assigned again, though no cycle has seen that', async () => {
    const { world, directory, roles, old, asked } = await leftOvers();
    directory.assign(old, roles.agent);
    expect(await cleanUp(world.deps(), asked({ groups: [old] }), OPERATOR)).toMatchObject({ kind: 'refused', groupId: old });
    await world.drain();
    expect(world.groupNamed('Old')).toBeDefined();
  });

  it('leaves whom Entra ID has in the group, also where the app has been made to forget the account', async () => {
    const { world, agents, sales, inZendesk, asked } = await leftOvers();
    const id = agents[0]?.id as SourceId;
    const account = world.accountOf(id)?.id as TargetId;
    await unlinkOne(world.deps(), OPERATOR, { type: 'user', id });
    await cleanUp(world.deps(), asked({ members: [{ groupId: sales, userIds: [account] }] }), OPERATOR);
    await world.drain();
    expect(world.membersOf(inZendesk.id)).toContain(id);
  });

  it.each([true, false])(
    'leaves whom Entra ID has in it through a group that no cycle has read yet; transitive: %s',
    async (isTransitive) => {
      const { world, directory, sales, stranger, inZendesk, asked } = await leftOvers();
      world.settings = { ...world.settings, groupMembership: isTransitive ? 'Transitive' : 'Direct' };
      const [inner, bo] = [
        directory.addGroup({ displayName: 'Inner' }),
        directory.addUser({ displayName: 'Bo', mail: 'bo@x.example' }),
      ];
      stranger.externalId = bo;
      directory.addMember(inner, bo);
      directory.addMember(sales, inner);
      await cleanUp(world.deps(), asked({ members: [{ groupId: sales, userIds: [stranger.id] }] }), OPERATOR);
      await world.drain();
      expect(world.membersOf(inZendesk.id)).toHaveLength(isTransitive ? 4 : 3);
    },
  );

  it('a group that was there before is refused, whatever is asked', async () => {
    const { world, directory, roles, asked } = await leftOvers();
    world.target.seedGroup('Theirs');
    const theirs = directory.addGroup({ displayName: 'Theirs' });
    directory.assign(theirs, roles.agent);
    await world.round();
    expect(await cleanUp(world.deps(), asked({ groups: [theirs] }), OPERATOR)).toMatchObject({ kind: 'refused' });
    const deps = world.deps();
    const row = await deps.space.readObject({ type: 'group', id: theirs });
    if (!row) throw new Error('not read');
    await deps.space.writeObject({ ...row.value, entitlements: [] }, '*');
    expect(await cleanUp(deps, asked({ groups: [theirs] }), OPERATOR)).toMatchObject({
      reason: expect.stringContaining('before'),
    });
    const key = { type: 'group', id: theirs } as const;
    await deps.queue.enqueue([{ ...itemFor('c', key, { kind: 'groupDelete', countedIn: 'c' }), cleanUp: { members: [] } }]);
    await world.drain();
    expect(world.groupNamed('Theirs')).toBeDefined();
  });

  it('above the threshold it is held, unless it is allowed', async () => {
    const { world, old, asked } = await leftOvers();
    world.settings = { ...world.settings, deletionThreshold: 0 };
    expect(await cleanUp(world.deps(), asked({ groups: [old] }), OPERATOR)).toMatchObject({ kind: 'held' });
    expect(world.queue.messages).toEqual([]);
    await cleanUp(world.deps(), asked({ groups: [old], allowDeletes: true }), OPERATOR);
    await world.drain();
    expect(world.groupNamed('Old')).toBeUndefined();
  });

  it('protected members stay', async () => {
    const { world, sales, stranger, inZendesk, asked } = await leftOvers();
    world.settings = { ...world.settings, protectedUsers: [stranger.id] };
    await cleanUp(world.deps(), asked({ members: [{ groupId: sales, userIds: [stranger.id] }] }), OPERATOR);
    await world.drain();
    expect(world.membersOf(inZendesk.id)).toHaveLength(4);
  });

  it('a crash at every port call of the work ends in the same state, told once', async () => {
    let calls = 0;
    for (let wasKilled = true; wasKilled; calls += 1) {
      const { world, old, sales, stranger, inZendesk, asked } = await leftOvers();
      const answer = await cleanUp(
        world.deps(),
        asked({ groups: [old], members: [{ groupId: sales, userIds: [stranger.id] }] }),
        OPERATOR,
      );
      if (answer.kind !== 'begun') throw new Error('refused');
      const [first, second] = world.queue.messages.map(({ item }) => item);
      wasKilled = await world.killedAt(calls, () => world.drain());
      // The queue hands out what was not taken off it.
      for (const item of [first, second]) {
        if (item && !(await world.deps().log.read(item.cycleId, item.changeId)))
          if (!world.queue.messages.some((message) => message.item.changeId === item.changeId))
            world.queue.messages.push({ item, delayMs: 0 });
      }
      world.nowMs += 600_000;
      await world.drain();
      expect([calls, world.groupNamed('Old'), world.membersOf(inZendesk.id).length]).toEqual([calls, undefined, 3]);
      const told = (await log(world, answer.cycleId)).flatMap(({ modifiedProperties }) => modifiedProperties);
      expect([calls, told.filter(({ oldValue }) => oldValue === `zendesk:${stranger.id}`)]).toEqual([calls, [expect.anything()]]);
    }
    expect(calls).toBeGreaterThan(20);
  });
});
