import type { Desired } from '../../core/desired';
import { DisputedMatchError, HandoverError } from '../../core/errors';
import { type Candidate, type Situation, situate } from '../../core/match';
import type { Link, ObjectType, SourceId, TargetGroup, TargetId, TargetUser } from '../../core/model';
import type { LinkRow } from '../../ports/link-store';
import type { UserMatcher } from '../../ports/target-connector';
import type { EngineReads } from '../deps';
import type { Trace } from '../record/trace';
import type { FormerSelf } from './former-self';
import { holderOfGroup, holderOfUser } from './holder';

/** What matching found: the target object when exactly one is meant, and how it relates to the source object. */
export interface Found<T> {
  readonly target: T | undefined;
  /** The link, while it leads to a living target object. */
  readonly link: Link | null;
  /** The former self whose account is taken over, where there is one. */
  readonly takesOverFrom: SourceId | undefined;
  /** The ETag of that one's row: whatever is done for it later, the match does not know. */
  readonly formerEtag?: string | undefined;
  /** What is stored of that one: what this app has made or suspended for the former self is still its own. */
  readonly formerRow?: LinkRow | undefined;
  /** When the linked account was last changed, where that is deleted now: by that, as Zendesk has it. */
  readonly goneAt?: string | undefined;
}

/** The former self of a match, as it was when it was matched. */
export const formerOf = ({ takesOverFrom, formerEtag, target }: Found<TargetUser | TargetGroup>): FormerSelf | undefined =>
  takesOverFrom === undefined
    ? undefined
    : { id: takesOverFrom, etag: formerEtag, ...(target && 'suspended' in target && { account: target }) };

/** Nothing was found, and nothing is linked. */
export const NOT_FOUND: Found<never> = { target: undefined, link: null, takesOverFrom: undefined };

/** Reads the account that a link names. */
export async function readLinkedUser(reads: EngineReads, link: Link, trace: Trace): Promise<Found<TargetUser>> {
  const linked = await reads.target.getUser(link.targetId);
  traceLinked(trace, 'account', link, linked?.active === true);
  return linked?.active ? { target: linked, link, takesOverFrom: undefined } : { ...NOT_FOUND, goneAt: linked?.updatedAt };
}

/** Reads the Zendesk group that a link names. */
export async function readLinkedGroup(reads: EngineReads, link: Link, trace: Trace): Promise<Found<TargetGroup>> {
  const linked = await reads.target.getGroup(link.targetId);
  traceLinked(trace, 'group', link, linked !== undefined && !linked.deleted);
  return linked && !linked.deleted ? { target: linked, link, takesOverFrom: undefined } : NOT_FOUND;
}

/** Whether an object of Zendesk is there, asked for by its id, and where it is a deleted account, when that was last changed: by that. */
export async function whereabouts(
  { target }: EngineReads,
  type: ObjectType,
  id: TargetId,
): Promise<{ readonly isThere: boolean; readonly goneAt?: string | undefined }> {
  if (type === 'group') return { isThere: (await target.getGroup(id))?.deleted === false };
  const user = await target.getUser(id);
  return { isThere: user?.active === true, goneAt: user?.updatedAt };
}

function traceLinked(trace: Trace, what: string, { targetId }: Link, isThere: boolean): void {
  if (isThere) trace.step('matching', `The ${what} is known from an earlier cycle.`, { targetId });
  else trace.step('matching', `The known ${what} no longer exists in Zendesk.`, { targetId }, 'warning');
}

/**
 * Finds an account by every matching attribute in order of precedence. All attributes are asked, not only the first that hits, because two that
 * disagree must not be decided by order.
 * @param mayAskByCreating Creating may take the place of the search by e-mail, when nearly everybody is new; the caller then matches again, with
 *   a search, if the address is refused.
 * @throws DisputedMatchError, HandoverError
 */
