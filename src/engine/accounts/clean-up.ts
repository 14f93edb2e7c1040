import type { RemovalKind } from '../../core/brake';
import type { CleanUp, SourceId, TargetId, WorkItem } from '../../core/model';
import type { PlanRow } from '../../ports/plan-store';
import { changeIdFor } from '../change-id';
import { operatorCycle } from '../cycle/operator-cycle';
import { overThreshold } from '../cycle/weigh-removals';
import { readDue } from '../decide/due';
import type { EngineDeps } from '../deps';
import { memberId } from '../drift/compare-group';
import { importOne } from '../import/import-one';
import { type ImportSession, openImport } from '../import/import-session';
import { readDriftState } from '../job/drift-state';
import { withMappingsInUse } from '../job/mappings-in-use';
import type { Planning } from '../preview/planning';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { itemFor } from '../work-item';

/** A group that may be cleaned up, as the last comparison with Zendesk has found it. */
export interface LeftOverGroup {
  readonly groupId: SourceId;
  readonly name: string;
  readonly targetId: string | null;
  /** True where nothing asks for the group any more: then the group itself may be removed. */
  readonly isUnasked: boolean;
  /** Members whom Entra ID does not have in it, by their Zendesk ids, with the name in Zendesk; at most the first 200. */
  readonly members: readonly { readonly id: TargetId; readonly name: string }[];
}

/** What may be cleaned up. */
export interface LeftOvers {
  readonly planId: string;
  readonly comparedAt: string;
  readonly groups: readonly LeftOverGroup[];
  /** False where there are more groups than are listed. */
  readonly isComplete: boolean;
}

/** How many groups one look lists. */
const LISTED = 1_000;
const PAGE = 500;

/** What the last finished comparison found of groups to clean up; undefined when there is none, or its plan is kept no longer. */
export async function readLeftOvers({ deps, plans }: Planning): Promise<LeftOvers | undefined> {
  const { last } = await readDriftState(deps);
  if (!last || !(await plans.read(last.planId))) return undefined;
  const groups: LeftOverGroup[] = [];
  for (let after: string | undefined; ; ) {
    const page = await plans.rows(last.planId, 'acting', PAGE, after);
    groups.push(...page.rows.filter(isLeftOver).map(leftOver));
    // Groups come before users in the order of the rows.
    const isPast = page.rows.some(({ key }) => key.type === 'user');
    if (page.next === undefined || isPast || groups.length > LISTED) break;
    after = page.next;
  }
  const isComplete = groups.length <= LISTED;
  return { planId: last.planId, comparedAt: last.endedAt, groups: groups.slice(0, LISTED), isComplete };
}

const isLeftOver = ({ key, drift }: PlanRow): boolean =>
  key.type === 'group' && drift?.codes.some((code) => code === 'GroupUnasked' || code === 'MembersForeign') === true;

const leftOver = ({ key, name, targetId, drift }: PlanRow): LeftOverGroup => ({
  groupId: key.id,
  name,
  targetId,
  isUnasked: drift?.codes.includes('GroupUnasked') === true,
  members: (drift?.reported ?? []).flatMap((one) => {
    const id = memberId(one);
    return id === undefined ? [] : [{ id, name: (one.oldValue ?? '').slice(0, -`(${id})`.length).trim() }];
  }),
});

/** What is to be removed, by name. */
export interface CleanUpRequest {
  readonly groups: readonly SourceId[];
  readonly members: readonly { readonly groupId: SourceId; readonly userIds: readonly TargetId[] }[];
  /** Needed where the brake would hold it. */
  readonly allowDeletes: boolean;
}

/** What became of it. */
export type CleanUpAnswer =
  | { readonly kind: 'begun'; readonly cycleId: string; readonly groups: number; readonly members: number }
  /** A group of the request is not what may be cleaned up. */
  | { readonly kind: 'refused'; readonly groupId: SourceId; readonly reason: string }
  /** Above the threshold, and not allowed. */
  | { readonly kind: 'held'; readonly reason: string };

/**
 * Removes what an operator has named: each group by a work item of its own, which looks again before it removes anything. What Entra ID asks for by
 * then stays. Recorded with who asked.
 */
export async function cleanUp(deps: EngineDeps, request: CleanUpRequest, operator: Initiator): Promise<CleanUpAnswer> {
  const members = new Map<SourceId, Set<TargetId>>();
  for (const { groupId, userIds } of request.members)
    members.set(groupId, new Set([...(members.get(groupId) ?? []), ...userIds]));
  const groups = new Set(request.groups);
  const session = groups.size > 0 ? await openImport(await withMappingsInUse(deps)) : undefined;
  for (const id of groups) {
    const reason = session && (await reasonNotToDelete(session, id));
    if (reason) return { kind: 'refused', groupId: id, reason };
  }
  for (const id of members.keys()) {
    const isLinked = (await deps.links.read({ type: 'group', id }))?.value.link;
    if (!isLinked) return { kind: 'refused', groupId: id, reason: 'This app keeps no Zendesk group for it.' };
    if (groups.has(id))
      return { kind: 'refused', groupId: id, reason: 'It is named as a group and for its members: choose one.' };
  }
  const count = [...members.values()].reduce((sum, ids) => sum + ids.size, 0);
  const counts = new Map<RemovalKind, number>([
    ['groupDelete', groups.size],
    ['membershipRemoval', count],
  ]);
  const held = await overThreshold(deps, counts);
  if (held.size > 0 && !request.allowDeletes) return { kind: 'held', reason: [...held.values()].join(' ') };
  const cycleId = deps.newId();
  const items = [
    ...[...groups].map((id) => itemOf(cycleId, id, 'groupDelete', { members: [] })),
    ...[...members].map(([id, ids]) => itemOf(cycleId, id, 'membershipRemoval', { members: [...ids] })),
  ];
  // Who asked is on record before anything happens, and the cycle before its items.
  await recordOperation(deps, operator, {
    description: 'Groups were cleaned up.',
    details: { cycleId, groups: String(groups.size), members: String(count), allowDeletes: String(request.allowDeletes) },
  });
  const why = `${operator.displayName} asked for a clean-up of groups.`;
  await deps.cycles.put(operatorCycle(deps, { cycleId, kind: 'onDemand', enqueued: items.length, why }));
  await deps.queue.enqueue(items);
  return { kind: 'begun', cycleId, groups: groups.size, members: count };
}

const itemOf = (cycleId: string, id: SourceId, kind: RemovalKind, asked: CleanUp): WorkItem => {
  const key = { type: 'group' as const, id };
  return { ...itemFor(cycleId, key, { kind, countedIn: changeIdFor(cycleId, key) }), cleanUp: asked };
};

/** Asked of Entra ID directly where nothing stored speaks against it: that may be older than the assignment that asks for the group. */
async function reasonNotToDelete(session: ImportSession, id: SourceId): Promise<string | undefined> {
  const key = { type: 'group', id } as const;
  const { deps } = session;
  const link = (await deps.links.read(key))?.value.link;
  if (!link) return 'This app keeps no Zendesk group for it.';
  if (!link.createdByUs) return 'This app did not make the group; it was there before.';
  const whoAsks = async (): Promise<string | undefined> => {
    const due = await readDue(deps, key);
    return due && due.decision.kind !== 'out' ? `Entra ID asks for the group: ${due.decision.reason}` : undefined;
  };
  const asked = await whoAsks();
  if (asked) return asked;
  const read = await importOne(session, id, 'group');
  return read.kind === 'unknown' ? `Entra ID could not be asked: ${read.reason}` : whoAsks();
}
