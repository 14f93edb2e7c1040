import { createHash } from 'node:crypto';
import type { RemovalKind } from '../../core/brake';
import { DRIFT_WORDS, type DriftFinding, userDrift, writesRole } from '../../core/drift';
import type { Link, TargetId, TargetUser } from '../../core/model';
import type { PlanRow } from '../../ports/plan-store';
import type { ObjectKey } from '../../ports/stored';
import { type Due, dueFor, type Rules } from '../decide/due';
import type { EngineDeps } from '../deps';
import { dryRun, type PlannedObject, planRow } from '../preview/plan-object';
import { itemFor } from '../work-item';
import { withAsRead } from './as-read';

/** What the comparison of one object came to. */
export type Compared =
  | { readonly kind: 'row'; readonly row: PlanRow }
  /** Nothing differs. */
  | { readonly kind: 'same' }
  /** Nothing can be said of it, or nothing is to be done about it by anybody: unknown, never touched, held by an operator. */
  | { readonly kind: 'skipped' };

const SAME: Compared = { kind: 'same' };
const SKIPPED: Compared = { kind: 'skipped' };

/** How one object is compared. */
export interface Comparing {
  readonly deps: EngineDeps;
  readonly rules: Rules;
  /** Names the plan, for the ids of what is planned. */
  readonly cycleId: string;
  readonly deadlineMs: number;
}

/** Compares one account with what Entra ID says. @param account as read in Zendesk; undefined when it is gone for good */
export async function compareUser(how: Comparing, link: Link, account: TargetUser | undefined): Promise<Compared> {
  const { deps, rules } = how;
  const key: ObjectKey = { type: 'user', id: link.sourceId };
  const object = (await deps.space.readObject(key))?.value;
  const due = object && (await dueFor(deps, rules, object));
  if (!due || due.decision.kind === 'unknown') return SKIPPED;
  return account?.active ? compareLiving(how, key, due, link, account) : compareGone(how, key, due, link, account);
}

async function compareLiving(how: Comparing, key: ObjectKey, due: Due, link: Link, account: TargetUser): Promise<Compared> {
  const planned = await planOf({ ...how, deps: withAsRead(how.deps, { users: new Map([[link.targetId, account]]) }) }, key);
  const { outcome } = planned;
  if (outcome.kind === 'skipped' && outcome.skipReason !== 'AwaitingCycle') return sameOrSkipped(outcome.skipReason);
  const row = planRow(how.deps, key, planned);
  if (outcome.kind === 'failed') return { kind: 'row', row };
  const plan = outcome.kind === 'planned' ? outcome.plan : undefined;
  const found = userDrift(plan, row.warnings, due.decision.kind === 'in', link, account);
  if (found.codes.length === 0) return SAME;
  const drift: DriftFinding = { ...found, lastChangedAt: account.updatedAt ?? null };
  const isRepairable = plan !== undefined && plan.action !== 'none' && !writesRole(plan);
  return { kind: 'row', row: told(row, drift, isRepairable) };
}

const sameOrSkipped = (reason: string): Compared => (reason === 'RedundantExport' ? SAME : SKIPPED);

/**
 * Names the accounts that gone ones were merged into: who now carries the person's id, asked for all of them at once, else who has the address.
 * The search for addresses lags: finding nobody proves nothing. Zendesk documents no mark on a merged account itself.
 * @param byAddress Whether to search for addresses too, at a request for each.
 * @see https://developer.zendesk.com/api-reference/ticketing/users/users/#merge-end-users
 */
export async function nameMerged(
  { target }: Pick<EngineDeps, 'target'>,
  rows: readonly PlanRow[],
  byAddress: boolean,
): Promise<readonly PlanRow[]> {
  const gone = rows.filter(({ code }) => code === 'AccountDeleted');
  const find = async ({ key, targetId, changes }: PlanRow): Promise<TargetUser | undefined> => {
    const isOther = ({ id }: TargetUser): boolean => id !== targetId;
    const named = (await target.findUsers({ attribute: 'external_id', value: key.id })).find(isOther);
    const value = changes.find(({ displayName }) => displayName === 'email')?.newValue;
    if (named || !byAddress || !value) return named;
    return (await target.findUsers({ attribute: 'email', value })).find(isOther);
  };
  const others = await Promise.all(gone.map(find));
  return gone.flatMap((row, at) => {
    const other = others[at];
    if (!other || !row.drift) return [];
    return [told(row, { ...row.drift, codes: ['AccountMerged'] }, true, ` The other account is ${other.id}.`)];
  });
}

/** An account of somebody in scope that is gone: made again, or matched anew, as a cycle would. Of somebody out of scope nobody misses it. */
async function compareGone(
  how: Comparing,
  key: ObjectKey,
  due: Due,
  link: Link,
  account: TargetUser | undefined,
): Promise<Compared> {
  if (due.decision.kind !== 'in') return SAME;
  // Who else may have become this person is found out when the account is made again: a search for each would cost a request for each.
  const asRead = { users: new Map([[link.targetId, account]]), findsNobody: true as const };
  const planned = await planOf({ ...how, deps: withAsRead(how.deps, asRead) }, key);
  const { outcome } = planned;
  if (outcome.kind === 'skipped') return sameOrSkipped(outcome.skipReason);
  const row = planRow(how.deps, key, planned);
  if (outcome.kind === 'failed') return { kind: 'row', row };
  const drift: DriftFinding = { codes: ['AccountDeleted'], lastChangedAt: account?.updatedAt ?? null, reported: [] };
  return { kind: 'row', row: { ...told(row, drift, true), targetId: link.targetId, digest: digestOfGone(link.targetId) } };
}

/** That an account is gone is all that is let go: what takes its place is decided when that is done. */
export const digestOfGone = (id: TargetId): string => createHash('sha256').update(`gone ${id}`).digest('hex');

/** A row in the words of a comparison. */
export function told(row: PlanRow, drift: DriftFinding, isRepairable: boolean, more = ''): PlanRow {
  const since = drift.lastChangedAt === null ? '' : ` Zendesk says that it was last changed at ${drift.lastChangedAt}.`;
  return {
    ...row,
    outcome: isRepairable ? 'planned' : 'skipped',
    ...(!isRepairable && { changes: [], action: 'other', removal: null }),
    code: drift.codes[0] ?? null,
    reason: `${drift.codes.map((code) => DRIFT_WORDS[code]).join(' ')}${more}${since}`,
    drift,
  };
}

/**
 * Plans one object with leave to suspend, where that alone is held back: somebody has given access back in Zendesk. What else may be taken
 * away (accounts, seats, groups, memberships) is for cycles to count.
 */
async function planOf({ deps, cycleId, deadlineMs }: Comparing, key: ObjectKey): Promise<PlannedObject> {
  const item = itemFor(cycleId, key);
  const outcome = await dryRun(deps, item, deadlineMs);
  if (outcome.kind !== 'skipped' || outcome.skipReason !== 'AwaitingCycle') return { item, loss: undefined, outcome };
  const kind: RemovalKind = 'userDisable';
  const allowed = { ...item, allows: { kind, countedIn: item.changeId } };
  const again = await dryRun(deps, allowed, deadlineMs);
  if (again.kind !== 'planned') return { item, loss: undefined, outcome };
  return { item: allowed, loss: { kind, count: 1, memberships: [] }, outcome: again };
}
