import fc from 'fast-check';
import type { SourceId, TargetRole } from '../../../src/core/model';
import type { JobSettings } from '../../../src/engine/job-settings';
import { World } from './world';

/** The app roles of every scenario, in the order in which the application lists them; the last one is disabled. */
const ROLES = ['User', 'Agent', 'Admin', 'Retired'] as const;
const ZENDESK_ROLE: Readonly<Record<string, TargetRole['role']>> = { User: 'end-user', Agent: 'agent', Admin: 'admin' };

/** What Zendesk holds of a person before the first cycle. */
type Existing = 'nothing' | 'sameEmail' | 'sameExternalId' | 'suspended' | 'admin';

/** Something that happens between two cycles; numbers name the n-th user, group or role, and wrap around. */
export type Edit =
  | {
      readonly kind: 'toggleEnabled' | 'rename' | 'changeMail' | 'softDelete' | 'restore' | 'hardDelete' | 'deleteInZendesk';
      readonly user: number;
    }
  | { readonly kind: 'join' | 'leave'; readonly group: number; readonly user: number }
  | { readonly kind: 'nest' | 'unnest'; readonly group: number; readonly inner: number }
  | { readonly kind: 'assignUser' | 'unassignUser'; readonly user: number; readonly role: number }
  | { readonly kind: 'assignGroup' | 'unassignGroup'; readonly group: number; readonly role: number }
  | { readonly kind: 'renameGroup' | 'toggleSecurity' | 'deleteGroup' | 'deleteGroupInZendesk'; readonly group: number };

/** A directory, a Zendesk account, and what happens to them. */
export interface Scenario {
  readonly settings: Pick<JobSettings, 'groupMembership' | 'deprovisionUsers' | 'hardDeletedUsers' | 'defaultAccess'>;
  readonly users: readonly { readonly isEnabled: boolean; readonly existing: Existing }[];
  readonly groups: readonly { readonly isThere: boolean }[];
  readonly start: readonly Edit[];
  /** Each list happens before one cycle. */
  readonly later: readonly (readonly Edit[])[];
  /** Begin as an app that has found nearly everybody to be new, and so creates before it searches. */
  readonly asksByCreating: boolean;
}

const index = fc.nat({ max: 5 });
const userEdit = (...kinds: Extract<Edit, { user: number; group?: never; role?: never }>['kind'][]) =>
  fc.record({ kind: fc.constantFrom(...kinds), user: index }) as fc.Arbitrary<Edit>;
const grouped = (...kinds: ('join' | 'leave')[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), group: index, user: index }) as fc.Arbitrary<Edit>;
const nested = (...kinds: ('nest' | 'unnest')[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), group: index, inner: index }) as fc.Arbitrary<Edit>;
const assigned = (...kinds: ('assignUser' | 'unassignUser')[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), user: index, role: fc.nat({ max: 4 }) }) as fc.Arbitrary<Edit>;
const assignedGroup = (...kinds: ('assignGroup' | 'unassignGroup')[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), group: index, role: fc.nat({ max: 4 }) }) as fc.Arbitrary<Edit>;
const groupEdit = (...kinds: ('renameGroup' | 'toggleSecurity' | 'deleteGroup' | 'deleteGroupInZendesk')[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), group: index }) as fc.Arbitrary<Edit>;

const building = fc.oneof(grouped('join'), nested('nest'), assigned('assignUser'), assignedGroup('assignGroup'));

const changing = fc.oneof(
  userEdit('toggleEnabled', 'rename', 'changeMail', 'softDelete', 'restore', 'hardDelete'),
  grouped('join', 'leave'),
  nested('nest', 'unnest'),
  assigned('assignUser', 'unassignUser'),
  assignedGroup('assignGroup', 'unassignGroup'),
  groupEdit('renameGroup', 'toggleSecurity', 'deleteGroup'),
);

const byHand = fc.oneof(userEdit('deleteInZendesk'), groupEdit('deleteGroupInZendesk'));

