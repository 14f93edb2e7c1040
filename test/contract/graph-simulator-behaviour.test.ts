import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, type GraphSimulatorOptions, startGraphSimulator } from '../../local/graph/simulator';
import { cpuMsSince } from '../support/cpu-time';
import { GraphProbe } from '../support/graph-probe';

const advanced = { ConsistencyLevel: 'eventual' };

describe('the Graph simulator', () => {
  let graph: GraphSimulator;
  let probe: GraphProbe;

  async function start(options: GraphSimulatorOptions = {}): Promise<SimulatedDirectory> {
    graph = await startGraphSimulator(options);
    probe = new GraphProbe(graph.url);
    return graph.directory;
  }

  afterEach(() => graph.close());

  function person(name: string, more: object = {}): string {
    return graph.directory.addUser({
      userPrincipalName: `${name}@x.example`,
      displayName: name,
      mail: `${name}@x.example`,
      ...more,
    });
  }

  const ids = (objects: Record<string, unknown>[]) => objects.map((object) => object.id);

  describe('reading', () => {
    it('shows exactly what is selected, null for what is not set, and no id unless selected', async () => {
      await start();
      const id = person('ann');
      const { '@odata.context': context, ...user } = (await probe.get(`/users/${id}?$select=displayName,jobTitle,businessPhones`))
        .body;
      expect(user).toEqual({ displayName: 'ann', jobTitle: null, businessPhones: [] });
      expect(context).toBe(`${graph.url}/$metadata#users(displayName,jobTitle,businessPhones)/$entity`);
      expect(Object.keys((await probe.get(`/users/${id}`)).body)).not.toContain('accountEnabled');
    });

    it('finds a user by id and by user principal name, also one with #EXT#', async () => {
      await start();
      const id = person('ann', { userPrincipalName: 'ann_y.example#EXT#@x.example' });
      for (const key of [id, encodeURIComponent('ANN_y.example#EXT#@x.example')])
        expect((await probe.get(`/users/${key}?$select=id`)).body.id).toBe(id);
    });

    it('pages through lists with opaque links that keep the query, 999 at most', async () => {
      await start();
      const all = Array.from({ length: 250 }, (_, index) => person(`p${index}`));
      const pages = await probe.pages('/users?$select=id&$top=100');
      expect(pages.map((page) => page.body.value.length)).toEqual([100, 100, 50]);
      expect(ids(pages.flatMap((page) => page.body.value))).toEqual(all);
      expect((await probe.get('/users')).body.value).toHaveLength(100);
      expect((await probe.get('/users?$top=1000')).status).toBe(400);
      expect((await probe.get('/users?$skiptoken=made-up')).body.error.code).toBe('Directory_ExpiredPageToken');
    });

    it('filters by eq, in, startswith, and, or; ne and endswith only as advanced queries', async () => {
      await start();
      const [ann, bob, eve] = [person('ann'), person('bob', { accountEnabled: false }), person("o'eve", { department: 'Sales' })];
      const find = async (filter: string, headers = {}) =>
        ids(await probe.all(`/users?$select=id&$count=true&$filter=${encodeURIComponent(filter)}`, headers));
      expect(await find("mail eq 'ANN@x.example'")).toEqual([ann]);
      expect(await find("userPrincipalName eq 'o''eve@x.example'")).toEqual([eve]);
      expect(await find("startswith(displayName,'b') or department eq 'sales'")).toEqual([bob, eve]);
      expect(await find("mail in ('ann@x.example','bob@x.example') and accountEnabled eq true")).toEqual([ann]);
      expect(await find("endswith(mail,'@x.example') and accountEnabled ne true", advanced)).toEqual([bob]);
      for (const filter of ['accountEnabled ne true', "endswith(mail,'x')", "mail eq 'x", 'mail', "nonsense eq 'x'"])
        expect([filter, (await probe.get(`/users?$count=true&$filter=${encodeURIComponent(filter)}`)).status]).toEqual([
          filter,
          400,
        ]);
    });

    it('counts with ConsistencyLevel only, and ignores $count without', async () => {
      await start();
      person('ann');
      expect((await probe.get('/users?$count=true', advanced)).body['@odata.count']).toBe(1);
      expect((await probe.get('/users?$count=true')).body).not.toHaveProperty('@odata.count');
    });

    it('shows the manager expanded or by itself, and 404 without one', async () => {
      const directory = await start();
      const [boss, id] = [person('boss'), person('ann')];
      directory.setManager(id, boss);
      const manager = { '@odata.type': '#microsoft.graph.user', id: boss };
      expect((await probe.get(`/users/${id}?$select=id&$expand=manager($select=id)`)).body).toMatchObject({ id, manager });
      expect((await probe.get(`/users/${id}/manager?$select=id`)).body).toMatchObject(manager);
      expect((await probe.get(`/users/${boss}/manager`)).status).toBe(404);
      directory.softDeleteUser(boss);
      expect((await probe.get(`/users/${id}/manager`)).status).toBe(404);
    });

    it('moves deleted users from /users to the deleted items, until they are purged', async () => {
      const directory = await start();
      const id = person('ann');
      directory.softDeleteUser(id);
      expect((await probe.get(`/users/${id}`)).status).toBe(404);
      expect(ids(await probe.all('/directory/deletedItems/microsoft.graph.user'))).toEqual([id]);
      expect((await probe.get(`/directory/deletedItems/${id}`)).body).toMatchObject({ id, deletedDateTime: expect.any(String) });
      expect((await probe.get('/directory/deletedItems')).status).toBe(400);
      directory.hardDeleteUser(id);
      expect((await probe.get(`/directory/deletedItems/${id}`)).status).toBe(404);
    });
  });

  describe('memberships', () => {
    async function nested() {
      const directory = await start();
      const [ann, bob, eve] = [person('ann'), person('bob'), person('eve')];
      const [top = '', left = '', right = '', bottom = ''] = ['T', 'L', 'R', 'B'].map((displayName) =>
        directory.addGroup({ displayName }),
      );
      directory.addMember(top, ann);
      // A diamond, and a cycle from its bottom to its top.
      for (const [group, member] of [
        [top, left],
        [top, right],
        [left, bottom],
        [right, bottom],
        [bottom, top],
        [left, bob],
        [bottom, eve],
      ] as const)
        directory.addMember(group, member);
      return { directory, ann, bob, eve, top, left, right, bottom };
    }

    it('are direct or transitive, each object once through diamonds and cycles', async () => {
      const { ann, bob, eve, top, left, right, bottom } = await nested();
      expect(ids(await probe.all(`/groups/${top}/members?$select=id`))).toEqual([ann, left, right]);
      expect(ids(await probe.all(`/groups/${top}/transitiveMembers?$select=id`)).sort()).toEqual(
        [ann, bob, eve, left, right, bottom].sort(),
      );
      expect(ids(await probe.all(`/users/${eve}/memberOf?$select=id`))).toEqual([bottom]);
      expect(ids(await probe.all(`/users/${eve}/transitiveMemberOf?$select=id`)).sort()).toEqual(
        [top, left, right, bottom].sort(),
      );
    });

    it('name the type in mixed collections, and can be cast with advanced queries only', async () => {
      const { ann, top, left, right } = await nested();
      expect((await probe.all(`/groups/${top}/members?$select=id`)).map((member) => member['@odata.type'])).toEqual([
        '#microsoft.graph.user',
        '#microsoft.graph.group',
        '#microsoft.graph.group',
      ]);
      const cast = (type: string) => `/groups/${top}/members/microsoft.graph.${type}?$select=id&$count=true&$top=1`;
      expect(await probe.all(cast('user'), advanced)).toEqual([{ id: ann }]);
      expect(ids(await probe.all(cast('group'), advanced))).toEqual([left, right]);
      expect((await probe.get(cast('user'))).body.error.code).toBe('Request_UnsupportedQuery');
      expect((await probe.get(`/groups/${top}/transitiveMembers/microsoft.graph.user?$select=id`, advanced)).status).toBe(400);
    });

    it('come with nulls for what the app may not read: 200, and not "cleared"', async () => {
      const { ann, top } = await nested();
      graph.permissions.delete('User.Read.All');
      const [member] = await probe.all(`/groups/${top}/members?$select=id,displayName,mail,businessPhones`);
      const type = '#microsoft.graph.user';
      expect(member).toEqual({ '@odata.type': type, id: ann, displayName: null, mail: null, businessPhones: [] });
      graph.permissions.add('User.Read.All');
      graph.faults.membersWithNulls = true;
      expect(await probe.all(`/groups/${top}/members?$select=displayName`)).toContainEqual({
        '@odata.type': type,
        id: ann,
        displayName: null,
      });
    });

    it('of a hidden group look empty without Member.Read.Hidden, on both sides and in delta', async () => {
      const { directory, ann, top } = await nested();
      directory.updateGroup(top, { visibility: 'HiddenMembership' });
      const read = async () => [
        (await probe.all(`/groups/${top}/members?$select=id`)).length,
        (await probe.all(`/users/${ann}/memberOf?$select=id`)).length,
        (await probe.round('/groups/delta?$select=displayName,members')).value.filter((group) => 'members@delta' in group).length,
      ];
      expect(await read()).toEqual([0, 0, 3]);
      graph.permissions.add('Member.Read.Hidden');
      expect(await read()).toEqual([3, 1, 4]);
      graph.permissions.delete('Member.Read.Hidden');
      graph.faults.hiddenMembership = 'forbidden';
      expect((await probe.get(`/groups/${top}/members`)).status).toBe(403);
    });
  });

  describe('app role assignments', () => {
    async function assigned() {
      const directory = await start();
      const [ann, bob] = [person('ann'), person('bob')];
      const sp = directory.addServicePrincipal({ displayName: 'Zendesk' });
      const agent = directory.addAppRole(sp, { displayName: 'Agent' });
      const other = directory.addServicePrincipal({ displayName: 'Other' });
      directory.assign(ann, undefined, other);
      const assignments = [directory.assign(ann, agent), directory.assign(ann), directory.assign(bob, agent)];
      return { directory, ann, bob, sp, agent, assignments, list: `/servicePrincipals/${sp}/appRoleAssignedTo` };
    }

    it('are listed per application, with zeros for default access, and read one by one until they are gone', async () => {
      const { directory, list, sp, ann, agent, assignments } = await assigned();
      const [first = '', second = ''] = assignments;
      const all = await probe.all(`${list}?$top=2`);
      expect(ids(all)).toEqual(assignments);
      expect(all[0]).toMatchObject({
        appRoleId: agent,
        principalId: ann,
        principalType: 'User',
        resourceId: sp,
        resourceDisplayName: 'Zendesk',
      });
      expect(all[1]?.appRoleId).toBe('00000000-0000-0000-0000-000000000000');
      expect((await probe.get(`${list}/${first}`)).status).toBe(200);
      directory.unassign(first);
      expect((await probe.get(`${list}/${first}`)).status).toBe(404);
      expect((await probe.get(`${list}/${second}`)).status).toBe(200);
      const elsewhere = [...directory.state.assignments.values()].find((assignment) => assignment.resourceId !== sp);
      expect((await probe.get(`${list}/${elsewhere?.id}`)).status).toBe(404);
    });

    it('take the object id, not the appId; the appId has a form of its own', async () => {
      const { directory, sp } = await assigned();
      const appId = directory.state.servicePrincipals.get(sp)?.appId;
      expect((await probe.get(`/servicePrincipals/${appId}`)).status).toBe(404);
      expect((await probe.get(`/servicePrincipals(appId='${appId}')?$select=id`)).body.id).toBe(sp);
      expect((await probe.get('/servicePrincipals/zendesk')).body.error.code).toBe('Request_BadRequest');
    });

    it('of deleted principals vanish, come back with a restore, and linger when told to', async () => {
      const { directory, ann, bob, list, assignments } = await assigned();
      directory.softDeleteUser(ann);
      expect(ids(await probe.all(list))).toEqual([assignments[2]]);
      directory.restoreUser(ann);
      directory.hardDeleteUser(bob);
      expect(ids(await probe.all(list))).toEqual(assignments.slice(0, 2));
      graph.faults.lingeringAssignments = true;
      expect(ids(await probe.all(list))).toEqual(assignments);
    });

    it('can look empty with 200', async () => {
      const { list } = await assigned();
      graph.faults.emptyAppRoleAssignedTo = true;
      const answer = await probe.get(list);
      expect([answer.status, answer.body.value]).toEqual([200, []]);
    });
  });

  describe('permissions', () => {
    it.each([
      ['User.Read.All', '/users'],
      ['User.Read.All', '/users/delta'],
      ['User.Read.All', '/directory/deletedItems/microsoft.graph.user'],
      ['GroupMember.Read.All', '/groups'],
      ['GroupMember.Read.All', '/groups/delta'],
      ['Application.Read.All', '/servicePrincipals'],
      ['Organization.Read.All', '/organization'],
    ])('%s opens %s, and nothing else does', async (permission, path) => {
      const every = ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All', 'Mail.Send', 'Organization.Read.All'];
      await start({ permissions: every.filter((other) => other !== permission) });
      const denied = await probe.get(path);
      expect([denied.status, denied.body.error.code]).toEqual([403, 'Authorization_RequestDenied']);
      graph.permissions.clear();
      graph.permissions.add(permission);
      expect((await probe.get(path)).status).toBe(200);
    });

    it('Mail.Send is needed to send mail, in the words of Exchange', async () => {
      await start({ permissions: ['User.Read.All'] });
      const id = person('ann');
      const mail = { message: { subject: 's', toRecipients: [{ emailAddress: { address: 'it@x.example' } }] } };
      expect((await probe.post(`/users/${id}/sendMail`, mail)).body.error.code).toBe('ErrorAccessDenied');
      graph.permissions.add('Mail.Send');
      expect((await probe.post(`/users/${id}/sendMail`, mail)).status).toBe(202);
      expect((await probe.post(`/users/${id}/sendMail`, { message: { toRecipients: [] } })).status).toBe(400);
      expect(graph.sentMail).toHaveLength(1);
    });

    it('deleted groups need more than live ones', async () => {
      const directory = await start();
      const id = directory.addGroup({ displayName: 'U', groupTypes: ['Unified'] });
      directory.deleteGroup(id);
      expect((await probe.get(`/directory/deletedItems/${id}`)).status).toBe(403);
      graph.permissions.add('Group.Read.All');
      expect((await probe.get(`/directory/deletedItems/${id}`)).body.id).toBe(id);
    });

    it('a wrong token and none are 401', async () => {
      await start({ token: 'right' });
      const codes = await Promise.all(
        ['right', 'wrong', ''].map(async (token) => (await new GraphProbe(graph.url, token).get('/users')).status),
      );
      expect(codes).toEqual([200, 401, 401]);
    });
  });

  describe('faults', () => {
    it('hit the next matching requests, so many times, after so many', async () => {
      await start();
      graph.faults.next({
        method: 'GET',
        path: /^\/users/,
        status: 503,
        headers: { 'Retry-After': '2' },
        body: '<html>busy</html>',
        times: 2,
        skip: 1,
      });
      const statuses: number[] = [];
      for (const path of ['/users', '/groups', '/users', '/users', '/users']) {
        const response = await fetch(graph.url + path, { headers: { authorization: 'Bearer x' } });
        statuses.push(response.status);
        if (response.status === 503) expect(await response.text()).toBe('<html>busy</html>');
      }
      expect(statuses).toEqual([200, 200, 503, 503, 200]);
    });

    it('cut connections, answers and links, and delay', async () => {
      const directory = await start();
      for (let index = 0; index < 150; index += 1) directory.addGroup({ displayName: `G${index}` });
      graph.faults.next({ reset: true });
      await expect(probe.get('/groups')).rejects.toThrow();
      graph.faults.next({ cutAfterBytes: 50 });
      await expect(probe.get('/groups')).rejects.toThrow();
      graph.faults.next({ dropNextLink: true });
      expect(await probe.all('/groups')).toHaveLength(100);
      expect(await probe.all('/groups')).toHaveLength(150);
      graph.faults.next({ delayMs: 60 });
      const before = performance.now();
      expect((await probe.get('/groups')).status).toBe(200);
      expect(performance.now() - before).toBeGreaterThan(50);
    });

    it('make single objects unavailable, and hit inside a batch too', async () => {
      await start();
      const [ann, bob] = [person('ann'), person('bob')];
      graph.faults.unavailable.add(ann);
      graph.faults.throttle(1, 9, new RegExp(bob));
      const requests = [ann, bob, person('eve')].map((id, index) => ({ id: String(index), method: 'GET', url: `/users/${id}` }));
      const answer = await probe.post('/$batch', { requests });
      type Inner = { id: string; status: number; headers: Record<string, string> };
      const responses = (answer.body as unknown as { responses: Inner[] }).responses;
      expect(responses.map(({ id, status }) => [id, status])).toEqual([
        ['2', 200],
        ['1', 429],
        ['0', 503],
      ]);
      expect(responses[1]?.headers['Retry-After']).toBe('9');
      expect(graph.stats.count).toBe(1);
      expect(graph.stats.byRoute.get('GET /users/{id}')).toBe(3);
    });

    it('a batch of more than 20, or with an id twice, is refused', async () => {
      await start();
      const requests = (count: number) =>
        Array.from({ length: count }, (_, id) => ({ id: String(id), method: 'GET', url: '/users' }));
      expect((await probe.post('/$batch', { requests: requests(20) })).status).toBe(200);
      expect((await probe.post('/$batch', { requests: requests(21) })).status).toBe(400);
      expect((await probe.post('/$batch', { requests: [...requests(1), ...requests(1)] })).status).toBe(400);
    });

    it('replication delay answers from the state before, for so many requests', async () => {
      const directory = await start();
      const id = person('ann');
      const group = directory.addGroup({ displayName: 'G' });
      graph.faults.replicationDelay = 2;
      directory.addMember(group, id);
      const read = async () => (await probe.all(`/groups/${group}/members?$select=id`)).length;
      expect([await read(), await read(), await read()]).toEqual([0, 0, 1]);
    });
  });

  it('is quick with 10,000 users and 50,000 memberships', async () => {
    const directory = new SimulatedDirectory();
    const sp = directory.addServicePrincipal({ displayName: 'Zendesk' });
    const people = Array.from({ length: 10_000 }, (_, index) =>
      directory.addUser({ userPrincipalName: `p${index}@x.example`, displayName: `P${index}` }),
    );
    for (let number = 0; number < 50; number += 1) {
      const group = directory.addGroup({ displayName: `G${number}` });
      for (let index = 0; index < 1000; index += 1) directory.addMember(group, people[(number * 200 + index) % 10_000] ?? '');
      directory.assign(group, undefined, sp);
    }
    for (const id of people) directory.assign(id, undefined, sp);
    await start({ directory });
    const before = process.cpuUsage();
    expect((await probe.round('/users/delta?$select=displayName,mail,manager')).value).toHaveLength(10_000);
    const groups = await probe.round('/groups/delta?$select=displayName,members');
    expect(groups.value.reduce((sum, group) => sum + (group['members@delta'] as unknown[]).length, 0)).toBe(50_000);
    expect(await probe.all(`/servicePrincipals/${sp}/appRoleAssignedTo?$top=999`)).toHaveLength(10_050);
    for (const id of people.slice(0, 300)) directory.disableUser(id);
    expect((await probe.round('/users/delta?$select=accountEnabled')).value).toHaveLength(10_000);
    // Some hundred requests in under a second here; the bound is for slow machines.
    expect(cpuMsSince(before)).toBeLessThan(10_000);
  });
});
