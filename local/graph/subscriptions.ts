import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from './change-log';
import { badRequest, GraphError } from './graph-error';

/** What can be subscribed to here: everybody, or every group. */
export type SubscribedResource = 'users' | 'groups';

/** A subscription as it is kept. */
export interface StoredSubscription {
  readonly id: string;
  readonly resource: SubscribedResource;
  readonly changeTypes: readonly string[];
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | undefined;
  readonly clientState: string | undefined;
  expirationDateTime: string;
  /** How often it was renewed or authorised again. */
  renewals: number;
}

/** One POST to a subscriber, validations among them. */
export interface Delivery {
  readonly url: string;
  readonly body: unknown;
  /** 0 when no answer came. */
  readonly status: number;
  readonly durationMs: number;
}

/** How notifications misbehave; change it at any time. */
export interface NotificationSwitches {
  /** From the change to the first try. Microsoft names no latency for directory objects. */
  delayMs: number;
  /** True for those that are lost. */
  isLost: (change: Change) => boolean;
  /** Sent twice. */
  twice: boolean;
  /** Changes are told in one POST if they come within so many milliseconds. */
  bundleMs: number;
  /**
   * How long an answer is waited for: 3 seconds by default.
   * @see https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#processing-the-change-notification
   */
  answerMs: number;
  /**
   * The same for the validation of an address: 10 seconds by default.
   * @see https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation
   */
  validationMs: number;
}

/** @see https://learn.microsoft.com/graph/change-notifications-overview#subscription-lifetime */
const LONGEST_MINUTES = 41_760;
/** "Any value under 45 minutes after the time of the request is automatically set to 45 minutes": https://learn.microsoft.com/graph/api/resources/subscription */
const SHORTEST_MINUTES = 45;
const MINUTE_MS = 60_000;
/** Real ones are repeated for up to 4 hours; here the second try comes at once and is the last but one. */
const TRIES = 3;
/** https://learn.microsoft.com/graph/change-notifications-overview#supported-resources: per app and tenant */
const MOST = 100;

