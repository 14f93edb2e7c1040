import type { RemovalKind } from '../../core/brake';
import { deprovisionGroup, deprovisionUser } from '../../core/deprovision';
import type { Link, SourceId, SourceObject } from '../../core/model';
import type { ScopeDecision } from '../../core/scope';
import type { EngineDeps } from '../deps';
import { usersBelow } from './ancestry';
import { desiredRole } from './desire';

/** What a linked object stands to lose, as the brake counts it. */
export interface Removal {
  readonly kind: RemovalKind;
  readonly count: number;
}

/** A decision that may take something away: what is unknown never does. */
type Decided = Exclude<ScopeDecision, { kind: 'unknown' }>;

/** What carrying out the decision would take away from a linked object; undefined when nothing. Reads stores only. */
export async function removalOf(
  deps: EngineDeps,
  object: SourceObject,
  decision: ScopeDecision,
  link: Link | null,
): Promise<Removal | undefined> {
  if (!link || decision.kind === 'unknown') return undefined;
  return object.type === 'user' ? userRemoval(deps, object, decision, link) : groupRemoval(deps, object, decision, link);
}

async function userRemoval(deps: EngineDeps, user: SourceObject, decision: Decided, link: Link): Promise<Removal | undefined> {
  if (decision.kind === 'out') {
    const fate = deprovisionUser(decision.cause, { ...deps.settings, actions: deps.schema.users.actions });
    if (fate.kind === 'delete') return { kind: 'userDelete', count: 1 };
    return fate.kind === 'disable' && !link.disabledByUs ? { kind: 'userDisable', count: 1 } : undefined;
  }
  const wanted = await desiredRole(deps, user, decision);
  if (wanted?.suspended && !link.disabledByUs) return { kind: 'userDisable', count: 1 };
  const losesSeat = wanted?.role?.role === 'end-user' && link.isAgent && link.settledRole?.role !== 'end-user';
  return losesSeat ? { kind: 'agentDowngrade', count: 1 } : undefined;
}

async function groupRemoval(deps: EngineDeps, group: SourceObject, decision: Decided, link: Link): Promise<Removal | undefined> {
  if (decision.kind === 'out') {
    const actions = deps.schema.groups?.actions;
    const fate = actions && deprovisionGroup(link, { actions });
    return fate?.kind === 'delete' ? { kind: 'groupDelete', count: 1 } : undefined;
  }
  const count = (await membersToRemove(deps, group.id)).length;
  return count > 0 ? { kind: 'membershipRemoval', count } : undefined;
}

/** The memberships of a group that this app owns and the source no longer knows. */
export async function membersToRemove(deps: EngineDeps, groupId: SourceId) {
  const members = new Set<SourceId>();
  for await (const ids of usersBelow(deps.space, deps.settings.groupMembership, groupId)) for (const id of ids) members.add(id);
  const gone = [];
  for await (const page of deps.links.membershipsOfGroup(groupId)) {
    gone.push(...page.filter((owned) => !members.has(owned.userId)));
  }
  return gone;
}
