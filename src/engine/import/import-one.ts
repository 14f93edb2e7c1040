import { type ErrorCode, ProvisioningError, StaleStateError, UnavailableError } from '../../core/errors';
import type { ObjectType, SourceId, SourceObject } from '../../core/model';
import type { SourceRead } from '../../ports/source-connector';
import type { ObjectKey } from '../../ports/stored';
import { ancestryOf } from '../decide/ancestry';
import { grantsAccess, type ScopeContext } from '../decide/scope-object';
import { refreshGroupsAbove, refreshMembersBelow } from './import-one-members';
import type { ImportSession } from './import-session';
import { leaveGroups } from './leave-groups';
import { noteManagers } from './managers';
import { markGroupsAbove, markUsersBelow } from './mark-principals';
import { refreshRow } from './refresh-row';
import { groupAttributes } from './schema-needs';
import { deleted, newRow, told } from './source-row';

/** What became of the import of one object. */
export type ImportResult =
  | { readonly kind: 'imported'; readonly key: ObjectKey; readonly object: SourceObject }
  | { readonly kind: 'notFound'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Reads one object directly and brings its row in the connector space up to date, with its memberships and entitlements. Marks
 * whom that concerns before it is written, so that whatever happens next a cycle looks at them again. Cursors and watermarks stay as they are.
 * @param subject Object id, UPN or e-mail address of a user; object id or exact name of a group.
 */
export async function importOne(session: ImportSession, subject: string, objectType?: ObjectType): Promise<ImportResult> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(session, subject, objectType);
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error;
      if (OF_ONE_OBJECT.has(error.code)) return { kind: 'unknown', reason: `${error.code}: ${error.message}` };
      if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
    }
  }
}

/** Failures of a read that say something of this object only: it is unknown, and the others continue. */
const OF_ONE_OBJECT: ReadonlySet<ErrorCode> = new Set([
  'PROV_SOURCE_UNAVAILABLE',
  'PROV_SOURCE_NOT_FOUND',
  'PROV_SOURCE_UNEXPECTED',
]);

/** How often an object is read again because a cycle, or a neighbour of this session, wrote its row at the same time. */
const TRIES = 4;

async function attempt(session: ImportSession, subject: string, objectType?: ObjectType): Promise<ImportResult> {
  const found = await readSubject(session, subject.trim(), objectType);
  if (found.kind !== 'found') return found;
  const { key, read } = found;
  // Memberships first: once the row says that it lives, no later reading asks for those that came back with it.
  const above = read.kind === 'present' ? await refreshGroupsAbove(session, key) : [];
  if (read.kind === 'present' && key.type === 'group') await refreshMembersBelow(session, key.id);
  await store(session, key, read);
  const object = await refreshRow(await scopingOf(session, key.id, above), key);
  return object ? { kind: 'imported', key, object } : { kind: 'unknown', reason: 'The object could not be read.' };
}

