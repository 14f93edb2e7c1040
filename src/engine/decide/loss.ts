import type { RemovalKind } from '../../core/brake';
import { deprovisionGroup } from '../../core/deprovision';
import { type Desired, desiredUser } from '../../core/desired';
import { MappingError, UnknownRoleError } from '../../core/errors';
import { isOnlyFound, type Link, type SourceId } from '../../core/model';
import type { OwnedMembership } from '../../ports/link-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineReads } from '../deps';
import { usersBelow } from './ancestry';
import { desireRules } from './desire';
import type { Due } from './due';
import { isHeld } from './held';
import { fateOf, isToBeErased } from './leaver';

/** What a linked object stands to lose, as the brake counts it before anybody looks at Zendesk. An estimate: the plan decides. */
export interface Loss {
  readonly kind: RemovalKind;
  /** Members of a group; else 1. */
  readonly count: number;
  /** The memberships that would end; empty for everything else. */
  readonly memberships: readonly OwnedMembership[];
}

type LossReads = Pick<EngineReads, 'space' | 'links' | 'settings' | 'schema' | 'target' | 'clock' | 'newId' | 'random' | 'holds'>;

const one = (kind: RemovalKind): Loss => ({ kind, count: 1, memberships: [] });

/** What carrying out a decision would take away from a linked object; undefined when nothing. What is unknown or held loses nothing. */
export async function lossOf(deps: LossReads, due: Due): Promise<Loss | undefined> {
  if (due.decision.kind === 'unknown' || due.held.kind === 'held') return undefined;
  // A deleted account has no link any more; what is left of it goes as well, in its time.
  if (!due.link) return due.decision.kind === 'out' && isToBeErased(deps, due.leaving) ? one('userErase') : undefined;
  return due.object.type === 'user' ? userLoss(deps, due, due.link) : groupLoss(deps, due, due.link);
}

/** True while an account, as last seen, can be used. */
export const canSignIn = (link: Link): boolean => !link.disabledByUs && link.suspendedByOthers !== true;

async function userLoss(deps: LossReads, due: Due, link: Link): Promise<Loss | undefined> {
  if (due.decision.kind === 'out') {
    const fate = fateOf(deps, due.decision.cause, due.leaving, { isSuspended: !canSignIn(link), isAgent: link.isAgent });
    if (fate.kind === 'delete') return one('userDelete');
    if (fate.kind !== 'disable') return undefined;
    if (canSignIn(link)) return one('userDisable');
    return fate.downgrades && link.isAgent ? one('agentDowngrade') : undefined;
  }
  const desired = await desiredOrNone(deps, due);
  if (desired?.suspended && canSignIn(link)) return one('userDisable');
  const losesSeat = desired?.role?.role === 'end-user' && link.isAgent && link.settledRole?.role !== 'end-user';
  return losesSeat && !isOnlyFound(link) ? one('agentDowngrade') : undefined;
}

/** Where the mapping gives no result it is a failure, not a removal. */
async function desiredOrNone(deps: LossReads, { object, decision }: Due): Promise<Desired | undefined> {
  try {
    const rules = desireRules(deps, await deps.target.describe());
    return desiredUser({ object, decision, mode: 'update' }, deps.schema.users, rules);
  } catch (error) {
    if (error instanceof MappingError || error instanceof UnknownRoleError) return undefined;
    throw error;
  }
}

async function groupLoss(deps: LossReads, { object, decision }: Due, link: Link): Promise<Loss | undefined> {
  if (decision.kind === 'out') {
    const actions = deps.schema.groups?.actions;
    const fate = actions && deprovisionGroup(link, { actions });
    return fate?.kind === 'delete' ? one('groupDelete') : undefined;
  }
  const memberships = await leavingMembers(deps, object.id);
  return memberships.length > 0 ? { kind: 'membershipRemoval', count: memberships.length, memberships } : undefined;
}

/** The memberships of a group that this app keeps and the source no longer has; those of held people stay. */
export async function leavingMembers(
  deps: Pick<EngineReads, 'space' | 'links' | 'settings' | 'holds'>,
  groupId: SourceId,
): Promise<readonly OwnedMembership[]> {
  const members = new Set<SourceId>();
  for await (const ids of usersBelow(deps.space, deps.settings.groupMembership, groupId)) for (const id of ids) members.add(id);
  const leaving: OwnedMembership[] = [];
  for await (const page of deps.links.membershipsOfGroup(groupId)) {
    leaving.push(...page.filter((owned) => !members.has(owned.userId)));
  }
  const isStaying = await concurrently(leaving, STORAGE_CONCURRENCY, ({ userId }) => isHeld(deps, { type: 'user', id: userId }));
  return leaving.filter((_, at) => !isStaying[at]);
}
