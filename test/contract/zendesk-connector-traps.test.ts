import { startSimServer } from '../../local/http-kit';
import { zendeskFaults } from '../../local/zendesk/faults';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import {
  AlreadyExistsError,
  LicenseLimitError,
  RejectedError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
  UnexpectedResponseError,
} from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { loadZendeskContract } from '../support/zendesk-contract';
import { aNewUser } from './target-connector-suite';
import { apiToken, connectorOptions, makeLog, makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

const USERS = '/api/v2/users';

describe('Zendesk connector › traps', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld();
  });
  afterEach(() => world.close());
  const row = (id: string) => world.simulator.state.users.get(Number(id))!;

  it('trap 1 › an API token still works', async () => {
    const connector = makeZendeskConnector(connectorOptions(world.simulator.url, { auth: apiToken }));
    expect((await connector.describe()).selfId).toBe(targetId(world.simulator.owner.id));
    await connector.close();
  });

  it('trap 2 › the scope is asked for as one text', async () => {
    // The simulator refuses every call of a token whose scope was an array.
    const { findGroups } = world.connector;
    expect(await findGroups('Support')).toHaveLength(1);
  });

  it('trap 3 › a 200 of the anonymous user is no success', async () => {
    const server = await startSimServer((request) =>
      request.path === '/oauth/tokens'
        ? { status: 201, body: { access_token: 't', token_type: 'bearer', scope: 'read write', expires_in: 1800 } }
        : { status: 200, body: { user: { id: null, name: 'Anonymous user', role: 'end-user' } } },
    );
    const connector = makeZendeskConnector(connectorOptions(server.url));
    await expect(connector.describe()).rejects.toThrow(/anonymous/);
    await expect(connector.describe()).rejects.toBeInstanceOf(UnauthorizedError);
    await connector.close();
    await server.close();
  });

  it('trap 3 › nobody but an admin will do', async () => {
    world.simulator.owner.role = 'agent';
    await expect(world.connector.describe()).rejects.toThrow(/not an admin/);
  });

  it('trap 6 › an end user never goes out with a custom role', async () => {
    const { connector } = world;
    const created = await connector.createUser(aNewUser({ role: { role: 'end-user', customRoleId: world.customRoleId } }));
    expect(row(created.id)).toMatchObject({ role: 'end-user', custom_role_id: null });
  });

  it('trap 6 › another role than asked for is noticed', async () => {
    const other = world.simulator.seed.customRole('Other');
    const { connector, simulator } = world;
    const created = await connector.createUser(aNewUser());
    const lie = { ...created, role: undefined };
    const body = { user: { id: Number(created.id), name: 'x', role: 'agent', custom_role_id: other.id, active: true } };
    simulator.faults.next({ method: 'PUT' }, { status: 200, body });
    await expect(
      connector.updateUser({ ...lie, role: created.role }, { role: { role: 'end-user', customRoleId: null } }),
    ).rejects.toMatchObject({
      constructor: RejectedError,
      attribute: 'role',
    });
  });

  describe('trap 7 › a new primary address', () => {
    const steps = [
      ['the list', { method: 'GET', path: /identities$/ }],
      ['the new address', { method: 'POST', path: /identities$/ }],
      ['make primary', { method: 'PUT', path: /make_primary$/ }],
      ['the old address', { method: 'DELETE', path: /identities/ }],
    ] as const;
    it.each(steps)('goes on after a cut connection at %s, before and after the write', async (_name, matcher) => {
      for (const fault of [zendeskFaults.reset(), zendeskFaults.resetAfterWrite()]) {
        const { connector, simulator } = world;
        const start = await connector.createUser(
          aNewUser({ externalId: `${_name}${fault.after}`, email: `old.${fault.after}@example.com` }),
        );
        const wanted = `new.${fault.after}@example.com`;
        simulator.faults.next(matcher, fault);
        await connector
          .updateUser(start, { email: wanted })
          .catch((error: unknown) => expect(error).toBeInstanceOf(UnavailableError));
        // As the engine does: look again, plan again, and take away what an interrupted change left behind.
        const again = await connector.getUser(start.id);
        if (again?.email !== wanted) await connector.updateUser(again!, { email: wanted });
        else await connector.removeEmail(start.id, `old.${fault.after}@example.com`);
        expect(world.user(start.id)).toMatchObject({ email: wanted, emails: [wanted] });
        await connector.deleteUser(start.id);
      }
      expect(world.mails()).toBe(0);
    });

    it('never goes out as `email` of an update, and other addresses stay', async () => {
      const id = world.seedUser({ name: 'Bob', email: 'bob@example.com', otherEmail: 'robert@example.com' });
      const current = await world.connector.getUser(id);
      await world.connector.updateUser(current!, { email: 'b@example.com', name: 'Bob B' });
      expect(world.user(id)).toMatchObject({ email: 'b@example.com', name: 'Bob B' });
      expect([...(world.user(id)?.emails ?? [])].sort()).toEqual(['b@example.com', 'robert@example.com']);
      const puts = world.simulator.stats.writes.filter(({ method, path }) => method === 'PUT' && /users\/\d+$/.test(path));
      expect(JSON.stringify(puts)).not.toContain('email');
    });
  });

  it('trap 8 › a taken address is never taken over', async () => {
    const id = world.seedUser({ name: 'Bob', email: 'bob@example.com' });
    const create = world.connector.createUser(aNewUser({ email: 'bob@example.com' }));
    await expect(create).rejects.toMatchObject({ constructor: AlreadyExistsError, attribute: 'email' });
    expect(world.user(id)).toMatchObject({ externalId: null, name: 'Bob' });
    expect([...world.simulator.stats.byRoute.keys()].join()).not.toContain('create_or_update');
  });

  it('trap 11 › the look-up by external id does not need the index', async () => {
    world.simulator.faults.searchStalled = true;
    const created = await world.connector.createUser(aNewUser());
    expect(await world.connector.findUsers({ attribute: 'email', value: 'ann@example.com' })).toEqual([]);
    const found = await world.connector.findUsers({ attribute: 'external_id', value: aNewUser().externalId });
    expect(found.map(({ id }) => id)).toEqual([created.id]);
  });

  it('trap 12 › errors are told by code in any language', async () => {
    const { connector, simulator } = world;
    simulator.faults.language = 'es';
    await connector.createUser(aNewUser());
    const taken = connector.createUser(aNewUser({ externalId: 'other' }));
    await expect(taken).rejects.toMatchObject({ constructor: AlreadyExistsError, attribute: 'email' });
    // The key and the code of a taken external id are unreliable: seen under `name`, without a code.
    simulator.faults.duplicateExternalId = { key: 'name', code: undefined };
    const taken2 = connector.createUser(aNewUser({ email: 'other@example.com' }));
    await expect(taken2).rejects.toMatchObject({ constructor: AlreadyExistsError, attribute: 'external_id' });
    for (const status of [403, 422] as const) {
      simulator.faults.seatsRefusalStatus = status;
      world.takeAllSeats();
      const agent = connector.createUser(
        aNewUser({ externalId: 'x', email: 'x@example.com', role: { role: 'agent', customRoleId: null } }),
      );
      await expect(agent).rejects.toMatchObject({ constructor: LicenseLimitError, detail: expect.stringContaining('agentes') });
    }
  });

  it('trap 13 › a new organization leaves the other memberships alone', async () => {
    const { connector, simulator } = world;
    const [acme, beta, other] = ['Acme', 'Beta', 'Other'].map((name) => simulator.seed.organization(name));
    const created = await connector.createUser(aNewUser({ attributes: { organization: 'acme' } }));
    expect(created.attributes.organization).toBe('Acme');
    simulator.state.addOrganizationMembership({
      ...simulator.state.organizationMembershipsOf(Number(created.id))[0]!,
      id: simulator.state.nextId(),
      organization_id: other!.id,
      default: false,
    });
    const moved = await connector.updateUser(created, { attributes: { organization: 'Beta' } });
    expect(moved.attributes.organization).toBe('Beta');
    const of = () =>
      simulator.state.organizationMembershipsOf(Number(created.id)).map((membership) => membership.organization_id);
    expect(of().sort()).toEqual([beta!.id, other!.id].sort());
    const left = await connector.updateUser(moved, { attributes: { organization: null } });
    expect(of()).toEqual([other!.id]);
    expect(left.attributes.organization).toBe('Other');
    expect(acme!.id).toBeGreaterThan(0);
    const puts = simulator.stats.writes.filter(({ method, path }) => method === 'PUT' && /users\/\d+$/.test(path));
    expect(JSON.stringify(puts)).not.toContain('organization');
  });

  it('trap 13 › an organization is found by external id, and created only when allowed', async () => {
    world.simulator.seed.organization('Acme', 'acme-1');
    const created = await world.connector.createUser(aNewUser({ attributes: { organization: 'ACME-1' } }));
    expect(created.attributes.organization).toBe('Acme');
    const unknown = world.connector.updateUser(created, { attributes: { organization: 'Nowhere' } });
    await expect(unknown).rejects.toMatchObject({ constructor: RejectedError, attribute: 'organization' });
    const maker = makeZendeskConnector(connectorOptions(world.simulator.url, { createOrganizations: true }));
    expect((await maker.updateUser(created, { attributes: { organization: 'Nowhere' } })).attributes.organization).toBe(
      'Nowhere',
    );
    await maker.close();
  });

  it('trap 13 › two instances that create one organization at once make one', async () => {
    const makers = [1, 2].map(() => makeZendeskConnector(connectorOptions(world.simulator.url, { createOrganizations: true })));
    const people = [1, 2, 3, 4].map((number) =>
      aNewUser({ externalId: `e-${number}`, email: `p${number}@contoso.com`, attributes: { organization: 'Brand New' } }),
    );
    const created = await Promise.all(people.map((person, index) => makers[index % 2]!.createUser(person)));
    expect(created.map(({ attributes }) => attributes.organization)).toEqual(Array(4).fill('Brand New'));
    expect([...world.simulator.state.organizations.values()].filter(({ name }) => name === 'Brand New')).toHaveLength(1);
    for (const maker of makers) await maker.close();
  });

  it('trap 13 › the external ids of organizations are told, and those of a list too', async () => {
    world.simulator.seed.organization('Acme', 'ACME-1');
    world.simulator.seed.organization('Beta');
    const created = await world.connector.createUser(aNewUser({ attributes: { organization: 'Acme' } }));
    expect(created.organizationsByExternalId).toEqual(new Map([['acme-1', 'Acme']]));
    const reader = makeZendeskConnector(connectorOptions(world.simulator.url, { readOrganizations: true }));
    const moved = await reader.updateUser(created, { attributes: { organizations: ['Beta', 'acme-1'] } });
    expect(moved).toMatchObject({ attributes: { organizations: ['Acme', 'Beta'] } });
    expect(moved.organizationsByExternalId).toEqual(new Map([['acme-1', 'Acme']]));
    await reader.close();
  });

  it('trap 13 › one organization per user', async () => {
    world.simulator.features.multipleOrganizations = false;
    for (const name of ['Acme', 'Beta']) world.simulator.seed.organization(name);
    const created = await world.connector.createUser(aNewUser({ attributes: { organization: 'Acme' } }));
    expect((await world.connector.updateUser(created, { attributes: { organization: 'Beta' } })).attributes.organization).toBe(
      'Beta',
    );
    expect(world.simulator.state.organizationMembershipsOf(Number(created.id))).toHaveLength(1);
  });

  it('trap 13 › the list of organizations: those wanted, and those of others', async () => {
    const connector = makeZendeskConnector(connectorOptions(world.simulator.url, { readOrganizations: true }));
    for (const name of ['A', 'B', 'C']) world.simulator.seed.organization(name);
    const created = await connector.createUser(aNewUser({ attributes: { organizations: ['A', 'B'] } }));
    expect(created.attributes.organizations).toEqual(['A', 'B']);
    expect((await connector.updateUser(created, { attributes: { organizations: ['B', 'C'] } })).attributes.organizations).toEqual(
      ['B', 'C'],
    );
    await connector.close();
  });

  it('users are found by phone number and by a custom field', async () => {
    const { simulator, connector } = world;
    simulator.seed.userField('employee_id');
    const ann = simulator.seed.user({
      name: 'Ann',
      email: 'ann@x.example',
      phone: '+47 11',
      user_fields: { employee_id: 'E-9' },
    });
    simulator.seed.user({ name: 'E-9', email: 'e-9@x.example', phone: '+47 111' });
    simulator.flushSearchIndex();
    const found = async (attribute: string, value: string) =>
      (await connector.findUsers({ attribute, value })).map(({ id }) => id);
    expect(await found('user_fields.employee_id', 'e-9')).toEqual([String(ann.id)]);
    expect(await found('phone', '+47 11')).toEqual([String(ann.id)]);
  });

  it('trap 14 › a deleted group is no group', async () => {
    const group = await world.connector.createGroup({ name: 'Gone' });
    await world.connector.deleteGroup(group.id);
    expect(await world.connector.findGroups('Gone')).toEqual([]);
    expect((await world.connector.createGroup({ name: 'Gone' })).id).not.toBe(group.id);
  });

  it('trap 15 › tags are stored whole, and left out while tagging is off', async () => {
    const created = await world.connector.createUser(aNewUser({ attributes: { tags: ['a', 'b'] } }));
    expect((await world.connector.updateUser(created, { attributes: { tags: ['b'] } })).attributes.tags).toEqual(['b']);
    world.simulator.features.userTagging = false;
    const log = makeLog();
    const connector = makeZendeskConnector(connectorOptions(world.simulator.url, { logger: log }));
    await connector.updateUser(created, { attributes: { tags: ['c'] }, name: 'Ann T' });
    expect(JSON.stringify(world.simulator.stats.writes.at(-1)?.body)).not.toContain('tags');
    expect(log.lines.join()).toContain('no place');
    await connector.close();
  });
});

