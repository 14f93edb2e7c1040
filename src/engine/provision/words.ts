import { isOfTickets } from '../../core/continued';
import type { Desired } from '../../core/desired';
import type { ObjectType } from '../../core/model';
import { OPEN_TICKETS } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { Attempt, NamedTarget } from './attempt';
import type { ForeseenMembers } from './stages';
import type { MembershipResult } from './write-memberships';

const THING: Readonly<Record<ObjectType, string>> = { user: 'account', group: 'Zendesk group' };

const DONE: Readonly<Record<Plan['action'], string>> = {
  none: 'left as it is',
  create: 'created',
  update: 'updated',
  disable: 'suspended',
  delete: 'deleted',
  other: 'left as it is and no longer managed, because it was there before',
};

/** What the entry of a refused deletion says of what was done in its place. */
export const SUSPENDED_MEANWHILE = 'Zendesk refuses to delete the account while it has open tickets; it is suspended meanwhile.';

const ERASED = 'erased permanently';
const erases = ({ removals }: Plan): boolean => removals.some(({ kind }) => kind === 'userErase');
const has = ({ changes }: Plan, name: string): boolean => changes.some(({ attribute }) => attribute === name);
const inWords = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** The parts of a departure in their order, each in its words. */
const departure = (plan: Plan, suspended: string, tickets: string, seat: string): readonly string[] => [
  ...(has(plan, 'suspended') ? [suspended] : []),
  ...(has(plan, OPEN_TICKETS) ? [tickets] : []),
  ...(has(plan, 'role') && !(has(plan, 'suspended') && !has(plan, OPEN_TICKETS)) ? [seat] : []),
];

function doneWords(told: Plan): string {
  if (told.action === 'delete' && erases(told)) return ERASED;
  if (told.action !== 'disable' && !isOfTickets(told)) return DONE[told.action];
  return inWords(departure(told, DONE.disable, 'open tickets handed over', 'seat given back')) || DONE.disable;
}

/** What a plan is about to do, in a sentence. */
export function describePlan(plan: Plan, type: ObjectType): string {
  const what = plan.changes.map((change) => change.attribute).join(', ');
  switch (plan.action) {
    case 'none':
      return 'Source and target agree.';
    case 'update':
      if (isOfTickets(plan)) return 'The open tickets of the suspended account are to be handed over.';
      return plan.adopts ? `The ${THING[type]} is to be adopted${what ? `, changing ${what}` : ''}.` : `To be changed: ${what}.`;
    case 'disable':
      return `The ${has(plan, 'suspended') ? THING[type] : 'suspended account'} is to ${inWords(departure(plan, 'be suspended', 'hand its open tickets over', "give its agent's seat back"))}.`;
    case 'delete':
      return `The ${erases(plan) ? 'deleted ' : ''}${THING[type]} is to be ${erases(plan) ? ERASED : DONE.delete}.`;
    case 'create':
    case 'other':
      return `The ${THING[type]} is to be ${DONE[plan.action]}.`;
  }
}

/** Notes what is planned, with what was left out and why. */
export function tracePlan({ trace, object, decision }: Attempt, plan: Plan, desired: Desired | null): void {
  const notes = [...(desired?.warnings ?? []), ...plan.notes];
  const why = decision.kind === 'out' ? `${decision.reason} ` : '';
  const what = plan.action === 'none' && notes.length > 0 && decision.kind === 'out' ? '' : describePlan(plan, object.type);
  trace.step('processing', `${why}${what}`.trim(), {
    action: plan.action,
    ...(notes.length > 0 ? { notes: notes.join(' ') } : {}),
  });
}

/** Notes what was written, by this try or by an earlier one that was cut off before its entry. */
export function traceWritten({ trace, object }: Attempt, told: Plan, isWritten: boolean, target: NamedTarget): void {
  if (told.action === 'none') return;
  const thing = THING[object.type];
  const done = `${thing.charAt(0).toUpperCase()}${thing.slice(1)} ${doneWords(told)}.`;
  const text = isWritten ? done : `${done} An earlier try of this change had written it already; it is recorded now.`;
  trace.step('export', text, { targetId: target?.id ?? told.targetId ?? '' });
}

/** Notes what an earlier try has written, in an entry that is about something else. */
export function traceBefore({ trace, object }: Attempt, earlier: Plan): void {
  trace.step('export', wordsBefore(object.type, earlier), { targetId: earlier.targetId ?? '' });
}

/** What an earlier try has written, as a step of an entry that is about something else. Whether it got as far as erasing, nothing shows. */
export function wordsBefore(type: ObjectType, earlier: Plan): string {
  const what = `What it ${erases(earlier) ? 'may have' : 'had'} written: ${THING[type]} ${doneWords(earlier)}.`;
  return `An earlier try was cut off before its log entry. ${what}`;
}

const people = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Notes what became of memberships, or would, when there was anything. */
export function traceMembers({ trace }: Attempt, members: MembershipResult | ForeseenMembers): void {
  const { added, removed, skipped } = members;
  const held = 'held' in members ? members.held : 0;
  const problems = 'problems' in members ? members.problems : [];
  const skippedIds = 'skippedIds' in members ? members.skippedIds : [];
  if (added.length + removed.length + skipped + held + problems.length === 0) return;
  const parts = [
    added.length > 0 && `${added.length} added`,
    removed.length > 0 && `${removed.length} removed`,
    skipped > 0 && `${skipped} skipped (not agents in Zendesk, or not yet; its groups take agents only)`,
    held > 0 && `${people(held, 'removal', 'removals')} held by the brake`,
  ].filter(Boolean);
  trace.step(
    'referenceResolution',
    `Group memberships: ${parts.join(', ') || 'none changed'}.`,
    {
      ...(skippedIds.length > 0 ? { skipped: skippedIds.join(', ') } : {}),
      ...(problems.length > 0 ? { problems: problems.slice(0, 20).join('; ') } : {}),
    },
    problems.length > 0 ? 'warning' : 'success',
  );
}
