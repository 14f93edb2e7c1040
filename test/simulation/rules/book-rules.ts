/** Asks, once everything has come to rest, whether the books are right: each item has an entry, each cycle is closed, each change is told. */
import type { TargetId } from '../../../src/core/model';
import type { ProvisioningLogEntry } from '../../../src/core/record';
import type { Sim } from '../play/sim';
import { heldObjects } from './oracle';

/** Every work item ended in one entry, every cycle is closed and its counts add up, and every change is told once. */
export async function checkBooks(sim: Sim): Promise<void> {
  const { log, cycles } = sim.stores;
  for (const [name, item] of sim.told.enqueued) {
    if (sim.lost.has(item.cycleId)) continue;
    if (!(await log.read(item.cycleId, item.changeId)))
      sim.watch.violate('noEntry', `No entry tells how ${item.objectType} ${item.sourceId.slice(-4)} ended: ${name}`);
  }
  for (const cycle of await cycles.latest(10_000)) {
    if (sim.lost.has(cycle.cycleId)) continue;
    const isOpen = cycle.state === 'importing' || cycle.state === 'enqueueing' || cycle.state === 'exporting';
    const { total } = await log.counts(cycle.cycleId);
    const books = `${cycle.enqueued} items and ${total} entries`;
    if (isOpen)
      sim.watch.violate('neverClosed', `The ${cycle.kind} cycle ${cycle.cycleId.slice(-4)} is ${cycle.state} for ever: ${books}`);
    if (total !== cycle.enqueued && cycle.state !== 'failed') {
      sim.watch.violate('countsDiffer', `The ${cycle.kind} cycle ${cycle.cycleId.slice(-4)} has ${books}`);
    }
  }
  await checkTold(sim);
}

const TOLD = {
  create: 'create',
  disable: 'disable',
  delete: 'delete',
  erase: 'delete',
  groupCreate: 'create',
  groupDelete: 'delete',
} as const;

const CUT_OFF = /^An earlier try was cut off before its log entry\. What it had written: .*? (created|suspended|deleted)\b/;
/** An account that is erased is gone as it was when it was deleted: the step says that it may have happened, and is right either way. */
const MAY_HAVE_ERASED =
  /^An earlier try was cut off before its log entry\. What it may have written: account erased permanently\.$/;
const DONE = { created: 'create', suspended: 'disable', deleted: 'delete', 'erased permanently': 'delete' } as const;

/** What a repeat of an item has done, as the entry has it; what stands after the full stop was done before. */
const REPEATED = /^(?:Account|Zendesk group) (created|suspended|deleted|erased permanently)\b(.*)/;

/**
 * An item that is carried out again, after the object has changed or was deleted by hand, is one entry with one action: what else it did is a step of
 * it, and so is each further creation, and an erasure beside a deletion.
 */
function tellRepeats(
  { provisioningSteps, provisioningAction, sourceIdentity }: ProvisioningLogEntry,
  told: Map<string, number>,
): void {
  const steps = provisioningSteps.flatMap(({ description }) => {
    const [, done, rest] = REPEATED.exec(description) ?? [];
    return done ? [{ done, action: DONE[done as keyof typeof DONE], isAnew: rest === '.' }] : [];
  });
  for (const action of new Set(steps.map((step) => step.action))) {
    const same = steps.filter((step) => step.action === action);
    const often = action === 'create' ? same.filter((step) => step.isAnew).length : new Set(same.map((step) => step.done)).size;
    const times = Math.max(1, often) - (action === provisioningAction ? 1 : 0);
    const name = `${action} ${sourceIdentity.id}`;
    if (times > 0) told.set(name, (told.get(name) ?? 0) + times);
  }
}

/**
 * Whether a creation was cut off before it was linked, and nothing in Zendesk proves any more that it was made: of an account that is gone since,
 * and of a group, which carries no id, that was never linked to whom it was made for.
 */
function isLostCreation({ zendesk, hasBeenCutOff }: Sim, kind: string, id: TargetId, owner: string | null): boolean {
  if (!hasBeenCutOff) return false;
  if (kind === 'groupCreate') return owner !== null && !zendesk.groupNotesOf(id).linkedTo.has(owner);
  return zendesk.target.users.get(id)?.active === false && !zendesk.notesOf(id).wasLinked;
}

/**
 * Whose a group is shows with its link, where an operator's call made it, which names no object: it was made for whom it was linked to first, also
 * where a restart has made the app forget the pair since and somebody else, who bears the name by now, has taken the group.
 */
function ownerByLink({ zendesk }: Sim, kind: string, id: TargetId): string | null {
  const { linkedTo, owner } = zendesk.groupNotesOf(id);
  const [first] = kind === 'groupCreate' ? linkedTo : [];
  return first ?? owner;
}