describe('Zendesk connector › answers that get lost', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld();
  });
  afterEach(() => world.close());

  it.each([
    ['500', zendeskFaults.errorAfterWrite()],
    ['a cut connection', zendeskFaults.resetAfterWrite()],
  ])('a user is created once although the answer was %s', async (_name, fault) => {
    const before = world.countUsers();
    world.simulator.faults.next({ method: 'POST', path: USERS }, fault);
    const created = await world.connector.createUser(aNewUser());
    expect(created.email).toBe('ann@example.com');
    expect(world.countUsers()).toBe(before + 1);
  });

  it('nothing was written: said as unavailable, never repeated blindly', async () => {
    world.simulator.faults.next({ method: 'POST', path: USERS }, zendeskFaults.errorBeforeWrite(502));
    await expect(world.connector.createUser(aNewUser())).rejects.toBeInstanceOf(UnavailableError);
    expect(world.simulator.stats.byRoute.get(`POST ${USERS}`)).toBe(1);
  });

  it('a group and a membership likewise', async () => {
    const { connector, simulator } = world;
    simulator.faults.next({ method: 'POST', path: '/api/v2/groups' }, zendeskFaults.resetAfterWrite());
    const group = await connector.createGroup({ name: 'Once' });
    expect([...simulator.state.groups.values()].filter(({ name }) => name === 'Once').map(({ id }) => String(id))).toEqual([
      group.id,
    ]);
    const agent = world.seedUser({ name: 'Agent', role: 'agent' });
    simulator.faults.next({ method: 'POST', path: '/api/v2/group_memberships' }, zendeskFaults.errorAfterWrite());
    const membership = await connector.addMembership(agent, group.id);
    expect(simulator.state.membership(Number(agent), Number(group.id))?.id).toBe(Number(membership.id));
  });

  it('a conflict of writers may be tried again', async () => {
    const created = await world.connector.createUser(aNewUser());
    world.simulator.faults.next({ method: 'PUT' }, zendeskFaults.databaseConflict());
    await expect(world.connector.updateUser(created, { name: 'x' })).rejects.toBeInstanceOf(UnavailableError);
  });
});

