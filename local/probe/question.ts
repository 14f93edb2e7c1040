import type { ProbeAccounts } from './accounts';
import type { ProbeClient } from './client';

/** What a question works with. */
export interface ProbeContext {
  readonly client: ProbeClient;
  readonly accounts: ProbeAccounts;
  /** What is known of the account before the first question. */
  readonly known: Known;
  /** True once the probe should begin nothing that takes long. */
  readonly isLate: () => boolean;
}

/** What the probe reads first. */
export interface Known {
  readonly selfId: string;
  readonly selfEmail: string;
  readonly locales: readonly string[];
  readonly requestsPerMinute: number | undefined;
}

/** What was found out. Texts hold codes, statuses, names of properties and figures: never a value of the account. */
export type Finding =
  | { readonly kind: 'settled'; readonly observed: string; readonly isAsAssumed: boolean }
  | { readonly kind: 'open'; readonly why: string };

/** A question that no document answers. */
export interface Question {
  readonly id: string;
  readonly title: string;
  /** What the app takes for granted today. */
  readonly assumption: string;
  /** What the app does by it. */
  readonly concerns: string;
  /** What helps where the answer differs. */
  readonly helps: string;
  ask(context: ProbeContext): Promise<Finding>;
}

/** An answer that was found. */
export const settled = (observed: string, isAsAssumed: boolean): Finding => ({ kind: 'settled', observed, isAsAssumed });

/** No answer, and why. */
export const open = (why: string): Finding => ({ kind: 'open', why });
