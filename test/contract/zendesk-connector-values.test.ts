import { startSimServer } from '../../local/http-kit';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import { RejectedError, UnexpectedResponseError } from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { aNewUser } from './target-connector-suite';
import { connectorOptions, makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

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
