import { createHash } from 'node:crypto';
import type { LinkChange } from './change-log';
import { changedProperties, DirectoryBase, entry, guid, managerLink } from './directory-base';
import {
  DEFAULT_ACCESS_ROLE_ID,
  type JsonObject,
  type NewAppRole,
  type NewGroup,
  type NewServicePrincipal,
  type NewUser,
  type StoredAppRole,
  type StoredAssignment,
  type StoredGroup,
  type StoredServicePrincipal,
  type StoredUser,
} from './types';

/**
 * An Entra ID directory in memory. Every change advances the log that delta queries are answered from. Methods throw plain Errors
 * when a caller asks for something the real directory would refuse (unknown id, name taken, assigned twice): that is a mistake in a
 * test, not a behaviour to be imitated. Ids are deterministic: the n-th object of a kind gets the same id in every run.
 */
export class SimulatedDirectory extends DirectoryBase {
  // --- users -------------------------------------------------------------------------------------------------------------------

  /** Adds a user and returns its id. */
  addUser(user: NewUser): string {
    const id = user.id ?? this.nextId('user');
    if (this.state.kindOf(id) !== undefined) throw new Error(`id ${id} is taken`);
    this.claimName(user.userPrincipalName, id);
    this.change();
    const stored: StoredUser = { userType: 'Member', createdDateTime: this.timestamp(), accountEnabled: true, ...user, id };
    this.state.users.set(id, stored);
    this.state.userByName.set(stored.userPrincipalName.toLowerCase(), id);
    this.record('user', id, 'created', Object.keys(stored));
    return id;
  }

  /** Sets properties; null clears one. Setting what is already there is not a change, and raises none. */
  updateUser(id: string, patch: JsonObject): void {
    const user = this.liveUser(id);
    const changed = changedProperties(user, patch);
    if (changed.length === 0) return;
    const updated = { ...user, ...patch, id } as StoredUser;
    if (updated.userPrincipalName !== user.userPrincipalName) this.claimName(updated.userPrincipalName, id);
    this.change();
    this.state.users.set(id, updated);
    if (updated.userPrincipalName !== user.userPrincipalName) {
      this.state.userByName.delete(user.userPrincipalName.toLowerCase());
      this.state.userByName.set(updated.userPrincipalName.toLowerCase(), id);
    }
    this.record('user', id, 'updated', changed);
  }

  /** Blocks sign-in: `accountEnabled` false, an ordinary update. */
  disableUser(id: string): void {
    this.updateUser(id, { accountEnabled: false });
  }

  /** Allows sign-in again. */
  enableUser(id: string): void {
    this.updateUser(id, { accountEnabled: true });
  }

  /**
   * Moves a user to the deleted items, from where it can be restored for 30 days. It leaves its groups, which group delta shows:
   * https://learn.microsoft.com/graph/delta-query-groups#deltalink-response
   */
  softDeleteUser(id: string): void {
    const user = this.liveUser(id);
    this.change();
    this.parkedMemberships.set(id, [...(this.state.memberOf.get(id) ?? [])]);
    this.forgetLiveUser(user);
    this.state.deletedUsers.set(id, { ...user, deletedDateTime: this.timestamp() });
    this.record('user', id, 'removed', []);
  }

  /** Brings a soft-deleted user back, with its groups, manager and assignments. */
  restoreUser(id: string): void {
    const user = this.state.deletedUsers.get(id);
    if (user === undefined) throw new Error(`user ${id} is not among the deleted items`);
    this.claimName(user.userPrincipalName, id);
    this.change();
    this.state.deletedUsers.delete(id);
    const { deletedDateTime: _, ...live } = user;
    this.state.users.set(id, live as StoredUser);
    this.state.userByName.set(user.userPrincipalName.toLowerCase(), id);
    const manager = this.state.managerOf(id);
    this.record('user', id, 'created', Object.keys(live), manager === undefined ? [] : [managerLink(manager, false)]);
    for (const groupId of this.parkedMemberships.get(id) ?? [])
      if (this.state.groups.has(groupId)) this.link(groupId, id, 'user');
    this.parkedMemberships.delete(id);
    this.recordReports(id, false);
  }