describe('Zendesk connector › credential', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld();
  });
  afterEach(() => world.close());

  it('many callers share one token, and one renewal after it is revoked', async () => {
    const { connector, simulator } = world;
    const ask = () => Promise.all(Array.from({ length: 20 }, (_, at) => connector.getGroup(targetId(1_000_000 + at))));
    await ask();
    expect(simulator.stats.byRoute.get('/oauth/tokens') ?? simulator.stats.byRoute.get('POST /oauth/tokens')).toBe(1);
    simulator.expireTokens();
    await ask();
    expect(simulator.stats.byRoute.get('/oauth/tokens') ?? simulator.stats.byRoute.get('POST /oauth/tokens')).toBe(2);
  });

  it('a credential that is refused twice is said so, and nothing secret is told', async () => {
    const log = makeLog();
    const connector = makeZendeskConnector(connectorOptions(world.simulator.url, { logger: log }));
    await connector.describe();
    world.simulator.faults.rejectCredentials = true;
    const failure = connector.describe(true);
    await expect(failure).rejects.toBeInstanceOf(UnauthorizedError);
    const error: Error = await failure.then(
      () => new Error('none'),
      (reason: Error) => reason,
    );
    expect(`${error.message} ${error.stack} ${log.lines.join()}`).not.toContain('simulated-client-secret');
    await connector.close();
  });

  it('403 to a write: the object while the credential is good, the credential when it is not', async () => {
    const created = await world.connector.createUser(aNewUser());
    world.simulator.faults.next({ method: 'PUT' }, zendeskFaults.forbidden());
    await expect(world.connector.updateUser(created, { name: 'x' })).rejects.toBeInstanceOf(RejectedError);
    const other = makeZendeskConnector(connectorOptions(world.simulator.url));
    world.simulator.owner.role = 'agent';
    await expect(other.createGroup({ name: 'x' })).rejects.toBeInstanceOf(UnauthorizedError);
    await other.close();
  });
});

