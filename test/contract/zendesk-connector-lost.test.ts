import { zendeskFaults } from '../../local/zendesk/faults';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import { RejectedError, UnauthorizedError, UnavailableError } from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { aNewUser } from './target-connector-suite';
import { connectorOptions, makeLog, makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

const USERS = '/api/v2/users';

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

  it('a credential that is refused for a write has written nothing; refused for a read it says nothing of writes', async () => {
    const created = await world.connector.createUser(aNewUser());
    world.simulator.faults.rejectCredentials = true;
    await expect(world.connector.updateUser(created, { name: 'x' })).rejects.toMatchObject({ isUnwritten: true });
    await expect(world.connector.getUser(created.id)).rejects.toMatchObject({
      constructor: UnauthorizedError,
      isUnwritten: false,
    });
    world.simulator.faults.rejectCredentials = false;
    expect(await world.connector.getUser(created.id)).toMatchObject({ name: created.name });
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
