import type { WorkItem } from '../core/model';

/** A text in the poison queue that no function could ever read, with what is known of it. */
export interface UnreadableMessage {
  readonly messageId: string;
  /** First characters of the text, printable only. */
  readonly preview: string;
}

/** The queue of work items. Neither ordered nor free of duplicates. */
export interface WorkQueue {
  /** Puts items at the end. @throws StateUnavailableError; some items may then be in the queue, so enqueueing again is safe. */
  enqueue(items: readonly WorkItem[]): Promise<void>;

  /** Puts an item back so that it is seen again after a delay. Spends no try. */
  defer(item: WorkItem, delayMs: number): Promise<void>;

  /**
   * Asks for a cycle: one that was cut off is continued, else one begins. Asked twice it does no harm: one instance runs a cycle at a time.
   * @param delayMs at once where it is left out
   */
  askForCycle(delayMs?: number): Promise<void>;

  /** Whether what a function was handed asks for the cycle to be continued. Pure. */
  asksForCycle(message: unknown): boolean;

  /** About how many messages wait, visible or not. */
  approximateLength(): Promise<number>;

  /** Takes texts that are not work items out of the poison queue (where the runtime cannot hand them to any function). */
  takeUnreadable(): Promise<readonly UnreadableMessage[]>;

  /** Decodes what a function was handed; undefined if it is not a work item. Pure. */
  decode(message: unknown): WorkItem | undefined;
}
