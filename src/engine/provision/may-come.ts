import { type Evidence, proved } from '../../core/continued';
import { StaleStateError } from '../../core/errors';
import { isSameValue } from '../../core/map/changes';
import type { Attributes, AttributeValue, Link, MayCome, TargetId } from '../../core/model';
import { OPEN_TICKETS } from '../../core/plan';
import type { AttributeChange, Plan } from '../../core/plan-model';
import type { LinkClaim, LinkRow } from '../../ports/link-store';
import { CLOCK_SLACK_MS } from '../claim-watch';
import { type Open, provedByLink } from './claims';

/**
 * A background job of Zendesk that callers no longer wait for may still do its work: ten minutes after its claim nobody counts on it any more. Whose
 * clock wrote when that was may have been behind.
 */
const MAY_COME_MS = 10 * 60_000 + CLOCK_SLACK_MS;

/** What a plan does to the access of an account; null for nothing. */
function accessAfter({ action, changes }: Plan): 'created' | 'suspended' | 'letIn' | null {
  if (action === 'create') return 'created';
  const change = changes.find(({ attribute }) => attribute === 'suspended');
  return change ? (change.newValue === true ? 'suspended' : 'letIn') : null;
}

/** The role that a plan gives an account which is there; undefined for none. */
const roleAfter = ({ action, changes }: Plan): unknown =>
  action === 'create' ? undefined : changes.find(({ attribute }) => attribute === 'role')?.newValue;

/** What is not a value like name or phone: access and role are asked about by themselves, and tickets go by requests of their own. */
const OTHER: ReadonlySet<string> = new Set(['suspended', 'role', OPEN_TICKETS]);

/** Whether a request may still give the account a value that is not asked for now. */
const bringsValue = (asked: Plan, earlier: Plan | undefined, now: Plan): boolean =>
  asked.changes.some(
    (change) => !OTHER.has(change.attribute) && !includes(earlier?.changes ?? [], change) && !includes(now.changes, change),
  );

const includes = (changes: readonly AttributeChange[], { attribute, newValue }: AttributeChange): boolean =>
  changes.some((one) => one.attribute === attribute && isSameValue('user', attribute, one.newValue, newValue));

/**
 * Whether a creation that may still come would leave a role or a suspension behind that nobody would tell from somebody else's, or of which the log would
 * say something else.
 */
const createsOtherwise = (asked: Plan, now: Plan): boolean =>
  asked.action === 'create' &&
  now.action === 'create' &&
  asked.changes.some(
    (change) => (change.attribute === 'suspended' || change.attribute === 'role') && !includes(now.changes, change),
  );

/** Whether a request may still change the account to what is not asked for now. */
function comesInBetween(asked: Plan, earlier: Plan | undefined, now: Plan): boolean {
  const access = accessAfter(asked);
  if (access && accessAfter(now) !== access && (!earlier || accessAfter(earlier) !== access)) return true;
  if (!earlier && createsOtherwise(asked, now)) return true;
  // Access that is to end does not wait for a role.
  const role = accessAfter(now) === 'suspended' ? undefined : roleAfter(asked);
  if (role !== undefined && roleAfter(now) !== role && (!earlier || roleAfter(earlier) !== role)) return true;
  // Access waits for no name, whether it is to end or to be given back.
  return accessAfter(now) === null && bringsValue(asked, earlier, now);
}

/**
 * Makes sure that nothing is concluded from what an earlier try of an account has not done yet: "not seen" becomes "not written" only once its request
 * cannot come any more. Otherwise who has come back would be suspended a moment later for good, who has left be let in, who has lost a role be given it,
 * and who is called as before be renamed, with nobody to look; and of a removal that the brake holds by now the log would not say that it came.
 * @param earlier what is proved of the claim's plan
 * @param now the plan as it is carried out now, without what waits for the brake; one that does the same, or deletes the account, needs no waiting
 * @throws StaleStateError while it may come
 */
export function requireNothingToCome(claim: LinkClaim | null, earlier: Plan | undefined, now: Plan, nowMs: number): void {
  if (claim?.sinceMs === undefined || nowMs - claim.sinceMs >= MAY_COME_MS) return;
  if (now.action === 'delete' || !comesInBetween(claim.plan, earlier, now)) return;
  throw stale();
}

