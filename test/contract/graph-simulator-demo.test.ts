import { buildDemoDirectory, type DemoDirectory } from '../../local/demo/directory';
import { demoChanges } from '../../local/demo/directory-changes';
import { demoZendeskSeed } from '../../local/demo/directory-zendesk';
import { DEFAULT_ACCESS_ROLE_ID } from '../../local/graph/types';

/** Who should have an account, worked out from the directory in the plainest way; ids → names of their roles. */
function entitled(demo: DemoDirectory, isTransitive = false): Map<string, Set<string>> {
  const { directory } = demo;
  const nameOf = new Map(Object.entries(demo.roles).map(([name, id]) => [id, name]));
  const people = new Map<string, Set<string>>();
  for (const { principalId, principalType, appRoleId } of directory.assignments(demo.servicePrincipalId)) {
    if (appRoleId === DEFAULT_ACCESS_ROLE_ID || principalType === 'ServicePrincipal') continue;
    const group = directory.state.groups.get(principalId);
    if (group !== undefined && !group.securityEnabled) continue;
    const members = isTransitive ? [...directory.state.transitiveMembers(principalId).keys()] : directory.memberIds(principalId);
    for (const id of group === undefined ? [principalId] : members) {
      if (directory.state.users.get(id)?.accountEnabled !== true) continue;
      people.set(id, (people.get(id) ?? new Set()).add(nameOf.get(appRoleId) ?? '?'));
    }
  }
  return people;
}

