import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Change, ChangeLog, type LinkChange } from './change-log';
import { DirectoryState } from './state';
import type { JsonObject, ObjectKind, StoredAssignment, StoredGroup, StoredServicePrincipal, StoredUser } from './types';

/** How a directory is made. */
export interface DirectoryOptions {
  readonly tenantId?: string;
  readonly tenantName?: string;
  /** Clock for `createdDateTime` and `deletedDateTime`; the real one by default. */
  readonly now?: () => Date;
}

/** What the directory is made of: its state, its history, the questions one may ask, and the steps its changes are put together from. */
export abstract class DirectoryBase {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly log = new ChangeLog();
  readonly state = new DirectoryState();
  /** Told before each change, with the state as it still is; the simulator keeps a lagging replica this way. */
  beforeChange: ((state: DirectoryState) => void) | undefined;
  /** Told after each change. */
  afterChange: ((change: Change) => void) | undefined;
  private readonly now: () => Date;
  /** Memberships of soft-deleted objects, given back on restore: https://learn.microsoft.com/entra/fundamentals/users-restore */
  protected readonly parkedMemberships = new Map<string, readonly string[]>();
  protected readonly parkedMembers = new Map<string, ReadonlyMap<string, ObjectKind>>();
  private counter = 0;

  constructor(options: DirectoryOptions = {}) {
    this.tenantId = options.tenantId ?? guid('tenant:contoso');
    this.tenantName = options.tenantName ?? 'Contoso';
    this.now = options.now ?? (() => new Date());
  }

  // --- questions -----------------------------------------------------------------------------------------------------------------

  /** Live users in the order they came. */
  users(): StoredUser[] {
    return [...this.state.users.values()];
  }

  /** Live groups in the order they came. */
  groups(): StoredGroup[] {
    return [...this.state.groups.values()];
  }

  /** A live user by id or user principal name. */
  user(idOrName: string): StoredUser | undefined {
    return this.state.users.get(this.state.userByName.get(idOrName.toLowerCase()) ?? idOrName);
  }

  /** A live group by id or display name. */
  group(idOrName: string): StoredGroup | undefined {
    return this.state.groups.get(idOrName) ?? this.groups().find((group) => group.displayName === idOrName);
  }

  /** Assignments to an enterprise application, those of deleted principals included. */
  assignments(resourceId: string = this.firstResource()): StoredAssignment[] {
    return [...this.state.assignments.values()].filter((assignment) => assignment.resourceId === resourceId);
  }

  /** Assignments of one principal to an enterprise application. */
  assignmentsOf(principalId: string, resourceId: string = this.firstResource()): StoredAssignment[] {
    return this.assignments(resourceId).filter((assignment) => assignment.principalId === principalId);
  }

  /** Ids of the direct members of a group. */
  memberIds(groupId: string): string[] {
    return [...(this.state.members.get(groupId)?.keys() ?? [])];
  }

  // --- steps -----------------------------------------------------------------------------------------------------------------------

  protected change(): void {
    this.beforeChange?.(this.state);
  }

  protected record(
    kind: 'user' | 'group',
    id: string,
    event: 'created' | 'updated' | 'removed',
    properties: readonly string[],
    links: readonly LinkChange[] = [],
  ): void {
    this.state.seq += 1;
    const change = { seq: this.state.seq, kind, id, event, properties, links };
    this.log.append(change);
    this.afterChange?.(change);
  }

  protected link(groupId: string, id: string, kind: ObjectKind): void {
    entry(this.state.members, groupId, () => new Map<string, ObjectKind>()).set(id, kind);
    entry(this.state.memberOf, id, () => new Set<string>()).add(groupId);
    this.record('group', groupId, 'updated', [], [{ relation: 'members', id, kind, removed: false }]);
  }

  protected unlink(groupId: string, id: string, kind: ObjectKind): void {
    this.state.members.get(groupId)?.delete(id);
    this.state.memberOf.get(id)?.delete(groupId);
    this.record('group', groupId, 'updated', [], [{ relation: 'members', id, kind, removed: true }]);
  }

  protected forgetLiveUser(user: StoredUser): void {
    for (const groupId of [...(this.state.memberOf.get(user.id) ?? [])]) this.unlink(groupId, user.id, 'user');
    this.state.users.delete(user.id);
    this.state.userByName.delete(user.userPrincipalName.toLowerCase());
    this.recordReports(user.id, true);
  }

  protected recordReports(managerId: string, removed: boolean): void {
    for (const report of this.state.directReports.get(managerId) ?? [])
      if (this.state.users.has(report)) this.record('user', report, 'updated', [], [managerLink(managerId, removed)]);
  }

  protected dropManager(userId: string): void {
    const manager = this.state.managers.get(userId);
    if (manager === undefined) return;
    this.state.managers.delete(userId);
    this.state.directReports.get(manager)?.delete(userId);
  }

  protected orphanAssignments(principalId: string): void {
    for (const [id, assignment] of this.state.assignments) {
      if (assignment.principalId !== principalId) continue;
      this.state.assignments.delete(id);
      this.state.orphanedAssignments.set(id, assignment);
    }
  }

  protected claimName(userPrincipalName: string, id: string): void {
    const owner = this.state.userByName.get(userPrincipalName.toLowerCase());
    if (owner !== undefined && owner !== id)
      throw new Error('Another object with the same value for property userPrincipalName exists');
  }

  protected liveUser(id: string): StoredUser {
    return found(this.state.users.get(id), `user ${id}`);
  }

  protected liveGroup(id: string): StoredGroup {
    return found(this.state.groups.get(id), `group ${id}`);
  }

  protected liveServicePrincipal(id: string): StoredServicePrincipal {
    return found(this.state.servicePrincipals.get(id), `service principal ${id}`);
  }

  protected firstResource(): string {
    for (const id of this.state.servicePrincipals.keys()) return id;
    throw new Error('the directory has no enterprise application');
  }

  protected nextId(kind: ObjectKind): string {
    this.counter += 1;
    return guid(`${this.tenantId}:${kind}:${this.counter}`);
  }

  /** Entra writes whole seconds. */
  protected timestamp(): string {
    return `${this.now().toISOString().slice(0, 19)}Z`;
  }
}

/** A GUID that follows from a text, so that runs can be compared. */
export function guid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A manager that was set or taken away. */
export function managerLink(id: string, removed: boolean): LinkChange {
  return { relation: 'manager', id, kind: 'user', removed };
}

/** Names of the properties that a patch really changes. */
export function changedProperties(before: JsonObject, patch: JsonObject): string[] {
  return Object.keys(patch).filter((name) => !isDeepStrictEqual(before[name], patch[name]));
}

/** The value at a key, made when it is not there. */
export function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
