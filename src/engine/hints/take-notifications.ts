import { createHash, timingSafeEqual } from 'node:crypto';
import { StaleStateError } from '../../core/errors';
import { type ObjectType, sourceId } from '../../core/model';
import { followsManagers } from '../../core/schema/depends-on';
import { SUBSCRIBED_RESOURCES } from '../../ports/change-subscriptions';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';
import { askOnce, comesInTime, noteHint } from './hint-cycle';
import { HINT_KEYS, type HintState, type KeptSubscriptions, NO_HINTS, readSubscriptions } from './hint-state';

/** A notification as it came: anybody may have sent it. */
export interface Notification {
  readonly subscriptionId: string;
  readonly clientState: string | undefined;
  readonly tenantId: string | undefined;
  /** What is said to have changed; undefined where it does not say so in a form that is known. */
  readonly subject: { readonly type: ObjectType; readonly id: string } | undefined;
  /** Set where it is about the subscription and not about a change. */
  readonly lifecycleEvent: string | undefined;
}

type Deps = Pick<EngineDeps, 'state' | 'space' | 'queue' | 'settings' | 'schema' | 'clock' | 'logger' | 'sleep'>;

/** What became of a request with notifications. */
export type Taken = 'forged' | 'strangers' | 'asked' | 'waiting';

/** Many changes come together, and Graph's lists lag behind its notifications. */
const GATHER_MS = 2_000;
/** No longer than this is waited because the last cycle took long. */
const MAX_PAUSE_MS = 5 * 60_000;
/** Graph wants its answer within 3 seconds; whoever is not looked up by then counts as known. */
const PATIENCE_MS = 1_500;
/** So many of a request are looked up; where there are more, some are known. */
const MAX_LOOKED_UP = 50;
/** How often it is noted that notifications come at all. */
const NOTE_EVERY_MS = 60_000;

/**
 * Takes notifications as hints: nothing of them is believed but ids, and these only say that it may be worth while to look. What does not come
 * from our subscriptions is dropped; so is what is about nobody we know. For the others one cycle is asked for, once for many, some
 * seconds later; while the last one took long, so much later that cycles take half of the time at most. Safe to repeat.
 */
export async function takeNotifications(deps: Deps, notifications: readonly Notification[]): Promise<Taken> {
  const kept = (await readSubscriptions(deps))?.value ?? undefined;
  const genuine = kept ? notifications.filter((one) => isGenuine(deps, kept, one)) : [];
  if (genuine.length === 0) {
    deps.logger.warn('Change notifications that are not from a subscription of this app were dropped', {
      count: notifications.length,
    });
    return 'forged';
  }
  const events = genuine.filter(({ lifecycleEvent }) => lifecycleEvent !== undefined);
  if (events.length > 0) await attendTo(deps, events);
  const isMissed = events.some(({ lifecycleEvent }) => lifecycleEvent !== 'reauthorizationRequired');
  const nowMs = deps.clock().getTime();
  const hints = (await deps.state.read<HintState>(HINT_KEYS.hints))?.value ?? NO_HINTS;
  const { endedMs, tookMs, lastHintAt } = hints;
  const wantedMs = Math.max(nowMs + GATHER_MS, endedMs + Math.min(tookMs, MAX_PAUSE_MS));
  // It will see this change too.
  if (comesInTime(hints, wantedMs, nowMs)) return 'waiting';
  const changes = genuine.filter(({ lifecycleEvent }) => lifecycleEvent === undefined);
  if (!isMissed && !(changes.length > 0 && (await concernsUs(deps, changes)))) {
    const isOld = lastHintAt === null || nowMs - Date.parse(lastHintAt) >= NOTE_EVERY_MS;
    if (changes.length > 0 && isOld) await noteHint(deps);
    return 'strangers';
  }
  return (await askOnce(deps, wantedMs)) ? 'asked' : 'waiting';
}

function isGenuine({ settings }: Deps, { clientState, of }: KeptSubscriptions, one: Notification): boolean {
  const isOurs = SUBSCRIBED_RESOURCES.some((resource) => of[resource].id === one.subscriptionId);
  const isSecret = isSame(one.clientState ?? '', clientState);
  const isTenant = one.tenantId === undefined || one.tenantId.toLowerCase() === settings.tenantId.toLowerCase();
  // A subscription whose creation is not stored yet is known by its secret.
  return isSecret && isTenant && (isOurs || Object.values(of).some(({ id }) => id === null));
}

/** In a time that says nothing of where the texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Has the timer look at these subscriptions: renewing one also authorises it anew; one that is gone is made again. */
async function attendTo(deps: Deps, events: readonly Notification[]): Promise<void> {
  const ids = new Map(events.map(({ subscriptionId, lifecycleEvent }) => [subscriptionId, lifecycleEvent]));
  const stored = await readSubscriptions(deps);
  if (!stored?.value) return;
  const of = { ...stored.value.of };
  for (const resource of SUBSCRIBED_RESOURCES) {
    const event = ids.get(of[resource].id ?? '');
    if (event === undefined) continue;
    of[resource] = { ...of[resource], confirmedAt: null, problem: null, ...(event === 'subscriptionRemoved' && { id: null }) };
  }
  try {
    await deps.state.write(HINT_KEYS.subscriptions, { ...stored.value, of }, stored.etag);
  } catch (error) {
    // The timer is at it.
    if (!(error instanceof StaleStateError)) throw error;
  }
}

/** Whether any of these changes is about an object that this app keeps, or about the manager of one. */
async function concernsUs(deps: Deps, changes: readonly Notification[]): Promise<boolean> {
  const keys = new Map<string, ObjectKey>();
  for (const { subject } of changes) {
    // In a form that is not known: better one cycle too many.
    if (!subject) return true;
    if (isAlwaysOurs(deps, subject.type)) return true;
    keys.set(subject.id, { type: subject.type, id: sourceId(subject.id) });
  }
  if (keys.size > MAX_LOOKED_UP) return true;
  const looks = [...keys.values()].map((key) => isKnown(deps, key));
  const patience = deps.sleep(PATIENCE_MS).then(() => [true]);
  return (await Promise.race([Promise.all(looks), patience])).includes(true);
}

/** With PROVISIONING_SCOPE=All somebody new matters as much as somebody known. */
const isAlwaysOurs = ({ settings, schema }: Deps, type: ObjectType): boolean =>
  settings.scope === 'All' && (type === 'user' || schema.groups?.scope !== undefined);

async function isKnown({ space, schema }: Deps, key: ObjectKey): Promise<boolean> {
  if (await space.readObject(key)) return true;
  if (key.type === 'group' || !followsManagers(schema.users.dependsOn)) return false;
  for await (const reports of space.reportsOf(key.id)) if (reports.length > 0) return true;
  return false;
}
