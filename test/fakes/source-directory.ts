import {
  type AppRole,
  type AppRoleAssignment,
  type Attributes,
  type AttributeValue,
  DEFAULT_ACCESS_ROLE_ID,
  type ObjectType,
  type SourceId,
  sourceId,
} from '../../src/core/model';
import type { SourceMember } from '../../src/ports/source-connector';

/** An object of the fake directory. Attributes are flat (`manager.displayName`), as the connector tells them. */
export interface FakeObject {
  readonly type: ObjectType;
  readonly id: SourceId;
  attributes: Record<string, AttributeValue>;
  state: 'live' | 'soft' | 'hard';
}

/** A change as the delta log keeps it; `member` is set for a change of membership of the group `id`. */
export interface FakeChange {
  readonly seq: number;
  readonly type: ObjectType;
  readonly id: SourceId;
  readonly member?: { readonly id: SourceId; readonly type: SourceMember['type']; readonly isMember: boolean };
}

/** A directory in memory, far simpler than Entra, with the same rules where provisioning can see them. Change it at any time. */
export class FakeDirectory {
  readonly objects = new Map<SourceId, FakeObject>();
  readonly members = new Map<SourceId, Map<SourceId, SourceMember['type']>>();
  readonly assignments = new Map<string, AppRoleAssignment>();
  readonly appRoles: AppRole[] = [];
  readonly log: FakeChange[] = [];
  private counter = 0;
  /** Memberships of deleted objects, which come back with them: groups of a member. */
  private readonly parked = new Map<SourceId, SourceId[]>();
  private readonly parkedMembers = new Map<SourceId, Map<SourceId, SourceMember['type']>>();
  /** True where the delta tells of an object that is restored and of none of the memberships that come back with it. */
  restoresInSilence = false;

  get seq(): number {
    return this.log.length;
  }

  /** A new user; enabled unless said otherwise. */
  addUser(user: Record<string, AttributeValue>): SourceId {
    return this.add('user', { accountEnabled: true, displayName: 'User', ...user });
  }

  addGroup(group: Record<string, AttributeValue>): SourceId {
    const id = this.add('group', { securityEnabled: true, displayName: 'Group', visibility: null, ...group });
    this.members.set(id, new Map());
    return id;
  }

  updateUser(id: string, patch: Record<string, AttributeValue>): void {
    this.update(id, patch);
  }

  updateGroup(id: string, patch: Record<string, AttributeValue>): void {
    this.update(id, patch);
  }

  softDeleteUser(id: string): void {
    this.remove(id, 'soft');
  }

  hardDeleteUser(id: string): void {
    this.remove(id, 'hard');
  }

  deleteGroup(id: string): void {
    this.remove(id, 'hard');
  }

  /** Moves a group to the deleted items, with its members. */
  softDeleteGroup(id: string): void {
    const { id: groupId } = this.get(id);
    const members = new Map(this.membersOf(groupId));
    this.remove(id, 'soft');
    this.parkedMembers.set(groupId, members);
  }

  /** Brings a soft-deleted group back, with its members; the delta tells of the group and of no membership. */
  restoreGroup(id: string): void {
    const object = this.get(id);
    if (object.state !== 'soft') throw new Error(`${id} is not soft-deleted`);
    object.state = 'live';
    this.note(object);
    this.members.set(object.id, this.parkedMembers.get(object.id) ?? new Map());
    this.rejoin(object);
  }

  restoreUser(id: string): void {
    const object = this.get(id);
    if (object.state !== 'soft') throw new Error(`${id} is not soft-deleted`);
    object.state = 'live';
    this.note(object);
    this.rejoin(object);
  }

  /** Users who are deleted and can be restored. */
  deletedUsers(): readonly SourceId[] {
    return [...this.objects.values()].filter(({ type, state }) => type === 'user' && state === 'soft').map(({ id }) => id);
  }

  private rejoin(object: FakeObject): void {
    for (const group of this.parked.get(object.id) ?? []) {
      if (!this.isLive(group)) continue;
      if (this.restoresInSilence) this.membersOf(group).set(object.id, object.type);
      else this.addMember(group, object.id);
    }
    this.parked.delete(object.id);
  }

  addMember(groupId: string, memberId: string): void {
    const group = this.get(groupId);
    const member = this.get(memberId);
    if (this.membersOf(group.id).has(member.id)) return;
    this.membersOf(group.id).set(member.id, member.type);
    this.log.push({
      seq: this.seq + 1,
      type: 'group',
      id: group.id,
      member: { id: member.id, type: member.type, isMember: true },
    });
  }