describe('Zendesk connector › hostile and odd values', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld();
  });
  afterEach(() => world.close());

  it('search › no value breaks out of its quotes, and every hit is compared', async () => {
    world.seedUser({ name: 'Bob', email: 'bob@example.com' });
    for (const value of ['"', 'x" role:admin "', '*', 'bob@example.com" OR "', '\\', 'a b', '\u0000', '__proto__']) {
      for (const attribute of ['email', 'name']) expect(await world.connector.findUsers({ attribute, value })).toEqual([]);
    }
    const odd = world.seedUser({ name: 'O"Neil, Pat', email: 'pat@example.com' });
    expect((await world.connector.findUsers({ attribute: 'name', value: 'o"neil, pat' })).map(({ id }) => id)).toEqual([odd]);
  });

  it('search › a secondary address counts only once it is verified: anybody may put one on an account of theirs', async () => {
    const identities = [{ type: 'email', value: 'boss@example.com', verified: false }];
    const guest = world.simulator.seed.user({ name: 'Guest', email: 'guest@elsewhere.example', verified: true, identities });
    expect(await world.connector.findUsers({ attribute: 'email', value: 'boss@example.com' })).toEqual([]);
    await expect(world.connector.createUser(aNewUser({ email: 'boss@example.com' }))).rejects.toMatchObject({
      code: 'PROV_TARGET_EXISTS',
    });
    for (const identity of world.simulator.state.identities.values())
      if (identity.value === 'boss@example.com') identity.verified = true;
    const found = await world.connector.findUsers({ attribute: 'email', value: 'boss@example.com' });
    expect(found.map(({ id }) => id)).toEqual([String(guest.id)]);
  });

  it('search › an attribute Zendesk cannot search is refused', async () => {
    for (const attribute of ['notes', 'user_fields.a b', 'user_fields.', '__proto__']) {
      await expect(world.connector.findUsers({ attribute, value: 'x' })).rejects.toBeInstanceOf(RejectedError);
    }
  });

  it('external ids with a comma, and many at once', async () => {
    const ids = ['a,b', ...Array.from({ length: 250 }, (_, at) => `id-${at}`)];
    for (const external_id of ids.slice(0, 240)) world.simulator.seed.user({ name: external_id, external_id });
    const found = await Promise.all(ids.map((value) => world.connector.findUsers({ attribute: 'external_id', value })));
    expect(found.filter((users) => users.length === 1)).toHaveLength(240);
    expect(found.flat().every((user, at) => user.externalId === ids[at])).toBe(true);
    expect(world.simulator.stats.byRoute.get('GET /api/v2/users/show_many')).toBeLessThanOrEqual(3);
  });

  it('an id beyond 2^53 keeps its digits, both ways', async () => {
    const id = '36028797018963969';
    const seen: string[] = [];
    const server = await startSimServer((request) => {
      seen.push(request.rawBody);
      if (request.path === '/oauth/tokens')
        return { status: 201, body: { access_token: 't', scope: 'read write', expires_in: 1800 } };
      const headers = { 'content-type': 'application/json' };
      if (request.method === 'POST')
        return { status: 201, headers, body: `{"group_membership":{"id":${id},"user_id":${id},"group_id":7}}` };
      return { status: 200, headers, body: `{"group":{"id":${id},"name":"Big","deleted":false,"__proto__":{"x":1}}}` };
    });
    const connector = makeZendeskConnector(connectorOptions(server.url));
    expect((await connector.getGroup(targetId(id)))?.id).toBe(id);
    expect((await connector.addMembership(targetId(id), targetId('7'))).userId).toBe(id);
    expect(seen.at(-1)).toContain(`"user_id":${id},`);
    await connector.close();
    await server.close();
  });

  it('an answer that breaks the contract is said so, without its values', async () => {
    world.simulator.faults.next({ path: /groups/ }, { status: 200, body: { groups: [{ id: 'secret@example.com', name: 'x' }] } });
    const failure = world.connector.findGroups('x');
    await expect(failure).rejects.toBeInstanceOf(UnexpectedResponseError);
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  it('a next page on another host is not followed', async () => {
    const body = { groups: [], meta: { has_more: true }, links: { next: 'http://127.0.0.1:9/api/v2/groups?page=2' } };
    world.simulator.faults.next({ path: /groups/ }, { status: 200, body });
    await expect(world.connector.findGroups('x')).rejects.toThrow(/another host/);
  });

  it('attributes › user fields by type; unknown ones, other attributes and foreign languages', async () => {
    const { seed, state } = world.simulator;
    seed.userField('level', 'dropdown', { values: ['gold'] });
    seed.userField('vip', 'checkbox');
    seed.userField('since', 'date');
    const attributes = {
      'user_fields.level': 'gold',
      'user_fields.vip': 'True',
      'user_fields.since': '2026-01-31T10:00:00Z',
      locale: 'DE',
      notes: '=1+1',
    };
    const created = await world.connector.createUser(aNewUser({ attributes }));
    expect(created.attributes).toMatchObject({
      'user_fields.level': 'gold',
      'user_fields.vip': true,
      'user_fields.since': '2026-01-31',
      locale: 'de',
      notes: '=1+1',
    });
    for (const bad of [{ 'user_fields.nope': 'x' }, { 'user_fields.level': 'tin' }, { role: 'admin' }, { is_admin: true }]) {
      await expect(world.connector.updateUser(created, { attributes: bad })).rejects.toBeInstanceOf(RejectedError);
    }
    await world.connector.updateUser(created, { attributes: { locale: 'tlh' }, name: 'Ann' });
    expect(state.users.get(Number(created.id))?.locale).toBe('de');
  });
});

