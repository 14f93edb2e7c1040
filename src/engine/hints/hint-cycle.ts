import type { EngineDeps } from '../deps';
import { changeDocument } from '../job/job-state';
import { HINT_KEYS, type HintState, NO_HINTS } from './hint-state';

type Deps = Pick<EngineDeps, 'state' | 'queue' | 'clock'>;

/** How long a cycle of another instance is waited for before it is asked after. */
const BUSY_MS = 3_000;
/** A cycle that was asked for and is so much overdue has been lost: it is asked for again. */
const LOST_MS = 60_000;
/** When a list that did not show the change yet is looked at again. */
const LAG_MS = 15_000;

const change = ({ state }: Pick<Deps, 'state'>, to: (before: HintState) => HintState): Promise<HintState> =>
  changeDocument<HintState>(state, HINT_KEYS.hints, (before) => to({ ...NO_HINTS, ...before }));

/** Whether a cycle that has been asked for comes soon enough: one that is long overdue is lost, and a second look may be too late. */
export const comesInTime = ({ dueMs }: HintState, wantedMs: number, nowMs: number): boolean =>
  dueMs !== null && nowMs < dueMs + LOST_MS && dueMs <= wantedMs;

/** Asks for a cycle, unless one that comes in time has been asked for. @param wantedMs when at the latest */
export async function askOnce(deps: Deps, wantedMs: number): Promise<boolean> {
  const nowMs = deps.clock().getTime();
  let isAsked = false;
  await change(deps, (before) => {
    isAsked = !comesInTime(before, wantedMs, nowMs);
    const lastHintAt = new Date(nowMs).toISOString();
    return isAsked ? { ...before, lastHintAt, dueMs: wantedMs, isSecondLook: false } : { ...before, lastHintAt };
  });
  if (isAsked) await deps.queue.askForCycle(wantedMs - nowMs);
  return isAsked;
}

/** Notes that Graph has reported a change. */
export async function noteHint(deps: Pick<Deps, 'state' | 'clock'>): Promise<void> {
  const lastHintAt = deps.clock().toISOString();
  await change(deps, (before) => ({ ...before, lastHintAt }));
}

/** Takes up the cycle that notifications have asked for: what they tell from now on asks for another. @returns whether one was asked for */
export async function takeUpHint(deps: Pick<Deps, 'state'>): Promise<boolean> {
  const hints = (await deps.state.read<HintState>(HINT_KEYS.hints))?.value;
  if (typeof hints?.dueMs !== 'number') return false;
  await change(deps, (before) => ({ ...before, dueMs: null }));
  return true;
}

/** How the cycle ended that was asked for, as far as it matters here. */
type Ended =
  | { readonly kind: 'completed'; readonly evaluated: number; readonly startedAt: string }
  | { readonly kind: 'notRun'; readonly isBusy?: true }
  | { readonly kind: 'interrupted' | 'failed' };

/**
 * Notes how long the cycle took, so that the next one keeps a distance, and asks for another where it may not have seen the change:
 *
 *   the cycle                                │ another
 *   is being run by another instance         │ after some seconds
 *   had begun before the notification came   │ after some seconds
 *   found nothing, and was the first look    │ after a quarter of a minute: Graph's lists lag behind its notifications
 *   anything else                            │ none
 */
export async function endHint(deps: Deps, startedMs: number, outcome: Ended): Promise<void> {
  const nowMs = deps.clock().getTime();
  const isEarlier = outcome.kind === 'completed' && Date.parse(outcome.startedAt) < startedMs;
  const isBusy = (outcome.kind === 'notRun' && outcome.isBusy === true) || isEarlier;
  const after = await change(deps, (before) => {
    const isSecondLook = !isBusy && outcome.kind === 'completed' && outcome.evaluated === 0 && !before.isSecondLook;
    const delayMs = isBusy ? BUSY_MS : isSecondLook ? LAG_MS : null;
    // What has been told meanwhile has asked for a cycle of its own.
    const dueMs = before.dueMs ?? (delayMs === null ? null : nowMs + delayMs);
    return { ...before, dueMs, isSecondLook, ...(!isBusy && { endedMs: nowMs, tookMs: nowMs - startedMs }) };
  });
  if (after.dueMs !== null) await deps.queue.askForCycle(after.dueMs - nowMs);
}
