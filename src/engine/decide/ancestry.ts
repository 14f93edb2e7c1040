import type { SourceId, SourceObject } from '../../core/model';
import type { SpaceReads } from '../../ports/stores';
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
  above(memberId: SourceId): Promise<readonly Ancestor[]>;
  /** A group as it was when it was first asked about; undefined for one that was never read. */
  group(groupId: SourceId): Promise<SourceObject | undefined>;
}

/**
 * Reads ancestors from the connector space, remembering the groups of groups (there are few) but not those of users (there are
 * many) for as long as it lives: one cycle, or one work item.
 */
export function makeAncestry(space: SpaceReads, membership: 'Direct' | 'Transitive'): Ancestry {
  const parentsOf = remembered((groupId) => space.groupsOf(groupId));
  const group = remembered(async (id) => (await space.readObject({ type: 'group', id }))?.value);
  const isGone = async (groupId: SourceId): Promise<boolean> => ((await group(groupId))?.deleted ?? 'no') !== 'no';

  return {
    group,
    async above(memberId) {
      const found = new Map<SourceId, Ancestor>();
      let level: readonly Ancestor[] = (await space.groupsOf(memberId)).map((groupId) => ({ groupId, path: [groupId] }));
      while (level.length > 0) {
        const next: Ancestor[] = [];
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

/** The ancestry of one piece of work, by the memberships that count. */
export const ancestryOf = ({ space, settings }: Pick<EngineReads, 'space' | 'settings'>): Ancestry =>
  makeAncestry(space, settings.groupMembership);

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
