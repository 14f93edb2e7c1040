import { type DayStep, dayStepOf, type Leaving, leftBefore } from '../../core/leaving';
import { keyText, type ObjectKey } from '../../ports/stored';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';

/** How many are marked of one step in one cycle; the next one takes the rest. Far more than the brake lets go at once. */
const MARKED_AT_ONCE = 2_000;

/**
 * Marks those whose day has come, so that this cycle looks at them, counts them, and lets them go or holds them like every other removal. Reads
 * what is due, and nothing of all the others who left.
 * @param waiting objects that the brake holds, or whose last try failed: they have a time of their own
 */
export async function markLeavers(deps: EngineDeps, waiting: ReadonlySet<string>): Promise<void> {
  for (const step of ['delete', 'erase'] as const) {
    const until = leftBefore(step, deps.settings, deps.clock());
    if (!until) continue;
    let marked = 0;
    for await (const page of deps.leavings.listLeft(step, null, until.toISOString())) {
      const due = page.filter(({ sourceId }) => !waiting.has(keyText(userKey(sourceId))));
      const live = await concurrently(due, STORAGE_CONCURRENCY, async (one) => ((await isTrue(deps, step, one)) ? [one] : []));
      const keys = live.flat().map(({ sourceId }) => userKey(sourceId));
      await deps.space.markDirty(keys);
      marked += keys.length;
      if (marked >= MARKED_AT_ONCE) break;
    }
  }
}

const userKey = (id: Leaving['sourceId']): ObjectKey => ({ type: 'user', id });

/**
 * Whether what is listed is still kept, and about the account that the person has now, or, to be erased, about one that nothing has taken the
 * place of. Whatever was unlinked, taken over or created anew since is left alone for good.
 */
async function isTrue(deps: EngineDeps, step: DayStep, listed: Leaving): Promise<boolean> {
  const { sourceId, targetId, leftAt } = listed;
  const kept = await deps.leavings.read(sourceId);
  if (!kept || dayStepOf(kept) !== step || kept.leftAt !== leftAt) {
    await deps.leavings.dropDay(step, listed);
    return false;
  }
  const link = (await deps.links.read(userKey(sourceId)))?.value.link;
  const isSame = step === 'erase' ? !link : link?.targetId === targetId;
  if (!isSame) await deps.leavings.remove(sourceId);
  return isSame;
}
