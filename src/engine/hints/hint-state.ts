import type { SubscribedResource } from '../../ports/change-subscriptions';
import type { EngineDeps } from '../deps';

/** Keys of the documents of state about change notifications. */
export const HINT_KEYS = { subscriptions: 'subscriptions', hints: 'hints' } as const;

/** Why a subscription is not as it should be. */
export interface SubscriptionProblem {
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
  /** When it is tried again. */
  readonly nextTryAt: string;
}

/** One subscription as the app keeps it. */
export interface KeptSubscription {
  /** Null while there is none. */
  readonly id: string | null;
  readonly activeUntil: string | null;
  /** When Graph last confirmed it; null where it is to be confirmed now. */
  readonly confirmedAt: string | null;
  readonly problem: SubscriptionProblem | null;
}

/** The subscriptions of this app, and what their notifications have to bring along. */
export interface KeptSubscriptions {
  readonly notificationUrl: string;
  /** Known to this app and Graph alone. */
  readonly clientState: string;
  readonly of: Readonly<Record<SubscribedResource, KeptSubscription>>;
}

/** When Graph last reported a change, and the cycle that was asked for because of it. */
export interface HintState {
  /** Of anything that concerned this app; written at most once a minute. */
  readonly lastHintAt: string | null;
  /** When the cycle that was asked for is due, in ms; null while none is. */
  readonly dueMs: number | null;
  /** When the last one that was asked for ended, and how long it took, in ms. */
  readonly endedMs: number;
  readonly tookMs: number;
  /** True while the cycle that is due is a second look for what the first has not found. */
  readonly isSecondLook: boolean;
}

export const NO_HINTS: HintState = { lastHintAt: null, dueMs: null, endedMs: 0, tookMs: 0, isSecondLook: false };

/** What the subscriptions are; undefined while there are none. */
export const readSubscriptions = ({ state }: Pick<EngineDeps, 'state'>) =>
  state.read<KeptSubscriptions | null>(HINT_KEYS.subscriptions);

/** How change notifications stand, for the status. */
export interface HintsStatus {
  readonly lastHintAt: string | null;
  readonly subscriptions: KeptSubscriptions['of'] | null;
}

/** How change notifications stand, from the stores alone. */
export async function readHints(deps: Pick<EngineDeps, 'state'>): Promise<HintsStatus> {
  const [kept, hints] = await Promise.all([readSubscriptions(deps), deps.state.read<HintState>(HINT_KEYS.hints)]);
  return { lastHintAt: hints?.value.lastHintAt ?? null, subscriptions: kept?.value?.of ?? null };
}
