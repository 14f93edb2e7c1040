import fc from 'fast-check';
import type { TargetId } from '../../src/core/model';
import type { PlanRow } from '../../src/ports/plan-store';
import { keyText } from '../../src/ports/stored';
import { aScenario, Play, type Scenario } from './support/scenario';
import { Undoing } from './support/undoing';
import type { World } from './support/world';

const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? numRuns) });

/** What somebody does in Zendesk between a cycle and its undo; `account` names the n-th, and wraps around. */
interface Hand {
  readonly kind: 'rename' | 'suspend' | 'lift' | 'promote' | 'delete' | 'leaveGroups';
  readonly account: number;
}

const hands = fc.array(
  fc.record<Hand>({
    kind: fc.constantFrom('rename', 'suspend', 'lift', 'promote', 'delete', 'leaveGroups'),
    account: fc.nat({ max: 9 }),
  }),
  { maxLength: 3 },
);

type Values = Readonly<Record<string, unknown>>;

/** Everything that Zendesk has, by its own ids: accounts and groups with their values, memberships by pair. */
function stateOf({ target }: World) {
  const users = new Map<TargetId, Values>();
  for (const { id, externalId, email, name, role, suspended, active, attributes } of target.users.values()) {
    if (active) users.set(id, { external_id: externalId, email, name, role: role.role, suspended, ...attributes });
  }
  const groups = new Map<TargetId, Values>();
  for (const { id, name, description, deleted } of target.groups.values()) if (!deleted) groups.set(id, { name, description });
  const members = new Set<string>();
  for (const { userId, groupId } of target.memberships.values()) members.add(`${userId} ${groupId}`);
  return { users, groups, members };
}

type State = ReturnType<typeof stateOf>;

function touch(world: World, { kind, account }: Hand): void {
  const living = [...world.target.users.values()].filter(({ active, email }) => active && !email?.startsWith('owner'));
  const user = living[account % Math.max(living.length, 1)];
  if (!user) return;
  const drop = (): void => {
    for (const one of [...world.target.memberships.values()]) if (one.userId === user.id) world.target.memberships.delete(one.id);
  };
  if (kind === 'rename') user.name = `By hand ${account}`;
  if (kind === 'suspend') user.suspended = true;
  if (kind === 'lift') user.suspended = false;
  if (kind === 'promote' && user.role.role === 'end-user') user.role = { role: 'agent', customRoleId: null };
  if (kind === 'leaveGroups') drop();
  if (kind === 'delete') {
    user.active = false;
    drop();
  }
}

const words = ({ reason, warnings, refusal, outcome, applied }: PlanRow): string =>
  `${outcome} ${applied} ${reason} ${warnings.join(' ')} ${refusal ?? ''}`;

