import { groupEvidence } from '../../core/continued';
import { deprovisionGroup } from '../../core/deprovision';
import { AlreadyExistsError } from '../../core/errors';
import { mapsMembers } from '../../core/map';
import type { Link, TargetGroup } from '../../core/model';
import { planGroup, planGroupOut } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { TargetGroupFields } from '../../ports/target-connector';
import { desireObject, desireToMatch } from '../decide/desire';
import { type Attempt, type Skip, skip } from './attempt';
import { requireNoHandover } from './handover';
import { isMadeByUs } from './made-by-us';
import { type Found, formerOf, matchGroup, NOT_FOUND, readLinkedGroup } from './match-target';
import { foretoldBy, planMembers } from './memberships';
import { requireOurDeletion, type Settle, type Stages, type Writing } from './stages';
import { alignMembers, NO_CHANGE, recountLeft } from './write-memberships';

/** The stages of a group's way. */
export const groupStages: Stages<TargetGroup> = {
  async match({ reads, item, decision, pairing, account, object, trace }) {
    const { link } = pairing.row;
    const linked = link && decision.kind !== 'unknown' ? await readLinkedGroup(reads, link, trace) : NOT_FOUND;
    if (linked.target || decision.kind !== 'in') return linked;
    const desired = trace.within('processing', () => desireToMatch(reads, account, { object, decision, mode: 'create' }));
    return matchGroup(reads, item.sourceId, desired, trace);
  },

  async desire({ reads, account, object, decision }, { target }) {
    if (decision.kind !== 'in') return null;
    return desireObject(reads, account, { object, decision, mode: target ? 'update' : 'create' });
  },

  async plan(attempt, found, desired) {
    if (!desired) return planOutOfScope(attempt, found);
    const plan = planGroup({ desired, current: found.target ?? null, link: found.link });
    const { groups } = attempt.reads.schema;
    const allowed = plan.action === 'create' ? groups?.actions.create : groups?.actions.update;
    return plan.action === 'none' || allowed ? plan : skip('ActionDisabled', `The mapping does not allow ${plan.action}.`);
  },

  seat: () => undefined,

  evidence: ({ target, link }) => groupEvidence(target, link !== null),

  async foreseeMembers(attempt, { link }) {
    if (!hasMembers(attempt)) return NO_CHANGE;
    const { reads, item } = attempt;
    const plan = await planMembers(reads, item.sourceId, link, foretoldBy(null, item.changeId), item.cleanUp?.members);
    const groupId = item.sourceId;
    return {
      added: plan.add.map(({ sourceId }) => ({ userId: sourceId, groupId })),
      removed: plan.remove.map(({ owned }) => ({ userId: owned.userId, groupId })),
      skipped: plan.skip.length,
    };
  },

  async export(writing, settle) {
    const { deps, attempt, pairing, found, plan } = writing;
    if (attempt.decision.kind === 'in') return writeGroup(writing, settle);
    const link = pairing.requireLink();
    if (plan.action === 'delete') requireOurDeletion(writing, await deps.target.deleteGroup(link.targetId));
    await endLink(writing, link);
    return plan.action === 'delete' ? undefined : found.target;
  },

  async settle(writing) {
    // Out of scope and gone in Zendesk, by an earlier try of ours or by somebody's hand: nothing is left to look after.
    const { attempt, pairing, found } = writing;
    if (attempt.decision.kind === 'out' && pairing.link && !found.target) await endLink(writing, pairing.link);
  },

  async memberships({ deps, attempt, pairing, told }) {
    if (!hasMembers(attempt)) return NO_CHANGE;
    const { item } = attempt;
    const group = pairing.requireLink();
    const foretold = foretoldBy(attempt.pairing.row.claim, item.changeId);
    const plan = await planMembers(deps, item.sourceId, group, foretold, item.cleanUp?.members);
    const result = await alignMembers(deps, group, plan, item, (added, removed) =>
      pairing.intend(item, told, { added, removed }),
    );
    await recountLeft(deps, item, result);
    return result;
  },
};

