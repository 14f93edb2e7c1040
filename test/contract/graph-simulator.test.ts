import { buildDemoDirectory, type DemoDirectory } from '../../local/demo/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { makeGraphConnector } from '../../src/adapters/graph/connector';
import { LONGEST_SUBSCRIPTION_MS } from '../../src/ports/change-subscriptions';
import { type GraphContract, loadGraphContract } from '../support/graph-contract';
import { GraphProbe } from '../support/graph-probe';
import { serveHandler, silentContext } from '../support/serve-handler';

describe('the Graph simulator keeps to the official contract', () => {
  let contract: GraphContract | undefined;
  let demo: DemoDirectory;
  let graph: GraphSimulator;
  let probe: GraphProbe;

  beforeAll(async () => {
    contract = await loadGraphContract();
    if (contract === undefined) console.warn('SKIPPED: the official Graph documents are not beside the repository');
    demo = buildDemoDirectory({ people: 150 });
    const permissions = ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All', 'Mail.Send', 'Organization.Read.All'];
    graph = await startGraphSimulator({ directory: demo.directory, recordTraffic: true, permissions });
    probe = new GraphProbe(graph.url);
  });

  afterAll(() => graph.close());
  beforeEach(() => {
    graph.traffic.length = 0;
  });

  /** All traffic recorded so far, requests and answers, against the contract. */
  async function expectTrafficToConform(): Promise<void> {
    expect(graph.traffic.length).toBeGreaterThan(0);
    if (contract === undefined) return;
    const problems: string[] = [];
    for (const { method, path, query, requestHeaders, requestBody, status, responseBody } of graph.traffic) {
      const request = { method, path, query, headers: requestHeaders, body: requestBody };
      if (status < 400) problems.push(...(await contract.validateRequest(request)));
      problems.push(...(await contract.validateResponse(request, { status, body: responseBody })));
    }
    expect([...new Set(problems)]).toEqual([]);
  }

  const advanced = { ConsistencyLevel: 'eventual' };
  const paths = (): readonly (readonly [string, Record<string, string>?])[] => {
    const sp = `/servicePrincipals/${demo.servicePrincipalId}`;
    const support = `/groups/${demo.groups['Customer Support']}`;
    const user = `/users/${demo.cast.severalRoles}`;
    const name = encodeURIComponent(demo.directory.user(demo.cast.guest)?.userPrincipalName ?? '');
    const assignment = demo.directory.assignments()[0]?.id ?? '';
    return [
      ['/users'],
      ['/users?$select=id,displayName,mail&$top=50&$count=true', advanced],
      ["/users?$filter=userPrincipalName eq 'x@y.example' or startswith(displayName,'A')"],
      ['/users?$expand=manager($select=id,displayName)&$top=5'],
      [user],
      [`${user}?$select=id,displayName,accountEnabled,onPremisesExtensionAttributes,businessPhones&$expand=manager`],
      [`/users/${name}?$select=id,userType`],
      [`${user}/manager`],
      [`${user}/memberOf`],
      [`${user}/memberOf/microsoft.graph.group?$count=true&$select=id,displayName`, advanced],
      [`${user}/transitiveMemberOf?$select=id`],
      [`${user}/transitiveMemberOf/microsoft.graph.group?$count=true&$select=id`, advanced],
      ['/users/delta?$select=displayName,mail,manager,accountEnabled,createdDateTime'],
      ['/users/delta'],
      ['/users/delta?$deltatoken=latest'],
      ['/groups'],
      ['/groups?$select=id,displayName&$filter=securityEnabled eq true'],
      [support],
      [`${support}/members`],
      [`${support}/members?$select=id,displayName,userPrincipalName,securityEnabled&$top=3`],
      [`${support}/members/microsoft.graph.user?$count=true&$select=id`, advanced],
      [`${support}/members/microsoft.graph.group?$count=true`, advanced],
      [`${support}/transitiveMembers?$select=id`],
      [`${support}/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=999`, advanced],
      [`${support}/transitiveMembers/microsoft.graph.group?$count=true`, advanced],
      ['/groups/delta?$select=displayName,description,members'],
      ['/groups/delta'],
      ['/servicePrincipals?$select=id,appId,displayName'],
      [sp],
      [`${sp}?$select=id,appId,displayName,appRoles`],
      [`/servicePrincipals(appId='${demo.directory.state.servicePrincipals.get(demo.servicePrincipalId)?.appId}')`],
      [`${sp}/appRoleAssignedTo?$top=7`],
      [`${sp}/appRoleAssignedTo/${assignment}`],
      ['/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime'],
      ['/directory/deletedItems/microsoft.graph.user'],
      ['/organization'],
    ];
  };

  it('in every endpoint that the app reads, page by page', async () => {
    demo.directory.softDeleteUser(demo.directory.users()[80]?.id ?? '');
    for (const [path, headers] of paths()) {
      const pages = await probe.pages(path, headers);
      expect([path, pages.every((page) => page.status === 200)]).toEqual([path, true]);
    }
    await probe.get(`/directory/deletedItems/${[...demo.directory.state.deletedUsers.keys()][0]}`);
    await expectTrafficToConform();
    const routes = new Set([...graph.stats.byRoute.keys()]);
    expect(routes.size).toBeGreaterThanOrEqual(25);
  });

  it('in later delta rounds, minimal and whole, with changes of every kind', async () => {
    const users = await probe.round('/users/delta?$select=displayName,mail,manager,accountEnabled');
    const groups = await probe.round('/groups/delta?$select=displayName,members');
    demo.directory.updateUser(demo.cast.guest, { displayName: 'Lena H.', mail: null });
    demo.directory.softDeleteUser(demo.cast.toAdopt);
    demo.directory.hardDeleteUser(demo.cast.toDisable);
    demo.directory.setManager(demo.cast.guest, demo.cast.existingAdmin);
    demo.directory.deleteGroup(demo.groups['Social Club'] ?? '');
    for (const headers of [{}, { Prefer: 'return=minimal' }]) {
      expect((await probe.round(users.deltaLink, headers)).value).toHaveLength(3);
      expect((await probe.round(groups.deltaLink, headers)).value.length).toBeGreaterThan(1);
    }
    await expectTrafficToConform();
  });

  it('in sendMail and $batch', async () => {
    const message = {
      subject: 'Provisioning failed for 3 users',
      body: { contentType: 'html', content: '<p>3 users</p>' },
      toRecipients: [{ emailAddress: { address: 'it@alpenglow.example' } }],
    };
    const mail = await probe.post(`/users/${demo.cast.guest}/sendMail`, { message, saveToSentItems: false });
    expect([mail.status, mail.body]).toEqual([404, expect.objectContaining({ error: expect.anything() })]);
    expect((await probe.post(`/users/${demo.cast.chiefExecutive}/sendMail`, { message, saveToSentItems: false })).status).toBe(
      202,
    );
    expect(graph.sentMail.map((sent) => [sent.senderId, sent.message.subject, sent.saveToSentItems])).toEqual([
      [demo.cast.chiefExecutive, 'Provisioning failed for 3 users', false],
    ]);
    const requests = [
      { id: '1', method: 'GET', url: `/users/${demo.cast.guest}?$select=id,displayName` },
      { id: '2', method: 'GET', url: '/groups?$top=2' },
      { id: '3', method: 'GET', url: '/users/nobody@nowhere.example' },
    ];
    const batch = await probe.post('/$batch', { requests });
    const responses = (batch.body as unknown as { responses: { id: string; status: number }[] }).responses;
    expect(responses.map(({ id, status }) => [id, status]).sort()).toEqual([
      ['1', 200],
      ['2', 200],
      ['3', 404],
    ]);
    await expectTrafficToConform();
  });

  it('in its errors: 400, 401, 403, 404, 410, 429, 503', async () => {
    const { deltaLink } = await probe.round('/users/delta?$select=displayName');
    graph.faults.throttle(1, 7, /^\/users$/);
    const statuses = [
      await probe.get('/users'),
      await probe.get('/users?$select=nonsense'),
      await probe.get('/users/nobody'),
      await probe.get('/nothing/here'),
      await new GraphProbe(graph.url, '').get('/users'),
    ];
    graph.faults.delta.expired = true;
    statuses.push(await probe.get(deltaLink));
    graph.faults.unavailable.add(demo.cast.guest);
    statuses.push(await probe.get(`/users/${demo.cast.guest}`));
    graph.permissions.delete('User.Read.All');
    statuses.push(await probe.get('/users'));
    graph.permissions.add('User.Read.All');
    graph.faults.unavailable.clear();
    expect(statuses.map((answer) => answer.status)).toEqual([429, 400, 404, 400, 401, 410, 503, 403]);
    expect(statuses[0]?.headers.get('retry-after')).toBe('7');
    for (const answer of statuses)
      expect(answer.body.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    await expectTrafficToConform();
  });

  it('and the contract would notice if it did not', async () => {
    if (contract === undefined) return;
    const users = { method: 'GET', path: '/users' };
    expect(await contract.validateRequest({ ...users, query: '$select=id,nonsense' })).toHaveLength(1);
    expect(await contract.validateRequest({ ...users, query: '$top=many' })).toHaveLength(1);
    expect(await contract.validateRequest({ ...users, query: 'top=5' })).not.toEqual([]);
    expect(await contract.validateRequest({ method: 'GET', path: '/nothing' })).toHaveLength(1);
    expect(
      await contract.validateRequest({ method: 'POST', path: '/users/a/sendMail', body: { saveToSentItems: true } }),
    ).toHaveLength(1);
    const inner = { id: '1', method: 'GET', url: '/users?$select=nonsense' };
    expect(await contract.validateRequest({ method: 'POST', path: '/$batch', body: { requests: [inner] } })).toHaveLength(1);
    expect(
      await contract.validateResponse(users, { status: 200, body: { value: [{ id: 5, accountEnabled: 'perhaps' }] } }),
    ).not.toEqual([]);
    expect(await contract.validateResponse(users, { status: 200, body: { value: [{ nickname: 'x' }] } })).toHaveLength(1);
    expect(await contract.validateResponse(users, { status: 200, body: { value: {} } })).not.toEqual([]);
    expect(await contract.validateResponse(users, { status: 404, body: { message: 'no envelope' } })).not.toEqual([]);
  });

  test('subscriptions: what the app sends and gets, creation to end', async () => {
    const served = await serveHandler(() => async (request) => ({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: request.query.get('validationToken') ?? '',
    }));
    graph.permissions.add('Group.Read.All');
    const { subscriptions } = makeGraphConnector({
      baseUrl: graph.url,
      servicePrincipalId: demo.servicePrincipalId,
      credential: { kind: 'token', token: 'any' },
      clock: () => new Date(),
      sleep: async () => undefined,
      logger: silentContext,
    });
    const to = {
      notificationUrl: `http://${served.host}/api/graph-notifications`,
      clientState: 'secret',
      activeUntil: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const users = await subscriptions.subscribe('users', to);
    const groups = await subscriptions.subscribe('groups', to);
    expect(await subscriptions.subscribedTo(to.notificationUrl)).toEqual([users.id, groups.id]);
    expect(await subscriptions.renew(users.id, to.activeUntil)).toEqual(users);
    expect(await subscriptions.renew('gone', to.activeUntil)).toBeUndefined();
    await subscriptions.unsubscribe(users.id);
    await subscriptions.unsubscribe(users.id);
    await subscriptions.unsubscribe(groups.id);
    const tooLong = new Date(Date.now() + LONGEST_SUBSCRIPTION_MS + 600_000).toISOString();
    await expect(subscriptions.subscribe('users', { ...to, activeUntil: tooLong })).rejects.toThrow('400 ValidationError');
    await served.close();
    await expect(subscriptions.subscribe('users', to)).rejects.toThrow('must be reachable from the internet');
    graph.permissions.delete('Group.Read.All');
    await expect(subscriptions.subscribe('groups', to)).rejects.toThrow('Group.Read.All');
    await expectTrafficToConform();
  });
});
