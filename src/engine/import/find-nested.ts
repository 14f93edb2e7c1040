import { NotFoundError, UnexpectedResponseError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import { DAY_MS } from '../../core/time';
import type { GroupChunk } from '../../ports/connector-space';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
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
 * it, and where nothing was known of it nobody follows it. Where a group is found, its delta begins anew: a list may be older than what
 * the delta has said, and gives nobody access. To be called before the deltas are read.
 */
export async function findNested({ deps, groups, ...context }: CycleContext): Promise<void> {
  if (deps.settings.groupMembership === 'Direct') return;
  for (let index = 0; ; index += 1) {
    const chunk = await groups.at(index);
    if (!chunk) return;
    const now = deps.clock();
    // Without a watermark they are being read in full anyway.
    if (!chunk.nested || chunk.watermark === null || !isDue(chunk.nested, now)) continue;
    const found = await concurrently(chunk.ids, SOURCE_CONCURRENCY, (id) => hasUnknown(deps, id));
    const anew = { watermark: null, watermarkAt: null, next: null, watch: null };
    await context.fence();
    await groups.put(index, {
      ...chunk,
      ...(found.includes(true) && anew),
      nested: { ...chunk.nested, lookedAt: now.toISOString() },
    });
    if (await context.isTimeUp()) await context.save({ kind: 'groupsPage', imported: 0, unknowns: 0 });
  }
}

function isDue({ until, lookedAt }: NonNullable<GroupChunk['nested']>, now: Date): boolean {
  return now.toISOString() < until && now.getTime() - Date.parse(lookedAt) >= DAY_MS;
}

/** Whether a group is directly in a group and not known to be. Nothing is found in one that is gone, or hides its members. */
async function hasUnknown({ source, space }: EngineDeps, groupId: SourceId): Promise<boolean> {
  try {
    for await (const page of source.listMembers(groupId))
      for (const { id, type } of page) if (type === 'group' && !(await space.groupsOf(id)).includes(groupId)) return true;
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof UnexpectedResponseError)) throw error;
  }
  return false;
}