export async function matchUser(
  reads: EngineReads,
  source: SourceId,
  { matchers, externalId }: Desired,
  mayAskByCreating: boolean,
  trace: Trace,
): Promise<Found<TargetUser>> {
  const found = new Map<string, TargetUser>();
  const candidates: Candidate[] = [];
  const asksByCreating = mayAskByCreating && reads.matchHistory.expectsNobody;
  for (const matcher of matchers) {
    if (matcher.attribute === 'email' && asksByCreating && found.size === 0) {
      trace.step('matching', 'Nobody has the external id; Zendesk itself refuses the e-mail address if somebody has it.', {
        matchingAttributes: 'external_id, email',
      });
      return NOT_FOUND;
    }
    const matches = await candidatesFor(reads, matcher, [...found.values()]);
    if (matcher.attribute === 'email' && found.size === 0 && matches.length > 0) reads.matchHistory.note(true);
    for (const user of matches) {
      found.set(user.id, user);
      const heldBy = await holderOfUser(reads, source, externalId, user, matcher);
      candidates.push({ id: user.id, matchedBy: matcher.attribute, heldBy });
    }
  }
  const situation = situate('user', candidates, reads.schema.users.foreignExternalId === 'takeOver');
  const match = foundBy(
    situation,
    trace,
    matchers.map(({ attribute }) => attribute),
    (id) => found.get(id),
  );
  return withFormer(reads, 'user', match, async (id) => {
    const user = await reads.target.getUser(id);
    return user?.active ? user : undefined;
  });
}

/**
 * A match with what is stored of the former self, where there is one. What matched is read once more after that: the former self's own item may have
 * ended between the two, and what it did belongs to both or to neither. Where that has deleted it, nothing matches.
 */
async function withFormer<T extends TargetUser | TargetGroup>(
  reads: EngineReads,
  type: ObjectType,
  match: Found<T>,
  read: (id: TargetId) => Promise<T | undefined>,
): Promise<Found<T>> {
  if (match.takesOverFrom === undefined) return match;
  const row = await reads.links.read({ type, id: match.takesOverFrom });
  const target = match.target && (await read(match.target.id));
  if (!target) return NOT_FOUND;
  return { ...match, target, formerEtag: row?.etag, formerRow: row?.value };
}

/** A match already found by an earlier attribute that also has this value saves a search. */
async function candidatesFor(
  reads: EngineReads,
  matcher: UserMatcher,
  found: readonly TargetUser[],
): Promise<readonly TargetUser[]> {
  const isUnique = matcher.attribute === 'email' || matcher.attribute === 'external_id';
  const has = (user: TargetUser): boolean =>
    (matcher.attribute === 'email' ? user.email : user.externalId)?.toLowerCase() === matcher.value.toLowerCase();
  const known = isUnique ? found.filter(has) : [];
  return known.length > 0 ? known : reads.target.findUsers(matcher);
}

/** Finds a Zendesk group by its exact name. @throws DisputedMatchError, HandoverError */
export async function matchGroup(
  reads: EngineReads,
  source: SourceId,
  desired: Desired,
  trace: Trace,
): Promise<Found<TargetGroup>> {
  const by = { attribute: 'name', value: desired.matchers[0]?.value ?? desired.name };
  const groups = await reads.target.findGroups(by.value);
  const candidates = await Promise.all(
    groups.map(async ({ id }) => ({ id, matchedBy: 'name', heldBy: await holderOfGroup(reads, source, id, by) })),
  );
  const situation = situate('group', candidates, false);
  const match = foundBy(situation, trace, ['name'], (id) => groups.find((group) => group.id === id));
  return withFormer(reads, 'group', match, async (id) => {
    const group = await reads.target.getGroup(id);
    return group?.deleted ? undefined : group;
  });
}

function foundBy<T>(
  situation: Situation,
  trace: Trace,
  attributes: readonly string[],
  targetOf: (id: string) => T | undefined,
): Found<T> {
  const details = { matchingAttributes: attributes.join(', ') };
  switch (situation.kind) {
    case 'unlinked': {
      const { targetId, matchedBy, takesOverFrom } = situation;
      const former = takesOverFrom
        ? ` It belonged to ${takesOverFrom}, who is permanently deleted in Entra ID: the account is taken over.`
        : '';
      trace.step('matching', `One object matches by ${matchedBy}.${former}`, { ...details, targetId });
      return { target: targetOf(targetId), link: null, takesOverFrom };
    }
    case 'disputed':
      trace.step('matching', situation.reason, { ...details, candidates: situation.candidateIds.join(', ') }, 'failure');
      throw new DisputedMatchError(situation.candidateIds, situation.reason, situation.isBetweenOurs);
    case 'handover':
      trace.step('matching', situation.reason, { ...details, candidates: situation.targetId }, 'warning');
      throw new HandoverError(situation.reason, situation.isSoon);
    default:
      trace.step('matching', 'Nothing in Zendesk matches.', details);
      return NOT_FOUND;
  }
}