/** What differs from before the cycle and is not named; and what was written over somebody's own work. */
function faults(before: State, after: State, touched: State, now: State, rows: readonly PlanRow[]): readonly string[] {
  const wrong: string[] = [];
  const byTarget = new Map(rows.map((row) => [`${row.key.type} ${row.targetId}`, row]));
  const nameOfRow = (row: PlanRow | undefined): string => (row ? words(row) : 'not in the plan');
  const compare = (type: 'user' | 'group', was: ReadonlyMap<TargetId, Values>, is: ReadonlyMap<TargetId, Values>): void => {
    const [left, met] = type === 'user' ? [after.users, touched.users] : [after.groups, touched.groups];
    for (const [id, values] of is) {
      const row = byTarget.get(`${type} ${id}`);
      const original = was.get(id);
      if (!original) {
        // Made by the cycle: suspended, or said why not.
        if (type === 'user' && !values['suspended'] && row?.code !== 'NotRestorable' && row?.applied !== 'refused')
          wrong.push(`${type} ${id} was created and is active: ${nameOfRow(row)}`);
        continue;
      }
      for (const [name, value] of Object.entries({ ...original, ...values })) {
        const [then, afterCycle, byHand, today] = [original, left.get(id), met.get(id), values].map((one) =>
          JSON.stringify(one?.[name] ?? null),
        );
        const isOthers = byHand !== afterCycle;
        if (isOthers && today !== byHand) wrong.push(`${type} ${id}: ${name} is ${today}, over ${byHand} of somebody else`);
        if (isOthers || today === then) continue;
        const isNamed = row?.code === 'NotRestorable' || row?.applied === 'refused' || words(row as PlanRow).includes(name);
        if (!row || !isNamed) wrong.push(`${type} ${id}: ${name} is ${today}, was ${then} (${value}): ${nameOfRow(row)}`);
      }
    }
  };
  compare('user', before.users, now.users);
  compare('group', before.groups, now.groups);
  for (const pair of new Set([...before.members, ...now.members])) {
    if (before.members.has(pair) === now.members.has(pair)) continue;
    if (after.members.has(pair) !== touched.members.has(pair)) continue;
    const [user, group] = pair.split(' ');
    const sides = [byTarget.get(`user ${user}`), byTarget.get(`group ${group}`)];
    // Zendesk puts whoever becomes an agent into a group by itself.
    if (before.users.get(user as TargetId)?.['role'] !== now.users.get(user as TargetId)?.['role']) continue;
    const isGone = !now.users.has(user as TargetId) || !now.groups.has(group as TargetId);
    // An account or a group that is new to Zendesk keeps what it has; so does what the automatic default group of an agent is.
    const isNew = !before.users.has(user as TargetId) || !before.groups.has(group as TargetId);
    const isNamed = sides.some((row) => row && (row.code === 'NotRestorable' || /membership|member|refused/i.test(words(row))));
    if (!isGone && !isNew && !isNamed)
      wrong.push(`membership ${pair}: ${now.members.has(pair)}: ${sides.map(nameOfRow).join(' / ')}`);
  }
  return wrong;
}

async function untilLastCycle(scenario: Scenario): Promise<{ play: Play; before: State; cycleId: string; after: State }> {
  const play = new Play(scenario);
  const { world } = play;
  await world.round();
  let before = stateOf(world);
  let cycleId = '';
  for (const edits of scenario.later) {
    play.apply(edits);
    before = stateOf(world);
    ({ cycleId } = await world.round());
  }
  return { play, before, cycleId, after: stateOf(world) };
}

const isNothing = (error: unknown): boolean => error instanceof Error && error.message.includes('"nothing"');

describe('engine › undo', () => {
  it('what nobody has touched since is as it was before the cycle, everything else is named, and nothing of others is overwritten', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), hands, async (scenario, touches) => {
        const { play, before, cycleId, after } = await untilLastCycle(scenario);
        const { world } = play;
        for (const one of touches) touch(world, one);
        const touched = stateOf(world);
        const undoing = new Undoing(world);
        const planned = await undoing.plan(cycleId).catch((error: unknown) => {
          if (isNothing(error)) return undefined;
          throw error;
        });
        if (!planned) return;
        const { rows } = await undoing.apply(planned.header.planId);
        expect(faults(before, after, touched, stateOf(world), rows)).toEqual([]);
        // What is held stays so through a reading of everything, and is released by the undo of the undo.
        const now = stateOf(world);
        const held: string[] = [];
        for await (const page of world.deps().holds.list()) held.push(...page.map(({ key }) => keyText(key)));
        expect(held.sort()).toEqual(
          rows
            .filter(({ applied }) => applied === 'enqueued')
            .map(({ key }) => keyText(key))
            .sort(),
        );
        await world.dueInitial();
        await world.round();
        for (const row of rows.filter(({ applied, key }) => applied === 'enqueued' && key.type === 'user')) {
          expect([row.name, stateOf(world).users.get(row.targetId as TargetId)]).toEqual([
            row.name,
            now.users.get(row.targetId as TargetId),
          ]);
        }
      }),
      runs(120),
    );
  });
});