/**
 * What is to be kept of a claim in the place of a request that is refused: one of which nothing is seen yet, and that may still come. Without it nobody would
 * look for the account that it makes. What may become of a linked account is kept in mind with the link.
 * @param earlier what is proved of the claim's plan
 */
export function openOf({ link, claim }: LinkRow, earlier: Plan | undefined, nowMs: number): Open | null {
  if (claim?.sinceMs === undefined || nowMs - claim.sinceMs >= MAY_COME_MS || earlier) return null;
  return claim.plan.targetId === link?.targetId ? null : { plan: claim.plan, sinceMs: claim.sinceMs };
}

const stale = (): StaleStateError =>
  new StaleStateError('An earlier request to Zendesk may still be carried out; it is looked at again.');

/**
 * A row whose claim is about to give way to another one, with what its request may still do kept in the link: where the next request does the same and is
 * answered, nothing else would say that the first has yet to come.
 * @param earlier what is proved of the claim's plan: that has come
 */
export function keepingInMind(row: LinkRow, earlier: Plan | undefined, nowMs: number): LinkRow {
  const { link, claim } = row;
  if (!link) return row;
  const { mayCome: known, ...rest } = link;
  const before = known && nowMs - known.sinceMs < MAY_COME_MS ? known : undefined;
  const open = mayComeOf(link, claim, earlier, nowMs);
  const mayCome = open && before ? { ...open, values: { ...before.values, ...open.values } } : (open ?? before);
  return { claim, link: { ...rest, ...(mayCome && { mayCome }) } };
}

function mayComeOf({ targetId }: Link, claim: LinkClaim | null, earlier: Plan | undefined, nowMs: number): MayCome | undefined {
  if (claim?.sinceMs === undefined || nowMs - claim.sinceMs >= MAY_COME_MS) return undefined;
  if (claim.plan.action === 'create' || claim.plan.targetId !== targetId) return undefined;
  const open = claim.plan.changes.filter(
    (change) => change.attribute !== OPEN_TICKETS && !includes(earlier?.changes ?? [], change),
  );
  if (open.length === 0) return undefined;
  return { sinceMs: claim.sinceMs, values: Object.fromEntries(open.map(({ attribute, newValue }) => [attribute, newValue])) };
}

/**
 * What is kept in mind of an account: with its link, or with that of the former self from whom it is taken over, or is about to be.
 * @param formerRow of that one, as it was matched
 * @param evidence of the account as it is now
 */
export function mayComeTo(
  targetId: TargetId | undefined,
  { link, claim }: LinkRow,
  formerRow: LinkRow | undefined,
  evidence: Evidence,
  nowMs: number,
): MayCome | undefined {
  const come = formerRow && proved(formerRow.claim?.plan, { ...evidence, ...provedByLink(formerRow) });
  const former = formerRow ? keepingInMind(formerRow, come, nowMs).link : claim?.former?.link;
  return [link, former].find((one) => one?.targetId === targetId)?.mayCome;
}

/**
 * The same for a request whose place another one has taken: it is waited for where it would leave the account otherwise than it is to be.
 * @param current the account as it is; null where it is gone
 * @throws StaleStateError while it may come
 */
export function requireNothingLate(mayCome: MayCome | undefined, current: Attributes | null, now: Plan, nowMs: number): void {
  if (!mayCome || !current || now.action === 'delete' || nowMs - mayCome.sinceMs >= MAY_COME_MS) return;
  const access = accessAfter(now);
  const isWaitedFor = (attribute: string): boolean => attribute === 'suspended' || waitsFor(attribute, access);
  const after = { ...current, ...Object.fromEntries(now.changes.map(({ attribute, newValue }) => [attribute, newValue])) };
  const isOther = ([attribute, value]: [string, AttributeValue]): boolean =>
    isWaitedFor(attribute) && Object.hasOwn(after, attribute) && !isSameValue('user', attribute, after[attribute] ?? null, value);
  if (Object.entries(mayCome.values).some(isOther)) throw stale();
}

/** Access that is to end does not wait for a role; access waits for no name, whether it is to end or to be given back. */
const waitsFor = (attribute: string, access: ReturnType<typeof accessAfter>): boolean =>
  access === null || (attribute === 'role' && access !== 'suspended');