describe('Zendesk connector › contract and cost', () => {
  it('every request fits the official contract; a user costs so many requests', async () => {
    const contract = await loadZendeskContract();
    const world = await makeZendeskWorld({ connector: { createOrganizations: true } });
    const { connector, simulator } = world;
    await connector.describe();
    const cost = async (act: () => Promise<unknown>) => {
      const before = simulator.stats.requests;
      await act();
      return simulator.stats.requests - before;
    };
    const matcher = { attribute: 'external_id', value: aNewUser().externalId };
    // Once in ten minutes the credential's own address is read too.
    await connector.findUsers({ attribute: 'email', value: 'nobody@example.com' });
    const created = await connector.createUser(aNewUser({ externalId: 'cost-0', email: 'cost@example.com' }));
    expect(await cost(() => connector.findUsers(matcher))).toBe(1);
    expect(await cost(() => connector.findUsers({ attribute: 'email', value: 'ann@example.com' }))).toBe(1);
    expect(await cost(() => connector.createUser(aNewUser()))).toBe(1);
    expect(await cost(() => connector.getUser(created.id))).toBe(1);
    expect(await cost(() => connector.updateUser(created, { name: 'x', suspended: true }))).toBe(1);
    expect(await cost(() => connector.updateUser(created, { email: 'cost2@example.com', name: 'y' }))).toBe(5);
    const hundred = Array.from({ length: 100 }, () => created.id);
    expect(await cost(() => Promise.all(hundred.map((id) => connector.getUser(id))))).toBe(1);
    const group = await connector.createGroup({ name: 'G' });
    const agent = world.seedUser({ name: 'Agent', role: 'agent' });
    const membership = await connector.addMembership(agent, group.id);
    for await (const page of connector.listGroupMemberships(group.id)) expect(page).toHaveLength(1);
    await connector.removeMembership(membership);
    await connector.updateGroup(group.id, { description: null });
    await connector.deleteGroup(group.id);
    const member = await connector.updateUser(created, { attributes: { organizations: ['New A', 'New B'] } });
    await connector.updateUser(member, { attributes: { organization: 'New B' } });
    expect(simulator.traffic.filter(({ method, path }) => method === 'POST' && path === '/api/v2/organizations')).toHaveLength(2);
    await connector.endSessions(created.id);
    await connector.deleteUser(created.id);
    const problems = simulator.traffic
      .filter(({ path, status }) => path.startsWith('/api/') && status < 400)
      .flatMap(({ method, path, query, requestBody }) =>
        (
          contract?.validateRequest({ method, path, query, ...(requestBody === undefined ? {} : { body: requestBody }) }) ?? []
        ).map((problem) => `${method} ${path}: ${problem}`),
      );
    expect(problems).toEqual([]);
    await world.close();
  });
});

