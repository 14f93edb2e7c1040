import { HOUR_MS } from '../../core/time';
import type { EngineDeps } from '../deps';
import { readJob } from './job-state';
import { STATUS_KEYS } from './status-keys';

/** Kept between two looks: how far the oldest open cycle had come, and since when it has not come further. */
interface Kept {
  readonly mark: string;
  readonly since: string;
  readonly isTold: boolean;
}

/** How the work items that wait get on: `slow` when none of the oldest cycle has ended for hours, `stuck` when that has lasted a day. */
export interface ItemsWatch {
  readonly verdict: 'well' | 'slow' | 'stuck';
  /** Since when nothing has moved, ISO 8601; null while nothing waits. */
  readonly since: string | null;
  /** Items of the oldest cycle that have not ended. */
  readonly waiting: number;
}

const SLOW_MS = 3 * HOUR_MS;
const STUCK_MS = 24 * HOUR_MS;

const NOTHING_WAITS: ItemsWatch = { verdict: 'well', since: null, waiting: 0 };

/**
 * Looks at the oldest cycle whose items have not all ended, and remembers what it saw. Whoever asks, asks it, so it needs no timer. While
 * an operator holds the items back, they are not waiting for anything else.
 */
export async function watchItems(deps: EngineDeps): Promise<ItemsWatch> {
  return (await look(deps))?.watch ?? NOTHING_WAITS;
}

/** Sends one notice for items that are stuck, however long that lasts. */
export async function tellOfStuckItems(deps: EngineDeps): Promise<void> {
  const seen = await look(deps);
  if (seen?.watch.verdict !== 'stuck' || seen.kept.isTold) return;
  // Before the notice: two instances never send it twice.
  await deps.state.write(STATUS_KEYS.items, { ...seen.kept, isTold: true } satisfies Kept, seen.etag);
  await deps.notifier.send({ kind: 'stuck', since: seen.kept.since, waiting: seen.watch.waiting });
}

async function look(
  deps: EngineDeps,
): Promise<{ readonly watch: ItemsWatch; readonly kept: Kept; readonly etag: string } | undefined> {
  const oldest = await oldestWaiting(deps);
  if (!oldest || (await readJob(deps.state)).value.holdItems) return undefined;
  const now = deps.clock();
  const stored = await deps.state.read<Kept>(STATUS_KEYS.items);
  let kept = stored?.value;
  let etag = stored?.etag ?? '';
  if (kept?.mark !== oldest.mark) {
    kept = { mark: oldest.mark, since: now.toISOString(), isTold: false };
    etag = await deps.state.write(STATUS_KEYS.items, kept, '*');
  }
  const ageMs = now.getTime() - Date.parse(kept.since);
  const verdict = ageMs >= STUCK_MS ? 'stuck' : ageMs >= SLOW_MS ? 'slow' : 'well';
  return { watch: { verdict, since: kept.since, waiting: oldest.waiting }, kept, etag };
}

async function oldestWaiting(deps: EngineDeps): Promise<{ readonly mark: string; readonly waiting: number } | undefined> {
  const open = (await deps.cycles.listExporting()).filter(({ enqueued }) => enqueued > 0);
  for (const { cycleId, enqueued } of open.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))) {
    const { total } = await deps.log.counts(cycleId);
    if (total < enqueued) return { mark: `${cycleId} ${total}`, waiting: enqueued - total };
  }
  return undefined;
}