  /** Removes a user for good, whether it was soft-deleted before or not (a purge need not come with a prior soft delete). */
  hardDeleteUser(id: string): void {
    const live = this.state.users.get(id);
    if (live === undefined && !this.state.deletedUsers.has(id)) throw new Error(`no user ${id}`);
    this.change();
    if (live !== undefined) this.forgetLiveUser(live);
    this.state.deletedUsers.delete(id);
    this.parkedMemberships.delete(id);
    this.dropManager(id);
    for (const report of this.state.directReports.get(id) ?? []) this.state.managers.delete(report);
    this.state.directReports.delete(id);
    this.orphanAssignments(id);
    this.record('user', id, 'removed', []);
  }

  /** Sets or, with undefined, clears the manager. */
  setManager(userId: string, managerId: string | undefined): void {
    this.liveUser(userId);
    if (managerId !== undefined) this.liveUser(managerId);
    const old = this.state.managers.get(userId);
    if (old === managerId) return;
    this.change();
    this.dropManager(userId);
    const links: LinkChange[] = old === undefined ? [] : [managerLink(old, true)];
    if (managerId !== undefined) {
      this.state.managers.set(userId, managerId);
      entry(this.state.directReports, managerId, () => new Set<string>()).add(userId);
      links.push(managerLink(managerId, false));
    }
    this.record('user', userId, 'updated', [], links);
  }

  // --- groups ------------------------------------------------------------------------------------------------------------------

  /** Adds a group and returns its id. */
  addGroup(group: NewGroup): string {
    const id = group.id ?? this.nextId('group');
    if (this.state.kindOf(id) !== undefined) throw new Error(`id ${id} is taken`);
    this.change();
    const createdDateTime = this.timestamp();
    const stored: StoredGroup = { groupTypes: [], mailEnabled: false, securityEnabled: true, createdDateTime, ...group, id };
    this.state.groups.set(id, stored);
    this.record('group', id, 'created', Object.keys(stored));
    return id;
  }

  /** Sets properties; null clears one. */
  updateGroup(id: string, patch: JsonObject): void {
    const group = this.liveGroup(id);
    const changed = changedProperties(group, patch);
    if (changed.length === 0) return;
    this.change();
    this.state.groups.set(id, { ...group, ...patch, id } as StoredGroup);
    this.record('group', id, 'updated', changed);
  }

  /**
   * Deletes a group: a Microsoft 365 group (`groupTypes` has `Unified`) goes to the deleted items, any other is gone for good.
   * https://learn.microsoft.com/graph/api/group-delete
   */
  deleteGroup(id: string): void {
    const group = this.liveGroup(id);
    this.change();
    if (group.groupTypes.includes('Unified')) {
      this.state.deletedGroups.set(id, { ...group, deletedDateTime: this.timestamp() });
      this.parkedMembers.set(id, new Map(this.state.members.get(id)));
      this.parkedMemberships.set(id, [...(this.state.memberOf.get(id) ?? [])]);
    } else {
      this.orphanAssignments(id);
    }
    for (const memberId of this.state.members.get(id)?.keys() ?? []) this.state.memberOf.get(memberId)?.delete(id);
    this.state.members.delete(id);
    for (const parent of [...(this.state.memberOf.get(id) ?? [])]) this.unlink(parent, id, 'group');
    this.state.groups.delete(id);
    this.record('group', id, 'removed', []);
  }

  /** Brings a soft-deleted Microsoft 365 group back with its members. */
  restoreGroup(id: string): void {
    const group = this.state.deletedGroups.get(id);
    if (group === undefined) throw new Error(`group ${id} is not among the deleted items`);
    this.change();
    this.state.deletedGroups.delete(id);
    const { deletedDateTime: _, ...live } = group;
    this.state.groups.set(id, live as StoredGroup);
    this.record('group', id, 'created', Object.keys(live));
    for (const [memberId, kind] of this.parkedMembers.get(id) ?? [])
      if (this.state.kindOf(memberId)) this.link(id, memberId, kind);
    for (const parent of this.parkedMemberships.get(id) ?? []) if (this.state.groups.has(parent)) this.link(parent, id, 'group');
    this.parkedMembers.delete(id);
    this.parkedMemberships.delete(id);
  }

