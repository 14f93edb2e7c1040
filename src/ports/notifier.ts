import type { Notice } from '../core/notice';

/** Tells people. Never throws: a notice that cannot be delivered is a warning in the status, never a failed cycle. */
export interface Notifier {
  send(notice: Notice): Promise<void>;
}
