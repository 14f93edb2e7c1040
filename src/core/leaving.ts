import type { Deprovisioning } from './deprovision';
import type { SourceId, TargetId } from './model';
import { DAY_MS } from './time';

/** Who gets the open tickets of an agent who leaves. */
export type TicketReceiver =
  /** They stay where they are. */
  | { readonly kind: 'leave' }
  /** They stay in their group, assigned to nobody. */
  | { readonly kind: 'unassign' }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'user'; readonly email: string };

/** A receiver as the setting spells it: `group:Support`. Pure. */
export function receiverText(receiver: TicketReceiver): string {
  switch (receiver.kind) {
    case 'leave':
      return 'Leave';
    case 'unassign':
      return 'Unassign';
    case 'group':
      return `group:${receiver.name}`;
    case 'user':
      return `user:${receiver.email}`;
  }
}

/** Open tickets that were handed over. */
export interface HandedOver {
  /** As the setting spelled it. */
  readonly to: string;
  /** Those that Zendesk was seen to have moved: at least so many. */
  readonly count: number;
  /** False while some are left. */
  readonly isComplete: boolean;
}

/** What is kept of somebody who left, one for each person, until nothing is left to do or the person is back. */
export interface Leaving {
  readonly sourceId: SourceId;
  /** The account that was left behind. */
  readonly targetId: TargetId;
  /** When this app took access away, or first saw that it had, ISO 8601: the days count from it, so they are never fewer than set. */
  readonly leftAt: string;
  /** True where this app made the account: no other is ever deleted or erased by the days. */
  readonly createdByUs: boolean;
  /** How many open tickets were handed over, and to whom; null before the first. */
  readonly tickets: HandedOver | null;
  /** When this app deleted the account; null while it stands. */
  readonly deletedAt: string | null;
}

/** The settings that decide what becomes of somebody who left. */
export interface LeavingRules {
  readonly offboardTickets: TicketReceiver;
  readonly offboardDeleteAfterDays?: number;
  readonly offboardEraseAfterDays?: number;
}

/** The steps that wait for a day. */
export type DayStep = 'delete' | 'erase';

/** The step of a leaver that a day brings; null where none ever comes. Pure. */
export const dayStepOf = ({ createdByUs, deletedAt }: Leaving): DayStep | null =>
  createdByUs ? (deletedAt === null ? 'delete' : 'erase') : null;

/** After how many days a step is due; undefined where it is off. Pure. */
export const daysUntil = (step: DayStep, rules: LeavingRules): number | undefined =>
  step === 'delete' ? rules.offboardDeleteAfterDays : rules.offboardEraseAfterDays;

/**
 * The last day, as an instant, on which somebody must have left for a step to be due at `now`; undefined where the step is off. Whoever left
 * later is not due yet. Pure.
 */
export function leftBefore(step: DayStep, rules: LeavingRules, now: Date): Date | undefined {
  const days = daysUntil(step, rules);
  return days === undefined ? undefined : new Date(now.getTime() - days * DAY_MS);
}

/** When a step is due for somebody, by the settings as they are now; null where it never is. Pure. */
export function dueAt(step: DayStep, leaving: Leaving, rules: LeavingRules): Date | null {
  const days = daysUntil(step, rules);
  if (days === undefined || !leaving.createdByUs) return null;
  return new Date(Date.parse(leaving.leftAt) + days * DAY_MS);
}

/** Whether the step that a day brings has come for somebody. Pure. */
export function isStepDue(step: DayStep, leaving: Leaving, rules: LeavingRules, now: Date): boolean {
  const at = dueAt(step, leaving, rules);
  return dayStepOf(leaving) === step && at !== null && at.getTime() <= now.getTime();
}

/** What is known of the account of somebody who left. */
export interface LeaverAccount {
  readonly isSuspended: boolean;
  /** An agent or admin, who has tickets and holds a seat. */
  readonly isAgent: boolean;
}

/** Whether open tickets of an account are still to be handed over: of an agent, once for each time that the agent leaves. Pure. */
export const areTicketsDue = (
  { isAgent }: Pick<LeaverAccount, 'isAgent'>,
  leaving: Leaving | null,
  rules: LeavingRules,
): boolean => rules.offboardTickets.kind !== 'leave' && isAgent && leaving?.tickets?.isComplete !== true;

