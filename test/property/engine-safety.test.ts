import fc from 'fast-check';
import { UnauthorizedError, UnavailableError } from '../../src/core/errors';
import type { TargetMembership, WorkItem } from '../../src/core/model';
import { aCompany } from '../builders/people';
import { aScenario, Play } from './support/scenario';
import type { World } from './support/world';

const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? numRuns) });

/** What somebody loses: accounts gone or suspended, seats and memberships taken away since. */
function losses(world: World): () => readonly string[] {
  const users = [...world.target.users.values()].map((user) => ({ ...user }));
  const groups = [...world.target.groups.values()].map((group) => ({ ...group }));
  const memberships = [...world.target.memberships.values()];
  return () => [
    ...users.flatMap((was) => {
      const is = world.target.users.get(was.id);
      if (was.active && !is?.active) return [`${was.email} was deleted`];
      if (!was.suspended && is?.suspended) return [`${was.email} was suspended`];
      return was.role.role !== 'end-user' && is?.role.role === 'end-user' ? [`${was.email} lost the seat`] : [];
    }),
    ...groups.filter((was) => !was.deleted && world.target.groups.get(was.id)?.deleted).map(({ name }) => `${name} was deleted`),
    ...memberships.filter(({ id }) => !world.target.memberships.has(id)).map(({ id }) => `membership ${id} was removed`),
  ];
}

async function playAll(play: Play): Promise<void> {
  for (const edits of [[], ...play.scenario.later]) {
    play.apply(edits);
    await play.world.round();
  }
}

describe('engine › unknown is not absent', () => {
  const mishaps: Record<string, (world: World) => void> = {
    'an empty list of assignments, direct reads failing': ({ source }) => {
      source.switches.emptyAssignments = true;
      source.switches.unknownReads = 'all';
    },
    'an empty list of assignments, direct reads truthful': ({ source }) => {
      source.switches.emptyAssignments = true;
    },
    'a truncated list of assignments': ({ source }) => {
      source.switches.truncatedAssignments = true;
    },
    'expired watermarks': ({ source }) => source.expireWatermarks(),
    'expired watermarks, direct reads failing': ({ source }) => {
      source.expireWatermarks();
      source.switches.unknownReads = 'all';
    },
    'users with nulls where a permission is missing': ({ source }) => {
      source.switches.nullRows = true;
      source.expireWatermarks();
    },
    'rows told twice': ({ source }) => {
      source.switches.duplicates = true;
      source.expireWatermarks();
    },
    'everything at once': ({ source }) => {
      Object.assign(source.switches, { emptyAssignments: true, unknownReads: 'all', nullRows: true, duplicates: true });
      source.expireWatermarks();
    },
  };

  it.each(Object.entries(mishaps))('%s: nobody loses anything', async (_name, mishap) => {
    await fc.assert(
      fc.asyncProperty(aScenario(1), fc.boolean(), async (scenario, isInitial) => {
        const play = new Play(scenario);
        await playAll(play);
        const lost = losses(play.world);
        mishap(play.world);
        if (isInitial) await play.world.dueInitial();
        await play.world.round();
        await play.world.round();
        expect(lost()).toEqual([]);
      }),
      runs(20),
    );
  });

  it('objects whose direct reads fail keep what they have; what is told of others still happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        aScenario(2),
        fc.boolean(),
        fc.array(fc.nat({ max: 4 }), { maxLength: 5 }),
        async (scenario, isExpired, doubtful) => {
          const play = new Play(scenario);
          await play.world.round();
          const people = doubtful.map((at) => play.users[at % play.users.length] ?? '');
          const theirs = [...play.world.directory.assignments.values()].filter((one) => people.includes(one.principalId));
          const unknown = new Set([...people, ...theirs.map(({ id }) => id)]);
          const before = new Map(play.users.map((id) => [id, JSON.stringify(play.world.accountOf(id))]));
          // These users are not told of at all, and cannot be read: as if the list had lost them.
          play.world.source.switches.unknownReads = unknown;
          const hidden = [...unknown].map((id) => play.world.directory.objects.get(id as never));
          for (const object of hidden) if (object) play.world.directory.objects.delete(object.id);
          if (isExpired) play.world.source.expireWatermarks();
          await play.world.round();
          for (const object of hidden) {
            if (object && before.get(object.id) !== undefined) {
              expect(play.world.accountOf(object.id)?.suspended ?? false).toBe(
                (JSON.parse(before.get(object.id) ?? 'null') as { suspended?: boolean } | null)?.suspended ?? false,
              );
            }
          }
        },
      ),
      runs(30),
    );
  });

  it('a source that fails at any call loses nobody anything', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(1), fc.nat({ max: 40 }), fc.boolean(), async (scenario, at, isRefused) => {
        const play = new Play(scenario);
        await playAll(play);
        const lost = losses(play.world);
        await play.world.dueInitial();
        play.world.source.expireWatermarks();
        let calls = 0;
        play.world.hook = (name) => {
          if (!name.startsWith('source.')) return;
          calls += 1;
          if (calls < at) return;
          throw isRefused ? new UnauthorizedError('source', 'refused') : new UnavailableError('source', 'down');
        };
        for (let tick = 0; tick < 3; tick += 1) {
          play.world.nowMs += 26 * 3600_000;
          await play.world.tick();
        }
        play.world.hook = undefined;
        play.world.nowMs += 26 * 3600_000;
        await play.world.round();
        expect(lost()).toEqual([]);
      }),
      runs(30),
    );
  });
});

