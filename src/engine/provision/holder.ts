import { MappingError, UnknownRoleError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import type { Holder } from '../../core/match';
import { type ObjectType, type SourceId, type SourceObject, sourceId, type TargetId, type TargetUser } from '../../core/model';
import type { SourceRead } from '../../ports/source-connector';
import type { UserMatcher } from '../../ports/target-connector';
import { desireToMatch } from '../decide/desire';
import { decide, readRules } from '../decide/due';
import type { EngineReads } from '../deps';

/** The value by which a target object was found. */
export type MatchedBy = Pick<UserMatcher, 'attribute' | 'value'>;

/** The source object whose link names a target; a reservation left behind by a crash names nobody. */
export async function linkedTo(reads: EngineReads, type: ObjectType, target: TargetId): Promise<SourceId | undefined> {
  const holder = await reads.links.sourceOf(type, target);
  if (!holder) return undefined;
  const row = await reads.links.read({ type, id: holder });
  return row?.value.link?.targetId === target ? holder : undefined;
}

/** Whose a target object is: by the link, else by the id that an account carries, where the mapping writes ids. */
export async function ownerOf(reads: EngineReads, type: ObjectType, target: TargetId): Promise<SourceId | undefined> {
  const linked = await linkedTo(reads, type, target);
  if (linked || type === 'group' || reads.schema.users.foreignExternalId === 'ignore') return linked;
  const carried = (await reads.target.getUser(target))?.externalId;
  return carried && isGuid(carried) ? sourceId(carried) : undefined;
}

/**
 * Who stands in the way of taking an account: whoever is linked to it, else whose external id it carries. Where the mapping does not write
 * external ids they are nobody's claim: other systems write them for purposes of their own. Undefined for nobody, and for the asking object itself.
 */
export async function holderOfUser(
  reads: EngineReads,
  self: SourceId,
  externalId: string,
  user: TargetUser,
  by: MatchedBy,
): Promise<Holder | undefined> {
  const linked = await linkedTo(reads, 'user', user.id);
  if (linked) return linked === self ? undefined : linkedHolder(reads, 'user', linked, by);
  const { foreignExternalId } = reads.schema.users;
  if (!user.externalId || foreignExternalId === 'ignore' || user.externalId.toLowerCase() === externalId.toLowerCase())
    return undefined;
  if (!isGuid(user.externalId)) return { id: user.externalId as SourceId, name: '', state: 'foreign' };
  const id = sourceId(user.externalId);
  return id === self ? undefined : strangerHolder(reads, 'user', id);
}

/** The same for a Zendesk group, which carries no id of ours. */
export async function holderOfGroup(
  reads: EngineReads,
  self: SourceId,
  group: TargetId,
  by: MatchedBy,
): Promise<Holder | undefined> {
  const linked = await linkedTo(reads, 'group', group);
  return linked && linked !== self ? linkedHolder(reads, 'group', linked, by) : undefined;
}

/** An object of ours that is linked to what another one needs. */
async function linkedHolder(reads: EngineReads, type: ObjectType, id: SourceId, by: MatchedBy): Promise<Holder> {
  const object = (await reads.space.readObject({ type, id }))?.value;
  if (!object) return strangerHolder(reads, type, id);
  const name = nameOf(object);
  if (object.deleted !== 'no') return { id, name, state: object.deleted === 'hard' ? 'gone' : 'restorable' };
  const wanted = await wantedValue(reads, object, by);
  if (wanted === 'outOfScope') return { id, name, state: 'retired' };
  return { id, name, state: wanted !== undefined && wanted !== fold(by.value) ? 'leaving' : 'live' };
}

/** Somebody whom no cycle has read: asked about directly, because only what is proved gone may be taken over. */
async function strangerHolder(reads: EngineReads, type: ObjectType, id: SourceId): Promise<Holder> {
  const read = await (type === 'user' ? reads.source.readUser(id, ['displayName']) : reads.source.readGroup(id, ['displayName']));
  return { id, name: nameIn(read), state: STATE_OF[read.kind] };
}

const STATE_OF: Readonly<Record<SourceRead['kind'], Holder['state']>> = {
  present: 'live',
  softDeleted: 'restorable',
  absent: 'gone',
  unknown: 'unknown',
};

/**
 * What an object of ours is to have in the place of the value by which it stands in another one's way, without case; undefined where its
 * mapping gives nothing.
 */
export async function wantedValue(
  reads: EngineReads,
  object: SourceObject,
  { attribute }: Pick<MatchedBy, 'attribute'>,
): Promise<string | 'outOfScope' | undefined> {
  const { decision } = await decide(reads, await readRules(reads), object);
  if (decision.kind === 'unknown') return undefined;
  if (decision.kind === 'out') return 'outOfScope';
  try {
    const desired = desireToMatch(reads, await reads.target.describe(), { object, decision, mode: 'update' });
    const value = attribute === 'external_id' ? desired.externalId : desired.object.values.get(attribute)?.value;
    return value === undefined || value === null ? undefined : fold(String(value));
  } catch (error) {
    if (error instanceof MappingError || error instanceof UnknownRoleError) return undefined;
    throw error;
  }
}

/** Text as Zendesk compares addresses, ids and names: without case. */
export const fold = (text: string): string => text.trim().toLowerCase();

const nameOf = ({ attributes }: SourceObject): string =>
  typeof attributes['displayName'] === 'string' ? attributes['displayName'] : '';

const nameIn = (read: SourceRead): string =>
  'attributes' in read && typeof read.attributes['displayName'] === 'string' ? read.attributes['displayName'] : '';
