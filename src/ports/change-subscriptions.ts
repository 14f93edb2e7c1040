/** What the source tells of unasked: its users, and its groups with their members. */
export type SubscribedResource = 'users' | 'groups';

/** What can be subscribed to. App role assignments cannot: they are noticed by reading them. @see https://learn.microsoft.com/graph/change-notifications-overview#supported-resources */
export const SUBSCRIBED_RESOURCES: readonly SubscribedResource[] = ['users', 'groups'];

/** A subscription as the source keeps it. */
export interface ChangeSubscription {
  readonly id: string;
  /** ISO 8601. */
  readonly activeUntil: string;
}

/**
 * Subscriptions of this app to changes of the source. Every method may throw UnauthorizedError, ThrottledError, UnavailableError and
 * UnexpectedResponseError of the source.
 */
export interface ChangeSubscriptions {
  /**
   * Makes one. The source asks `notificationUrl` at once whether it takes notifications, before this returns.
   * @param clientState comes back with every notification; at most 128 characters
   * @param activeUntil at most {@link LONGEST_SUBSCRIPTION_MS} from now
   */
  subscribe(
    resource: SubscribedResource,
    to: { readonly notificationUrl: string; readonly clientState: string; readonly activeUntil: string },
  ): Promise<ChangeSubscription>;

  /** Extends one, and lets it continue where the source had asked for authorisation anew; undefined when there is none such any more. */
  renew(id: string, activeUntil: string): Promise<ChangeSubscription | undefined>;

  /** Ends one. Idempotent. */
  unsubscribe(id: string): Promise<void>;

  /** Ids of those of this app that go to an address, whoever made them. */
  subscribedTo(notificationUrl: string): Promise<readonly string[]>;
}

/** @see https://learn.microsoft.com/graph/change-notifications-overview#subscription-lifetime: 41,760 minutes for users and groups */
export const LONGEST_SUBSCRIPTION_MS = 41_760 * 60_000;