/** The subscriptions of the one application that the simulator knows, and what they send. */
export class Subscriptions {
  readonly deliveries: Delivery[] = [];
  readonly switches: NotificationSwitches = {
    delayMs: 0,
    isLost: () => false,
    twice: false,
    bundleMs: 20,
    answerMs: 3_000,
    validationMs: 10_000,
  };
  readonly #kept = new Map<string, StoredSubscription>();
  readonly #waiting = new Map<string, object[]>();
  readonly #sending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(
    private readonly tenantId: string,
    private readonly now: () => Date,
  ) {}

  /** Those that have not expired. */
  list(): readonly StoredSubscription[] {
    for (const { id, expirationDateTime } of [...this.#kept.values()])
      if (Date.parse(expirationDateTime) <= this.now().getTime()) this.#kept.delete(id);
    return [...this.#kept.values()];
  }

  get(id: string): StoredSubscription {
    const found = this.list().find((one) => one.id === id);
    if (found === undefined) throw new GraphError(404, 'ResourceNotFound', 'The object was not found.');
    return found;
  }

  /** Validates the addresses as Graph does, and keeps the subscription. @throws GraphError */
  async create(given: Omit<StoredSubscription, 'id' | 'renewals'>): Promise<StoredSubscription> {
    if (this.list().length >= MOST)
      throw new GraphError(
        403,
        'Forbidden',
        `The limit of ${MOST} subscriptions for the application and tenant has been reached.`,
      );
    const expirationDateTime = this.#until(given.expirationDateTime);
    for (const url of new Set([given.notificationUrl, given.lifecycleNotificationUrl ?? given.notificationUrl]))
      await this.#validate(url);
    const made = { ...given, expirationDateTime, id: randomUUID(), renewals: 0 };
    this.#kept.set(made.id, made);
    return made;
  }

  /** @throws GraphError */
  renew(id: string, expirationDateTime: string): StoredSubscription {
    const found = this.get(id);
    found.expirationDateTime = this.#until(expirationDateTime);
    found.renewals += 1;
    return found;
  }

  remove(id: string): void {
    this.get(id);
    this.#kept.delete(id);
  }

  /** Forgets all, as an incident of the service would. */
  forget(): void {
    this.#kept.clear();
  }

  /** Tells the subscribers of a change. */
  changed(change: Change, isGone: boolean): void {
    if (this.#isClosed || this.switches.isLost(change)) return;
    const changeType = isGone ? 'deleted' : 'updated';
    for (const one of this.list()) {
      if (one.resource !== `${change.kind}s` || !one.changeTypes.includes(changeType)) continue;
      this.#post(one.notificationUrl, this.#note(one, change, changeType));
      if (this.switches.twice) this.#post(one.notificationUrl, this.#note(one, change, changeType));
    }
  }

  /** Sends a lifecycle notification of each subscription that takes them. */
  lifecycle(lifecycleEvent: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed'): void {
    for (const one of this.list()) {
      const url = one.lifecycleNotificationUrl;
      if (url !== undefined) this.#post(url, { ...this.#head(one), lifecycleEvent });
    }
  }

  /** When everything that was to be sent is sent. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  close(): void {
    this.#isClosed = true;
  }

  #until(asked: string): string {
    const now = this.now().getTime();
    const at = Date.parse(asked);
    if (Number.isNaN(at)) throw badRequest('expirationDateTime is not a valid date.');
    if (at > now + LONGEST_MINUTES * MINUTE_MS)
      throw new GraphError(
        400,
        'ValidationError',
        `Subscription expiration can only be ${LONGEST_MINUTES} minutes in the future.`,
      );
    return new Date(Math.max(at, now + SHORTEST_MINUTES * MINUTE_MS)).toISOString();
  }

  async #validate(url: string): Promise<void> {
    const validationToken = `Validation: Testing client application reachability for subscription Request-Id: ${randomUUID()} <&+%>`;
    const address = new URL(url);
    address.searchParams.set('validationToken', validationToken);
    let answer: Response | undefined;
    let text = '';
    const startedAt = performance.now();
    try {
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      answer = await fetch(address, { method: 'POST', headers, signal: AbortSignal.timeout(this.switches.validationMs) });
      text = await answer.text();
    } catch {
      // As good as a wrong answer.
    }
    this.deliveries.push({ url, body: undefined, status: answer?.status ?? 0, durationMs: performance.now() - startedAt });
    const isText = answer?.headers.get('content-type')?.startsWith('text/plain') === true;
    if (answer?.status === 200 && isText && text === validationToken) return;
    // As reported in public issues.
    const message =
      'Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.';
    throw new GraphError(400, 'ValidationError', message);
  }

  #head({ id, expirationDateTime, clientState }: StoredSubscription) {
    const state = clientState === undefined ? {} : { clientState };
    return { subscriptionId: id, subscriptionExpirationDateTime: expirationDateTime, tenantId: this.tenantId, ...state };
  }

  /** https://learn.microsoft.com/graph/api/resources/changenotification */
  #note(one: StoredSubscription, { kind, id, links }: Change, changeType: string): object {
    const [type, path] = kind === 'user' ? ['#Microsoft.Graph.User', 'Users'] : ['#Microsoft.Graph.Group', 'Groups'];
    const members = links.filter(({ relation }) => relation === 'members');
    const delta = members.map((link) => ({ id: link.id, ...(link.removed && { '@removed': 'deleted' }) }));
    const resourceData = {
      '@odata.type': type,
      '@odata.id': `${path}/${id}`,
      id,
      organizationId: this.tenantId,
      ...(delta.length > 0 && { 'members@delta': delta }),
    };
    return { ...this.#head(one), changeType, resource: `${path}/${id}`, resourceData };
  }

  /** Bundles what goes to one address at about the same time. */
  #post(url: string, note: object): void {
    const waiting = this.#waiting.get(url);
    if (waiting) {
      waiting.push(note);
      return;
    }
    const value = [note];
    this.#waiting.set(url, value);
    const sending = sleep(this.switches.delayMs + this.switches.bundleMs)
      .then(() => {
        this.#waiting.delete(url);
        return this.#deliver(url, { value });
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #deliver(url: string, body: object): Promise<void> {
    for (let tries = 0; tries < TRIES && !this.#isClosed; tries += 1) {
      let status = 0;
      const startedAt = performance.now();
      try {
        const headers = { 'content-type': 'application/json; charset=utf-8' };
        const sent = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(this.switches.answerMs) };
        const answer = await fetch(url, sent);
        await answer.arrayBuffer();
        status = answer.status;
      } catch {
        // No answer within the time is told as 0.
      }
      this.deliveries.push({ url, body, status, durationMs: performance.now() - startedAt });
      if (status >= 200 && status < 300) return;
      await sleep(100);
    }
  }
}
