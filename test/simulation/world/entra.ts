/** Entra ID as the simulation has it: plain data, changed at any time, with the rules that provisioning can see. Shares nothing with the app. */

export interface Person {
  readonly type: 'user';
  readonly id: string;
  upn: string;
  mail: string | null;
  name: string;
  phone: string | null;
  department: string | null;
  enabled: boolean;
  state: 'live' | 'soft' | 'hard';
}

export interface Team {
  readonly type: 'group';
  readonly id: string;
  name: string;
  description: string | null;
  security: boolean;
  state: 'live' | 'soft' | 'hard';
}

export interface Role {
  readonly id: string;
  value: string | null;
  displayName: string;
  isEnabled: boolean;
}

export interface Assignment {
  readonly id: string;
  readonly principalId: string;
  readonly principalType: 'User' | 'Group' | 'ServicePrincipal';
  readonly roleId: string;
}

/** A line of the change log that delta reads; `member` for a change of membership of the group `id`. */
export interface Change {
  readonly seq: number;
  readonly type: 'user' | 'group';
  readonly id: string;
  readonly member?: { readonly id: string; readonly isMember: boolean };
}

export const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000';

/** What the documents leave open about Entra; drawn for each story. */
export interface Customs {
  /** Assignments of deleted principals stay in the list. */
  readonly lingeringAssignments: boolean;
  /** Who is deleted leaves the groups in their delta too. */
  readonly deletionTellsGroups: boolean;
  /** A restored group's delta row names its members; else only the group. */
  readonly returnTellsMembers: boolean;
}

export class Entra {
  readonly people = new Map<string, Person>();
  readonly teams = new Map<string, Team>();
  /** Members of each group, those who are deleted for now among them. */
  readonly members = new Map<string, Set<string>>();
  readonly assignments = new Map<string, Assignment>();
  readonly roles: Role[] = [];
  readonly log: Change[] = [];
  #ids = 0;

  constructor(readonly customs: Customs) {}

  newId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  addPerson(person: Pick<Person, 'upn' | 'name'> & Partial<Person>): Person {
    const added: Person = {
      type: 'user',
      id: this.newId(),
      mail: person.upn,
      phone: null,
      department: null,
      enabled: true,
      state: 'live',
      ...person,
    };
    this.people.set(added.id, added);
    this.#note('user', added.id);
    return added;
  }

  addTeam(name: string, security = true): Team {
    const added: Team = { type: 'group', id: this.newId(), name, description: null, security, state: 'live' };
    this.teams.set(added.id, added);
    this.members.set(added.id, new Set());
    this.#note('group', added.id);
    return added;
  }

  change<T extends Person | Team>(object: T, patch: Partial<T>): void {
    Object.assign(object, patch);
    this.#note(object.type, object.id);
  }

  addMember(team: Team, member: Person | Team): void {
    const members = this.members.get(team.id);
    if (!members || members.has(member.id)) return;
    members.add(member.id);
    this.#tell(team.id, member.id, true);
  }

  removeMember(team: Team, memberId: string): void {
    if (this.members.get(team.id)?.delete(memberId)) this.#tell(team.id, memberId, false);
  }

  assign(principal: Person | Team, roleId: string): void {
    const principalType = principal.type === 'user' ? 'User' : 'Group';
    for (const one of this.assignments.values()) if (one.principalId === principal.id && one.roleId === roleId) return;
    const id = `a-${this.newId()}`;
    this.assignments.set(id, { id, principalId: principal.id, principalType, roleId });
  }

  assignServicePrincipal(roleId: string): void {
    const id = `a-${this.newId()}`;
    this.assignments.set(id, { id, principalId: this.newId(), principalType: 'ServicePrincipal', roleId });
  }

  unassign(assignmentId: string): void {
    this.assignments.delete(assignmentId);
  }

  assignmentsOf(principalId: string): readonly Assignment[] {
    return [...this.assignments.values()].filter((one) => one.principalId === principalId);
  }

  delete(object: Person | Team, state: 'soft' | 'hard'): void {
    if (object.state === 'hard' || object.state === state) return;
    const groups = this.groupsOf(object.id);
    if (this.customs.deletionTellsGroups || state === 'hard') for (const id of groups) this.#tell(id, object.id, false);
    object.state = state;
    if (state === 'hard') {
      for (const id of groups) this.members.get(id)?.delete(object.id);
      for (const one of this.assignmentsOf(object.id)) this.assignments.delete(one.id);
      this.members.delete(object.id);
    }
    this.#note(object.type, object.id);
  }

  restore(object: Person | Team): void {
    if (object.state !== 'soft') return;
    object.state = 'live';
    this.#note(object.type, object.id);
    if (this.customs.deletionTellsGroups) for (const id of this.groupsOf(object.id)) this.#tell(id, object.id, true);
    if (object.type === 'group' && this.customs.returnTellsMembers) {
      for (const id of this.members.get(object.id) ?? []) this.#tell(object.id, id, true);
    }
  }

  isLive(id: string): boolean {
    return (this.people.get(id) ?? this.teams.get(id))?.state === 'live';
  }

  /** The groups that somebody is a direct member of, deleted ones too. */
  groupsOf(memberId: string): readonly string[] {
    return [...this.members].filter(([, inside]) => inside.has(memberId)).map(([id]) => id);
  }

  /** Members as a live group shows them. */
  shownMembers(teamId: string): readonly string[] {
    return [...(this.members.get(teamId) ?? [])].filter((id) => this.isLive(id));
  }

  shownAssignments(): readonly Assignment[] {
    return [...this.assignments.values()].filter(
      (one) => one.principalType === 'ServicePrincipal' || this.customs.lingeringAssignments || this.isLive(one.principalId),
    );
  }

  #note(type: 'user' | 'group', id: string): void {
    this.log.push({ seq: this.log.length + 1, type, id });
  }

  #tell(teamId: string, memberId: string, isMember: boolean): void {
    this.log.push({ seq: this.log.length + 1, type: 'group', id: teamId, member: { id: memberId, isMember } });
  }
}
