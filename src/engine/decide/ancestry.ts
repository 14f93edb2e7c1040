import type { SourceId, SourceObject } from '../../core/model';
import type { SpaceReads } from '../../ports/connector-space';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineReads } from '../deps';

/** A group above an object, with the groups between, nearest first and the group itself last. */
export interface Ancestor {
  readonly groupId: SourceId;
  readonly path: readonly SourceId[];
}

/**
 * Finds the groups above an object. Cycles and diamonds are walked once; of several paths the shortest is kept. No way leads through
 * a deleted group: its members stay in the connector space, because Entra ID may restore it, but nobody gets anything by it.
 */
export interface Ancestry {
  /** @param direct the groups that it is a direct member of, where the caller knows them */
  above(memberId: SourceId, direct?: readonly SourceId[]): Promise<readonly Ancestor[]>;
  /** A group as it was when it was first asked about; undefined for one that was never read. */
  group(groupId: SourceId): Promise<SourceObject | undefined>;
}

/**
 * Reads ancestors from the connector space, remembering the groups of groups (there are few) but not those of users (there are
 * many) for as long as it lives: one cycle, or one work item.
 * @param newer groups of which the caller knows more than their rows say
 */
export function makeAncestry(
  space: SpaceReads,
  membership: 'Direct' | 'Transitive',
  newer?: ReadonlyMap<SourceId, Promise<SourceObject>>,
): Ancestry {
  const parentsOf = remembered((groupId) => space.groupsOf(groupId));
  const stored = remembered(groupReader(space));
  const group: Ancestry['group'] = (groupId) => newer?.get(groupId) ?? stored(groupId);
  const isGone = async (groupId: SourceId): Promise<boolean> => ((await group(groupId))?.deleted ?? 'no') !== 'no';

  return {
    group,
    async above(memberId, direct) {
      const found = new Map<SourceId, Ancestor>();
      const first = direct ?? (await space.groupsOf(memberId));
      let level: readonly Ancestor[] = first.map((groupId) => ({ groupId, path: [groupId] }));
      while (level.length > 0) {
        const next: Ancestor[] = [];
        // Side by side; what follows finds it remembered.
        const ids = [...new Set(level.map(({ groupId }) => groupId))].filter((id) => !found.has(id));
        await concurrently(ids, STORAGE_CONCURRENCY, (id) =>
          Promise.all([isGone(id), membership === 'Transitive' ? parentsOf(id) : undefined]),
        );
        for (const ancestor of level) {
          if (found.has(ancestor.groupId) || (await isGone(ancestor.groupId))) continue;
          found.set(ancestor.groupId, ancestor);
          if (membership === 'Direct') continue;
          for (const parent of await parentsOf(ancestor.groupId)) {
            next.push({ groupId: parent, path: [...ancestor.path, parent] });
          }
        }
        level = next;
      }
      return [...found.values()];
    },
  };
}

/** From so many groups on all are read in one go instead of one by one. */
const MANY_GROUPS = 50;

/** Reads groups: the first few one by one, and all of them once many are asked about. */
function groupReader(space: SpaceReads): (id: SourceId) => Promise<SourceObject | undefined> {
  let asked = 0;
  let all: Promise<ReadonlyMap<SourceId, SourceObject>> | undefined;
  return async (id) => {
    asked += 1;
    if (asked <= MANY_GROUPS) return (await space.readObject({ type: 'group', id }))?.value;
    all ??= allGroups(space);
    return (await all).get(id);
  };
}

async function allGroups(space: SpaceReads): Promise<ReadonlyMap<SourceId, SourceObject>> {
  const groups = new Map<SourceId, SourceObject>();
  for await (const page of space.listObjects('group')) for (const one of page) groups.set(one.id, one);
  return groups;
}

/** The ancestry of one piece of work, by the memberships that count. */
export const ancestryOf = (
  { space, settings }: Pick<EngineReads, 'space' | 'settings'>,
  newer?: ReadonlyMap<SourceId, Promise<SourceObject>>,
): Ancestry => makeAncestry(space, settings.groupMembership, newer);

/** Asks once for each group. */
function remembered<T>(ask: (groupId: SourceId) => Promise<T>): (groupId: SourceId) => Promise<T> {
  const answers = new Map<SourceId, Promise<T>>();
  return (groupId) => {
    const answer = answers.get(groupId) ?? ask(groupId);
    answers.set(groupId, answer);
    return answer;
  };
}

const isDeleted = async (space: SpaceReads, groupId: SourceId): Promise<boolean> =>
  ((await space.readObject({ type: 'group', id: groupId }))?.value.deleted ?? 'no') !== 'no';

/** Ids of the users below a group, through nested groups that exist when membership is transitive; each once. */
export async function* usersBelow(
  space: SpaceReads,
  membership: 'Direct' | 'Transitive',
  groupId: SourceId,
): AsyncGenerator<readonly SourceId[]> {
  const visited = new Set<SourceId>([groupId]);
  const waiting: SourceId[] = [groupId];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    for await (const edges of space.listMembers(group)) {
      yield edges.filter((edge) => edge.memberType === 'user').map((edge) => edge.memberId);
      if (membership === 'Direct') continue;
      for (const { memberId, memberType } of edges) {
        if (memberType === 'group' && !visited.has(memberId)) {
          visited.add(memberId);
          if (!(await isDeleted(space, memberId))) waiting.push(memberId);
        }
      }
    }
  }
}

/** Ids of the users below any of these groups, as {@link usersBelow}; some more than once. */
export async function* usersBelowAny(
  space: SpaceReads,
  membership: 'Direct' | 'Transitive',
  groupIds: readonly SourceId[],
): AsyncGenerator<readonly SourceId[]> {
  if (groupIds.length < MANY_GROUPS) {
    for (const groupId of groupIds) yield* usersBelow(space, membership, groupId);
    return;
  }
  const wanted = new Set(groupIds);
  if (membership === 'Transitive') {
    const nested = await nestedGroups(space);
    // A set hands out what is added to it while it is gone through.
    for (const groupId of wanted) {
      for (const id of nested.get(groupId) ?? []) if (!wanted.has(id) && !(await isDeleted(space, id))) wanted.add(id);
    }
  }
  for await (const page of space.listAllMembers()) {
    const users = page.filter(({ memberType, groupId }) => memberType === 'user' && wanted.has(groupId));
    if (users.length > 0) yield users.map(({ memberId }) => memberId);
  }
}

async function nestedGroups(space: SpaceReads): Promise<ReadonlyMap<SourceId, readonly SourceId[]>> {
  const nested = new Map<SourceId, SourceId[]>();
  for await (const page of space.listAllMembers()) {
    for (const { groupId, memberId, memberType } of page) {
      if (memberType === 'group') nested.set(groupId, [...(nested.get(groupId) ?? []), memberId]);
    }
  }
  return nested;
}
