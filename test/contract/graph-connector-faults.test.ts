import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { type GraphConnector, makeGraphConnector } from '../../src/adapters/graph/connector';
import type { GraphRequestEvent } from '../../src/adapters/graph/http';
import { ProvisioningError, ThrottledError, WatermarkExpiredError } from '../../src/core/errors';
import { type SourceId, sourceId } from '../../src/core/model';
import { collect, readRound } from './source-connector-suite';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const servicePrincipalId = '99999999-9999-4999-8999-999999999999';

/** The error that a call ends in. */
async function failureOf(call: () => Promise<unknown>): Promise<ProvisioningError> {
  const error = await call().then(
    (value) => new Error(`no failure but ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProvisioningError) return error;
  throw error;
}

describe('graph connector › faults of the simulator', () => {
  let simulator: GraphSimulator;
  let directory: SimulatedDirectory;
  let source: GraphConnector;
  let slept: number[];
  let events: GraphRequestEvent[];
  let ann: SourceId;
  let team: SourceId;

  const connect = (id = servicePrincipalId, token = 'sim-token') =>
    makeGraphConnector({
      baseUrl: simulator.url,
      servicePrincipalId: id,
      credential: { kind: 'token', token },
      clock: () => new Date(),
      logger: silent,
      sleep: async (ms) => void slept.push(ms),
      onRequest: (event) => void events.push(event),
    });

  beforeEach(async () => {
    slept = [];
    events = [];
    directory = new SimulatedDirectory();
    directory.addServicePrincipal({
      id: servicePrincipalId,
      displayName: 'Zendesk',
      appId: '88888888-8888-4888-8888-888888888888',
    });
    directory.addAppRole(servicePrincipalId, { displayName: 'Agent', value: 'agent' });
    ann = sourceId(directory.addUser({ userPrincipalName: 'ann@acme.test', displayName: 'Ann', mail: 'ann@acme.test' }));
    team = sourceId(directory.addGroup({ displayName: 'Team' }));
    directory.addMember(team, ann);
    directory.assign(ann, undefined, servicePrincipalId);
    simulator = await startGraphSimulator({ directory, token: 'sim-token' });
    source = connect();
  });
  afterEach(() => simulator.close());

  const startRound = () => source.readUserChanges(undefined, []);

  test('429 tells the whole wait at once, and nothing is repeated', async () => {
    simulator.faults.throttle(1, 1800, /users\/delta/);
    const error = await failureOf(startRound);
    expect(error instanceof ThrottledError && error.retryAfterMs).toBe(1_800_000);
    expect(slept).toEqual([]);
    expect(simulator.stats.count).toBe(1);
  });

  test('a short outage passes unnoticed, after waiting as told', async () => {
    simulator.faults.next({ path: /users\/delta/, status: 503, headers: { 'Retry-After': '9' } });
    simulator.faults.next({ path: /users\/delta/, reset: true });
    expect((await startRound()).changes).toHaveLength(1);
    expect(slept).toEqual([9_000, 2_000]);
    expect(events.map((event) => event.status)).toEqual([503, 0, 200]);
  });

  test('a long outage is told, without waiting for it', async () => {
    simulator.faults.next({ path: /users\/delta/, status: 503, headers: { 'Retry-After': '11' } });
    expect((await failureOf(startRound)).code).toBe('PROV_SOURCE_UNAVAILABLE');
    expect(slept).toEqual([]);
    simulator.faults.next({ path: /users\/delta/, status: 500, times: 3 });
    expect((await failureOf(startRound)).code).toBe('PROV_SOURCE_UNAVAILABLE');
    expect(slept).toHaveLength(2);
  });

  test('answers that are cut, not JSON, or without a link are no answers', async () => {
    simulator.faults.next({ path: /users\/delta/, cutAfterBytes: 40, times: 3 });
    expect((await failureOf(startRound)).code).toBe('PROV_SOURCE_UNAVAILABLE');
    for (const body of [
      '<html>sign in</html>',
      [],
      'null',
      { value: 'x' },
      { value: [{ displayName: 'no id' }], '@odata.deltaLink': `${simulator.url}/x` },
    ]) {
      simulator.faults.next({ path: /users\/delta/, status: 200, body });
      expect((await failureOf(startRound)).code).toBe('PROV_SOURCE_UNEXPECTED');
    }
    simulator.faults.next({ path: /users\/delta/, dropNextLink: true });
    expect((await failureOf(startRound)).code).toBe('PROV_SOURCE_UNEXPECTED');
  });

  test('410 with a Location gives the restart link; it works', async () => {
    const { watermark } = await readRound((link) => source.readUserChanges(link, []));
    simulator.faults.delta.resets = 1;
    const error = await failureOf(() => source.readUserChanges(watermark, []));
    const restart = error instanceof WatermarkExpiredError ? error.restartLink : undefined;
    expect(restart).toEqual(expect.any(String));
    expect((await source.readUserChanges(restart, [])).changes).toHaveLength(1);
  });

  test.each([
    ['User.Read.All', () => startRound()],
    ['GroupMember.Read.All', () => source.readGroupChanges(undefined, [team], [])],
    ['Application.Read.All', () => source.readApplication()],
    ['Application.Read.All', () => collect(source.listAssignments())],
  ])('without %s the error names it', async (permission, call) => {
    simulator.permissions.delete(permission);
    const error = await failureOf(call);
    expect(error.code).toBe('PROV_SOURCE_UNAUTHORIZED');
    expect(error.message).toContain(permission);
  });

  test('a wrong token is refused, and never printed', async () => {
    const error = await failureOf(() => connect(servicePrincipalId, 'wr0ng-token').readApplication());
    expect(error.code).toBe('PROV_SOURCE_UNAUTHORIZED');
    expect(JSON.stringify([error.message, error.stack])).not.toContain('wr0ng-token');
  });

  test('a row with nulls for what identifies a user is incomplete, and a direct read unknown', async () => {
    const row = { id: ann, userPrincipalName: null, accountEnabled: null, displayName: null };
    simulator.faults.next({
      path: /users\/delta/,
      status: 200,
      body: { value: [row], '@odata.deltaLink': `${simulator.url}/users/delta?x` },
    });
    expect((await startRound()).changes).toEqual([expect.objectContaining({ id: ann, isComplete: false })]);
    simulator.faults.next({ path: /users/, status: 200, body: row });
    expect(await source.readUser(ann, [])).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('User.Read.All') });
  });

  test('a 404 that is not the directory speaking proves nothing', async () => {
    const missing = await collect(source.listAssignments());
    for (const body of ['<html>not here</html>', {}, { error: { code: 'NotFound', message: 'proxy' } }]) {
      simulator.faults.next({ path: /.*/, status: 404, body, times: 2 });
      expect(await source.readUser(ann, [])).toMatchObject({ kind: 'unknown' });
      simulator.faults.clearRules();
      simulator.faults.next({ path: /.*/, status: 404, body });
      expect(await source.readAssignmentsOf({ id: ann, type: 'User', missing })).toMatchObject({ kind: 'unknown' });
    }
  });

  test('with the enterprise application gone, no assignment is proved gone', async () => {
    const missing = await collect(source.listAssignments());
    const elsewhere = connect('77777777-7777-4777-8777-777777777777');
    expect(await elsewhere.readAssignmentsOf({ id: ann, type: 'User', missing })).toMatchObject({ kind: 'unknown' });
  });

  test('an empty assignment list is refuted by the direct read', async () => {
    const missing = await collect(source.listAssignments());
    simulator.faults.emptyAppRoleAssignedTo = true;
    expect(await collect(source.listAssignments())).toEqual([]);
    expect(await source.readAssignmentsOf({ id: ann, type: 'User', missing })).toEqual({ kind: 'known', assignments: missing });
  });

  test('a link into the list that has grown old is told apart from every other refusal', async () => {
    for (let count = 0; count < 1_000; count += 1)
      directory.assign(
        ann,
        directory.addAppRole(servicePrincipalId, { displayName: `R${count}`, value: `r${count}` }),
        servicePrincipalId,
      );
    const { next } = await source.readAssignments(undefined);
    simulator.faults.next({
      query: /skiptoken/,
      status: 400,
      body: { error: { code: 'Directory_ExpiredPageToken', message: '' } },
    });
    await expect(source.readAssignments(next)).rejects.toBeInstanceOf(WatermarkExpiredError);
    simulator.faults.next({ query: /skiptoken/, status: 400 });
    expect((await failureOf(() => source.readAssignments(next))).code).toBe('PROV_SOURCE_UNEXPECTED');
  });

  test('an assignment made in the place of the one that was known is found, also under a new name', async () => {
    const missing = await collect(source.listAssignments());
    directory.unassign(missing[0]?.id ?? '');
    directory.updateUser(ann, { displayName: "Ann O'Neil" });
    const id = directory.assign(ann, undefined, servicePrincipalId);
    const read = await source.readAssignmentsOf({ id: ann, type: 'User', missing });
    expect(read).toMatchObject({ kind: 'known', assignments: [{ id, principalId: ann }] });
  });

  test('a principal that cannot be read, or read in part only, has no assignments proved gone', async () => {
    const missing = await collect(source.listAssignments());
    directory.unassign(missing[0]?.id ?? '');
    const ask = () => source.readAssignmentsOf({ id: ann, type: 'User', missing });
    simulator.faults.next({ path: /users/, status: 200, body: { id: ann, displayName: null } });
    expect(await ask()).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('User.Read.All') });
    simulator.faults.next({ path: /appRoleAssignedTo$/, query: /principalDisplayName/, status: 403 });
    expect(await ask()).toMatchObject({ kind: 'unknown' });
    expect(await ask()).toEqual({ kind: 'known', assignments: [] });
  });

  test('hidden membership never passes for an empty group', async () => {
    directory.updateGroup(team, { visibility: 'HiddenMembership' });
    expect((await failureOf(() => collect(source.listMembers(team)))).message).toContain('Member.Read.Hidden');
    expect(await source.proveMembershipGone(team, ann)).toMatchObject({ kind: 'unknown' });
    const { changes } = await readRound((link) => source.readGroupChanges(link, [team], []));
    expect(changes).toEqual([expect.objectContaining({ id: team, isComplete: false })]);
  });

  test('the manager: id from delta, the rest by a read of its own, both in a direct read', async () => {
    const boss = directory.addUser({ userPrincipalName: 'boss@acme.test', displayName: 'Boss' });
    directory.setManager(ann, boss);
    const asked = ['manager', 'manager.displayName'];
    const told = (changes: Awaited<ReturnType<typeof readRound>>['changes']) => {
      const change = changes.findLast((one) => one.id === ann);
      return change?.kind === 'present' ? [change.attributes.manager, change.attributes['manager.displayName']] : undefined;
    };
    const first = await readRound((link) => source.readUserChanges(link, asked));
    expect(told(first.changes)).toEqual([boss, 'Boss']);
    const read = await source.readUser(ann, asked);
    expect(read.kind === 'present' && [read.attributes.manager, read.attributes['manager.displayName']]).toEqual([boss, 'Boss']);
    directory.setManager(ann, undefined);
    expect(told((await readRound((link) => source.readUserChanges(link, asked), first.watermark)).changes)).toEqual([null, null]);
  });

  describe('mail', () => {
    const mail = {
      sender: 'ann@acme.test',
      to: ['ops@acme.test'],
      subject: 'One\r\nBcc: x@y.z',
      text: 'plain',
      html: '<p>rich</p>',
    };

    test('goes out once, not saved, on one subject line', async () => {
      await source.sendMail(mail);
      expect(simulator.sentMail).toEqual([expect.objectContaining({ senderId: ann, saveToSentItems: false })]);
      expect(simulator.sentMail[0]?.message).toEqual({
        subject: 'One Bcc: x@y.z',
        body: { contentType: 'HTML', content: '<p>rich</p>' },
        toRecipients: [{ emailAddress: { address: 'ops@acme.test' } }],
      });
    });

    test('a denial names RBAC for Applications; a failure is not repeated', async () => {
      simulator.permissions.delete('Mail.Send');
      const error = await failureOf(() => source.sendMail(mail));
      expect(error.code).toBe('PROV_SOURCE_UNAUTHORIZED');
      expect(error.message).toMatch(/RBAC for Applications/);
      simulator.permissions.add('Mail.Send');
      simulator.faults.next({ method: 'POST', status: 503 });
      expect((await failureOf(() => source.sendMail(mail))).code).toBe('PROV_SOURCE_UNAVAILABLE');
      expect(simulator.sentMail).toEqual([]);
    });
  });

  describe('probe', () => {
    const failed = (rows: Awaited<ReturnType<GraphConnector['probeSource']>>) =>
      rows.filter((row) => row.status === 'fail').map((row) => row.name);

    test('all well: every row passes, and nothing but GET was sent', async () => {
      simulator.recordTraffic = true;
      const rows = await source.probeSource();
      expect(rows.map((row) => row.status)).toEqual(rows.map(() => 'pass'));
      expect(rows.length).toBeGreaterThanOrEqual(6);
      expect(new Set(simulator.traffic.map((one) => one.method))).toEqual(new Set(['GET']));
      expect((await source.probeSource({ isMailConfigured: true })).at(-1)).toMatchObject({
        status: 'warn',
        action: expect.stringContaining('RBAC'),
      });
    });

    test.each([
      ['User.Read.All', ['Users (User.Read.All)', 'Deleted users (User.Read.All)']],
      ['GroupMember.Read.All', ['Groups and members (GroupMember.Read.All)']],
      ['Application.Read.All', ['Enterprise application']],
    ])('without %s exactly its rows fail, and say what to grant', async (permission, expected) => {
      simulator.permissions.delete(permission);
      const rows = await source.probeSource();
      expect(failed(rows)).toEqual(expected);
      for (const row of rows.filter((one) => one.status === 'fail')) expect(row.action).toContain(permission);
    });

    test('a wrong token: one row, what to check', async () => {
      const rows = await connect(servicePrincipalId, 'nope').probeSource();
      expect(rows).toEqual([expect.objectContaining({ status: 'fail', action: expect.stringContaining('managed identity') })]);
    });

    test('the client id in place of the object id is recognised', async () => {
      const rows = await connect('88888888-8888-4888-8888-888888888888').probeSource();
      expect(rows.find((row) => row.name === 'Enterprise application')).toMatchObject({
        status: 'fail',
        action: expect.stringContaining(servicePrincipalId),
      });
    });
  });
});

describe('graph connector › hosts', () => {
  const tokens: string[] = [];
  const answers = new Map<string, unknown>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    tokens.push(`${request.headers.host} ${request.headers.authorization ?? ''}`);
    const answer = answers.get(request.url?.split('?')[0] ?? '');
    if (typeof answer === 'string') response.writeHead(302, { location: answer }).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  };
  const [mine, theirs] = [createServer(serve), createServer(serve)];
  let base = '';
  let foreign = '';

  beforeAll(async () => {
    for (const server of [mine, theirs]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(mine.address() as AddressInfo).port}`;
    foreign = `http://127.0.0.1:${(theirs.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const server of [mine, theirs]) {
      server.close();
      server.closeAllConnections();
    }
  });
  beforeEach(() => {
    tokens.length = 0;
    answers.clear();
  });

  const connect = () =>
    makeGraphConnector({
      baseUrl: `${base}/v1.0`,
      servicePrincipalId,
      credential: { kind: 'token', token: 'precious' },
      clock: () => new Date(),
      sleep: async () => {},
      logger: silent,
    });
  const abroad = (): string[] => tokens.filter((seen) => seen.startsWith(foreign.slice('http://'.length)));

  test('a stored link, a page link and a redirect to another host are not followed', async () => {
    expect((await failureOf(() => connect().readUserChanges(`${foreign}/v1.0/users/delta?x`, []))).code).toBe(
      'PROV_SOURCE_UNEXPECTED',
    );
    expect((await failureOf(() => connect().readUserChanges('users/delta', []))).code).toBe('PROV_SOURCE_UNEXPECTED');
    const list = `/v1.0/servicePrincipals/${servicePrincipalId}/appRoleAssignedTo`;
    answers.set(list, { value: [], '@odata.nextLink': `${foreign}/v1.0/next` });
    expect((await failureOf(() => collect(connect().listAssignments()))).code).toBe('PROV_SOURCE_UNEXPECTED');
    answers.set(list, `${foreign}/v1.0/elsewhere`);
    expect((await failureOf(() => collect(connect().listAssignments()))).code).toBe('PROV_SOURCE_UNEXPECTED');
    expect(tokens).toHaveLength(2);
    expect(abroad()).toEqual([]);
  });

  test('a list that leads back to itself ends in an error', async () => {
    const list = `/v1.0/servicePrincipals/${servicePrincipalId}/appRoleAssignedTo`;
    answers.set(list, { value: [], '@odata.nextLink': `${base}${list}?again` });
    expect((await failureOf(() => collect(connect().listAssignments()))).code).toBe('PROV_SOURCE_UNEXPECTED');
  });

  test('lists go on over pages, empty ones too, to the end', async () => {
    const row = (id: string) => ({ id, principalId: id, principalType: 'User', principalDisplayName: null, appRoleId: 'r' });
    const list = `/v1.0/servicePrincipals/${servicePrincipalId}/appRoleAssignedTo`;
    answers.set(list, { value: [row('a')], '@odata.nextLink': `${base}/v1.0/page2` });
    answers.set('/v1.0/page2', { value: [], '@odata.nextLink': `${base}/v1.0/page3` });
    answers.set('/v1.0/page3', { value: [row('b')] });
    expect((await collect(connect().listAssignments())).map((assignment) => assignment.id)).toEqual(['a', 'b']);
    answers.set('/v1.0/page3', { value: [{ ...row('b'), principalId: null }] });
    expect((await failureOf(() => collect(connect().listAssignments()))).code).toBe('PROV_SOURCE_UNEXPECTED');
  });

  test('links are sent byte for byte', async () => {
    const asked: string[] = [];
    mine.on('request', (request: IncomingMessage) => asked.push(request.url ?? ''));
    answers.set('/v1.0/users/delta', { value: [], '@odata.deltaLink': `${base}/v1.0/users/delta?$deltatoken=a` });
    const opaque = '/v1.0/users/delta?$skiptoken=a%2Bb==&z=1&$select=b,a&y&y=%41';
    await connect().readUserChanges(`${base}${opaque}`, []);
    expect(asked).toEqual([opaque]);
  });

  test('nobody listens: unavailable', async () => {
    const connector = makeGraphConnector({
      baseUrl: 'http://127.0.0.1:1/v1.0',
      servicePrincipalId,
      credential: { kind: 'token', token: 't' },
      clock: () => new Date(),
      sleep: async () => {},
      logger: silent,
    });
    expect((await failureOf(() => connector.readApplication())).code).toBe('PROV_SOURCE_UNAVAILABLE');
  });
});
