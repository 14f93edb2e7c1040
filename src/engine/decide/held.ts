import { createHash } from 'node:crypto';
import type { SourceObject } from '../../core/model';
import type { Hold, SourceFingerprint } from '../../ports/hold-store';
import type { ObjectKey, Stored } from '../../ports/stored';
import type { EngineDeps, EngineReads } from '../deps';
import { type Initiator, THE_CYCLE } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/** Digits of a digest that are kept: far more than the values of one object can collide in. */
const KEPT = 16;
const digest = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(value ?? null))
    .digest('hex')
    .slice(0, KEPT);

/**
 * What a source object is like now, for telling later that it is another. An attribute that the mappings read and that was not told has no value:
 * Entra ID leaves those out of some answers and not of others.
 */
export function fingerprintOf({ schema }: Pick<EngineReads, 'schema'>, object: SourceObject): SourceFingerprint {
  const read = object.type === 'user' ? schema.users.sourceAttributes : (schema.groups?.sourceAttributes ?? []);
  const names = [...new Set([...Object.keys(object.attributes), ...read])].sort();
  return {
    deleted: object.deleted,
    entitlements: digest(object.entitlements),
    attributes: Object.fromEntries(names.map((name) => [name, digestOf(object, name)])),
  };
}

function digestOf({ attributes }: SourceObject, name: string): string {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : null;
  return digest(value === '' || (Array.isArray(value) && value.length === 0) ? null : value);
}

/** Whether a source object is as it was. Attributes that nobody read then say nothing: a change of the mappings is not a change of the person. */
export const isUnchanged = (before: SourceFingerprint, object: SourceObject): boolean =>
  before.deleted === object.deleted &&
  before.entitlements === digest(object.entitlements) &&
  Object.entries(before.attributes).every(([name, value]) => digestOf(object, name) === value);

/** The hold of an object, and whether it is in force: it ends by itself once the source object is another. */
export type Held =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly stored: Stored<Hold> }
  | { readonly kind: 'ended'; readonly stored: Stored<Hold> };

/** Whether an operator holds an object as it is now. The one place that decides it. */
export async function heldNow({ holds }: Pick<EngineReads, 'holds'>, object: SourceObject): Promise<Held> {
  const stored = await holds.read({ type: object.type, id: object.id });
  if (!stored) return { kind: 'free' };
  return { kind: isUnchanged(stored.value.source, object) ? 'held' : 'ended', stored };
}

/** Whether an operator holds the other side of a membership: then the membership stays as it is. */
export const isHeld = async ({ holds }: Pick<EngineReads, 'holds'>, key: ObjectKey): Promise<boolean> =>
  (await holds.read(key)) !== undefined;

/** Why a cycle leaves a held object alone, and how to end that. */
export const heldReason = ({ heldBy, heldAt, planId, way }: Hold): string =>
  `Held by ${heldBy.displayName || heldBy.id} since ${heldAt}` +
  (planId === ''
    ? ': its removal was dropped, and it keeps what it has. '
    : ` (plan ${planId}): ${way ? 'what was done to it is being taken back' : 'what was done to it was taken back'}. `) +
  'It is left alone until it changes in Entra ID or is released (POST /api/job/holds/release).';

/**
 * Ends a hold: the object, and the groups whose members it was kept in or out of, are looked at by the next cycle. The marks come first, so that
 * a crash in between only has them looked at once more.
 */
export async function endHold(deps: EngineDeps, key: ObjectKey): Promise<void> {
  const groups = key.type === 'user' ? await deps.links.membershipsOfUser(key.id) : [];
  await deps.space.markDirty([key, ...groups.map(({ groupId }) => ({ type: 'group' as const, id: groupId }))]);
  await deps.holds.remove([key]);
}

/** Ends a hold whose source object is another by now, with an entry in the log. */
export async function endOutlived(deps: EngineDeps, { value: hold }: Stored<Hold>): Promise<void> {
  await recordHoldEnd(deps, hold, THE_CYCLE, 'it changed in Entra ID, so cycles follow it again');
  await endHold(deps, hold.key);
}

/** Writes down that a hold ended, and why. */
export const recordHoldEnd = (deps: EngineDeps, { key, heldBy, heldAt, planId }: Hold, who: Initiator, why: string) =>
  recordOperation(deps, who, {
    description: `It is no longer held: ${why}.`,
    details: { heldBy: heldBy.displayName || heldBy.id, heldAt, planId },
    subject: key,
  });
