import { type DayStep, daysUntil, dueAt, leftBefore } from '../../core/leaving';
import type { DayCount } from '../../core/notice';
import { DAY_MS } from '../../core/time';
import type { LeavingStore } from '../../ports/leaving-store';
import type { EngineReads } from '../deps';

/** What a day brings soon. */
export interface StepAhead {
  /** As set. */
  readonly afterDays: number;
  /** Accounts whose day has come: a cycle counts them, the brake may hold them. */
  readonly due: number;
  /** Accounts whose day comes within {@link AHEAD_DAYS} days from now. */
  readonly ahead: number;
  /** False: there are at least as many. */
  readonly isCountExact: boolean;
  /** Those by their day, in order. */
  readonly days: readonly DayCount[];
}

/** What is to come of those who left; null where a step is off. */
export type LeaversAhead = Readonly<Record<DayStep, StepAhead | null>>;

/** How many days ahead people are told. */
export const AHEAD_DAYS = 7;

/** More are not counted by one look. */
const COUNTED = 5_000;

type Reads = Pick<EngineReads, 'settings' | 'clock'> & { readonly leavings: Pick<LeavingStore, 'listLeft'> };

/** Reads what the days bring within a week: those who left then, and nobody else. */
export async function readLeaversAhead(deps: Reads): Promise<LeaversAhead> {
  const [deletions, erasures] = await Promise.all([stepAhead(deps, 'delete'), stepAhead(deps, 'erase')]);
  return { delete: deletions, erase: erasures };
}

async function stepAhead({ settings, leavings, clock }: Reads, step: DayStep): Promise<StepAhead | null> {
  const now = clock();
  const afterDays = daysUntil(step, settings);
  const until = leftBefore(step, settings, new Date(now.getTime() + AHEAD_DAYS * DAY_MS));
  if (afterDays === undefined || !until) return null;
  const days = new Map<string, number>();
  let [due, ahead] = [0, 0];
  let isCountExact = true;
  for await (const page of leavings.listLeft(step, null, until.toISOString())) {
    for (const leaving of page) {
      const at = dueAt(step, leaving, settings);
      if (at === null) continue;
      if (at.getTime() <= now.getTime()) due += 1;
      else {
        ahead += 1;
        const on = at.toISOString().slice(0, 10);
        days.set(on, (days.get(on) ?? 0) + 1);
      }
    }
    isCountExact = due + ahead < COUNTED;
    if (!isCountExact) break;
  }
  return { afterDays, due, ahead, isCountExact, days: [...days].map(([on, count]) => ({ on, count })) };
}
