import type { TargetId, TargetMembership } from '../../core/model';
import type { BulkRunner } from './bulk-runner';
import type { ItemResult } from './bundler';
import { idNumber } from './json';

/** Somebody to be put into a group. */
export interface JoinItem {
  readonly userId: TargetId;
  readonly groupId: TargetId;
}

/** What it needs. */
export interface MembershipsManyDeps {
  readonly runner: BulkRunner;
  readonly ofGroup: (groupId: TargetId) => AsyncIterable<readonly TargetMembership[]>;
}

/** A group of up to a thousand is read whole for however few; beyond, as many pages as there are items: singles would cost no less. */
const MIN_PAGES = 10;

/** Puts up to 100 agents into groups with one job: https://developer.zendesk.com/api-reference/ticketing/groups/group_memberships/#bulk-create-memberships */
export async function joinMany(
  { runner, ofGroup }: MembershipsManyDeps,
  items: readonly JoinItem[],
): Promise<ReadonlyMap<JoinItem, ItemResult<TargetMembership>>> {
  if (!isWorthIt(items)) return new Map();
  const rows = items.map(({ userId, groupId }) => ({ user_id: idNumber(userId), group_id: idNumber(groupId) }));
  return runner.run({
    kind: 'createMemberships',
    request: { method: 'POST', route: '/api/v2/group_memberships/create_many', body: { group_memberships: rows } },
    items,
    async verify() {
      const results = new Map<JoinItem, ItemResult<TargetMembership>>();
      for (const [groupId, own] of byGroup(items)) {
        const wanted = new Map(own.map((item) => [item.userId, item]));
        await readUntil(ofGroup(groupId), own.length, (page) => {
          for (const membership of page) {
            const item = wanted.get(membership.userId);
            if (item) results.set(item, { value: membership });
            wanted.delete(membership.userId);
          }
          return wanted.size === 0;
        });
      }
      return results;
    },
  });
}

/** Takes up to 100 agents out of groups that are not their default ones: https://developer.zendesk.com/api-reference/ticketing/groups/group_memberships/#bulk-delete-memberships */
export async function leaveMany(
  { runner, ofGroup }: MembershipsManyDeps,
  items: readonly TargetMembership[],
): Promise<ReadonlyMap<TargetMembership, ItemResult<undefined>>> {
  if (!isWorthIt(items)) return new Map();
  return runner.run({
    kind: 'removeMemberships',
    request: {
      method: 'DELETE',
      route: '/api/v2/group_memberships/destroy_many',
      query: { ids: items.map(({ id }) => id).join(',') },
    },
    items,
    async verify() {
      const results = new Map<TargetMembership, ItemResult<undefined>>();
      for (const [groupId, own] of byGroup(items)) {
        const left = new Set<TargetId>();
        const isWhole = await readUntil(ofGroup(groupId), own.length, (page) => {
          for (const { id } of page) left.add(id);
          return false;
        });
        if (isWhole) for (const item of own) if (!left.has(item.id)) results.set(item, { value: undefined });
      }
      return results;
    },
  });
}

/** Each group is read once: with one or two members each, that would cost what singles cost. */
function isWorthIt(items: readonly { readonly groupId: TargetId }[]): boolean {
  return new Set(items.map(({ groupId }) => groupId)).size * 4 <= items.length;
}

function byGroup<T extends { readonly groupId: TargetId }>(items: readonly T[]): ReadonlyMap<TargetId, readonly T[]> {
  const groups = new Map<TargetId, T[]>();
  for (const item of items) groups.set(item.groupId, [...(groups.get(item.groupId) ?? []), item]);
  return groups;
}

/** Reads pages until one is enough; true when there are no more. */
async function readUntil(
  pages: AsyncIterable<readonly TargetMembership[]>,
  items: number,
  isEnough: (page: readonly TargetMembership[]) => boolean,
): Promise<boolean> {
  let count = 0;
  for await (const page of pages) {
    count += 1;
    if (isEnough(page)) return false;
    if (count >= Math.max(MIN_PAGES, items)) return false;
  }
  return true;
}