/** Creations, suspensions and deletions are in the log as often as they happened. */
async function checkTold(sim: Sim): Promise<void> {
  const told = new Map<string, number>();
  const failed = new Map<string, number>();
  const seen = new Set<string>();
  const maybe = new Map<string, number>();
  for (const { cycleId, changeId } of sim.told.entries) {
    if (seen.has(`${cycleId} ${changeId}`)) continue;
    seen.add(`${cycleId} ${changeId}`);
    const entry = await sim.stores.log.read(cycleId, changeId);
    const status = entry?.provisioningStatusInfo.status;
    if (!entry) continue;
    // Whose deletion Zendesk refuses for open tickets is suspended meanwhile: a step of the failure.
    if (
      status === 'failure' &&
      entry.provisioningSteps.some(({ description }) => description.endsWith('it is suspended meanwhile.'))
    ) {
      const disabled = `disable ${entry.sourceIdentity.id}`;
      told.set(disabled, (told.get(disabled) ?? 0) + 1);
    }
    const name = `${entry.provisioningAction} ${entry.sourceIdentity.id}`;
    const isFailure = status === 'failure';
    if (!isFailure && status !== 'success' && status !== 'warning') continue;
    const named = isFailure ? failed : told;
    named.set(name, (named.get(name) ?? 0) + 1);
    // What was cut off and came to light with an item that undoes it, or goes beyond it, is a step of that one's entry, and of each failure before it.
    for (const { description } of entry.provisioningSteps) {
      const [, done] = CUT_OFF.exec(description) ?? [];
      const erased = `delete ${entry.sourceIdentity.id}`;
      if (MAY_HAVE_ERASED.test(description)) maybe.set(erased, (maybe.get(erased) ?? 0) + 1);
      if (!done) continue;
      const before = `${DONE[done as keyof typeof DONE]} ${entry.sourceIdentity.id}`;
      named.set(before, (named.get(before) ?? 0) + 1);
    }
    if (entry.attempts > 1) tellRepeats(entry, told);
  }
  const held = new Set(await heldObjects(sim));
  const done = new Map<string, number>();
  const seats = new Map<string, number>();
  const lost = new Map<string | null, number>();
  const counted = new Set<string>();
  const anew = new Map<string, number>();
  for (const { kind, owner: seen, targetId, context } of sim.watch.effects) {
    // An item that is carried out again, because somebody undid what it did before it was recorded, is one entry, of which what it did before may be a step.
    const change = context.item && `${kind} ${targetId} ${context.item.changeId}`;
    if (change && counted.has(change)) {
      anew.set(`${kind} ${seen}`, (anew.get(`${kind} ${seen}`) ?? 0) + 1);
      continue;
    }
    if (change) counted.add(change);
    const owner = seen ?? (kind.startsWith('group') ? ownerByLink(sim, kind, targetId) : null);
    if (kind === 'downgrade') seats.set(`disable ${owner}`, (seats.get(`disable ${owner}`) ?? 0) + 1);
    const action = TOLD[kind as keyof typeof TOLD];
    if (action === 'create' && isLostCreation(sim, kind, targetId, owner)) lost.set(owner, (lost.get(owner) ?? 0) + 1);
    if (action) done.set(`${action} ${owner}`, (done.get(`${action} ${owner}`) ?? 0) + 1);
  }
  for (const name of new Set([...told.keys(), ...done.keys()])) {
    if (!/^(?:create|disable|delete) /.test(name)) continue;
    // A group whose creation was cut off before it was linked is nobody's: nothing in it proves who made it.
    if (name === 'create null' && sim.hasBeenCutOff) continue;
    const [often, tells] = [done.get(name) ?? 0, told.get(name) ?? 0];
    // Giving a seat back is told as the suspension that it belongs to, also where the account was suspended before.
    const unclear =
      name.startsWith('create') && sim.entra.teams.has(name.slice('create '.length)) ? (done.get('create null') ?? 0) : 0;
    const raced = name.startsWith('disable') ? sim.watch.raced.filter(({ owner }) => name.endsWith(` ${owner}`)).length : 0;
    const racedDeletions = name.startsWith('delete')
      ? sim.watch.racedDeletions.filter((id) => name.endsWith(` ${id}`)).length
      : 0;
    const most =
      often +
      unclear +
      raced +
      racedDeletions +
      (anew.get(name) ?? 0) +
      (name.startsWith('disable') ? (seats.get(name) ?? 0) : 0);
    const [action = '', id = ''] = name.split(' ');
    // What an operator's call had written when it was killed is told with the next item, and there is none while the brake holds the object.
    if (often > tells && (held.has(`user ${id}`) || held.has(`group ${id}`))) continue;
    // What was cut off stands on the row of a group, and is told with its next item; there is none while the group mapping is switched off.
    if (often > tells && sim.rules.variant === 'withoutGroups' && sim.entra.teams.has(id)) continue;
    const isTakenOver = action === 'create' && sim.entra.teams.has(id) && sim.hasBeenCutOff;
    const unseen = action === 'disable' ? sim.watch.unseenSuspensions.filter((owner) => owner === id).length : 0;
    const unproved = action === 'create' ? (lost.get(id) ?? 0) : unseen;
    // A try whose answer was lost is told as the failure of that same change, or of an item that failed again and again.
    const asFailure = (failed.get(name) ?? 0) + (failed.get(`other ${id}`) ?? 0);
    const least = often - unproved - (maybe.get(name) ?? 0) - asFailure - (isTakenOver ? (told.get(`update ${id}`) ?? 0) : 0);
    if (tells < least || tells > most)
      sim.watch.violate(
        often > tells ? 'untold' : 'toldTooOften',
        `«${name}» happened ${often} times and is told ${tells} times`,
      );
  }
}
