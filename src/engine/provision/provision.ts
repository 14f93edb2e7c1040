import type { RemovalKind } from '../../core/brake';
import { continued, proved } from '../../core/continued';
import { ThrottledError } from '../../core/errors';
import type { ObjectType } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import { withhold } from '../../core/withhold';
import type { LinkRow } from '../../ports/link-store';
import type { EngineDeps } from '../deps';
import type { Outcome } from '../record/outcome';
import { type Attempt, isSkip, type NamedTarget, skipped } from './attempt';
import { AWAITING_SEAT, seated } from './await-seat';
import { isReplaced, provedByLink } from './claims';
import { ended, foreseen } from './ended';
import { keepingInMind, mayComeTo, openOf, requireNothingLate, requireNothingToCome } from './may-come';
import { openPairing, owing } from './pairing';
import { awaitCount, permitted } from './permission';
import type { Left, Stages } from './stages';
import { isDeletionRefuted, toldBefore } from './told-before';
import { withClaim } from './with-claim';
import { traceBefore, tracePlan, traceWritten } from './words';

/**
 * The way of every object, user or group, whatever set it off:
 *
 *     due ▸ match ▸ desire ▸ plan ▸ withhold ▸ (a dry run ends here) ▸ seat ▸ claim ▸ export ▸ link ▸ memberships ▸ outcome
 *
 * What is due has been read into the attempt. Up to the dry run's end nothing is at hand that could write. Safe to repeat.
 */
export async function provision<T extends NonNullable<NamedTarget>>(
  deps: EngineDeps,
  attempt: Attempt,
  stages: Stages<T>,
): Promise<Outcome> {
  const { item, dryRun, trace } = attempt;
  trace.enter('matching');
  const found = await stages.match(attempt);
  trace.enter('processing');
  const desired = await stages.desire(attempt, found);
  const whole = await stages.plan(attempt, found, desired);
  if (isSkip(whole))
    return (await toldBefore(deps, attempt, { found, desired, stages }, whole)) ?? skipped(attempt, found.target, whole);
  const allows = dryRun ? foreseenPermission(attempt, whole) : await permitted(attempt.reads, item);
  const { plan: allowed, waits } = withhold(whole, allows);
  const seat = stages.seat(attempt, found, allowed);
  if (dryRun) {
    tracePlan(attempt, allowed, desired);
    return foreseen(attempt, found, { plan: allowed, desired, waits, seat }, await stages.foreseeMembers(attempt, found));
  }
  const { claim } = attempt.pairing.row;
  const evidence = { ...stages.evidence(found, desired, attempt), ...provedByLink(attempt.pairing.row) };
  const earlier = (await isDeletionRefuted(attempt, found))
    ? undefined
    : proved(claim?.plan, { ...evidence, isReplaced: isReplaced(attempt.pairing.row, found.link) });
  for (const kind of waits) await awaitCount(deps, item, kind, 1, attempt.decision.reason);
  const nowMs = deps.clock().getTime();
  const mayCome = (row: LinkRow) => mayComeTo(found.target?.id, row, found.formerRow, evidence, nowMs);
  if (item.objectType === 'user') {
    requireNothingToCome(claim, earlier, allowed, nowMs);
    requireNothingLate(mayCome(attempt.pairing.row), evidence.current, allowed, nowMs);
  }
  if (isAccountChange(item.objectType, allowed)) {
    trace.planned = allowed;
    // One that says so has been asked for its place before it was begun.
    if (!item.isChange) requirePlace(deps);
  }
  const { plan, awaitsSeat } = await seated(deps, attempt, { plan: allowed, seat, earlier });
  if (!plan) return skipped(attempt, found.target, AWAITING_SEAT);
  tracePlan(attempt, plan, desired);

  const told = continued(earlier, plan);
  // One entry has one action: what the plan undoes or goes beyond is a step of it; where there is nothing else to tell, it is what the entry is about.
  const written = [...(claim?.untold ?? []), ...(earlier ? [earlier] : [])];
  const untold = told === plan ? written : written.slice(0, -1);
  const owed = told.action === 'none' ? untold.at(-1) : undefined;
  for (const one of untold) if (one !== owed) traceBefore(attempt, one);
  const read = untold.length > 0 ? owing(attempt.pairing, untold, found.link) : attempt.pairing;
  const row = keepingInMind(read.row, earlier, nowMs);
  const pairing = openPairing(deps, { ...read, row }, attempt.pairing);
  trace.planned = told;
  const left: Left = { error: undefined, attributes: [] };
  const writing = { deps, attempt, pairing, found, desired, plan, told, awaitsSeat, left, mayCome: mayCome(row) };
  const isWritten = plan.action !== 'none';
  trace.enter('export');
  const open = item.objectType === 'user' ? openOf(attempt.pairing.row, earlier, nowMs) : null;
  const target = isWritten
    ? await withClaim(
        pairing,
        item,
        { plan: told, written, open },
        () => isCurrent(attempt),
        (settle) => stages.export(writing, settle),
      )
    : await pairing
        .takeOver(item)
        .then(() => stages.settle(writing))
        .then(() => found.target);
  const done = { ...writing, told: withoutLeft(told, left) };
  traceWritten(attempt, owed ?? done.told, isWritten, target ?? found.target);
  trace.enter('referenceResolution');
  return ended({ ...done, told: owed ?? done.told }, target, waits, await stages.memberships(done));
}

/** Whether the source object is as it was when the attempt began. */
const isCurrent = async ({ reads, item, object }: Attempt): Promise<boolean> =>
  (await reads.space.readObject({ type: item.objectType, id: item.sourceId }))?.value.version === object.version;

/** A plan without what could not be written: the log tells only what was. */
function withoutLeft(told: Plan, { attributes }: Left): Plan {
  if (attributes.length === 0) return told;
  const changes = told.changes.filter(({ attribute }) => !attributes.includes(attribute));
  return {
    ...told,
    changes,
    role: attributes.includes('role') ? null : told.role,
    action: changes.length > 0 ? told.action : 'none',
  };
}

/** Whether a plan takes a place in the account's narrow lane of changes. */
export const isAccountChange = (type: ObjectType, { action }: Plan): boolean =>
  type === 'user' && action !== 'none' && action !== 'create' && action !== 'delete';

/** Before anything is taken or claimed: what has to wait for its place is put back with nothing written. @throws ThrottledError */
function requirePlace({ target }: EngineDeps): void {
  const busyMs = target.busyForMs('userUpdate');
  if (busyMs > 0) throw new ThrottledError('target', busyMs, 'The Zendesk rate limit is used up; try again later');
}

/** What a dry run goes by: what was counted for its item. What a way back takes away is counted from its plan, so there all of it. */
const foreseenPermission = ({ item, back }: Attempt, { removals }: Plan): RemovalKind | null =>
  (back ? removals[0]?.kind : item.allows?.kind) ?? null;
