import type { SourceId } from '../../core/model';
import type { MemberEdge } from '../../ports/connector-space';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import { directGroupsOf } from '../direct-groups';
import type { ImportSession } from './import-session';
import { markGroupsAbove, markUsersBelow } from './mark-principals';
import { proveGone } from './prove-gone';

/** What reading memberships directly needs of a session, or of a cycle. */
export type MembershipReads = Pick<ImportSession, 'deps' | 'wantedGroups' | 'parents'>;

/**
 * Reads the groups above an object directly and keeps those that matter: with direct membership the wanted ones, with transitive
 * membership also the groups between. A stored membership that the list lacks is forgotten only when proved gone.
 * @returns the groups above it that matter, directly and through others, as Entra ID has them now
 */
export async function refreshGroupsAbove(session: MembershipReads, key: ObjectKey): Promise<readonly SourceId[]> {
  const { deps } = session;
  const listed = await directGroupsOf(deps.source, key);
  const edges = (await usefulEdges(session, key, listed)).filter((edge) => edge.groupId !== edge.memberId);
  const members = [...new Set([key.id, ...edges.map(({ memberId }) => memberId)])];
  const known = await concurrently(members, SOURCE_CONCURRENCY, (id) => deps.space.groupsOf(id));
  const storedOf = new Map(members.map((id, at) => [id, known[at] ?? []]));
  const stored = storedOf.get(key.id) ?? [];
  const joined = edges.filter(({ groupId, memberId }) => !storedOf.get(memberId)?.includes(groupId));
  await markMoved(session, joined);
  await deps.space.putMembers(edges);

  const groups = new Set(listed);
  const doubtful = stored.filter((groupId) => !groups.has(groupId));
  await forgetProvedGone(
    session,
    doubtful.map((groupId) => ({ groupId, memberId: key.id, memberType: key.type })),
  );
  return [...new Set(edges.map(({ groupId }) => groupId))];
}

async function usefulEdges(
  session: MembershipReads,
  key: ObjectKey,
  listed: readonly SourceId[],
): Promise<readonly MemberEdge[]> {
  const { deps, wantedGroups } = session;
  const direct = (groupId: SourceId): MemberEdge => ({ groupId, memberId: key.id, memberType: key.type });
  if (deps.settings.groupMembership === 'Direct') return listed.filter((id) => wantedGroups.has(id)).map(direct);

  const parentsOf = new Map<SourceId, readonly SourceId[]>();
  for (let level: readonly SourceId[] = listed; level.length > 0; ) {
    const fresh = [...new Set(level)].filter((id) => !parentsOf.has(id));
    const found = await concurrently(fresh, SOURCE_CONCURRENCY, (id) => readParents(session, id));
    fresh.forEach((id, at) => {
      parentsOf.set(id, found[at] ?? []);
    });
    level = found.flat();
  }
  const useful = new Set([...parentsOf.keys()].filter((id) => wantedGroups.has(id)));
  for (let before = -1; before !== useful.size; ) {
    before = useful.size;
    for (const [id, parents] of parentsOf) if (parents.some((parent) => useful.has(parent))) useful.add(id);
  }
  const between = [...parentsOf].flatMap(([id, parents]) =>
    parents
      .filter((parent) => useful.has(parent) && useful.has(id))
      .map((parent): MemberEdge => ({ groupId: parent, memberId: id, memberType: 'group' })),
  );
  return [...listed.filter((id) => useful.has(id)).map(direct), ...between];
}

function readParents({ deps, parents }: MembershipReads, groupId: SourceId): Promise<readonly SourceId[]> {
  const known = parents.get(groupId) ?? directGroupsOf(deps.source, { type: 'group', id: groupId });
  parents.set(groupId, known);
  return known;
}

/**
 * Reads the members of a group directly, through nested groups when membership is transitive. Whoever came or went is marked, and those groups: a cycle
 * need not follow them yet.
 */
export async function refreshMembersBelow(session: MembershipReads, top: SourceId): Promise<void> {
  const { deps } = session;
  const visited = new Set<SourceId>([top]);
  const waiting: SourceId[] = [top];
  for (let groupId = waiting.pop(); groupId !== undefined; groupId = waiting.pop()) {
    const known = new Map<SourceId, MemberEdge>();
    for await (const page of deps.space.listMembers(groupId)) for (const edge of page) known.set(edge.memberId, edge);
    for await (const page of deps.source.listMembers(groupId)) {
      const joined: MemberEdge[] = [];
      for (const member of page) {
        if (member.type === 'other') continue;
        if (!known.delete(member.id)) joined.push({ groupId, memberId: member.id, memberType: member.type });
        if (member.type === 'group' && deps.settings.groupMembership === 'Transitive' && !visited.has(member.id)) {
          visited.add(member.id);
          waiting.push(member.id);
        }
      }
      await markMoved(session, joined);
      await deps.space.putMembers(joined);
    }
    await forgetProvedGone(session, [...known.values()]);
  }
  visited.delete(top);
  await deps.space.markDirty([...visited].map((id) => ({ type: 'group', id })));
}

async function forgetProvedGone(session: MembershipReads, edges: readonly MemberEdge[]): Promise<void> {
  const fates = await concurrently(edges, SOURCE_CONCURRENCY, (edge) => proveGone(session.deps, edge));
  const gone = edges.filter((_, at) => fates[at] === 'gone');
  await markMoved(session, gone);
  await session.deps.space.removeMembers(gone);
}

/** A membership that changed concerns both ends, the groups above, and where a group is the member whoever is below it; the next cycle looks at them. */
async function markMoved({ deps }: MembershipReads, edges: readonly MemberEdge[]): Promise<void> {
  const keys = edges.flatMap(({ groupId, memberId, memberType }): ObjectKey[] => [
    { type: 'group', id: groupId },
    { type: memberType, id: memberId },
  ]);
  await deps.space.markDirty(keys);
  for (const { memberId, memberType } of edges) if (memberType === 'group') await markUsersBelow(deps, memberId);
  for (const groupId of new Set(edges.map((edge) => edge.groupId))) await markGroupsAbove(deps, groupId);
}
