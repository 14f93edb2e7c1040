import type { Desired } from '../../core/desired';
import type { ObjectType } from '../../core/model';
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

/** What a plan is about to do, in a sentence. */
export function describePlan(plan: Plan, type: ObjectType): string {
  const what = plan.changes.map((change) => change.attribute).join(', ');
  switch (plan.action) {
    case 'none':
      return 'Source and target agree.';
    case 'update':
      return plan.adopts ? `The ${THING[type]} is to be adopted${what ? `, changing ${what}` : ''}.` : `To be changed: ${what}.`;
    case 'disable':
      return plan.changes.some(({ attribute }) => attribute === 'suspended')
        ? `The ${THING[type]} is to be suspended.`
        : "The suspended account is to give its agent's seat back.";
    case 'create':
    case 'delete':
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
  const done = `${thing.charAt(0).toUpperCase()}${thing.slice(1)} ${DONE[told.action]}.`;
  const text = isWritten ? done : `${done} An earlier try of this change had written it already; it is recorded now.`;
  trace.step('export', text, { targetId: target?.id ?? told.targetId ?? '' });
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