describe('Zendesk connector › description', () => {
  it('is read once for all callers, kept for ten minutes, and read anew on demand', async () => {
    let offsetMs = 0;
    const world = await makeZendeskWorld({ connector: { clock: () => new Date(Date.now() + offsetMs) } });
    const { connector, simulator } = world;
    await Promise.all(Array.from({ length: 10 }, () => connector.describe()));
    const once = simulator.stats.byRoute.get('GET /api/v2/users/me');
    expect(once).toBe(1);
    offsetMs = 9 * 60_000;
    await connector.describe();
    expect(simulator.stats.byRoute.get('GET /api/v2/users/me')).toBe(1);
    offsetMs = 11 * 60_000;
    await connector.describe();
    expect(simulator.stats.byRoute.get('GET /api/v2/users/me')).toBe(2);
    await connector.describe(true);
    expect(simulator.stats.byRoute.get('GET /api/v2/users/me')).toBe(3);
    await world.close();
  });

  it('a plan without custom roles has none, and that is no error', async () => {
    const world = await makeZendeskWorld({ simulator: { features: { customRoles: false, multipleOrganizations: false } } });
    expect(await world.connector.describe()).toMatchObject({
      hasCustomRoles: false,
      customRoles: [],
      hasMultipleOrganizations: false,
    });
    await world.close();
  });
});

