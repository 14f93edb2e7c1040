import { deprovisionGroup } from '../../core/deprovision';
import { DisputedMatchError } from '../../core/errors';
import { mapsMembers } from '../../core/map';
import type { Link, SourceObject, TargetGroup, WorkItem } from '../../core/model';
import { continued, planDelete, planGroup } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { ScopeDecision } from '../../core/scope';
import type { TargetDescription, TargetGroupFields } from '../../ports/target-connector';
import { groupChanges, wishForGroup } from '../decide/desire';
import type { EngineDeps } from '../deps';
import type { Outcome, Subject } from '../record/outcome';
import type { Trace } from '../record/trace';
import { awaitCount } from './await-count';
import { findGroup } from './find-account';
import { alignMembers, type MembershipResult, previewMembers } from './memberships';
import { type Pairing, withClaim } from './pairing';
import { traceMembers } from './provision-user';

/** One group's work item with everything that was read for it. */
export interface GroupWork {
  readonly deps: EngineDeps;
  readonly item: WorkItem;
  readonly dryRun: boolean;
  readonly group: SourceObject;
  readonly decision: ScopeDecision;
  readonly account: TargetDescription;
  readonly pairing: Pairing;
  readonly trace: Trace;
}

/** Brings one Zendesk group and its members in line with the source. Safe to repeat. */
export async function provisionGroup(work: GroupWork): Promise<Outcome> {
  const { decision, pairing, trace } = work;
  if (decision.kind === 'unknown') return skipped(work, undefined, 'Unknown', decision.reason);
  if (decision.kind === 'in') return provisionInScope(work);
  if (!pairing.link && pairing.unfinished) {
    trace.step('export', FINISHED_EARLIER, { targetId: pairing.unfinished.targetId ?? '' });
    return { kind: 'done', subject: subjectOf(work, undefined), plan: pairing.unfinished, warnings: [] };
  }
  if (!pairing.link) return skipped(work, undefined, decision.skipReason, `${decision.reason} There is no Zendesk group of it.`);
  return deprovision(work, pairing.link, decision.reason);
}

async function provisionInScope(work: GroupWork): Promise<Outcome> {
  const { deps, account, pairing, trace, item } = work;
  const known = wishForGroup(deps, account, work.group, pairing.link ? 'update' : 'create');
  const name = known.matchers[0]?.value ?? known.name;
  const { situation, target } = await findGroup(deps, item.sourceId, pairing.link, name, trace);
  if (situation.kind === 'disputed') throw new DisputedMatchError(situation.candidateIds, situation.reason);
  const link = situation.kind === 'linked' ? pairing.link : null;
  // A group that is adopted is there; a linked one that is gone is made anew.
  const wish = link ? known : wishForGroup(deps, account, work.group, target ? 'update' : 'create');
  const plan = planGroup(groupChanges(wish, target ?? null), target ?? null, link);
  trace.step('processing', plan.action === 'none' ? 'Source and target agree.' : `The group is to be ${PAST[plan.action]}.`, {
    action: plan.action,
  });
  const { groups } = deps.schema;
  const allowed = plan.action === 'create' ? groups?.actions.create : groups?.actions.update;
  if (plan.action !== 'none' && !allowed)
    return skipped(work, target, 'ActionDisabled', `The mapping does not allow ${plan.action}.`);
  const hasMembers = groups !== undefined && mapsMembers(groups);
  if (work.dryRun) {
    const preview = hasMembers ? await previewMembers(deps, item.sourceId, link) : NO_MEMBERS;
    traceMembers(trace, preview);
    const movesMembers = preview.added + preview.removed > 0;
    const told: Plan = plan.action === 'none' && movesMembers ? { ...plan, action: 'update' } : plan;
    return { kind: 'planned', subject: subjectOf(work, target), plan: told, warnings: wish.warnings };
  }

  const told = continued(pairing.unfinished, plan);
  const written = plan.action === 'none' ? target : await exportGroup(work, plan, target, told);
  if (told !== plan) trace.step('export', FINISHED_EARLIER, { targetId: target?.id ?? '' });
  if (plan.action !== 'none') trace.step('export', `Group ${PAST[plan.action]}.`, { targetId: written?.id ?? '' });
  const members = hasMembers
    ? await alignMembers(deps, pairing.requireLink(), item, () => pairing.intend(item, { ...told, action: 'update' }))
    : NO_MEMBERS;
  traceMembers(trace, members);
  if (members.held > 0) await awaitCount(deps, item, 'membershipRemoval', members.held, work.decision.reason);
  return outcome(work, told, written, members, wish.warnings);
}

const FINISHED_EARLIER = 'An earlier try of this change had written already; it is recorded now.';

const NO_MEMBERS: MembershipResult = { added: 0, removed: 0, skipped: 0, held: 0, problems: [] };