  /** Adds a direct member: a user, a group or a service principal. Adding one twice is not a change. */
  addMember(groupId: string, memberId: string): void {
    this.liveGroup(groupId);
    const kind = this.state.kindOf(memberId);
    if (kind === undefined) throw new Error(`no object ${memberId}`);
    if (this.state.members.get(groupId)?.has(memberId)) return;
    this.change();
    this.link(groupId, memberId, kind);
  }

  /** Removes a direct member. Removing a stranger is not a change. */
  removeMember(groupId: string, memberId: string): void {
    this.liveGroup(groupId);
    const kind = this.state.members.get(groupId)?.get(memberId);
    if (kind === undefined) return;
    this.change();
    this.unlink(groupId, memberId, kind);
  }

  // --- enterprise applications ---------------------------------------------------------------------------------------------------

  /** Adds an enterprise application (or, as a principal, any service principal) and returns its object id. */
  addServicePrincipal(servicePrincipal: NewServicePrincipal): string {
    const id = servicePrincipal.id ?? this.nextId('servicePrincipal');
    this.change();
    const appId = servicePrincipal.appId ?? guid(`app:${id}`);
    const defaults = { accountEnabled: true, appRoleAssignmentRequired: true, servicePrincipalType: 'Application', appRoles: [] };
    this.state.servicePrincipals.set(id, { ...defaults, ...servicePrincipal, appId, id } as StoredServicePrincipal);
    return id;
  }

  /** Sets properties of an enterprise application, for instance its whole `appRoles`. */
  updateServicePrincipal(id: string, patch: JsonObject): void {
    const servicePrincipal = this.liveServicePrincipal(id);
    this.change();
    this.state.servicePrincipals.set(id, { ...servicePrincipal, ...patch, id } as StoredServicePrincipal);
  }

  /** Offers an app role on an enterprise application and returns the role's id. */
  addAppRole(servicePrincipalId: string, role: NewAppRole): string {
    const servicePrincipal = this.liveServicePrincipal(servicePrincipalId);
    const id = role.id ?? guid(`role:${servicePrincipalId}:${role.displayName}`);
    const stored: StoredAppRole = {
      id,
      allowedMemberTypes: role.allowedMemberTypes ?? ['User'],
      displayName: role.displayName,
      description: role.description ?? role.displayName,
      isEnabled: role.isEnabled ?? true,
      origin: 'Application',
      value: role.value === undefined ? role.displayName : role.value,
    };
    this.updateServicePrincipal(servicePrincipalId, { appRoles: [...servicePrincipal.appRoles, stored] });
    return id;
  }

  /**
   * Assigns a principal to an enterprise application. The first application of the directory unless `resourceId` says another.
   * @returns the id of the assignment
   */
  assign(principalId: string, appRoleId: string = DEFAULT_ACCESS_ROLE_ID, resourceId: string = this.firstResource()): string {
    const resource = this.liveServicePrincipal(resourceId);
    const principal = this.state.object(principalId);
    const kind = this.state.kindOf(principalId);
    if (principal === undefined || kind === undefined) throw new Error(`no object ${principalId}`);
    if (appRoleId !== DEFAULT_ACCESS_ROLE_ID && !resource.appRoles.some((role) => role.id === appRoleId))
      throw new Error(`application ${resourceId} has no role ${appRoleId}`);
    // The same principal may hold several roles, but not one role twice: an assignment's id follows from the three together.
    const id = createHash('sha256').update(`${resourceId}:${principalId}:${appRoleId}`).digest('base64url');
    if (this.state.assignments.has(id)) throw new Error('Permission being assigned already exists on the object');
    this.change();
    const principalType = kind === 'user' ? 'User' : kind === 'group' ? 'Group' : 'ServicePrincipal';
    const principalDisplayName = principal.displayName;
    const assignment: StoredAssignment = {
      id,
      appRoleId,
      createdDateTime: this.timestamp(),
      principalId,
      principalType,
      principalDisplayName,
      resourceId,
    };
    this.state.assignments.set(id, assignment);
    this.state.orphanedAssignments.delete(id);
    return id;
  }

  /** Takes an assignment away. No delta shows it. */
  unassign(assignmentId: string): void {
    if (!this.state.assignments.has(assignmentId)) throw new Error(`no assignment ${assignmentId}`);
    this.change();
    this.state.assignments.delete(assignmentId);
  }
}
