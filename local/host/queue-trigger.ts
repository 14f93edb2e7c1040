import { setTimeout as delay } from 'node:timers/promises';
import { type DequeuedMessageItem, type QueueClient, QueueServiceClient, RestError } from '@azure/storage-queue';
import type { RegisteredFunction } from './core-api';
import type { Log } from './events';
import type { QueueSettings } from './host-json';
import type { Invoker } from './invoker';

/** What a queue function needs from its host. */
export interface QueueTriggerOptions {
  readonly connectionString: string;
  readonly queueName: string;
  readonly settings: QueueSettings;
  /** How long a message stays hidden while it is processed; renewed at half time. Azure: ten minutes. */
  readonly leaseMs: number;
}

/** Azure's first pause after an empty answer. */
const MIN_POLLING_INTERVAL_MS = 100;
const POISON_SUFFIX = '-poison';
/** @see https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata */
const MAX_QUEUE_NAME_LENGTH = 63;

/**
 * Feeds one queue function: leases messages in batches, deletes them on success, hides them for the retry delay on failure and moves
 * them to `<queue>-poison` after the last try, or at once when they cannot be decoded.
 *
 * @see https://github.com/Azure/azure-sdk-for-net/blob/main/sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/Listeners/QueueListener.cs
 */
export class QueueTrigger {
  readonly #fn: RegisteredFunction;
  readonly #options: QueueTriggerOptions;
  readonly #invoker: Invoker;
  readonly #log: Log;
  readonly #queue: QueueClient;
  readonly #poison: QueueClient | undefined;
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #aborted: Promise<void>;
  #loop: Promise<void> = Promise.resolve();

  constructor(fn: RegisteredFunction, options: QueueTriggerOptions, invoker: Invoker, log: Log) {
    this.#fn = fn;
    this.#options = options;
    this.#invoker = invoker;
    this.#log = log;
    this.#aborted = new Promise((resolve) => this.#abort.signal.addEventListener('abort', () => resolve(), { once: true }));
    const service = QueueServiceClient.fromConnectionString(options.connectionString);
    this.#queue = service.getQueueClient(options.queueName);
    const poisonName = `${options.queueName}${POISON_SUFFIX}`;
    const hasPoison = !options.queueName.endsWith(POISON_SUFFIX) && poisonName.length <= MAX_QUEUE_NAME_LENGTH;
    this.#poison = hasPoison ? service.getQueueClient(poisonName) : undefined;
  }

  start(): void {
    this.#loop = this.#poll();
  }