describe('engine › braked', () => {
  const removals = [
    ['users unassigned', 'Suspend'],
    ['users disabled', 'Suspend'],
    ['users hard-deleted', 'Delete'],
    ['agents made users', 'Suspend'],
    ['members taken out of a group', 'Suspend'],
  ] as const;

  it.each(removals)('%s: up to the threshold they go, above it not one of them', async (what, hardDeletedUsers) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }), async (count, deletionThreshold) => {
        const settings = { deletionThreshold, deletionThresholdPercent: 100, hardDeletedUsers };
        const { world, directory, agents, roles } = aCompany({ agents: 15 }, { settings });
        const group = directory.addGroup({ displayName: 'Sales' });
        directory.assign(group, roles.agent);
        for (const { id } of agents) directory.addMember(group, id);
        await world.round();
        const lost = losses(world);
        for (const { id, assignment } of agents.slice(0, count)) {
          if (what === 'users unassigned') {
            directory.unassign(assignment);
            directory.removeMember(group, id);
          } else if (what === 'users disabled') directory.updateUser(id, { accountEnabled: false });
          else if (what === 'users hard-deleted') directory.hardDeleteUser(id);
          else if (what === 'agents made users') {
            directory.unassign(assignment);
            directory.assign(id, roles.user);
          } else directory.removeMember(group, id);
        }
        await world.round();
        const concerned = lost().filter((one) => !one.startsWith('membership') || what === 'members taken out of a group');
        expect(concerned.length).toBe(count <= deletionThreshold ? count : 0);
        await world.dueInitial();
        await world.round();
        const later = lost().filter((one) => !one.startsWith('membership') || what === 'members taken out of a group');
        expect(later.length).toBe(count <= deletionThreshold ? count : 0);
      }),
      runs(12),
    );
  });

  it('a late item of an earlier cycle takes no more members out than the brake has let go', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 20 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    for (const { id } of agents) directory.addMember(group, id);
    await world.round();
    directory.removeMember(group, agents[0]?.id ?? '');
    await world.cycle();
    const [late] = world.queue.messages.splice(0);
    for (const { id } of agents.slice(1)) directory.removeMember(group, id);
    const lost = losses(world);
    // The next cycle is cut off at every point, after it has read the change and before it has counted it among others.
    for (let at = 10; at < 120; at += 10) {
      await world.killedAt(at, () => world.tick());
      world.nowMs += 120_000;
      if (late) await world.work(late.item);
      expect(lost().length).toBeLessThanOrEqual(1);
    }
    await world.round();
    expect(world.queue.messages).toEqual([]);
    expect(lost().length).toBeLessThanOrEqual(1);
  });

  it('a worker never takes anything away without the word of the brake, whatever the state of the world', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), async (scenario) => {
        const play = new Play(scenario);
        await play.world.round();
        for (const edits of scenario.later) {
          play.apply(edits);
          await play.world.cycle();
          const items = play.world.queue.messages.splice(0).map(({ item }) => item);
          const lost = losses(play.world);
          for (const item of items) await play.world.work({ ...item, allows: null });
          await play.world.drain();
          expect(lost()).toEqual([]);
          for (const item of items) await play.world.work(item);
          await play.world.drain();
        }
      }),
      runs(30),
    );
  });

  it('somebody who was found out of scope between two counts is counted by the next cycle, and loses access then', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    await world.round();
    const [leaver] = users;
    if (!leaver) throw new Error('nobody');
    directory.updateUser(leaver.id, { accountEnabled: false });
    await world.cycle();
    const items = world.queue.messages.splice(0).map(({ item }) => item);
    await world.work({ ...(items[0] as WorkItem), allows: null });
    expect(world.accountOf(leaver.id)?.suspended).toBe(false);
    await world.round();
    await world.round();
    expect(world.accountOf(leaver.id)?.suspended).toBe(true);
  });

  it('somebody whom a person un-suspended in Zendesk although out of scope is suspended again by the next initial cycle', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    await world.round();
    const [leaver] = users;
    if (!leaver) throw new Error('nobody');
    directory.updateUser(leaver.id, { accountEnabled: false });
    await world.round();
    const row = [...world.target.users.values()].find((user) => user.externalId === leaver.id);
    if (row) row.suspended = false;
    for (let cycles = 0; cycles < 2; cycles += 1) {
      await world.dueInitial();
      await world.round();
    }
    expect(world.accountOf(leaver.id)?.suspended).toBe(true);
  });
});

