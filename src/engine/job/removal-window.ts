import { BRAKE_WINDOW_MS, type RemovalKind } from '../../core/brake';
import type { EngineDeps } from '../deps';
import { changeDocument } from './job-state';

/** Removals that cycles let go by themselves, by the hour in which they did. */
interface RemovalWindow {
  readonly hours: readonly { readonly at: string; readonly counts: Readonly<Partial<Record<RemovalKind, number>>> }[];
}

const KEY = 'removals';
const HOUR_MS = 3600_000;

/** How many removals of a kind cycles have let go within the brake's window; an operator's releases are not in it. */
export async function recentRemovals(deps: Pick<EngineDeps, 'state' | 'clock'>): Promise<(kind: RemovalKind) => number> {
  const stored = (await deps.state.read<RemovalWindow>(KEY))?.value;
  const hours = within(stored, deps.clock().getTime());
  return (kind) => hours.reduce((sum, { counts }) => sum + (counts[kind] ?? 0), 0);
}

/** Counts removals that are about to be let go. Before they are: what is counted twice holds sooner, what is not counted never holds. */
export async function noteRemovals(
  deps: Pick<EngineDeps, 'state' | 'clock'>,
  removals: readonly { readonly kind: RemovalKind; readonly count: number }[],
): Promise<void> {
  if (removals.length === 0) return;
  const nowMs = deps.clock().getTime();
  const at = new Date(Math.floor(nowMs / HOUR_MS) * HOUR_MS).toISOString();
  await changeDocument<RemovalWindow>(deps.state, KEY, (before) => {
    const hours = within(before, nowMs);
    const counts: Partial<Record<RemovalKind, number>> = { ...hours.find((one) => one.at === at)?.counts };
    for (const { kind, count } of removals) counts[kind] = (counts[kind] ?? 0) + count;
    return { hours: [...hours.filter((one) => one.at !== at), { at, counts }] };
  });
}

/** The hours that the window still covers. */
const within = (stored: RemovalWindow | undefined, nowMs: number): RemovalWindow['hours'] =>
  (stored?.hours ?? []).filter(({ at }) => Date.parse(at) + HOUR_MS > nowMs - BRAKE_WINDOW_MS);
