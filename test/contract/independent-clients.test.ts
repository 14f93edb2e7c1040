import {
  Client,
  type Context,
  HTTPMessageHandler,
  type Middleware,
  PageIterator,
  RetryHandler,
} from '@microsoft/microsoft-graph-client';
import { createClient } from 'node-zendesk';
import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';

/** Clients that others wrote drive the simulators: what is merely convenient for this app would show here. */

describe('node-zendesk drives the Zendesk simulator', () => {
  let zendesk: ZendeskSimulator;
  const client = () =>
    createClient({
      username: 'owner@zendesk.example',
      token: 'simulated-api-token',
      endpointUri: `${zendesk.url}/api/v2`,
    });

  beforeEach(async () => {
    zendesk = await startZendeskSimulator({ features: { bulkCreateEnabled: true }, updateLanes: false });
  });
  afterEach(() => zendesk.close());

  it('knows who it is', async () => {
    const { result } = await client().users.me();
    expect(result).toMatchObject({ id: zendesk.owner.id, role: 'admin' });
  });

  it('creates, reads, changes, suspends and deletes a user', async () => {
    const { users } = client();
    const { result: made } = await users.create({
      user: { name: 'Ann', email: 'ann@example.com', external_id: 'a1', verified: true },
    });
    const { id } = made as { id: number };
    expect((await users.show(id)).result).toMatchObject({ name: 'Ann', external_id: 'a1', suspended: false });
    await users.update(id, { user: { name: 'Anna' } });
    expect(zendesk.state.users.get(id)?.name).toBe('Anna');
    await users.suspend(id);
    expect(zendesk.state.users.get(id)?.suspended).toBe(true);
    await users.delete(id);
    expect(zendesk.state.users.get(id)?.active).toBe(false);
  });

  it('pages through all users by itself', async () => {
    for (let at = 0; at < 230; at += 1) zendesk.seed.user({ name: `P${at}`, email: `p${at}@example.com` });
    const all = await client().users.list();
    expect(new Set(all.map(({ id }) => id)).size).toBe(231);
    const found = await client().users.search({ query: 'email:p7@example.com' });
    expect(found.map(({ name }) => name)).toEqual(['P7']);
  });

  it('makes groups and memberships, and lists them', async () => {
    const { groups, groupmemberships } = client();
    const ann = zendesk.seed.user({ name: 'Ann', email: 'ann@example.com', role: 'agent' });
    const { result } = await groups.create({ group: { name: 'Berlin' } });
    const group = result as { id: number };
    await groupmemberships.create({ group_membership: { user_id: ann.id, group_id: group.id } });
    const listed = (await groupmemberships.listByUser(ann.id)) as { group_id?: number }[];
    expect(listed.map(({ group_id: id }) => id)).toContain(group.id);
    expect((await groups.list()).map(({ name }) => name)).toContain('Berlin');
  });

  it('creates many by a job and follows it to its end', async () => {
    const { users, jobstatuses } = client();
    const { result } = await users.createMany({
      users: [1, 2, 3].map((at) => ({ name: `M${at}`, email: `m${at}@example.com` })),
    } as never);
    const id = ((result as unknown as { job_status?: { id: string } }).job_status ?? (result as unknown as { id: string })).id;
    const job = await jobstatuses.watch(id as never, 50, 100);
    expect(JSON.stringify(job)).toContain('completed');
    expect([...zendesk.state.users.values()].filter(({ name }) => /^M\d$/.test(name))).toHaveLength(3);
  });

  it('a refusal reaches the caller with its status', async () => {
    const { users } = client();
    await users.create({ user: { name: 'Ann', email: 'ann@example.com' } });
    await expect(users.create({ user: { name: 'Bea', email: 'ann@example.com' } })).rejects.toThrow(/\(422\)/);
    await expect(users.show(4_711)).rejects.toThrow(/\(404\)/);
  });
});

/** Stands where TLS would end: the SDK sends tokens to https only, and takes links apart that begin so. */
class Tls implements Middleware {
  #next: Middleware | undefined;
  setNext(next: Middleware): void {
    this.#next = next;
  }
  async execute(context: Context): Promise<void> {
    context.request = String(context.request).replace(/^https:/, 'http:');
    context.options = { ...context.options, headers: { ...context.options?.headers, authorization: 'Bearer simulated' } };
    await this.#next?.execute(context);
    const { status, headers } = context.response!;
    const text = await context.response!.text();
    context.response = new Response(text.replaceAll('http://127.0.0.1', 'https://127.0.0.1'), { status, headers });
  }
}

describe('the Graph SDK drives the Graph simulator', () => {
  let graph: GraphSimulator;
  let directory: SimulatedDirectory;
  let client: Client;

  beforeEach(async () => {
    directory = new SimulatedDirectory();
    graph = await startGraphSimulator({ directory });
    const chain: Middleware[] = [new Tls(), new RetryHandler(), new HTTPMessageHandler()];
    client = Client.initWithMiddleware({
      baseUrl: `${new URL(graph.url).origin.replace('http:', 'https:')}/`,
      middleware: chain,
    });
  });
  afterEach(() => graph.close());

  async function collect(first: {
    readonly value: unknown[];
  }): Promise<{ rows: Record<string, unknown>[]; deltaLink: string | undefined }> {
    const rows: Record<string, unknown>[] = [];
    const pages = new PageIterator(client, first as never, (row) => {
      rows.push(row);
      return true;
    });
    await pages.iterate();
    return { rows, deltaLink: pages.getDeltaLink() };
  }

  it('its page iterator reads every user', async () => {
    for (let at = 0; at < 250; at += 1) directory.addUser({ displayName: `P${at}`, userPrincipalName: `p${at}@contoso.example` });
    const first = await client.api('/users').select('id,displayName').top(40).get();
    const { rows } = await collect(first);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(250);
  });

  it('its page iterator follows a delta to its link, and from there sees what has changed', async () => {
    const people = Array.from({ length: 30 }, (_, at) =>
      directory.addUser({ displayName: `P${at}`, userPrincipalName: `p${at}@contoso.example` }),
    );
    const first = await collect(await client.api('/users/delta').select('id,displayName').get());
    expect(first.rows).toHaveLength(30);
    expect(first.deltaLink).toMatch(/deltatoken/i);
    directory.updateUser(people[3]!, { displayName: 'Renamed' });
    const again = await collect(await client.api(first.deltaLink ?? '').get());
    expect(again.rows.map(({ displayName }) => displayName)).toEqual(['Renamed']);
  });

  it('a refusal reaches the caller as a GraphError', async () => {
    await expect(client.api('/users/00000000-0000-4000-8000-000000000000').get()).rejects.toMatchObject({
      statusCode: 404,
      code: 'Request_ResourceNotFound',
    });
  });
});
