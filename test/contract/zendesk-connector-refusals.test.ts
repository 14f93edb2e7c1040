import { inspect } from 'node:util';
import { startSimServer } from '../../local/http-kit';
import { zendeskFaults } from '../../local/zendesk/faults';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import { EMPTY_LIMITER } from '../../src/adapters/zendesk/lanes';
import { LIMITER_KEY } from '../../src/adapters/zendesk/limiter';
import { OpenTicketsError, RejectedError, UnauthorizedError } from '../../src/core/errors';
import { type TargetId, targetId } from '../../src/core/model';
import { makeFakeStateStore } from '../fakes/state-store';
import { connectorOptions, makeLog, makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

describe('Zendesk connector › what a refusal means', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld();
  });
  afterEach(() => world.close());

  describe('a refused deletion', () => {
    const refuse = (status: number, body: unknown) => world.simulator.faults.next({ method: 'DELETE' }, { status, body });
    const invalid = { error: 'RecordInvalid', details: { base: [{ description: 'Benutzer ist Anfragesteller' }] } };

    it('open tickets are told in any language', async () => {
      world.simulator.faults.language = 'es';
      const id = world.seedUser({ name: 'Bob' });
      world.openTicket(id);
      await expect(world.connector.deleteUser(id)).rejects.toMatchObject({
        constructor: OpenTicketsError,
        code: 'PROV_TARGET_REJECTED',
        detail: expect.stringContaining('solicitante'),
      });
    });

    it('403 is something else, whatever tickets there are', async () => {
      const id = world.seedUser({ name: 'Owner' });
      world.openTicket(id);
      refuse(403, { error: { title: 'Forbidden', message: 'You cannot delete this user.' } });
      const failure = world.connector.deleteUser(id);
      await expect(failure).rejects.toBeInstanceOf(RejectedError);
      await expect(failure).rejects.not.toBeInstanceOf(OpenTicketsError);
    });

    it('closed tickets prove nothing, on any page', async () => {
      const id = world.seedUser({ name: 'Bob' });
      const closed = { tickets: [{ id: 1, status: 'closed' }], count: 101 };
      const next = `${world.simulator.url}/api/v2/users/${id}/tickets/requested?page=2`;
      refuse(422, invalid);
      world.simulator.faults.next({ path: /tickets/ }, { status: 200, body: { ...closed, next_page: next } });
      world.simulator.faults.next({ path: /tickets/ }, { status: 200, body: { ...closed, next_page: null } });
      const failure = world.connector.deleteUser(id);
      await expect(failure).rejects.toBeInstanceOf(RejectedError);
      await expect(failure).rejects.not.toBeInstanceOf(OpenTicketsError);
      expect(world.simulator.faults.pending).toBe(0);
    });
  });

  it('addresses › without side-loading each account is asked for its own, and nothing is missing', async () => {
    const id = world.seedUser({ name: 'Ann', email: 'ann@example.com', otherEmail: 'boss@example.com' });
    world.simulator.faults.sideloads = false;
    expect(await world.connector.addressesOf(id)).toEqual(['ann@example.com', 'boss@example.com']);
  });

  it('addresses › of a hundred accounts are one request; phone numbers are none of them', async () => {
    const ids = Array.from({ length: 100 }, (_, at) => world.seedUser({ name: `User ${at}`, email: `u${at}@example.com` }));
    const phone = world.simulator.seed.user({ name: 'Phone', email: 'p@example.com', phone: '+47 11' });
    expect(await world.connector.addressesOf(targetId(phone.id))).toEqual(['p@example.com']);
    const before = world.simulator.stats.requests;
    const all = await Promise.all(ids.map((id) => world.connector.addressesOf(id)));
    expect(all.flat()).toHaveLength(100);
    expect(world.simulator.stats.requests - before).toBe(1);
  });

  describe('403 about one object', () => {
    type Act = (ids: { readonly user: TargetId; readonly group: TargetId }) => Promise<unknown>;
    const acts: readonly (readonly [name: string, path: RegExp, act: Act])[] = [
      ['the account', /show_many/, ({ user }) => world.connector.getUser(user)],
      ['the account by external id', /show_many/, () => world.connector.findUsers({ attribute: 'external_id', value: 'x' })],
      ['a search', /users\/search/, () => world.connector.findUsers({ attribute: 'name', value: '<script>' })],
      ['its addresses', /show_many/, ({ user }) => world.connector.addressesOf(user)],
      ['its identities', /identities/, ({ user }) => world.connector.removeEmail(user, 'x@example.com')],
      ['a group', /groups\/\d+$/, ({ group }) => world.connector.getGroup(group)],
      [
        'the members of a group',
        /memberships/,
        ({ group }) => world.connector.listGroupMemberships(group)[Symbol.asyncIterator]().next(),
      ],
      ['a membership', /group_memberships/, ({ user, group }) => world.connector.addMembership(user, group)],
      ['a name of a group', /groups$/, () => world.connector.findGroups('x')],
    ];
    it.each(acts)("%s › is that object's failure", async (_name, path, act) => {
      const ids = { user: world.seedUser({ name: 'Bob', email: 'bob@example.com' }), group: world.seedGroup('Tier 2') };
      world.simulator.faults.next({ path }, zendeskFaults.forbidden(), 3);
      await expect(act(ids)).rejects.toBeInstanceOf(RejectedError);
    });

    it('in a bundle fails that one, and nobody else', async () => {
      const ids = Array.from({ length: 100 }, (_, at) => world.seedUser({ name: `User ${at}`, email: `u${at}@example.com` }));
      const bad = ids[61]!;
      const when = ({ query, path }: { query: URLSearchParams; path: string }) =>
        path.endsWith(`/${bad}`) || (query.get('ids')?.split(',').includes(bad) ?? false);
      world.simulator.faults.next({ when }, zendeskFaults.forbidden(), 100);
      const results = await Promise.allSettled(ids.map((id) => world.connector.getUser(id)));
      const failed = results.flatMap((result, at) =>
        result.status === 'rejected' ? [{ id: ids[at], reason: result.reason }] : [],
      );
      expect(failed).toEqual([{ id: bad, reason: expect.any(RejectedError) }]);
    });

    it('a row that breaks the contract fails its own account alone', async () => {
      const ids = Array.from({ length: 10 }, (_, at) => world.seedUser({ name: `User ${at}` }));
      Object.assign(world.simulator.state.users.get(Number(ids[3]))!, { role: 'martian' });
      const results = await Promise.allSettled(ids.map((id) => world.connector.getUser(id)));
      expect(results.map(({ status }) => status === 'rejected')).toEqual(ids.map((_, at) => at === 3));
    });

    it("is the credential's failure once users/me refuses it too, however lately it was good", async () => {
      const user = world.seedUser({ name: 'Bob' });
      world.simulator.faults.next({ path: /show_many/ }, zendeskFaults.forbidden());
      await expect(world.connector.getUser(user)).rejects.toBeInstanceOf(RejectedError);
      world.simulator.faults.next({}, zendeskFaults.forbidden(), 10);
      await expect(world.connector.getUser(user)).rejects.toBeInstanceOf(UnauthorizedError);
    });
  });

  it('a credential that is echoed stays out of error and log', async () => {
    const log = makeLog();
    const token = 'short-1';
    const server = await startSimServer(({ path, method }) => {
      if (path === '/oauth/tokens') return { status: 201, body: { access_token: token, scope: 'read write', expires_in: 1800 } };
      if (method === 'GET')
        return {
          status: 200,
          body: {
            users: [],
            user: { id: 1, role: 'admin' },
            groups: [],
            locales: [],
            user_fields: [],
            custom_roles: [],
            settings: {},
          },
        };
      const body = {
        error: token,
        description: `Refused ${token}`,
        details: { [token]: [{ description: token, error: token }] },
      };
      return { status: 422, body, headers: { 'x-request-id': `id of ${token}` } };
    });
    const connector = makeZendeskConnector(connectorOptions(server.url, { logger: log }));
    const error: unknown = await connector.deleteGroup(targetId('7')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RejectedError);
    expect(`${String(error)} ${JSON.stringify(error)} ${inspect(error)} ${log.lines.join()}`).not.toContain(token);
    await connector.close();
    await server.close();
  });

  it('a token is fetched when it is used: one that ends during the wait for a place is not sent', async () => {
    let nowMs = Date.now();
    const sent: (string | undefined)[] = [];
    let issued = 0;
    const server = await startSimServer((request) => {
      if (request.path === '/oauth/tokens') {
        issued += 1;
        return { status: 201, body: { access_token: `token-${issued}`, scope: 'read write', expires_in: 60 } };
      }
      sent.push(request.headers.authorization);
      return { status: 200, body: { group: { id: 1, name: 'G' } } };
    });
    const sleep = async (ms: number) => {
      nowMs += ms;
    };
    const options = { clock: () => new Date(nowMs), sleep, timeScale: 1, maxWaitMs: 110_000 };
    const connector = makeZendeskConnector(connectorOptions(server.url, options));
    await connector.getGroup(targetId('1'));
    // The place comes after the token has ended.
    const state = connectorOptions(server.url);
    const late = makeZendeskConnector({ ...state, ...options, stateStore: blockedFor(nowMs + 100_000) });
    await late.getGroup(targetId('1'));
    expect([sent.at(-1), issued]).toEqual(['Bearer token-3', 3]);
    await Promise.all([connector.close(), late.close(), server.close()]);
  });
});

/** A limiter's document in which Zendesk has asked for silence until then. */
function blockedFor(untilMs: number) {
  const store = makeFakeStateStore();
  void store.write(LIMITER_KEY, { ...EMPTY_LIMITER, blockedUntil: untilMs }, null);
  return store;
}
