import type { Hold } from '../../ports/hold-store';
import type { EngineDeps } from '../deps';

/** How many rows one look counts; beyond that the count is "at least". */
const COUNTED = 5_000;
/** How many of those who hold something are named. */
const NAMED = 5;
/** How many objects are listed. */
const LISTED = 50;

/** What operators hold. */
export interface HoldsStatus {
  /** Objects; exact, or the least that there are when `isCountExact` is false. */
  readonly count: number;
  readonly isCountExact: boolean;
  /** How many of them have not been taken back yet. */
  readonly waiting: number;
  /** The oldest, ISO 8601; null when nothing is held. */
  readonly oldestAt: string | null;
  /** Who holds them: the first few names. */
  readonly heldBy: readonly string[];
  /** The first 50, in key order. */
  readonly listed: readonly Hold[];
}

/** Counts what is held. */
export async function heldSummary({ holds }: Pick<EngineDeps, 'holds'>): Promise<HoldsStatus> {
  const listed: Hold[] = [];
  const names = new Set<string>();
  let [count, waiting] = [0, 0];
  let oldestAt: string | null = null;
  let isCountExact = true;
  for await (const page of holds.list()) {
    count += page.length;
    listed.push(...page.slice(0, LISTED - listed.length));
    for (const { heldBy, heldAt, way } of page) {
      if (way) waiting += 1;
      if (names.size < NAMED) names.add(heldBy.displayName || heldBy.id);
      if (oldestAt === null || heldAt < oldestAt) oldestAt = heldAt;
    }
    isCountExact = count < COUNTED;
    if (!isCountExact) break;
  }
  return { count, isCountExact, waiting, oldestAt, heldBy: [...names], listed };
}

/** What is held, in a sentence. Pure. */
export function heldWords({ count, isCountExact, waiting, oldestAt, heldBy }: HoldsStatus): string {
  const objects = `${isCountExact ? '' : 'At least '}${count} ${count === 1 ? 'object is' : 'objects are'}`;
  const pending = waiting > 0 ? ` ${waiting} of them have not been taken back yet.` : '';
  return `${objects} held by ${heldBy.join(', ')}, the oldest since ${oldestAt}. Cycles leave them as they are until they change in Entra ID or are released.${pending}`;
}
