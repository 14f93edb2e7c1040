import { type Candidate, type Situation, situate } from '../../core/match';
import { type Link, type SourceId, sourceId, type TargetGroup, type TargetUser } from '../../core/model';
import type { UserMatcher } from '../../ports/target-connector';
import type { EngineDeps } from '../deps';
import type { Trace } from '../record/trace';

/** What matching found: the situation, and the target object when exactly one is meant. */
export interface Found<T> {
  readonly situation: Situation;
  readonly target: T | undefined;
}

/**
 * Finds the account of a user: the linked one, else by every matching attribute in order of precedence. All attributes are asked,
 * not only the first that hits, because two that disagree must not be decided by order.
 * @param wanted `mayAskByCreating`: creating may take the place of the search by e-mail, when nearly everybody is new; the caller then
 *   matches again, with a search, if the address is refused.
 */
export async function findUser(
  deps: EngineDeps,
  source: SourceId,
  link: Link | null,
  wanted: { readonly matchers: readonly UserMatcher[]; readonly externalId: string; readonly mayAskByCreating: boolean },
  trace: Trace,
): Promise<Found<TargetUser>> {
  const { matchers, externalId } = wanted;
  if (link) {
    const linked = await deps.target.getUser(link.targetId);
    if (linked?.active) {
      trace.step('matching', 'Found by its link.', { targetId: linked.id });
      return { situation: { kind: 'linked', targetId: linked.id }, target: linked };
    }
    trace.step('matching', 'The linked account is gone in Zendesk; matched again.', { targetId: link.targetId }, 'warning');
  }
  const found = new Map<string, TargetUser>();
  const candidates: Candidate[] = [];
  const asksByCreating = wanted.mayAskByCreating && deps.matchHistory.expectsNobody;
  for (const matcher of matchers) {
    if (matcher.attribute === 'email' && asksByCreating && found.size === 0) {
      trace.step('matching', 'Nobody has the external id; Zendesk itself refuses the e-mail address if somebody has it.', {
        matchingAttributes: 'external_id, email',
      });
      return { situation: situate(source, link ?? undefined, false, []), target: undefined };
    }
    const matches = await candidatesFor(deps, matcher, [...found.values()]);
    if (matcher.attribute === 'email' && found.size === 0 && matches.length > 0) deps.matchHistory.note(true);
    for (const user of matches) {
      found.set(user.id, user);
      candidates.push({ id: user.id, matchedBy: matcher.attribute, heldBy: await holderOfUser(deps, user, source, externalId) });
    }
  }
  const situation = situate(source, link ?? undefined, false, candidates);
  traceSituation(
    trace,
    situation,
    matchers.map((matcher) => matcher.attribute),
  );
  return { situation, target: 'targetId' in situation ? found.get(situation.targetId) : undefined };
}

/** A match already found by an earlier attribute that also has this value saves a search. */
async function candidatesFor(
  deps: EngineDeps,
  matcher: UserMatcher,
  found: readonly TargetUser[],
): Promise<readonly TargetUser[]> {
  const isUnique = matcher.attribute === 'email' || matcher.attribute === 'external_id';
  const has = (user: TargetUser): boolean =>
    (matcher.attribute === 'email' ? user.email : user.externalId)?.toLowerCase() === matcher.value.toLowerCase();
  const known = isUnique ? found.filter(has) : [];
  return known.length > 0 ? known : deps.target.findUsers(matcher);
}

/** Who an account belongs to: whoever is linked to it, else whoever's external id it carries; nobody else may take it. */
async function holderOfUser(
  deps: EngineDeps,
  user: TargetUser,
  source: SourceId,
  externalId: string,
): Promise<SourceId | undefined> {
  const linked = await liveHolder(deps, 'user', user.id);
  if (linked || !user.externalId) return linked;
  return user.externalId.toLowerCase() === externalId.toLowerCase() ? source : sourceId(user.externalId);
}

/** The source object whose link names the target; a reservation left by a crash names nobody. */
async function liveHolder(deps: EngineDeps, type: 'user' | 'group', target: TargetUser['id']): Promise<SourceId | undefined> {
  const holder = await deps.links.sourceOf(type, target);
  if (!holder) return undefined;
  const row = await deps.links.read({ type, id: holder });
  return row?.value.link?.targetId === target ? holder : undefined;
}

/** Finds the Zendesk group of a group: the linked one, else by its exact name. */
export async function findGroup(
  deps: EngineDeps,
  source: SourceId,
  link: Link | null,
  name: string,
  trace: Trace,
): Promise<Found<TargetGroup>> {
  if (link) {
    const linked = await deps.target.getGroup(link.targetId);
    if (linked && !linked.deleted) {
      trace.step('matching', 'Found by its link.', { targetId: linked.id });
      return { situation: { kind: 'linked', targetId: linked.id }, target: linked };
    }
    trace.step('matching', 'The linked group is gone in Zendesk; matched again.', { targetId: link.targetId }, 'warning');
  }
  const groups = await deps.target.findGroups(name);
  const candidates = await Promise.all(
    groups.map(async ({ id }) => ({ id, matchedBy: 'name', heldBy: await liveHolder(deps, 'group', id) })),
  );
  const situation = situate(source, link ?? undefined, false, candidates);
  traceSituation(trace, situation, ['name']);
  return { situation, target: 'targetId' in situation ? groups.find((group) => group.id === situation.targetId) : undefined };
}

function traceSituation(trace: Trace, situation: Situation, attributes: readonly string[]): void {
  const details = { matchingAttributes: attributes.join(', ') };
  switch (situation.kind) {
    case 'unlinked':
      trace.step('matching', `One object matches by ${situation.matchedBy}.`, { ...details, targetId: situation.targetId });
      return;
    case 'disputed':
      trace.step('matching', situation.reason, { ...details, candidates: situation.candidateIds.join(', ') }, 'failure');
      return;
    default:
      trace.step('matching', 'Nothing in Zendesk matches.', details);
  }
}
