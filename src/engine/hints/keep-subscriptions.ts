import { ProvisioningError, ThrottledError, UnauthorizedError, UnavailableError } from '../../core/errors';
import { DAY_MS, HOUR_MS } from '../../core/time';
import {
  type ChangeSubscriptions,
  LONGEST_SUBSCRIPTION_MS,
  SUBSCRIBED_RESOURCES,
  type SubscribedResource,
} from '../../ports/change-subscriptions';
import type { EngineDeps } from '../deps';
import {
  HINT_KEYS,
  type KeptSubscription,
  type KeptSubscriptions,
  readSubscriptions,
  type SubscriptionProblem,
} from './hint-state';

/** What keeping subscriptions needs. */
export interface SubscriptionDeps extends Pick<EngineDeps, 'state' | 'clock' | 'logger'> {
  readonly subscriptions: ChangeSubscriptions;
  /** A text that nobody can guess, at most 128 characters. */
  readonly newSecret: () => string;
}

/** Asked for: a day less than is allowed, since clocks differ. */
const LIFE_MS = LONGEST_SUBSCRIPTION_MS - DAY_MS;
/** Each is renewed this often, long before it ends: renewing also shows whether it still exists. */
const CONFIRM_EVERY_MS = DAY_MS;
const AGAIN_MS = { refused: HOUR_MS, unavailable: 5 * 60_000, other: 15 * 60_000 } as const;

const NONE: KeptSubscription = { id: null, activeUntil: null, confirmedAt: null, problem: null };

/**
 * Keeps one subscription to users and one to groups alive: makes, renews and, where Graph has lost one, makes it again. Call it every few
 * minutes; without anything due it reads one document. Never throws for what Graph refuses: that is kept for the status.
 * @param notificationUrl where Graph is to send notifications; undefined ends all subscriptions, as after switching off
 */
export async function keepSubscriptions(deps: SubscriptionDeps, notificationUrl: string | undefined): Promise<void> {
  const stored = await readSubscriptions(deps);
  const kept = stored?.value ?? undefined;
  if (kept && kept.notificationUrl !== notificationUrl && !(await endAll(deps, kept))) return;
  if (notificationUrl === undefined) {
    if (stored) await deps.state.remove(HINT_KEYS.subscriptions);
    return;
  }
  let now: KeptSubscriptions =
    kept?.notificationUrl === notificationUrl
      ? kept
      : { notificationUrl, clientState: deps.newSecret(), of: { users: NONE, groups: NONE } };
  const due = SUBSCRIBED_RESOURCES.filter((resource) => isDue(now.of[resource], deps.clock()));
  if (due.length === 0) return;
  // Kept before the first is made: its notifications may come at once, and must be recognised.
  if (now !== kept) await deps.state.write(HINT_KEYS.subscriptions, now, '*');
  if (due.some((resource) => now.of[resource].id === null)) await endStrays(deps, now);
  for (const resource of due) {
    const one = await keepOne(deps, now, resource);
    now = { ...now, of: { ...now.of, [resource]: one } };
    await deps.state.write(HINT_KEYS.subscriptions, now, '*');
  }
}

function isDue({ id, activeUntil, confirmedAt, problem }: KeptSubscription, now: Date): boolean {
  const at = now.toISOString();
  if (problem) return problem.nextTryAt <= at;
  if (id === null || confirmedAt === null || activeUntil === null || activeUntil <= at) return true;
  return Date.parse(confirmedAt) + CONFIRM_EVERY_MS <= now.getTime();
}

async function keepOne(
  deps: SubscriptionDeps,
  { notificationUrl, clientState, of }: KeptSubscriptions,
  resource: SubscribedResource,
): Promise<KeptSubscription> {
  const { subscriptions, clock, logger } = deps;
  const before = of[resource];
  const activeUntil = new Date(clock().getTime() + LIFE_MS).toISOString();
  try {
    const renewed = before.id === null ? undefined : await subscriptions.renew(before.id, activeUntil);
    const made = renewed ?? (await subscriptions.subscribe(resource, { notificationUrl, clientState, activeUntil }));
    if (!renewed) logger.info('Subscribed to change notifications', { resource, activeUntil: made.activeUntil });
    return { ...made, confirmedAt: clock().toISOString(), problem: null };
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    const problem = problemOf(error, before.problem, clock());
    logger.warn('A subscription to change notifications could not be kept; cycles keep their schedule', {
      resource,
      code: error.code,
      reason: error.message,
    });
    return { ...before, problem };
  }
}

function problemOf(error: ProvisioningError, before: SubscriptionProblem | null, now: Date): SubscriptionProblem {
  const waitMs =
    error instanceof ThrottledError
      ? error.retryAfterMs
      : error instanceof UnauthorizedError
        ? AGAIN_MS.refused
        : error instanceof UnavailableError
          ? AGAIN_MS.unavailable
          : AGAIN_MS.other;
  return {
    code: error.code,
    message: error.message,
    since: before?.since ?? now.toISOString(),
    nextTryAt: new Date(now.getTime() + waitMs).toISOString(),
  };
}

/** Ends subscriptions to this address that nobody has kept: made by a call whose answer was lost. Best effort. */
async function endStrays({ subscriptions, logger }: SubscriptionDeps, { notificationUrl, of }: KeptSubscriptions): Promise<void> {
  const ours = new Set(Object.values(of).map(({ id }) => id));
  try {
    for (const id of await subscriptions.subscribedTo(notificationUrl)) if (!ours.has(id)) await subscriptions.unsubscribe(id);
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    logger.info('Stray subscriptions could not be looked for', { code: error.code });
  }
}

/** @returns false where Graph does not let all of them end now: the next call tries again */
async function endAll({ subscriptions, logger }: SubscriptionDeps, { of }: KeptSubscriptions): Promise<boolean> {
  try {
    for (const { id } of Object.values(of)) if (id !== null) await subscriptions.unsubscribe(id);
    return true;
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    logger.warn('Subscriptions to change notifications could not be ended yet', { code: error.code, reason: error.message });
    // Without permission they end by themselves, and nobody listens.
    return error instanceof UnauthorizedError;
  }
}