function outcome(
  work: GroupWork,
  plan: Plan,
  written: TargetGroup | undefined,
  members: MembershipResult,
  warnings: readonly string[],
): Outcome {
  const held = members.held > 0 ? [`${members.held} removals of members wait for the brake.`] : [];
  const all = [...warnings, ...members.problems, ...held];
  const membersChanged = members.added + members.removed > 0;
  if (plan.action === 'none' && !membersChanged && all.length === 0) {
    return skipped(work, written, 'RedundantExport', 'Source and target already agree.');
  }
  const told: Plan = plan.action === 'none' ? { ...plan, action: 'update' } : plan;
  return { kind: 'done', subject: subjectOf(work, written), plan: told, warnings: all };
}

/** @param told What the log tells if this is cut off: the plan, or that of the earlier try which it completes. */
function exportGroup(work: GroupWork, plan: Plan, target: TargetGroup | undefined, told: Plan): Promise<TargetGroup> {
  const { deps, item, pairing } = work;
  return withClaim(pairing, item, told, async (settle) => {
    // Of the group written now, not of one that an older link named: it may have been deleted and made again, by us or not.
    const isKeptOurs = plan.adopts ? pairing.unfinished?.action === 'create' : pairing.link?.createdByUs === true;
    if (target) await pairing.reserve(target.id);
    const written = await writeGroup(deps, plan, target);
    if (!target) await pairing.reserve(written.id);
    await settle({
      type: 'group',
      sourceId: item.sourceId,
      targetId: written.id,
      createdByUs: plan.action === 'create' || isKeptOurs,
      settledRole: null,
      isAgent: false,
      disabledByUs: false,
      ownedTags: [],
      exportedVersion: work.group.version,
    });
    return written;
  });
}

async function writeGroup(deps: EngineDeps, plan: Plan, target: TargetGroup | undefined): Promise<TargetGroup> {
  const value = (name: string): string | null | undefined => {
    const change = plan.changes.find((one) => one.attribute === name);
    return change === undefined ? undefined : change.newValue === null ? null : String(change.newValue);
  };
  const [name, description, isPublic] = [value('name'), value('description'), value('is_public')];
  const fields: Partial<TargetGroupFields> = {
    ...(typeof name === 'string' ? { name } : {}),
    ...(description === undefined ? {} : { description }),
    ...(isPublic === undefined ? {} : { isPublic: isPublic === 'true' }),
  };
  if (!target) return deps.target.createGroup({ name: name ?? '', ...fields });
  return Object.keys(fields).length === 0 ? target : deps.target.updateGroup(target.id, fields);
}

async function deprovision(work: GroupWork, link: Link, reason: string): Promise<Outcome> {
  const { deps, item, pairing, trace } = work;
  const { groups } = deps.schema;
  if (!groups) return skipped(work, undefined, 'ActionDisabled', `${reason} The group mapping is switched off.`);
  const fate = deprovisionGroup(link, { actions: groups.actions });
  if (fate.kind === 'nothing') return skipped(work, undefined, fate.skipReason, `${reason} ${fate.reason}`);

  const plan: Plan = fate.kind === 'delete' ? planDelete(link.targetId) : { ...planDelete(link.targetId), action: 'other' };
  const what =
    fate.kind === 'delete' ? 'The Zendesk group is to be deleted.' : 'The Zendesk group was there before: it is let go as it is.';
  trace.step('processing', `${reason} ${what}`, { action: plan.action });
  if (fate.kind === 'delete' && !item.mayDeprovision) {
    if (!work.dryRun) await awaitCount(deps, item, 'groupDelete', 1, reason);
    return skipped(work, undefined, 'AwaitingCycle', `${reason} The group is deleted only after a cycle has counted it.`);
  }
  if (work.dryRun) return { kind: 'planned', subject: subjectOf(work, undefined), plan, warnings: [] };
  await withClaim(pairing, item, plan, async () => {
    if (fate.kind === 'delete') await deps.target.deleteGroup(link.targetId);
    for await (const page of deps.links.membershipsOfGroup(item.sourceId)) {
      for (const membership of page) await deps.links.removeMembership(membership);
    }
    await pairing.end(link.targetId);
  });
  trace.step('export', fate.kind === 'delete' ? 'Group deleted.' : 'Group let go.', { targetId: link.targetId });
  return { kind: 'done', subject: { ...subjectOf(work, undefined), targetId: link.targetId }, plan, warnings: [] };
}

const PAST: Readonly<Record<Plan['action'], string>> = {
  none: 'left as it is',
  create: 'created',
  update: 'updated',
  disable: 'disabled',
  delete: 'deleted',
  other: 'let go',
};

const subjectOf = (work: GroupWork, target: TargetGroup | undefined): Subject => ({
  source: work.group,
  targetId: target?.id ?? work.pairing.link?.targetId,
  targetName: target?.name,
  scope: work.decision,
  steps: work.trace.steps,
});

function skipped(
  work: GroupWork,
  target: TargetGroup | undefined,
  skipReason: Extract<Outcome, { kind: 'skipped' }>['skipReason'],
  reason: string,
): Outcome {
  work.trace.step('export', reason, { skipReason }, 'skipped');
  return { kind: 'skipped', subject: subjectOf(work, target), skipReason, reason };
}
