import { decodeWorkItem } from '../../../src/adapters/storage/work-queue';
import type { WorkItem } from '../../../src/core/model';
import type { WorkQueue } from '../../../src/ports/work-queue';
import { copy } from '../../fakes/fake-kit';

/** A message as the storage queue keeps it. */
export interface Message {
  readonly number: number;
  readonly item: WorkItem;
  visibleAtMs: number;
  dequeueCount: number;
  /** True once it has failed too often: it is in the poison queue then. */
  isPoison: boolean;
}

/** The queue of an account, with the hands of the host: at least once, in any order, five tries, then the poison queue. */
export class SimQueue implements WorkQueue {
  readonly messages = new Map<number, Message>();
  #last = 0;
  unreadable = 0;

  constructor(private readonly nowMs: () => number) {}

  /** How long the next message about an object takes to be seen, by its source id. */
  readonly late = new Map<string, number>();

  async enqueue(items: readonly WorkItem[]): Promise<void> {
    for (const item of items) {
      this.add(item, this.late.get(item.sourceId) ?? 0);
      this.late.delete(item.sourceId);
    }
  }

  async defer(item: WorkItem, delayMs: number): Promise<void> {
    this.add(item, delayMs);
  }

  approximateLength = async (): Promise<number> => this.messages.size;

  async takeUnreadable() {
    const taken = Array.from({ length: this.unreadable }, (_, at) => ({ messageId: `unreadable-${at}`, preview: '?' }));
    this.unreadable = 0;
    return taken;
  }

  decode = decodeWorkItem;

  /** When the messages are seen that ask for a cycle. */
  readonly #asked: number[] = [];

  async askForCycle(delayMs = 0): Promise<void> {
    this.#asked.push(this.nowMs() + delayMs);
  }

  /** Takes a message that asks for a cycle and can be seen. @returns whether there was one */
  takeAsked(): boolean {
    const at = this.#asked.findIndex((atMs) => atMs <= this.nowMs());
    return at >= 0 && this.#asked.splice(at, 1).length > 0;
  }

  asksForCycle = (): boolean => false;

  add(item: WorkItem, delayMs: number): void {
    this.#last += 1;
    const message = {
      number: this.#last,
      item: copy(item),
      visibleAtMs: this.nowMs() + delayMs,
      dequeueCount: 0,
      isPoison: false,
    };
    this.messages.set(message.number, message);
  }

  get visible(): readonly Message[] {
    const nowMs = this.nowMs();
    return [...this.messages.values()].filter((message) => message.visibleAtMs <= nowMs);
  }

  /** When the next message is seen; undefined when there is none. */
  get nextVisibleMs(): number | undefined {
    if (this.messages.size === 0) return undefined;
    return Math.min(...[...this.messages.values()].map((message) => message.visibleAtMs));
  }
}