describe('the demo company', () => {
  const demo = buildDemoDirectory();
  const { directory, cast, groups, counts } = demo;

  it('is the same every time, and another one with another seed', () => {
    const picture = (company: DemoDirectory) =>
      JSON.stringify([company.directory.users(), company.directory.assignments(), company.cast]);
    expect(picture(buildDemoDirectory())).toBe(picture(demo));
    expect(picture(buildDemoDirectory({ seed: 2 }))).not.toBe(picture(demo));
  });

  it('has 1,040 people, of whom 1,000 get an account', () => {
    expect(directory.users()).toHaveLength(1040);
    expect(counts).toEqual({ people: 1040, provisioned: 1000, defaultAccessOnly: 25, nestedOnly: 8, unassigned: 4 });
    const people = entitled(demo);
    people.delete(cast.duplicate);
    people.delete(cast.withoutCounterpart);
    expect(people.size).toBe(counts.provisioned);
    expect(entitled(demo, true).size - entitled(demo).size).toBe(counts.nestedOnly);
  });

  it('grows and shrinks', () => {
    for (const people of [100, 400, 3000]) {
      const company = buildDemoDirectory({ people });
      expect(company.directory.users()).toHaveLength(people);
      expect(entitled(company).size - 2).toBe(company.counts.provisioned);
    }
  });

  it('has people who get nothing: default access, a service principal, a group that is not security-enabled, a disabled one', () => {
    const assignments = directory.assignments(demo.servicePrincipalId);
    const byDefault = assignments.filter((assignment) => assignment.appRoleId === DEFAULT_ACCESS_ROLE_ID);
    expect(byDefault.filter(({ principalId }) => !entitled(demo).has(principalId))).toHaveLength(counts.defaultAccessOnly);
    expect(assignments.filter((assignment) => assignment.principalType === 'ServicePrincipal')).toHaveLength(1);
    expect(directory.group('Social Club')).toMatchObject({ securityEnabled: false });
    expect(directory.assignmentsOf(groups['Social Club'] ?? '')).toHaveLength(1);
    expect(directory.user(cast.disabled)?.accountEnabled).toBe(false);
    expect(directory.assignmentsOf(cast.disabled)).toHaveLength(1);
  });

  it('has nested groups: one in an assigned group, a diamond, a cycle', () => {
    const up = (name: string) =>
      [...(directory.state.memberOf.get(groups[name] ?? '') ?? [])].map((id) => directory.group(id)?.displayName);
    expect(up('Support Weekend Crew')).toEqual(['Customer Support']);
    expect(up('Support Trainees').sort()).toEqual(['Support Second Level', 'Support Weekend Crew']);
    expect([up('Beta Testers'), up('Product Feedback')]).toEqual([['Product Feedback'], ['Beta Testers']]);
  });

  it('has roles of every kind', () => {
    const people = entitled(demo);
    const count = (role: string) => [...people.values()].filter((roles) => roles.has(role)).length;
    expect([count('Admin'), count('Light agent'), count('Billing approver')]).toEqual([3, 41, 1]);
    expect(count('Agent')).toBeGreaterThan(30);
    expect(count('Agent')).toBeLessThan(100);
    expect([...(people.get(cast.severalRoles) ?? [])].sort()).toEqual(['Agent', 'Light agent', 'User']);
    expect([...(people.get(cast.withoutCounterpart) ?? [])]).toEqual(['Billing approver']);
  });

  it('has believable people: unique names for sign-in, managers without loops, a few without mail, a guest', () => {
    const users = directory.users();
    expect(new Set(users.map((user) => user.userPrincipalName)).size).toBe(users.length);
    expect(users.filter((user) => user.mail === undefined)).toHaveLength(12);
    expect(directory.user(cast.guest)).toMatchObject({ userType: 'Guest', userPrincipalName: expect.stringContaining('#EXT#@') });
    for (const user of users) {
      let steps = 0;
      for (let id = directory.state.managerOf(user.id); id !== undefined; id = directory.state.managerOf(id)) steps += 1;
      expect(steps).toBeLessThan(20);
      expect(steps > 0 || user.id === cast.chiefExecutive).toBe(true);
    }
    expect(new Set(users.map((user) => user.preferredLanguage))).toEqual(
      new Set(['de-DE', 'en-US', 'en-GB', 'fr-FR', undefined]),
    );
  });

  it('meets a Zendesk account that is not empty', () => {
    const { users } = demoZendeskSeed(demo);
    const of = (id: string) =>
      users.filter((user) => user.external_id === id || user.email.toLowerCase() === directory.user(id)?.mail);
    expect(of(cast.toAdopt)).toMatchObject([{ external_id: null, role: 'end-user' }]);
    expect(of(cast.duplicate)).toMatchObject([{ external_id: null }, { external_id: cast.duplicate }]);
    expect(of(cast.existingAdmin)).toMatchObject([{ external_id: null, role: 'admin' }]);
    expect([...(entitled(demo).get(cast.existingAdmin) ?? [])]).toEqual(['Agent']);
    expect(new Set(users.map((user) => user.email)).size).toBe(users.length);
    const own = new Set(directory.users().map((user) => user.mail));
    expect(users.filter((user) => user.story.startsWith('a customer')).every((user) => !own.has(user.email))).toBe(true);
  });

  it('changes: each change does what its sentence says, and can be told from delta or assignments', () => {
    const company = buildDemoDirectory();
    const before = entitled(company);
    const about = new Map(demoChanges.map((change) => [change.name, change.apply(company)]));
    const after = entitled(company);
    const user = (name: string) => company.directory.user(about.get(name) ?? '');
    expect([...about.keys()]).toEqual(['new-hire', 'leaver', 'disabled', 'rename', 'role-change', 'group-change']);
    expect(demoChanges.every((change) => /^\p{Lu}.+\.$/u.test(change.sentence))).toBe(true);
    expect([before.has(about.get('new-hire') ?? ''), after.has(about.get('new-hire') ?? '')]).toEqual([false, true]);
    for (const name of ['leaver', 'disabled'])
      expect([before.has(about.get(name) ?? ''), after.has(about.get(name) ?? '')]).toEqual([true, false]);
    expect(user('disabled')?.accountEnabled).toBe(false);
    expect(user('rename')).toMatchObject({ displayName: 'Sophie Okonkwo', mail: 'sophie.okonkwo@alpenglow.example' });
    expect([...(before.get(about.get('role-change') ?? '') ?? [])]).toEqual(['User']);
    expect(after.get(about.get('role-change') ?? '')).toEqual(new Set(['User', 'Agent']));
    const group = company.directory.group(about.get('group-change') ?? '');
    expect(group?.displayName).toBe('Escalation Desk');
    expect(company.directory.memberIds(group?.id ?? '')).toContain(company.cast.toEscalate);
    expect(company.directory.users()).toHaveLength(1041);
  });
});
