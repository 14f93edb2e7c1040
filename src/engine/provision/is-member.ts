import { NotFoundError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { EngineReads } from '../deps';
import { directGroupsOf } from '../direct-groups';

/**
 * Whether Entra ID has a user in a group at this moment, asked directly: with transitive membership through other groups too, which no cycle need have
 * read yet. @throws any failure of a read
 */
export async function isMemberNow(reads: EngineReads, userId: SourceId, groupId: SourceId): Promise<boolean> {
  const visited = new Set<SourceId>();
  for (let level: readonly ObjectKey[] = [{ type: 'user', id: userId }]; level.length > 0; ) {
    const above = (await concurrently(level, SOURCE_CONCURRENCY, (key) => groupsOf(reads, key))).flat();
    if (above.includes(groupId)) return true;
    if (reads.settings.groupMembership === 'Direct') return false;
    level = [...new Set(above)].filter((id) => !visited.has(id)).map((id) => ({ type: 'group', id }));
    for (const { id } of level) visited.add(id);
  }
  return false;
}

/** Whoever is not there is in no group. */
async function groupsOf({ source }: EngineReads, key: ObjectKey): Promise<readonly SourceId[]> {
  try {
    return await directGroupsOf(source, key);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}