describe('Zendesk connector › throttling', () => {
  it('trap 4 › a quota used up by others is waited for without a 429', async () => {
    const world = await makeZendeskWorld({
      simulator: { requestsPerMinute: 5 },
      connector: { maxWaitMs: 1_000, startPerMinute: 2_500 },
    });
    for (let at = 0; at < 4; at++)
      await fetch(`${world.simulator.url}/api/v2/users/me`, { headers: { authorization: world.simulator.authorization } });
    expect(await world.connector.findGroups('Support')).toHaveLength(1);
    await expect(world.connector.getGroup(targetId('1'))).rejects.toBeInstanceOf(ThrottledError);
    expect(world.simulator.stats.throttled).toBe(0);
    await world.close();
  });

  it('metrics › one line per request, with route and status', async () => {
    const lines: string[] = [];
    const world = await makeZendeskWorld({
      connector: { onRequest: ({ method, route, status }) => lines.push(`${method} ${route} ${status}`) },
    });
    await world.connector.getGroup(targetId('1'));
    expect(lines).toEqual(['GET /api/v2/groups/{group_id} 404']);
    await world.close();
  });

  it('trap 4 › 429 is told whole, to all instances, and never repeated blindly', async () => {
    const world = await makeZendeskWorld({ connector: { maxWaitMs: 500 } });
    world.simulator.faults.next({ path: /groups/ }, zendeskFaults.throttled(37));
    const failure = world.connector.getGroup(targetId('1'));
    await expect(failure).rejects.toMatchObject({ constructor: ThrottledError, retryAfterMs: 37_000 });
    const sent = world.simulator.stats.requests;
    await expect(world.connector.getGroup(targetId('1'))).rejects.toBeInstanceOf(ThrottledError);
    expect(world.simulator.stats.requests).toBe(sent);
    await world.close();
  });

  it.each([
    ['HTML', zendeskFaults.edge429Html()],
    ['text', zendeskFaults.edge429Text()],
  ])('trap 4 › a 429 of the edge as %s waits a minute with jitter', async (_name, fault) => {
    const world = await makeZendeskWorld({ connector: { timeScale: 1 } });
    world.simulator.faults.next({ path: /groups/ }, fault);
    const failure = world.connector.getGroup(targetId('1'));
    await expect(failure).rejects.toMatchObject({ constructor: ThrottledError, retryAfterMs: 60_000 + 7_500 });
    await world.close();
  });

  it('maintenance with Retry-After is a wait, without it a fault', async () => {
    const world = await makeZendeskWorld();
    world.simulator.faults.next({ path: /groups/ }, zendeskFaults.errorBeforeWrite(503));
    await expect(world.connector.getGroup(targetId('1'))).rejects.toBeInstanceOf(UnavailableError);
    world.simulator.faults.next({ path: /groups/ }, zendeskFaults.maintenance(20));
    await expect(world.connector.getGroup(targetId('1'))).rejects.toMatchObject({
      constructor: ThrottledError,
      retryAfterMs: 20_000,
    });
    await world.close();
  });

  it.each(['ratelimit', 'rate-limit', 'both'] as const)('the quota is read in the spelling %s', async (spelling) => {
    const world = await makeZendeskWorld({ simulator: { requestsPerMinute: 400 } });
    world.simulator.faults.rateLimitHeaders = spelling;
    await world.connector.describe();
    expect(world.connector.quota()).toMatchObject({ limit: 400, remaining: 395, used: 5 });
    await world.close();
  });

  it('trap 4 › an update that meets another within its second takes the next place', async () => {
    const world = await makeZendeskWorld({ connector: { timeScale: 1 } });
    const user = await world.connector.createUser(aNewUser());
    const headers = { 'retry-after': '1', 'zendesk-ratelimit-create-update-user': 'total=1;remaining=0;resets=1' };
    world.simulator.faults.next({ method: 'PUT' }, { status: 429, headers, rateLimitHeaders: false });
    expect((await world.connector.updateUser(user, { name: 'Name 1' })).name).toBe('Name 1');
    world.simulator.faults.next({ method: 'PUT' }, { status: 429, headers, rateLimitHeaders: false }, 2);
    await expect(world.connector.updateUser(user, { name: 'Name 2' })).rejects.toBeInstanceOf(ThrottledError);
    await world.close();
  });

  it('trap 4 › the sixth update of one user within a minute waits', async () => {
    const world = await makeZendeskWorld({ connector: { timeScale: 10 } });
    const user = await world.connector.createUser(aNewUser());
    for (let at = 0; at < 5; at++) await world.connector.updateUser(user, { name: `Name ${at}` });
    const sixth = world.connector.updateUser(user, { name: 'Name 6' });
    await expect(sixth).rejects.toBeInstanceOf(ThrottledError);
    await world.close();
  });
});