const hasMembers = ({ reads, decision }: Attempt): boolean =>
  decision.kind === 'in' && reads.schema.groups !== undefined && mapsMembers(reads.schema.groups);

function planOutOfScope({ reads, decision, pairing, item }: Attempt, { link }: Found<TargetGroup>): Plan | Skip {
  if (decision.kind === 'unknown') return skip('Unknown', decision.reason);
  if (decision.kind === 'in') throw new Error('an object in scope has no desired state');
  const { groups } = reads.schema;
  if (!link) {
    const { row } = pairing;
    if (!row.link && !row.claim) return skip(decision.skipReason, `${decision.reason} It has no Zendesk group.`);
    // Gone in Zendesk, by an earlier try of ours that was cut off before its log entry, or by somebody's hand.
    const targetId = row.link?.targetId ?? null;
    return { action: 'none', targetId, changes: [], role: null, adopts: false, notes: [], removals: [] };
  }
  // Asked for by name: then the mapping's boxes do not matter, but that this app made the group still does.
  if (item.cleanUp?.members.length === 0 && link.createdByUs) return planGroupOut({ kind: 'delete' }, link);
  if (!groups) return skip('ActionDisabled', `${decision.reason} The group mapping is switched off.`);
  const fate = deprovisionGroup(link, { actions: groups.actions });
  return fate.kind === 'nothing' ? skip(fate.skipReason, `${decision.reason} ${fate.reason}`) : planGroupOut(fate, link);
}

async function writeGroup(writing: Writing<TargetGroup>, settle: Settle): Promise<TargetGroup> {
  const { pairing, found, attempt } = writing;
  const { target } = found;
  if (target) await pairing.reserve(target.id, formerOf(found));
  const written = await write(writing);
  if (!target) await pairing.reserve(written.id);
  await settle({
    type: 'group',
    sourceId: attempt.item.sourceId,
    targetId: written.id,
    // Of the group written now, not of one that an older link named: it may have been deleted and made again, by us or not.
    createdByUs: isMadeByUs(writing, written.id),
    settledRole: null,
    isAgent: false,
    disabledByUs: false,
    ownedTags: [],
    exportedVersion: attempt.object.version,
  });
  return written;
}

async function write(writing: Writing<TargetGroup>): Promise<TargetGroup> {
  const { deps, found, plan } = writing;
  const fields = fieldsOf(plan);
  try {
    if (!found.target) return await deps.target.createGroup({ name: '', ...fields });
    return Object.keys(fields).length === 0 ? found.target : await deps.target.updateGroup(found.target.id, fields);
  } catch (error) {
    const { name } = fields;
    if (error instanceof AlreadyExistsError && name !== undefined) {
      await requireNoHandover(writing, 'group', { attribute: 'name', value: name }, await deps.target.findGroups(name));
    }
    throw error;
  }
}

/** The fields of a group that a plan writes. */
export function fieldsOf(plan: Plan): Partial<TargetGroupFields> {
  const value = (name: string): string | null | undefined => {
    const change = plan.changes.find((one) => one.attribute === name);
    return change === undefined ? undefined : change.newValue === null ? null : String(change.newValue);
  };
  const [name, description, isPublic] = [value('name'), value('description'), value('is_public')];
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(description === undefined ? {} : { description }),
    ...(isPublic === undefined ? {} : { isPublic: isPublic === 'true' }),
  };
}

/** Forgets the memberships of a group that is gone or let go, and its link. */
async function endLink({ deps, attempt, pairing }: Writing<TargetGroup>, link: Link): Promise<void> {
  for await (const page of deps.links.membershipsOfGroup(attempt.item.sourceId)) {
    for (const membership of page) await deps.links.removeMembership(membership);
  }
  await pairing.end(link.targetId);
}
