import { zendeskFaults } from '../../local/zendesk/faults';
import type { TicketRow, UserRow } from '../../local/zendesk/rows';
import { RejectedError, UnavailableError } from '../../src/core/errors';
import type { TicketReceiver } from '../../src/core/leaving';
import { type TargetId, targetId } from '../../src/core/model';
import type { TicketHeir } from '../../src/ports/target-connector';
import { loadZendeskContract, type ZendeskContract } from '../support/zendesk-contract';
import { makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

type Asked = Exclude<TicketReceiver, { kind: 'leave' }>;

describe('Zendesk connector › tickets of an agent who leaves', () => {
  let world: ZendeskWorld;
  let ann: UserRow;
  let contract: ZendeskContract | undefined;
  beforeAll(async () => {
    contract = await loadZendeskContract();
  });
  beforeEach(async () => {
    world = await makeZendeskWorld();
    ann = agent('Ann');
    agent('Ben');
  });
  afterEach(async () => {
    const problems = world.simulator.traffic.flatMap(({ method, path, query, requestBody, status, responseBody }) => [
      ...(contract?.validateRequest({ method, path, query, ...(requestBody === undefined ? {} : { body: requestBody }) }) ?? []),
      ...(contract?.validateResponse({ method, path, status, body: responseBody }) ?? []),
    ]);
    // Order and paging of the list of an agent's tickets are in the texts of the page, and not in the document.
    expect(problems.filter((problem) => !/sort_by|sort_order|exclude_archived|oauth/.test(problem))).toEqual([]);
    await world.close();
  });

  const agent = (name: string, more: Record<string, unknown> = {}): UserRow =>
    world.simulator.seed.user({ name, role: 'agent', email: `${name.toLowerCase()}@example.com`, verified: true, ...more });
  const tickets = (count: number, ticket: Partial<TicketRow> = {}) => world.simulator.seed.tickets(ann, count, ticket);
  const rows = (): readonly TicketRow[] => [...world.simulator.state.tickets.values()];
  const idOf = ({ id }: { readonly id: number }): TargetId => targetId(id);

  async function heirOf(receiver: Asked): Promise<TicketHeir> {
    const heir = await world.connector.ticketHeir(receiver, idOf(ann));
    if (heir.kind === 'refused') throw new Error(heir.reason);
    return heir;
  }

  /** Batch after batch, as the engine does. */
  async function handOver(
    receiver: Asked,
  ): Promise<{ readonly handed: number; readonly refused: readonly TargetId[]; readonly calls: number }> {
    const heir = await heirOf(receiver);
    const refused: TargetId[] = [];
    let handed = 0;
    for (let calls = 1; ; calls += 1) {
      const batch = await world.connector.handOverTickets(idOf(ann), heir, refused);
      handed += batch.handed;
      refused.push(...batch.refused);
      if (!batch.hasMore) return { handed, refused, calls };
    }
  }

  it.each(['new', 'open', 'pending', 'hold'] as const)(
    'a ticket that is %s changes hands, to a group and to nobody in it',
    async (status) => {
      const tier2 = world.simulator.seed.group('Tier 2');
      tickets(5, { status });
      expect(await handOver({ kind: 'group', name: 'tier 2' })).toEqual({ handed: 5, refused: [], calls: 1 });
      expect(rows().every((ticket) => ticket.group_id === tier2.id && ticket.assignee_id === null)).toBe(true);
    },
  );

  it('solved and closed ones stay', async () => {
    tickets(3, { status: 'solved' });
    tickets(3, { status: 'closed' });
    tickets(1);
    expect(await handOver({ kind: 'unassign' })).toMatchObject({ handed: 1 });
    expect(rows().filter(({ assignee_id: id }) => id === ann.id)).toHaveLength(6);
    expect(rows().find(({ status }) => status === 'open')).toMatchObject({ assignee_id: null, group_id: ann.default_group_id });
  });

  it('an agent gets them: in their group where the agent is in it, else in the default group of the agent', async () => {
    const [tier2, other] = [world.simulator.seed.group('Tier 2'), world.simulator.seed.group('Other')];
    const eve = agent('Eve', { default_group_id: tier2.id });
    world.simulator.seed.member(ann, other);
    tickets(4);
    tickets(4, { group_id: other.id });
    expect(await handOver({ kind: 'user', email: 'EVE@example.com' })).toMatchObject({ handed: 8, refused: [] });
    expect(rows().every(({ assignee_id: id }) => id === eve.id)).toBe(true);
    expect(new Set(rows().map(({ group_id: id }) => id))).toEqual(new Set([ann.default_group_id, tier2.id]));
  });

  it.each([false, true])(
    'a thousand go by ten jobs of a hundred, whatever the order of the list (unsorted: %s)',
    async (isUnsorted) => {
      world.simulator.faults.ticketsUnsorted = isUnsorted;
      tickets(150, { status: 'solved' });
      tickets(1_000);
      world.simulator.seed.group('Tier 2');
      const before = world.simulator.traffic.length;
      expect(await handOver({ kind: 'group', name: 'Tier 2' })).toMatchObject({ handed: 1_000, refused: [] });
      expect(rows().filter(({ assignee_id: id }) => id === ann.id)).toHaveLength(150);
      const jobs = world.simulator.traffic.slice(before).filter(({ path }) => path.endsWith('/tickets/update_many'));
      expect(jobs).toHaveLength(10);
    },
  );

  it('what Zendesk refuses is named, with its words; everything else goes, and the refused are not tried again', async () => {
    const [first, , third] = tickets(260);
    for (const ticket of [first, third]) if (ticket) world.simulator.faults.stubbornTickets.add(ticket.id);
    const heir = await heirOf({ kind: 'unassign' });
    const batch = await world.connector.handOverTickets(idOf(ann), heir, []);
    expect(batch).toMatchObject({ handed: 98, hasMore: true, why: expect.stringContaining('cannot be updated') });
    expect([...batch.refused].sort()).toEqual([first, third].map((ticket) => String(ticket?.id)).sort());
    expect((await world.connector.handOverTickets(idOf(ann), heir, batch.refused)).handed).toBe(100);
    expect(await world.connector.handOverTickets(idOf(ann), heir, batch.refused)).toMatchObject({
      handed: 60,
      refused: [],
      hasMore: false,
    });
  });

  it('a group whose only agent leaves: Zendesk gives the ticket back, and that is no success', async () => {
    const own = world.simulator.seed.group('Own');
    world.simulator.seed.member(ann, own);
    tickets(1, { group_id: own.id });
    const batch = await world.connector.handOverTickets(idOf(ann), { kind: 'nobody' }, []);
    expect(batch).toMatchObject({ handed: 0, why: expect.stringContaining('the only one of the group') });
    expect(batch.refused).toHaveLength(1);
  });

  it('a job that is killed half way, lost or refused: the rest goes singly', async () => {
    world.simulator.seed.group('Tier 2');
    world.simulator.faults.killJobs = 1;
    tickets(20);
    expect(await handOver({ kind: 'group', name: 'Tier 2' })).toMatchObject({ handed: 20 });
    world.simulator.faults.failJobs = 1;
    tickets(20);
    expect(await handOver({ kind: 'group', name: 'Tier 2' })).toMatchObject({ handed: 20 });
    world.simulator.faults.next(
      { method: 'PUT', path: '/api/v2/tickets/update_many' },
      { status: 403, body: { error: 'Forbidden' } },
    );
    tickets(6);
    expect(await handOver({ kind: 'group', name: 'Tier 2' })).toMatchObject({ handed: 6 });
    expect(rows().some(({ assignee_id: id }) => id === ann.id)).toBe(false);
  });

  it('an agent who is suspended already hands over as well', async () => {
    tickets(2);
    await world.connector.updateUser((await world.connector.getUser(idOf(ann)))!, { suspended: true });
    expect(rows().every(({ assignee_id: id }) => id === ann.id)).toBe(true);
    expect(await handOver({ kind: 'unassign' })).toMatchObject({ handed: 2 });
  });

  it('an outage is an outage', async () => {
    tickets(2);
    world.simulator.faults.next({ path: /tickets\/assigned$/ }, zendeskFaults.errorBeforeWrite(), 9);
    await expect(world.connector.handOverTickets(idOf(ann), { kind: 'nobody' }, [])).rejects.toBeInstanceOf(UnavailableError);
  });

  describe('who may get them', () => {
    it.each([
      ['no such group', { kind: 'group', name: 'Nowhere' }, 'no group'],
      ['two such groups', { kind: 'group', name: 'Twin' }, 'several groups'],
      ['nobody of that address', { kind: 'user', email: 'nobody@example.com' }, 'no user'],
      ['an end user', { kind: 'user', email: 'end@example.com' }, 'end user'],
      ['a suspended agent', { kind: 'user', email: 'gone@example.com' }, 'suspended'],
      ['a light agent', { kind: 'user', email: 'light@example.com' }, 'light agent'],
      ['the leaver', { kind: 'user', email: 'ann@example.com' }, 'who leaves'],
    ] as const)('%s: refused, in plain words', async (_, receiver, words) => {
      const { seed } = world.simulator;
      for (let twins = 0; twins < 2; twins += 1) seed.group('Twin');
      seed.user({ name: 'End', email: 'end@example.com' });
      agent('Gone', { suspended: true });
      agent('Light', { custom_role_id: seed.customRole('Light agent', 1).id });
      expect(await world.connector.ticketHeir(receiver, idOf(ann))).toEqual({
        kind: 'refused',
        reason: expect.stringContaining(words),
      });
    });

    it('asked once for many who leave together', async () => {
      agent('Eve');
      await Promise.all([1, 2, 3].map(() => heirOf({ kind: 'user', email: 'eve@example.com' })));
      expect(world.simulator.traffic.filter(({ path }) => path.endsWith('/users/search'))).toHaveLength(1);
    });

    it.each([
      [{ kind: 'leave' }, undefined],
      [{ kind: 'unassign' }, 'pass'],
      [{ kind: 'group', name: 'Support' }, 'pass'],
      [{ kind: 'group', name: 'Nowhere' }, 'fail'],
      [{ kind: 'user', email: 'ben@example.com' }, 'pass'],
    ] as const)('Test Connection tries the receiver: %j', async (ticketReceiver, status) => {
      const tested = await makeZendeskWorld({ connector: { ticketReceiver } });
      tested.simulator.seed.user({ name: 'Ben', role: 'agent', email: 'ben@example.com', verified: true });
      const row = (await tested.connector.probe()).find(({ name }) => name === 'Receiver of tickets');
      expect(row?.status).toBe(status);
      if (status === 'fail') expect(row?.action).toContain('Name a group that exists');
      await tested.close();
    });
  });

  describe('erasing', () => {
    it('what is deleted is erased, once and for all', async () => {
      const bob = world.seedUser({ name: 'Bob', email: 'bob@example.com' });
      await world.connector.deleteUser(bob);
      await world.connector.eraseUser(bob);
      await world.connector.eraseUser(bob);
      expect(world.simulator.state.users.get(Number(bob))?.permanently_deleted).toBe(true);
      await world.connector.eraseUser(targetId(999_999_999));
    });

    it('who is not deleted is never erased, nor is the credential', async () => {
      const bob = world.seedUser({ name: 'Bob', email: 'bob@example.com' });
      await expect(world.connector.eraseUser(bob)).rejects.toBeInstanceOf(RejectedError);
      const { selfId } = await world.connector.describe();
      await expect(world.connector.eraseUser(selfId)).rejects.toBeInstanceOf(RejectedError);
      expect(world.user(bob)?.active).toBe(true);
    });
  });
});
