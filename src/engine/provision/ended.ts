import type { RemovalKind } from '../../core/brake';
import type { Desired } from '../../core/desired';
import type { SourceId } from '../../core/model';
import type { AttributeChange, Plan } from '../../core/plan-model';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { MEMBERS_LISTED } from '../record/log-entry';
import type { Outcome } from '../record/outcome';
import { type Attempt, type NamedTarget, skipped, subjectOf } from './attempt';
import { AWAITING_SEAT } from './await-seat';
import { readOwnRow } from './close-claim';
import type { Found } from './match-target';
import { awaitCount } from './permission';
import type { ForeseenMembers, Writing } from './stages';
import { traceMembers } from './words';
import type { MembershipResult } from './write-memberships';

/** What a dry run has come to, memberships apart. */
interface Foresight {
  readonly plan: Plan;
  readonly desired: Desired | null;
  readonly waits: readonly RemovalKind[];
  readonly seat: 'takes' | 'frees' | undefined;
}

/** How a dry run ends: with what would be done, memberships by name. */
export async function foreseen<T extends NonNullable<NamedTarget>>(
  attempt: Attempt,
  { target }: Found<T>,
  { plan, desired, waits, seat }: Foresight,
  members: ForeseenMembers,
): Promise<Outcome> {
  traceMembers(attempt, members);
  if (plan.action === 'none' && waits.length > 0) return skipped(attempt, target, awaiting(attempt, plan));
  const changes = membershipChanges(attempt, members);
  const isMembersOnly = plan.action === 'none' && changes.length > 0;
  const told: Plan = { ...plan, ...(isMembersOnly && { action: 'update' as const }), changes: [...plan.changes, ...changes] };
  return {
    kind: 'planned',
    subject: { ...subjectOf(attempt, target), names: await namesOf(attempt, changes) },
    plan: told,
    warnings: [...(desired?.warnings ?? []), ...plan.notes],
    ...(seat && { seat }),
  };
}

/**
 * How an attempt ends that was carried out:
 *
 *   written, now or by an earlier try │ memberships │ waits for the brake │ outcome
 *   yes                               │ –           │ –                   │ done
 *   no                                │ changed     │ –                   │ done, as an update
 *   no                                │ refused     │ –                   │ done with a warning, as `other`
 *   in part (tickets were refused)    │ –           │ –                   │ done with a warning, and tried again as a failure
 *   no                                │ –           │ yes                 │ skipped, AwaitingCycle
 *   no                                │ –           │ no, but for a seat  │ skipped, AwaitingSeat
 *   no (the settings leave it alone)  │ –           │ no                  │ skipped, ActionDisabled: it was only linked again
 *   no                                │ –           │ no                  │ skipped, RedundantExport
 */
export async function ended<T extends NonNullable<NamedTarget>>(
  { deps, attempt, pairing, desired, plan, told, awaitsSeat, left }: Writing<T>,
  target: T | undefined,
  waits: readonly RemovalKind[],
  members: MembershipResult,
): Promise<Outcome> {
  traceMembers(attempt, members);
  const { item, decision } = attempt;
  if (members.held > 0) await awaitCount(deps, item, 'membershipRemoval', members.held, decision.reason);
  const held = members.held > 0 ? [`${members.held} removals of members wait for the brake.`] : [];
  const unfinished = left.error ? [left.error.message] : [];
  const warnings = [...(desired?.warnings ?? []), ...plan.notes, ...members.problems, ...held, ...unfinished];
  const changes = membershipChanges(attempt, members);
  const isRefused = members.problems.length > 0;
  if (told.action !== 'none' || changes.length > 0 || isRefused || left.error) {
    const row = told.action === 'none' ? undefined : await readOwnRow(deps, attempt.pairing.key, item);
    const action = told.action !== 'none' ? told.action : changes.length > 0 ? 'update' : 'other';
    const done: Plan = { ...told, action, changes: [...told.changes, ...changes] };
    const subject = { ...subjectOf(attempt, target), names: await namesOf(attempt, changes) };
    return {
      kind: 'done',
      subject,
      plan: done,
      warnings,
      ...(isRefused && { refused: members.problems }),
      ...(awaitsSeat && { awaitsSeat: true as const }),
      ...(left.error && { unfinished: left.error }),
      ...(row && { row }),
    };
  }
  // What an earlier try had claimed and not written is nothing that the log should ever mention.
  if (attempt.pairing.row.claim) await pairing.release(false);
  if (waits.length > 0 || members.held > 0) return skipped(attempt, target, awaiting(attempt, { ...plan, notes: warnings }));
  if (awaitsSeat) return skipped(attempt, target, AWAITING_SEAT);
  if (decision.kind === 'out' && plan.notes.length > 0)
    return skipped(attempt, target, { code: 'ActionDisabled', reason: [decision.reason, ...plan.notes].join(' ') });
  return skipped(attempt, target, { code: 'RedundantExport', reason: unchanged(attempt, warnings) });
}

const awaiting = ({ decision }: Attempt, { notes }: Plan) => ({
  code: 'AwaitingCycle' as const,
  reason: [...(decision.kind === 'out' ? [decision.reason] : []), ...notes].join(' '),
});

function unchanged({ decision, object, pairing, back }: Attempt, warnings: readonly string[]): string {
  const notes = warnings.length > 0 ? ` ${warnings.join(' ')}` : '';
  if (back) return `Nothing of it is left to take back.${notes}`;
  if (decision.kind !== 'out') return `Source and target already agree.${notes}`;
  const what = object.type === 'user' ? 'The account is suspended already, or gone.' : 'The Zendesk group is gone already.';
  return `${decision.reason} ${pairing.row.link ? what : 'Nothing is left to take away.'}`;
}

/** Memberships as changes of the object: a user's `groups`, a group's `members`, each by the Entra id of the other side. */
export function membershipChanges({ object }: Attempt, { added, removed }: ForeseenMembers): readonly AttributeChange[] {
  const attribute = object.type === 'user' ? 'groups' : 'members';
  const other = ({ userId, groupId }: ForeseenMembers['added'][number]) => (object.type === 'user' ? groupId : userId);
  return [
    ...added.map((one) => ({ attribute, oldValue: null, newValue: other(one), redacted: false })),
    ...removed.map((one) => ({ attribute, oldValue: other(one), newValue: null, redacted: false })),
  ];
}

/** The names of those whom membership changes mention, as far as an entry lists them. */
export async function namesOf(
  { reads, object }: Attempt,
  changes: readonly AttributeChange[],
): Promise<ReadonlyMap<string, string>> {
  const type = object.type === 'user' ? 'group' : 'user';
  const ids = changes.slice(0, MEMBERS_LISTED).map(({ oldValue, newValue }) => String(newValue ?? oldValue) as SourceId);
  const rows = await concurrently(ids, STORAGE_CONCURRENCY, (id) => reads.space.readObject({ type, id }));
  return new Map(
    rows.flatMap((row, at) => {
      const name = row?.value.attributes['displayName'];
      return typeof name === 'string' ? [[ids[at] ?? '', name] as const] : [];
    }),
  );
}