  removeMember(groupId: string, memberId: string): void {
    const group = this.get(groupId);
    const member = this.get(memberId);
    if (!this.membersOf(group.id).delete(member.id)) return;
    this.log.push({
      seq: this.seq + 1,
      type: 'group',
      id: group.id,
      member: { id: member.id, type: member.type, isMember: false },
    });
  }

  addAppRole(role: { readonly displayName: string; readonly value?: string | null; readonly isEnabled?: boolean }): string {
    const id = this.nextId();
    this.appRoles.push({ id, value: role.value ?? null, displayName: role.displayName, isEnabled: role.isEnabled ?? true });
    return id;
  }

  /** Switches an app role on or off, as an administrator does at the app registration. */
  enableRole(id: string, isEnabled: boolean): void {
    const at = this.appRoles.findIndex((role) => role.id === id);
    const role = this.appRoles[at];
    if (!role) throw new Error(`no role ${id}`);
    this.appRoles[at] = { ...role, isEnabled };
  }

  /** Assigns a principal and gives the assignment's id; Default Access without a role. */
  assign(principalId: string, appRoleId: string = DEFAULT_ACCESS_ROLE_ID): string {
    const principal = this.get(principalId);
    const id = `assignment-${++this.counter}`;
    const principalType = principal.type === 'user' ? 'User' : 'Group';
    const principalDisplayName = String(principal.attributes.displayName ?? '');
    this.assignments.set(id, { id, principalId: principal.id, principalType, principalDisplayName, appRoleId });
    return id;
  }

  /** Assigns a service principal, which is no object of this directory, and gives its id. */
  assignServicePrincipal(name: string, appRoleId: string): SourceId {
    const principalId = sourceId(this.nextId());
    const id = `assignment-${++this.counter}`;
    this.assignments.set(id, { id, principalId, principalType: 'ServicePrincipal', principalDisplayName: name, appRoleId });
    return principalId;
  }

  unassign(assignmentId: string): void {
    if (!this.assignments.delete(assignmentId)) throw new Error(`no assignment ${assignmentId}`);
  }

  isLive(id: string): boolean {
    return this.objects.get(sourceId(id))?.state === 'live';
  }

  membersOf(groupId: SourceId): Map<SourceId, SourceMember['type']> {
    const members = this.members.get(groupId) ?? new Map();
    this.members.set(groupId, members);
    return members;
  }

  /** Assignments as Graph lists them: those of principals that are not deleted. */
  listedAssignments(): readonly AppRoleAssignment[] {
    return [...this.assignments.values()].filter(
      ({ principalId, principalType }) => principalType === 'ServicePrincipal' || this.isLive(principalId),
    );
  }

  private get(id: string): FakeObject {
    const object = this.objects.get(sourceId(id));
    if (object === undefined) throw new Error(`no object ${id}`);
    return object;
  }

  private add(type: ObjectType, attributes: Attributes): SourceId {
    const { id: given, ...rest } = attributes;
    const id = sourceId(typeof given === 'string' ? given : this.nextId());
    if (this.objects.has(id)) throw new Error(`id ${id} is taken`);
    const object: FakeObject = { type, id, attributes: rest, state: 'live' };
    this.objects.set(id, object);
    this.note(object);
    return id;
  }

  private update(id: string, patch: Record<string, AttributeValue>): void {
    const object = this.get(id);
    object.attributes = { ...object.attributes, ...patch };
    this.note(object);
  }

  private remove(id: string, state: 'soft' | 'hard'): void {
    const object = this.get(id);
    if (object.state === 'hard') throw new Error(`${id} is gone already`);
    const groups = [...this.members].filter(([, members]) => members.has(object.id)).map(([group]) => group);
    for (const group of groups) this.removeMember(group, object.id);
    if (state === 'soft') this.parked.set(object.id, groups);
    else this.parked.delete(object.id);
    object.state = state;
    this.members.delete(object.id);
    this.note(object);
  }

  private note({ type, id }: FakeObject): void {
    this.log.push({ seq: this.seq + 1, type, id });
  }

  private nextId(): string {
    this.counter += 1;
    return `00000000-0000-4000-8000-${String(this.counter).padStart(12, '0')}`;
  }
}