/** Any small directory and any history of it. @param rounds how many cycles see changes after the first */
export const aScenario = (rounds: number, settings: Partial<Scenario['settings']> = {}, withHands = false) =>
  fc.record({
    settings: fc
      .record({
        groupMembership: fc.constantFrom('Direct' as const, 'Transitive' as const),
        deprovisionUsers: fc.constantFrom('Suspend' as const, 'DowngradeAndSuspend' as const),
        hardDeletedUsers: fc.constantFrom('Suspend' as const, 'Delete' as const),
        defaultAccess: fc.constantFrom('Skip' as const, 'EndUser' as const),
      })
      .map((drawn) => ({ ...drawn, ...settings })),
    users: fc.array(
      fc.record({
        isEnabled: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
        existing: fc.constantFrom<Existing>('nothing', 'nothing', 'nothing', 'sameEmail', 'sameExternalId', 'suspended', 'admin'),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    groups: fc.array(fc.record({ isThere: fc.boolean() }), { minLength: 1, maxLength: 3 }),
    start: fc.array(building, { minLength: 2, maxLength: 14 }),
    later: fc.array(
      fc.array(withHands ? fc.oneof({ weight: 4, arbitrary: changing }, byHand) : changing, { minLength: 1, maxLength: 5 }),
      { minLength: rounds, maxLength: rounds },
    ),
    asksByCreating: fc.boolean(),
  }) satisfies fc.Arbitrary<Scenario>;

/** A scenario set up in a world, with the names of its people and groups. */
export class Play {
  readonly world: World;
  readonly users: readonly SourceId[];
  readonly groups: readonly SourceId[];
  readonly #roleIds: readonly string[];
  /** Users whose account was there before, or was deleted by hand. */
  readonly adopted = new Set<SourceId>();
  readonly adoptedGroups = new Set<SourceId>();
  #changes = 0;

  constructor(readonly scenario: Scenario) {
    this.world = new World({ settings: scenario.settings });
    if (scenario.asksByCreating) this.world.expectNobody();
    const { directory, target } = this.world;
    this.#roleIds = ROLES.map((name) =>
      directory.addAppRole({ displayName: name, value: name.toLowerCase(), isEnabled: name !== 'Retired' }),
    );
    this.users = scenario.users.map((user, at) => {
      const mail = `u${at}@contoso.com`;
      const id = directory.addUser({ displayName: `User ${at}`, mail, userPrincipalName: mail, accountEnabled: user.isEnabled });
      if (user.existing === 'nothing') return id;
      this.adopted.add(id);
      target.seedUser({
        name: `Zendesk ${at}`,
        email: user.existing === 'sameExternalId' ? `old${at}@contoso.com` : mail,
        externalId: user.existing === 'sameExternalId' ? id : null,
        suspended: user.existing === 'suspended',
        role: { role: user.existing === 'admin' ? 'admin' : 'end-user', customRoleId: null },
      });
      return id;
    });
    this.groups = scenario.groups.map(({ isThere }, at) => {
      const id = directory.addGroup({ displayName: `Group ${at}` });
      if (isThere) this.adoptedGroups.add(id);
      if (isThere) target.seedGroup(`Group ${at}`);
      return id;
    });
    // Somebody whom nothing in Entra stands for.
    target.seedUser({
      name: 'Foreign',
      email: 'foreign@elsewhere.example',
      role: { role: 'agent', customRoleId: null },
    });
    target.seedGroup('Foreign group');
    this.apply(scenario.start);
  }

  apply(edits: readonly Edit[]): void {
    for (const edit of edits) this.#apply(edit);
  }

  #apply(edit: Edit): void {
    const { directory } = this.world;
    this.#changes += 1;
    const user = 'user' in edit ? this.#of(this.users, edit.user) : undefined;
    const group = 'group' in edit ? this.#of(this.groups, edit.group) : undefined;
    const state = (id: SourceId | undefined) => (id === undefined ? undefined : directory.objects.get(id)?.state);
    switch (edit.kind) {
      case 'toggleEnabled':
        if (user && state(user) === 'live')
          directory.updateUser(user, { accountEnabled: directory.objects.get(user)?.attributes['accountEnabled'] !== true });
        return;
      case 'rename':
        if (user && state(user) === 'live') directory.updateUser(user, { displayName: `Renamed ${this.#changes}` });
        return;
      case 'changeMail':
        if (user && state(user) === 'live') directory.updateUser(user, { mail: `changed${this.#changes}@contoso.com` });
        return;
      case 'softDelete':
        if (user && state(user) === 'live') directory.softDeleteUser(user);
        return;
      case 'restore':
        if (user && state(user) === 'soft') directory.restoreUser(user);
        return;
      case 'hardDelete':
        if (user && state(user) !== 'hard') directory.hardDeleteUser(user);
        return;
      case 'deleteInZendesk':
        this.#deleteInZendesk(user);
        return;
      case 'join':
        if (group && user && state(group) === 'live' && state(user) === 'live') directory.addMember(group, user);
        return;
      case 'leave':
        if (group && user && state(group) === 'live') directory.removeMember(group, user);
        return;
      case 'nest':
      case 'unnest': {
        const inner = this.#of(this.groups, edit.inner);
        if (!group || !inner || group === inner || state(group) !== 'live' || state(inner) !== 'live') return;
        if (edit.kind === 'nest') directory.addMember(group, inner);
        else directory.removeMember(group, inner);
        return;
      }
      case 'assignUser':
      case 'assignGroup':
        this.#assign(edit.kind === 'assignUser' ? user : group, edit.role);
        return;
      case 'unassignUser':
      case 'unassignGroup': {
        const principal = edit.kind === 'unassignUser' ? user : group;
        for (const one of [...directory.assignments.values()]) if (one.principalId === principal) directory.unassign(one.id);
        return;
      }
      case 'renameGroup':
        if (group && state(group) === 'live') directory.updateGroup(group, { displayName: `Renamed ${this.#changes}` });
        return;
      case 'toggleSecurity':
        if (group && state(group) === 'live')
          directory.updateGroup(group, { securityEnabled: directory.objects.get(group)?.attributes['securityEnabled'] !== true });
        return;
      case 'deleteGroup':
        if (group && state(group) === 'live') directory.deleteGroup(group);
        return;
      case 'deleteGroupInZendesk':
        if (group) this.#deleteGroupInZendesk(group);
        return;
    }
  }

  #of(ids: readonly SourceId[], at: number): SourceId | undefined {
    return ids[at % ids.length];
  }

  #assign(principal: SourceId | undefined, role: number): void {
    const { directory } = this.world;
    if (!principal || directory.objects.get(principal)?.state !== 'live') return;
    const roleId = this.#roleIds[role];
    const isThere = [...directory.assignments.values()].some(
      (one) => one.principalId === principal && one.appRoleId === (roleId ?? '00000000-0000-0000-0000-000000000000'),
    );
    if (!isThere) directory.assign(principal, roleId);
  }

  #deleteInZendesk(user: SourceId | undefined): void {
    const account = user && this.world.accountOf(user);
    const row = account && this.world.target.users.get(account.id);
    if (!user || !row) return;
    row.active = false;
    for (const membership of [...this.world.target.memberships.values()]) {
      if (membership.userId === row.id) this.world.target.memberships.delete(membership.id);
    }
    this.adopted.delete(user);
  }

  #deleteGroupInZendesk(group: SourceId): void {
    const name = this.world.directory.objects.get(group)?.attributes['displayName'];
    const found = this.world.groupNamed(String(name));
    if (!found) return;
    found.deleted = true;
    for (const membership of [...this.world.target.memberships.values()]) {
      if (membership.groupId === found.id) this.world.target.memberships.delete(membership.id);
    }
    this.adoptedGroups.delete(group);
  }

  /** The groups above somebody that count, as a person would draw them. */
  groupsAbove(member: SourceId): ReadonlySet<SourceId> {
    const { members } = this.world.directory;
    const above = new Set([...members].filter(([, inside]) => inside.has(member)).map(([group]) => group));
    if (this.scenario.settings.groupMembership === 'Transitive') {
      for (const group of above) for (const [outer, inside] of members) if (inside.has(group)) above.add(outer);
    }
    return above;
  }

  /** The role that somebody is entitled to by a person's reckoning; undefined when out of scope. */
  roleOf(user: SourceId): TargetRole['role'] | undefined {
    const { directory } = this.world;
    const object = directory.objects.get(user);
    if (object?.state !== 'live' || object.attributes['accountEnabled'] !== true) return undefined;
    const above = [...this.groupsAbove(user)].filter((id) => {
      const group = directory.objects.get(id);
      return group?.state === 'live' && group.attributes['securityEnabled'] === true;
    });
    const rolesOf = (principals: readonly SourceId[]) =>
      [...directory.assignments.values()]
        .filter((one) => principals.includes(one.principalId))
        .map((one) => this.#roleIds.indexOf(one.appRoleId));
    const all = [...rolesOf([user]), ...rolesOf(above)];
    const [own, inherited] = [rolesOf([user]), rolesOf(above)].map((roles) => roles.filter((at) => at >= 0 && at < 3).sort());
    const first = own?.[0] ?? inherited?.[0];
    if (first !== undefined) return ZENDESK_ROLE[ROLES[first] ?? ''];
    return all.includes(-1) && this.scenario.settings.defaultAccess === 'EndUser' ? 'end-user' : undefined;
  }

  /** True for a group that is to exist in Zendesk. */
  isGroupInScope(id: SourceId): boolean {
    const group = this.world.directory.objects.get(id);
    if (group?.state !== 'live' || group.attributes['securityEnabled'] !== true) return false;
    const roles = [...this.world.directory.assignments.values()]
      .filter((one) => one.principalId === id)
      .map((one) => this.#roleIds.indexOf(one.appRoleId));
    if (roles.some((at) => at >= 0 && at < 3)) return true;
    return roles.includes(-1) && this.scenario.settings.defaultAccess === 'EndUser';
  }

  /** What is wrong in Zendesk, by a person's reckoning; nothing when all is well. */
  complaints(): readonly string[] {
    const { world } = this;
    const wrong: string[] = [];
    for (const id of this.users) {
      const name = `user ${this.users.indexOf(id)}`;
      const object = world.directory.objects.get(id);
      const accounts = [...world.target.users.values()].filter((user) => user.active && user.externalId === id);
      const [account] = accounts;
      if (accounts.length > 1) wrong.push(`${name} has ${accounts.length} accounts`);
      const role = this.roleOf(id);
      if (role === undefined) {
        if (account && !account.suspended && !(this.adopted.has(id) && !this.#everIn.has(id)))
          wrong.push(`${name} is out of scope but active`);
        continue;
      }
      if (!account) wrong.push(`${name} is in scope but has no account`);
      if (!account || !object) continue;
      if (account.suspended) wrong.push(`${name} is in scope but suspended`);
      if (account.name !== object.attributes['displayName']) wrong.push(`${name} is called ${account.name}`);
      if (account.email !== object.attributes['mail']) wrong.push(`${name} has the address ${account.email}`);
      if (!this.adopted.has(id) && account.role.role !== role) wrong.push(`${name} is ${account.role.role}, not ${role}`);
    }
    for (const id of this.groups) wrong.push(...this.#groupComplaints(id));
    return wrong;
  }

  /** Users who were ever in scope at the end of a cycle: only they are anybody's to suspend. */
  readonly #everIn = new Set<SourceId>();

  /** Remembers who is in scope now; to be called when a cycle begins. */
  note(): void {
    for (const id of this.users) if (this.roleOf(id) !== undefined) this.#everIn.add(id);
  }

  #groupComplaints(id: SourceId): readonly string[] {
    const { world } = this;
    const name = String(world.directory.objects.get(id)?.attributes['displayName']);
    const found = world.groupNamed(name);
    if (!this.isGroupInScope(id)) {
      return found && !this.adoptedGroups.has(id) ? [`${name} is out of scope but there`] : [];
    }
    if (!found) return [`${name} is in scope but not there`];
    const wanted = this.users.filter((user) => {
      const account = world.accountOf(user);
      const isAgent = account !== undefined && account.role.role !== 'end-user';
      return isAgent && this.roleOf(user) !== undefined && this.groupsAbove(user).has(id);
    });
    const members = world.membersOf(found.id);
    const missing = wanted.filter((user) => !members.includes(user));
    // A group that was there before may have been let go once, and whoever was in it then is its own affair.
    const isOurs = !this.adoptedGroups.has(id);
    const extra = this.users.filter((user) => isOurs && members.includes(user) && !this.groupsAbove(user).has(id));
    return [
      ...missing.map((user) => `${name} lacks user ${this.users.indexOf(user)}`),
      ...extra.map((user) => `${name} still has user ${this.users.indexOf(user)}`),
    ];
  }
}
