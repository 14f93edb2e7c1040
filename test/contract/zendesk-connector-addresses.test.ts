import { makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

const SEARCH = 'GET /api/v2/users/search';

describe('Zendesk connector › many looked for by address at once', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld({ connector: { startPerMinute: 2_500 } });
  });
  afterEach(() => world.close());

  const address = (n: number): string => `u${n}@example.com`;
  const seed = (count: number) =>
    Array.from({ length: count }, (_, n) => world.seedUser({ name: `User ${n}`, email: address(n) }));
  const find = (addresses: readonly string[]) =>
    Promise.all(
      addresses.map(async (value) => (await world.connector.findUsers({ attribute: 'email', value })).map(({ id }) => id)),
    );
  const searches = () => world.simulator.stats.byRoute.get(SEARCH) ?? 0;

  it('a hundred cost two searches; each is who has the address, and nobody is found for the others', async () => {
    const ids = seed(90);
    const found = await find(Array.from({ length: 100 }, (_, n) => address(n)));
    expect(found).toEqual([...ids.map((id) => [id]), ...Array.from({ length: 10 }, () => [])]);
    expect(searches()).toBe(2);
  });

  it('in whatever case they are written', async () => {
    const [id] = seed(2);
    expect(await find(['U0@Example.com', ' u1@example.com', 'u0@example.com'])).toMatchObject([[id], [expect.anything()], [id]]);
  });

  it('one of them is the verified second address of somebody else › found all the same, and nobody else by mistake', async () => {
    const ids = seed(5);
    const eve = world.seedUser({ name: 'Eve', email: 'eve@example.com', otherEmail: 'second@example.com' });
    const [second, ...rest] = await find(['second@example.com', ...ids.map((_, n) => address(n)), 'nobody@example.com']);
    expect(second).toEqual([eve]);
    expect(rest).toEqual([...ids.map((id) => [id]), []]);
  });

  it('where the search takes all terms together › each is looked for alone, and found', async () => {
    Object.assign(world.simulator.faults, { searchTerms: 'and' });
    const ids = seed(5);
    expect(await find(ids.map((_, n) => address(n)))).toEqual(ids.map((id) => [id]));
    expect(searches()).toBe(6);
    await find([address(0), address(1)]);
    expect(searches()).toBe(8);
  });

  it('an address that the search cannot hold is looked for alone', async () => {
    const [id] = seed(1);
    expect(await find([address(0), 'a"b@example.com', 'ä@example.com'])).toEqual([[id], [], []]);
    expect(searches()).toBe(3);
  });
});