/** What deciding about the account of somebody who left goes by. */
export interface LeaverFacts {
  /** What the settings say of somebody who is out of scope, days aside. */
  readonly fate: Deprovisioning;
  readonly leaving: Leaving | null;
  readonly account: LeaverAccount;
  readonly rules: LeavingRules & { readonly actions: { readonly delete: boolean } };
  readonly now: Date;
}

/**
 * What becomes of the account of somebody out of scope, the days included. Pure.
 *
 *   by the settings │ the account                                       │ result
 *   not disable     │ –                                                 │ as the settings say
 *   disable         │ not made by this app                              │ disable, for good
 *   disable         │ can sign in (again)                               │ disable: access goes first, and the days begin anew
 *   disable         │ an agent's whose tickets are not handed over yet  │ disable: the tickets go first
 *   disable         │ fewer days than set, or none set                  │ disable
 *   disable         │ as many days as set                               │ delete (disable where the mapping's Delete box is off)
 */
export function fateOfLeaver({ fate, leaving, account, rules, now }: LeaverFacts): Deprovisioning {
  if (fate.kind !== 'disable' || !leaving || !rules.actions.delete) return fate;
  if (!account.isSuspended || areTicketsDue(account, leaving, rules)) return fate;
  return isStepDue('delete', leaving, rules, now) ? { kind: 'delete' } : fate;
}

/** Whether the account that somebody left behind, and that this app has deleted, is to be erased. Pure. */
export const isErasureDue = ({ leaving, rules, now }: Omit<LeaverFacts, 'fate' | 'account'>): boolean =>
  leaving !== null && rules.actions.delete && isStepDue('erase', leaving, rules, now);

/** How a step of leaving stands. */
export interface LeavingStep {
  readonly step: 'access' | 'tickets' | 'seat' | 'delete' | 'erase';
  /** `waits` for the step before it, or for its day; `off` by the settings, or because this app did not make the account. */
  readonly state: 'done' | 'due' | 'waits' | 'off';
  /** The day on which it is due, ISO 8601; null where it waits for no day. */
  readonly at: string | null;
  readonly detail: string | null;
}

/**
 * Where somebody is in leaving, step by step in their order. Pure.
 *
 *   step    │ due                                       │ off
 *   access  │ at once: suspended, sessions ended        │ –
 *   tickets │ once access is gone, of an agent          │ OFFBOARD_TICKETS is Leave
 *   seat    │ once the tickets are handed over; Zendesk │ DEPROVISION_USERS is Suspend
 *           │ takes whoever gives it back out of groups │
 *   delete  │ so many days after access ended           │ no days set, or the account was there before this app
 *   erase   │ so many days after access ended, and only │ no days set, or the account was there before this app
 *           │ what this app has deleted                 │
 */
export function leavingSteps(
  leaving: Leaving,
  account: LeaverAccount,
  rules: LeavingRules & { readonly deprovisionUsers: string },
  now: Date,
): readonly LeavingStep[] {
  const { tickets, deletedAt } = leaving;
  const isGone = deletedAt !== null;
  const areHandedOver = isGone || tickets?.isComplete === true || !account.isAgent;
  const plain = (step: LeavingStep['step'], state: LeavingStep['state'], detail: string | null = null): LeavingStep => ({
    step,
    state,
    at: null,
    detail,
  });
  const byDay = (step: DayStep, isDone: boolean): LeavingStep => {
    const at = dueAt(step, leaving, rules);
    const state = isDone ? 'done' : at === null ? 'off' : isStepDue(step, leaving, rules, now) ? 'due' : 'waits';
    return { step, state, at: at?.toISOString() ?? null, detail: null };
  };
  const handsOver = rules.offboardTickets.kind !== 'leave' || tickets !== null;
  const told = tickets && `${tickets.count} handed over (${tickets.to})`;
  return [
    plain('access', isGone || account.isSuspended ? 'done' : 'due'),
    plain('tickets', !handsOver ? 'off' : areHandedOver ? 'done' : 'due', told),
    plain(
      'seat',
      isGone || !account.isAgent
        ? 'done'
        : rules.deprovisionUsers !== 'DowngradeAndSuspend'
          ? 'off'
          : areHandedOver || !handsOver
            ? 'due'
            : 'waits',
    ),
    byDay('delete', isGone),
    byDay('erase', false),
  ];
}
