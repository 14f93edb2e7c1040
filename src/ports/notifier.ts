import type { Notice } from '../core/notice';

/** Tells people. Never throws: a notice that cannot be delivered is a warning in the status, never a failed cycle. */
export interface Notifier {
  send(notice: Notice): Promise<void>;
}

/** A notice that could not be delivered, as the status warns of it until one arrives again. */
export interface DeliveryWarning {
  /** ISO 8601. */
  readonly at: string;
  readonly channel: 'email' | 'webhook';
  readonly kind: Notice['kind'];
  /** What was wrong, without addresses or secrets. */
  readonly problem: string;
}