  /** No new messages. Those under way continue; `settle` waits for them. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  /** Waits until every message taken has been deleted, put back or moved. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Gives a function a text without any queue, as the admin endpoint does. */
  async run(text: string): Promise<void> {
    await this.#invoker.call(this.#fn, {
      trigger: 'queue',
      data: { string: text },
      triggerMetadata: { QueueTrigger: { string: text } },
    });
  }

  async #poll(): Promise<void> {
    const { signal } = this.#abort;
    const { settings } = this.#options;
    let idleMs = 0;
    while (!signal.aborted) {
      if (this.#running.size > settings.newBatchThreshold) {
        await Promise.race([...this.#running, this.#aborted]);
        continue;
      }
      const messages = await this.#receive();
      for (const message of messages) this.#track(this.#process(message));
      idleMs = messages.length > 0 ? 0 : Math.min(Math.max(MIN_POLLING_INTERVAL_MS, idleMs * 2), settings.maxPollingIntervalMs);
      if (idleMs > 0) await delay(idleMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #receive(): Promise<readonly DequeuedMessageItem[]> {
    try {
      const { receivedMessageItems } = await this.#queue.receiveMessages({
        numberOfMessages: this.#options.settings.batchSize,
        visibilityTimeout: seconds(this.#options.leaseMs),
        abortSignal: this.#abort.signal,
      });
      return receivedMessageItems;
    } catch (error) {
      // A queue that is not there yet is an empty queue; Azure too waits for the app to make it.
      if (!this.#abort.signal.aborted && !isNotFound(error)) this.#report('Reading the queue failed', error);
      return [];
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#report('Handling a message failed', error))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #process(message: DequeuedMessageItem): Promise<void> {
    const { settings } = this.#options;
    const text = decode(message.messageText, settings.messageEncoding);
    if (text === undefined) return this.#moveToPoison(message, message.popReceipt, 'it is not base64');
    // Only a process that died during the last try leaves a message with a higher count.
    if (message.dequeueCount > settings.maxDequeueCount && this.#poison !== undefined) {
      return this.#moveToPoison(message, message.popReceipt, `it was dequeued ${message.dequeueCount} times`);
    }
    const lease = this.#keepLease(message);
    const { outcome } = await this.#invoker.call(this.#fn, {
      trigger: 'queue',
      data: { string: text },
      triggerMetadata: metadataOf(message, text),
    });
    const popReceipt = await lease.release();
    if (outcome === 'succeeded') await ignoreGone(this.#queue.deleteMessage(message.messageId, popReceipt));
    else if (this.#poison === undefined) {
      // Without a poison queue Azure leaves the message hidden for the rest of its lease, lest it spin.
      this.#log('warning', this.#category(), `Message ${message.messageId} failed and stays hidden until its lease ends`);
    } else if (message.dequeueCount >= settings.maxDequeueCount) {
      await this.#moveToPoison(message, popReceipt, `it failed ${message.dequeueCount} times`);
    } else {
      await ignoreGone(this.#queue.updateMessage(message.messageId, popReceipt, undefined, seconds(settings.retryDelayMs)));
    }
  }

  /** Renews the lease at half time, until released. Each renewal changes the pop receipt. */
  #keepLease(message: DequeuedMessageItem): { release(): Promise<string> } {
    const { leaseMs } = this.#options;
    let popReceipt = message.popReceipt;
    let renewal: Promise<void> = Promise.resolve();
    const renew = async (): Promise<void> => {
      try {
        const renewed = await this.#queue.updateMessage(message.messageId, popReceipt, undefined, seconds(leaseMs));
        popReceipt = renewed.popReceipt ?? popReceipt;
      } catch (error) {
        this.#report(`The lease of message ${message.messageId} was not renewed`, error);
      }
    };
    const timer = setInterval(() => {
      renewal = renew();
    }, leaseMs / 2);
    return {
      async release() {
        clearInterval(timer);
        await renewal;
        return popReceipt;
      },
    };
  }

  async #moveToPoison(message: DequeuedMessageItem, popReceipt: string, reason: string): Promise<void> {
    this.#log('error', this.#category(), `Message ${message.messageId} goes to the poison queue: ${reason}`);
    if (this.#poison === undefined) return;
    await this.#poison.createIfNotExists();
    // Azure's copy too is at-least-once: it is made before the original is deleted. It never expires.
    await this.#poison.sendMessage(message.messageText, { messageTimeToLive: -1 });
    await ignoreGone(this.#queue.deleteMessage(message.messageId, popReceipt));
  }

  #category(): string {
    return `Host.Triggers.Queue.${this.#options.queueName}`;
  }

  #report(what: string, error: unknown): void {
    this.#log('error', this.#category(), `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The keys as Azure names them; the library makes the first letter small. */
function metadataOf(message: DequeuedMessageItem, text: string) {
  return {
    QueueTrigger: { string: text },
    Id: { string: message.messageId },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: { json: JSON.stringify(message.insertedOn) },
    ExpirationTime: { json: JSON.stringify(message.expiresOn) },
    NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
    PopReceipt: { string: message.popReceipt },
  };
}

/** As .NET's `Convert.FromBase64String`: white space is skipped, padding is required. @returns undefined when it cannot be decoded. */
function decode(text: string, encoding: QueueSettings['messageEncoding']): string | undefined {
  if (encoding === 'none') return text;
  const dense = text.replace(/\s+/g, '');
  const isBase64 = dense.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(dense);
  return isBase64 ? Buffer.from(dense, 'base64').toString('utf8') : undefined;
}

/** Storage counts whole seconds. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}

/** A message that is gone or leased by somebody else is no longer ours to settle. */
async function ignoreGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(isNotFound(error) || (error instanceof RestError && error.code === 'PopReceiptMismatch'))) throw error;
  }
}
