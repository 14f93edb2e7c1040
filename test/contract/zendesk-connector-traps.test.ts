import { startSimServer } from '../../local/http-kit';
import { zendeskFaults } from '../../local/zendesk/faults';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import {
  AlreadyExistsError,
  AlteredError,
  LicenseLimitError,
  RejectedError,
  UnauthorizedError,
  UnavailableError,
} from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { aNewUser } from './target-connector-suite';
import { apiToken, connectorOptions, makeLog, makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

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
      constructor: AlteredError,
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
