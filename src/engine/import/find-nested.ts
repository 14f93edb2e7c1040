import { NotFoundError, UnexpectedResponseError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import { DAY_MS } from '../../core/time';
import type { GroupChunk, MemberEdge } from '../../ports/connector-space';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import { applyMembers, nestedIn } from './apply-members';
import type { CycleContext } from './cycle-context';

/** Entra ID keeps a deleted group for 30 days. @see https://learn.microsoft.com/graph/api/resources/directory */
const KEPT_MS = 31 * DAY_MS;

/** When a full round of some groups begins: from then on they are looked at. */
export const fromNow = (now: Date): NonNullable<GroupChunk['nested']> => ({
  until: new Date(now.getTime() + KEPT_MS).toISOString(),
  lookedAt: now.toISOString(),
});

/**
 * Lists the members of followed groups once a day, as long as a group may return that was deleted when they were read in full: Entra ID need not tell of
 * it, and where nothing was known of it nobody follows it. To be called before their deltas are read: what those say is newer.
 */
export async function findNested(context: CycleContext): Promise<void> {
  const { deps, groups } = context;
  if (deps.settings.groupMembership === 'Direct') return;
  for (let index = 0; ; index += 1) {
    const chunk = await groups.at(index);
    if (!chunk) return;
    const now = deps.clock();
    if (!chunk.nested || !isDue(chunk.nested, now)) continue;
    const found = await concurrently(chunk.ids, SOURCE_CONCURRENCY, (id) => unknownIn(deps, id));
    await context.fence();
    for (const edge of found.flat()) {
      await groups.follow(nestedIn(context, [edge]));
      await applyMembers(context, edge.groupId, [{ ...edge, isMember: true }], null);
    }
    await groups.put(index, { ...chunk, nested: { ...chunk.nested, lookedAt: now.toISOString() } });
    if (await context.isTimeUp()) await context.save({ kind: 'groupsPage', imported: 0, unknowns: 0 });
  }
}

function isDue({ until, lookedAt }: NonNullable<GroupChunk['nested']>, now: Date): boolean {
  return now.toISOString() < until && now.getTime() - Date.parse(lookedAt) >= DAY_MS;
}

/** Groups directly in a group that are not known to be. None of one that is gone, or hides its members. */
async function unknownIn({ source, space }: EngineDeps, groupId: SourceId): Promise<readonly MemberEdge[]> {
  const found: MemberEdge[] = [];
  try {
    for await (const page of source.listMembers(groupId))
      for (const { id, type } of page)
        if (type === 'group' && !(await space.groupsOf(id)).includes(groupId))
          found.push({ groupId, memberId: id, memberType: 'group' });
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof UnexpectedResponseError)) throw error;
  }
  return found;
}
