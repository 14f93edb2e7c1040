import { asksForCycle, decodeWorkItem } from '../../src/adapters/storage/work-queue';
import type { WorkItem } from '../../src/core/model';
import type { WorkQueue } from '../../src/ports/work-queue';
import { copy, type FakeOptions, watched } from './fake-kit';

/** A message in the fake queue. */
export interface FakeMessage {
  readonly item: WorkItem;
  /** How long it was asked to stay hidden, in ms; the fake has no clock and hides nothing. */
  readonly delayMs: number;
}

/** The queue in memory, and hands to move its messages: tests decide on order, loss and repetition. */
export interface FakeWorkQueue extends WorkQueue {
  /** Takes the oldest message out; undefined when there is none. */
  take(): FakeMessage | undefined;
  readonly messages: FakeMessage[];
  /** How often a cycle was asked for. */
  readonly asked: { count: number };
  /** Puts a text into the poison queue that no function could read. */
  addUnreadable(text: string): void;
}

/** The work queue in memory. */
export function makeFakeWorkQueue(options: FakeOptions = {}): FakeWorkQueue {
  const messages: FakeMessage[] = [];
  const asked = { count: 0 };
  let unreadable: string[] = [];
  const queue: WorkQueue = {
    async enqueue(items) {
      for (const item of items) messages.push({ item: copy(item), delayMs: 0 });
    },
    async defer(item, delayMs) {
      messages.push({ item: copy(item), delayMs });
    },
    async askForCycle() {
      asked.count += 1;
    },
    asksForCycle,
    approximateLength: async () => messages.length,
    async takeUnreadable() {
      const taken = unreadable.map((text, index) => ({ messageId: `unreadable-${index}`, preview: text.slice(0, 120) }));
      unreadable = [];
      return taken;
    },
    decode: decodeWorkItem,
  };
  return {
    ...watched('workQueue', queue, options.onCall),
    messages,
    asked,
    take: () => messages.shift(),
    addUnreadable: (text) => {
      unreadable.push(text);
    },
  };
}
