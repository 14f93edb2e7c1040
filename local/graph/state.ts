import type { ObjectKind, StoredAssignment, StoredGroup, StoredServicePrincipal, StoredUser } from './types';

/**
 * Everything the directory holds at one moment. Objects are replaced on change, never mutated, so a clone shares them and costs
 * only the maps (10,000 users and 50,000 memberships: some ten milliseconds).
 */
export class DirectoryState {
  readonly users = new Map<string, StoredUser>();
  readonly groups = new Map<string, StoredGroup>();
  readonly servicePrincipals = new Map<string, StoredServicePrincipal>();
  /** Soft-deleted users and groups by id, with `deletedDateTime`. */
  readonly deletedUsers = new Map<string, StoredUser>();
  readonly deletedGroups = new Map<string, StoredGroup>();
  /** Direct members by group: member id → its kind. Only live objects. */
  readonly members = new Map<string, Map<string, ObjectKind>>();
  /** The same the other way round: direct groups by member. */
  readonly memberOf = new Map<string, Set<string>>();
  /** Manager by user. The link survives a soft delete of either side and is shown only between live users. */
  readonly managers = new Map<string, string>();
  readonly directReports = new Map<string, Set<string>>();
  readonly assignments = new Map<string, StoredAssignment>();
  /** Assignments of purged principals, which a lagging list may still show. */
  readonly orphanedAssignments = new Map<string, StoredAssignment>();
  /** Live user by user principal name in lower case. */
  readonly userByName = new Map<string, string>();
  /** Number of the last change in this state; 0 in an empty directory. */
  seq = 0;

  /** A copy that later changes do not reach. */
  clone(): DirectoryState {
    const copy = new DirectoryState();
    copyInto(this.users, copy.users);
    copyInto(this.groups, copy.groups);
    copyInto(this.servicePrincipals, copy.servicePrincipals);
    copyInto(this.deletedUsers, copy.deletedUsers);
    copyInto(this.deletedGroups, copy.deletedGroups);
    copyInto(this.managers, copy.managers);
    copyInto(this.assignments, copy.assignments);
    copyInto(this.orphanedAssignments, copy.orphanedAssignments);
    copyInto(this.userByName, copy.userByName);
    for (const [id, members] of this.members) copy.members.set(id, new Map(members));
    for (const [id, groups] of this.memberOf) copy.memberOf.set(id, new Set(groups));
    for (const [id, reports] of this.directReports) copy.directReports.set(id, new Set(reports));
    copy.seq = this.seq;
    return copy;
  }

  /** Kind of a live object; undefined when there is none with this id. */
  kindOf(id: string): ObjectKind | undefined {
    if (this.users.has(id)) return 'user';
    if (this.groups.has(id)) return 'group';
    return this.servicePrincipals.has(id) ? 'servicePrincipal' : undefined;
  }

  /** A live object of any kind. */
  object(id: string): StoredUser | StoredGroup | StoredServicePrincipal | undefined {
    return this.users.get(id) ?? this.groups.get(id) ?? this.servicePrincipals.get(id);
  }

  /** Id of the user's live manager; undefined without one. */
  managerOf(userId: string): string | undefined {
    const manager = this.managers.get(userId);
    return manager !== undefined && this.users.has(manager) ? manager : undefined;
  }

  /**
   * All objects below a group, each once, however many paths lead to it. A group inside a cycle is not its own member: the public
   * pages do not say what Entra answers there, and a group that is its own member tells nobody anything.
   */
  transitiveMembers(groupId: string): Map<string, ObjectKind> {
    const found = new Map<string, ObjectKind>();
    const queue = [groupId];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const [id, kind] of this.members.get(next) ?? []) {
        if (id === groupId || found.has(id)) continue;
        found.set(id, kind);
        if (kind === 'group') queue.push(id);
      }
    }
    return found;
  }

  /** All groups above an object, each once; never the object itself. */
  transitiveMemberOf(objectId: string): Set<string> {
    const found = new Set<string>();
    const queue = [objectId];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const id of this.memberOf.get(next) ?? []) {
        if (id === objectId || found.has(id)) continue;
        found.add(id);
        queue.push(id);
      }
    }
    return found;
  }
}

function copyInto<K, V>(from: Map<K, V>, to: Map<K, V>): void {
  for (const [key, value] of from) to.set(key, value);
}
