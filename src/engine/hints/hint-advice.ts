import { SUBSCRIBED_RESOURCES } from '../../ports/change-subscriptions';
import type { HintsStatus } from './hint-state';

/** How change notifications stand, for a person and a program. */
export interface HintsVerdict {
  readonly state: 'Off' | 'Active' | 'Partial' | 'NotActive';
  /** Until when all of them are active; null while one is not. They are renewed daily. */
  readonly activeUntil: string | null;
  /** When Graph last reported a change. */
  readonly lastNotificationAt: string | null;
  /** What is wrong and what to do, a text each. */
  readonly problems: readonly string[];
}

/** @param isOn by the settings Pure. */
export function hintsVerdict(isOn: boolean, { subscriptions, lastHintAt }: HintsStatus, now: Date): HintsVerdict {
  if (!isOn) return { state: 'Off', activeUntil: null, lastNotificationAt: lastHintAt, problems: [] };
  if (!subscriptions) {
    const soon = 'Nothing is subscribed to yet: the timer planWork does so within five minutes.';
    return { state: 'NotActive', activeUntil: null, lastNotificationAt: lastHintAt, problems: [soon] };
  }
  const at = now.toISOString();
  const active = SUBSCRIBED_RESOURCES.flatMap((resource) => {
    const { id, activeUntil } = subscriptions[resource];
    return id !== null && activeUntil !== null && activeUntil > at ? [activeUntil] : [];
  });
  const problems = SUBSCRIBED_RESOURCES.flatMap((resource) => {
    const { problem } = subscriptions[resource];
    if (!problem) return [];
    const { message, since, nextTryAt } = problem;
    return `Since ${since}, Graph may not be reporting changes of ${resource}: ${message} The next try is at ${nextTryAt}. Until then the schedule finds these changes.`;
  });
  const isWhole = active.length === SUBSCRIBED_RESOURCES.length;
  return {
    state: isWhole ? 'Active' : active.length > 0 ? 'Partial' : 'NotActive',
    activeUntil: isWhole ? (active.sort()[0] ?? null) : null,
    lastNotificationAt: lastHintAt,
    problems,
  };
}