type Found =
  | { readonly kind: 'found'; readonly key: ObjectKey; readonly read: Exclude<SourceRead, { kind: 'unknown' }> }
  | { readonly kind: 'notFound'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

async function readSubject({ deps }: ImportSession, subject: string, wanted: ObjectType | undefined): Promise<Found> {
  const types: readonly ObjectType[] = wanted ? [wanted] : subject.includes('@') ? ['user'] : ['user', 'group'];
  for (const type of types) {
    const read =
      type === 'user'
        ? await deps.source.readUser(subject, deps.schema.users.sourceAttributes)
        : await deps.source.readGroup(subject, groupAttributes(deps.schema));
    if (read.kind === 'unknown') return { kind: 'unknown', reason: read.reason };
    if (read.kind !== 'absent') return { kind: 'found', key: { type, id: read.id }, read };
  }
  // Known by its id and proved gone: then it is deleted for good, and that is a fact to act on.
  for (const type of types) {
    const key: ObjectKey = { type, id: subject.toLowerCase() as SourceId };
    if (await deps.space.readObject(key)) return { kind: 'found', key, read: { kind: 'absent' } };
  }
  return { kind: 'notFound', reason: `Entra ID knows no ${wanted ?? 'user or group'} of this name or id.` };
}

async function store({ deps }: ImportSession, key: ObjectKey, read: Exclude<SourceRead, { kind: 'unknown' }>): Promise<void> {
  const stored = await deps.space.readObject(key);
  const before = stored?.value ?? newRow(key.type, key.id);
  const after = merged(before, read);
  if (stored && after === before) return;
  if (key.type === 'user') await noteManagers(deps, [after]);
  await deps.space.markDirty([key]);
  await leaveGroups(deps, before, after);
  // As a cycle does: it finds nothing different any more in a row that was brought up to date here.
  if (key.type === 'group' && (!stored || grantsAccess(before) !== grantsAccess(after))) {
    await markUsersBelow(deps, key.id);
    await markGroupsAbove(deps, key.id);
  }
  await deps.space.writeObject(after, stored?.etag ?? null);
}

function merged(before: SourceObject, read: Exclude<SourceRead, { kind: 'unknown' }>): SourceObject {
  if (read.kind === 'absent') return deleted(before, 'hard');
  // A group that can still be restored does not count as a group for now: were it taken for a living one, it would stay and entitle its members.
  if (before.type === 'group' && read.kind === 'softDeleted') return deleted(before, 'soft');
  if (read.kind === 'present') return told(before, read.attributes);
  const living = told({ ...before, deleted: 'no' }, read.attributes);
  return before.deleted === 'soft' && living.version === before.version ? before : deleted(living, 'soft');
}

/**
 * What scoping needs for one object, after its memberships were read: missing assignments of it and above it are proved first.
 * @param listed the groups above it as Entra ID has them now: one whose row says that it is deleted has been restored since
 */
async function scopingOf(session: ImportSession, id: SourceId, listed: readonly SourceId[]): Promise<ScopeContext> {
  const { deps } = session;
  const ancestry = ancestryOf(deps, session.groups);
  const scoping: ScopeContext = {
    deps,
    appRoles: session.appRoles,
    ancestry,
    assignmentsOf: (principalId) => session.assignments.of(principalId),
  };
  const readDirectly = async (groupId: SourceId): Promise<void> => {
    const group = session.groups.get(groupId) ?? refreshGroup(scoping, groupId);
    session.groups.set(groupId, group);
    group.catch(() => session.groups.delete(groupId));
    await group;
  };
  for (const groupId of listed) if (((await ancestry.group(groupId))?.deleted ?? 'no') !== 'no') await readDirectly(groupId);
  const principals = [id, ...(await ancestry.above(id)).map((ancestor) => ancestor.groupId)];
  for (const principal of principals) await proveMissing(session, principal);
  for (const groupId of principals.slice(1)) if (session.assignments.has(groupId)) await readDirectly(groupId);
  return scoping;
}

/** What is not proved gone stands, also where the read fails; what the read comes upon besides stands too. */
async function proveMissing({ deps, missing, assignments }: ImportSession, principal: SourceId): Promise<void> {
  const doubtful = missing.of(principal);
  for (const { id } of doubtful) missing.remove(id);
  const [first] = doubtful;
  if (!first) return;
  const read = await deps.source.readAssignmentsOf({ id: principal, type: first.principalType, missing: doubtful });
  for (const one of read.kind === 'unknown' ? doubtful : read.assignments)
    if (assignments.get(one.id)?.principalId !== principal) assignments.put(one);
}

/**
 * Whether an assigned group exists and is security-enabled decides whether it entitles anybody; whether it is in scope, whether members join it. It is
 * read directly, as no cycle may follow it yet, or any more; for this session alone: a row would say that its members were read with it.
 * @throws UnavailableError where it cannot be read and never was, or was deleted then
 */
async function refreshGroup(scoping: ScopeContext, id: SourceId): Promise<SourceObject> {
  const { source, schema } = scoping.deps;
  const stored = await refreshRow(scoping, { type: 'group', id });
  const read = await source.readGroup(id, groupAttributes(schema));
  if (read.kind === 'unknown' && stored?.deleted === 'no') return stored;
  if (read.kind === 'unknown') throw new UnavailableError('source', `The assigned group ${id} could not be read: ${read.reason}`);
  return merged(stored ?? newRow('group', id), read);
}