describe('engine › monotone', () => {
  it('without the word of the brake there is never more done than with it, and nothing taken away', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(1), async (scenario) => {
        const writesWith = async (isAllowed: boolean): Promise<readonly string[]> => {
          const play = new Play(scenario);
          await play.world.round();
          play.apply(scenario.later[0] ?? []);
          await play.world.cycle();
          const items = play.world.queue.messages.splice(0).map(({ item }) => item);
          const writes: string[] = [];
          const { hook } = play.world.target;
          play.world.target.hook = (moment, method, args) => {
            if (moment === 'before' && /^(?:create|update|delete|add|remove)/.test(method))
              writes.push(`${method} ${JSON.stringify(args)}`);
            return hook?.(moment, method, args);
          };
          for (const item of items) await play.world.work(isAllowed ? item : { ...item, allows: null });
          await play.world.drain();
          return writes;
        };
        const [few, many] = [await writesWith(false), await writesWith(true)];
        expect(few.length).toBeLessThanOrEqual(many.length);
        expect(
          few.filter((one) =>
            /^(?:delete|remove)|"suspended":true/.test(one.replace(/^updateUser \[\{.*?\},\{/, 'updateUser [{')),
          ),
        ).toEqual([]);
      }),
      runs(30),
    );
  });

  it('protected accounts are never written, by whatever history, and nobody else is treated otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(
        aScenario(2, {}, true),
        fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }),
        async (scenario, protectedOnes) => {
          const free = new Play(scenario);
          const guarded = new Play(scenario);
          await free.world.round();
          await guarded.world.round();
          const ids = protectedOnes.flatMap((at) => {
            const account = guarded.users[at] && guarded.world.accountOf(guarded.users[at]);
            return account ? [account.id] : [];
          });
          guarded.world.settings = { ...guarded.world.settings, protectedUsers: ids };
          const { users, groups, memberships } = guarded.world.target;
          const accounts = () => ids.map((id) => JSON.stringify(users.get(id)));
          // What a group takes with it when it is deleted is the group's affair.
          const places = () => [...memberships.values()].filter(({ userId }) => ids.includes(userId));
          const live = (all: readonly TargetMembership[]) =>
            all.filter(({ groupId }) => groups.get(groupId)?.deleted === false).map(({ id }) => id);
          for (const edits of scenario.later) {
            free.apply(edits);
            guarded.apply(edits);
            const [was, wasIn] = [accounts(), places()];
            await free.world.round();
            await guarded.world.round();
            expect(accounts()).toEqual(was);
            expect(live(places())).toEqual(live(wasIn));
          }
        },
      ),
      runs(30),
    );
  });
});
