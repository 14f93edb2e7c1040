import type { AppRoleAssignment, Attributes, DeletedState, SourceId, SourceObject } from '../../core/model';
import type { SourceRead } from '../../ports/source-connector';
import type { ObjectKey } from '../../ports/stored';
import { type Ancestor, makeAncestry } from '../decide/ancestry';
import { entitlementsOf } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { directGroupsOf } from '../direct-groups';
import { groupAttributes } from '../import/schema-needs';
import { newRow, told } from '../import/source-row';

/** A source object with the groups above it, for whoever asks about one object. */
export type SubjectRead =
  | { readonly kind: 'found'; readonly object: SourceObject; readonly above: readonly Ancestor[]; readonly isImported: boolean }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * An object as the cycles last read it; one that no cycle has read is read from Entra ID now, with its groups, and checked against the
 * assignments of the last cycle, or before the first one against its assignments now. Writes nothing.
 */
export async function readSubject(deps: EngineDeps, key: ObjectKey): Promise<SubjectRead> {
  const stored = (await deps.space.readObject(key))?.value;
  if (stored) {
    const above = await makeAncestry(deps.space, deps.settings.groupMembership).above(key.id);
    return { kind: 'found', object: stored, above, isImported: true };
  }
  return readNow(deps, key);
}

/** As {@link readSubject}, always from Entra ID. `extra` are source attributes to read beyond those of the schema. */
export async function readNow(deps: EngineDeps, key: ObjectKey, extra: readonly string[] = []): Promise<SubjectRead> {
  const wanted = key.type === 'user' ? deps.schema.users.sourceAttributes : groupAttributes(deps.schema);
  const select = [...new Set([...wanted, ...extra])];
  const read = await (key.type === 'user' ? deps.source.readUser(key.id, select) : deps.source.readGroup(key.id, select));
  if (read.kind === 'unknown') return read;
  if (read.kind === 'absent') return { kind: 'notFound' };
  const above = read.kind === 'present' ? await groupsAbove(deps, key) : [];
  return { kind: 'found', ...(await entitled(deps, key, read, above)), isImported: false };
}

async function entitled(
  deps: EngineDeps,
  key: ObjectKey,
  read: Extract<SourceRead, { attributes: Attributes }>,
  above: readonly Ancestor[],
) {
  const assignments = await assignmentsOf(deps, key, above);
  const ancestry = makeAncestry(deps.space, deps.settings.groupMembership);
  const context = {
    deps,
    appRoles: [],
    ancestry: { above: async () => above, group: async (id: SourceId) => (await ancestry.group(id)) ?? groupNow(deps, id) },
    assignmentsOf: (id: SourceId) => assignments.get(id) ?? [],
  };
  const deleted: DeletedState = read.kind === 'softDeleted' ? 'soft' : 'no';
  const entitlements = await entitlementsOf(context, key, []);
  return { object: { ...key, attributes: read.attributes, deleted, entitlements, version: 0 }, above };
}

/** A group that no cycle has read yet. */
async function groupNow({ source, schema }: EngineDeps, id: SourceId): Promise<SourceObject | undefined> {
  const read = await source.readGroup(id, groupAttributes(schema));
  return read.kind === 'present' ? told(newRow('group', id), read.attributes) : undefined;
}

/** Groups whose assignments are asked for one by one; whoever is in more waits for the first cycle to know. */
const ASKED_FOR = 20;

/** What an object and the groups above it are assigned, as the last cycle read it; before the first cycle, as Entra ID says now. */
async function assignmentsOf(deps: EngineDeps, key: ObjectKey, above: readonly Ancestor[]) {
  const principals = new Set<SourceId>([key.id, ...above.map((ancestor) => ancestor.groupId)]);
  const assignments = new Map<SourceId, readonly AppRoleAssignment[]>();
  let isAnyKnown = false;
  for await (const page of deps.space.listAssignments()) {
    isAnyKnown ||= page.length > 0;
    for (const assignment of page) {
      if (!principals.has(assignment.principalId)) continue;
      assignments.set(assignment.principalId, [...(assignments.get(assignment.principalId) ?? []), assignment]);
    }
  }
  if (isAnyKnown) return assignments;
  for (const id of [...principals].slice(0, ASKED_FOR + 1)) {
    const type = id === key.id && key.type === 'user' ? 'User' : 'Group';
    const read = await deps.source.readAssignmentsOf({ id, type, missing: [] });
    if (read.kind === 'known') assignments.set(id, read.assignments);
  }
  return assignments;
}

/** The object's own groups as Entra ID has them now; those above them as the last cycle read them. */
async function groupsAbove(deps: EngineDeps, key: ObjectKey): Promise<readonly Ancestor[]> {
  const { id } = key;
  const direct = await directGroupsOf(deps.source, key);
  const { space } = deps;
  const groupsOf = async (member: SourceId): Promise<readonly SourceId[]> => (member === id ? direct : space.groupsOf(member));
  return makeAncestry({ ...space, groupsOf }, deps.settings.groupMembership).above(id);
}
