import { z } from 'zod';
import { concurrently } from '../../concurrently';
import { REMOVAL_KINDS } from '../../core/brake';
import type { WorkItem } from '../../core/model';
import type { UnreadableMessage, WorkQueue } from '../../ports/work-queue';
import type { Storage } from './connection';
import { POISON_QUEUE, WORK_QUEUE } from './names';

/** Version of the messages that this app writes. */
const MESSAGE_VERSION = 2;
/** @see https://learn.microsoft.com/rest/api/storageservices/put-message : -1 means that a message never expires */
const NEVER_EXPIRES = -1;
/** @see https://learn.microsoft.com/rest/api/storageservices/put-message : seven days */
const MAX_DELAY_SECONDS = 7 * 24 * 60 * 60;
const PARALLEL_MESSAGES = 16;
/** Largest batch that can be taken. @see https://learn.microsoft.com/rest/api/storageservices/get-messages */
const MAX_TAKEN = 32;
/** How many batches of the poison queue one call takes. */
const MAX_LOOKS = 32;
/** While a batch is sorted nobody else sees it, in seconds. */
const LOOK_SECONDS = 30;
const PREVIEW_LENGTH = 120;

/** Ids are GUIDs; the bound keeps hostile texts out of keys, logs and memory. */
const id = z.string().min(1).max(256);
const keys = { objectType: z.enum(['user', 'group']), sourceId: id, cycleId: id, changeId: id };
const messageSchema = z.union([
  z.object({
    ...keys,
    v: z.literal(MESSAGE_VERSION),
    allows: z.object({ kind: z.enum(REMOVAL_KINDS), countedIn: id }).nullable(),
    undo: id.optional(),
    cleanUp: z.object({ members: z.array(id) }).optional(),
    waited: z.int().nonnegative().optional(),
    isChange: z.literal(true).optional(),
  }),
  // Of 0.1.0, whose permission did not say for what: nothing is taken away by it, and the next cycle counts anew.
  z
    .object({ ...keys, v: z.literal(1), mayDeprovision: z.boolean() })
    .transform(({ mayDeprovision: _, ...item }) => ({ ...item, allows: null })),
]);

/** Asks for a cycle. It names nothing: whoever takes it continues what there is, or begins one. */
const CYCLE_MESSAGE = { v: 1, kind: 'cycle' } as const;
const cycleSchema = z.strictObject({ v: z.literal(CYCLE_MESSAGE.v), kind: z.literal(CYCLE_MESSAGE.kind) });

const encode = (message: object): string => Buffer.from(JSON.stringify({ v: MESSAGE_VERSION, ...message })).toString('base64');

/** What the runtime does before it hands a text over: strict base64, then UTF-8. */
function isBase64(text: string): boolean {
  const compact = text.replace(/\s/g, '');
  return compact.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(compact);
}

/** A delay as the queue takes it. */
const secondsOf = (ms: number): number => Math.min(Math.max(Math.ceil(ms / 1000), 0), MAX_DELAY_SECONDS);

const preview = (text: string): string => text.slice(0, PREVIEW_LENGTH).replace(/[^\x20-\x7e]/g, '?');

/** Whether what a function was handed asks for the cycle to be continued. Pure. */
export const asksForCycle = (message: unknown): boolean => cycleSchema.safeParse(parsedJson(message)).success;

function parsedJson(message: unknown): unknown {
  if (typeof message !== 'string') return message;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

/** Decodes what a function was handed: an object, or its JSON. Pure; undefined for anything that is not a work item. */
export function decodeWorkItem(message: unknown): WorkItem | undefined {
  const parsed = messageSchema.safeParse(parsedJson(message));
  if (!parsed.success) return undefined;
  const { v: _, ...item } = parsed.data;
  return item as WorkItem;
}

/**
 * The work queue on Azure Storage: base64 of JSON, as the queue trigger reads it, with a version `v`.
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json `messageEncoding`
 */
export function makeWorkQueue(storage: Storage): WorkQueue {
  const work = storage.queue(WORK_QUEUE);
  const poison = storage.queue(POISON_QUEUE);
  const send = (item: object, visibilityTimeout: number): Promise<unknown> =>
    work.run('enqueue', (client, abortSignal) =>
      client.sendMessage(encode(item), { messageTimeToLive: NEVER_EXPIRES, visibilityTimeout, abortSignal }),
    );

  /** Takes the unreadable ones out of one batch and shows the readable ones again at once. */
  const takeBatch = async (): Promise<readonly UnreadableMessage[]> => {
    const taken: UnreadableMessage[] = [];
    const batch = await poison.run('receive', (client, abortSignal) =>
      client.receiveMessages({ numberOfMessages: MAX_TAKEN, visibilityTimeout: LOOK_SECONDS, abortSignal }),
    );
    for (const { messageId, popReceipt, messageText } of batch.receivedMessageItems) {
      if (isBase64(messageText)) {
        await poison.run('release', (client, abortSignal) =>
          client.updateMessage(messageId, popReceipt, messageText, 0, { abortSignal }),
        );
      } else {
        await poison.run('remove', (client, abortSignal) => client.deleteMessage(messageId, popReceipt, { abortSignal }));
        taken.push({ messageId, preview: preview(messageText) });
      }
    }
    return taken;
  };

  return {
    async enqueue(items) {
      await concurrently(items, PARALLEL_MESSAGES, (item) => send(item, 0));
    },

    async defer(item, delayMs) {
      await send(item, secondsOf(delayMs));
    },

    async askForCycle(delayMs = 0) {
      await send(CYCLE_MESSAGE, secondsOf(delayMs));
    },

    asksForCycle,

    async approximateLength() {
      const properties = await work.run('count', (client, abortSignal) => client.getProperties({ abortSignal }));
      return properties.approximateMessagesCount ?? 0;
    },

    async takeUnreadable() {
      const taken: UnreadableMessage[] = [];
      for (let look = 0; look < MAX_LOOKS; look += 1) {
        // Looking without taking: readable messages keep their tries and stay visible to the function.
        const peeked = await poison.run('peek', (client, abortSignal) =>
          client.peekMessages({ numberOfMessages: MAX_TAKEN, abortSignal }),
        );
        if (peeked.peekedMessageItems.every((message) => isBase64(message.messageText))) break;
        const found = await takeBatch();
        if (found.length === 0) break;
        taken.push(...found);
      }
      return taken;
    },

    decode: decodeWorkItem,
  };
}
