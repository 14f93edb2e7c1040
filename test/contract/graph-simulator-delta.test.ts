import { type GraphSimulator, type GraphSimulatorOptions, startGraphSimulator } from '../../local/graph/simulator';
import { GraphProbe } from '../support/graph-probe';

/** Delta queries of the Graph simulator: https://learn.microsoft.com/graph/delta-query-overview */
describe('delta queries of the Graph simulator', () => {
  let graph: GraphSimulator;
  let probe: GraphProbe;
  let clock: Date;

  async function start(options: GraphSimulatorOptions = {}): Promise<void> {
    clock = new Date('2026-05-01T00:00:00Z');
    graph = await startGraphSimulator({ now: () => clock, ...options });
    probe = new GraphProbe(graph.url);
  }

  afterEach(() => graph.close());

  function addPeople(count: number): string[] {
    return Array.from({ length: count }, (_, index) =>
      graph.directory.addUser({
        userPrincipalName: `p${index}@x.example`,
        displayName: `P ${index}`,
        mail: `p${index}@x.example`,
      }),
    );
  }

  const members = (object: Record<string, unknown> | undefined) => (object?.['members@delta'] ?? []) as Record<string, unknown>[];

  describe('trap 16: absent is not null, changed is not gone, empty is not the end', () => {
    it('leaves out what was never set, and shows null for what was cleared', async () => {
      await start();
      const [id = ''] = addPeople(1);
      const first = await probe.round('/users/delta?$select=displayName,mail,jobTitle');
      expect(first.value).toEqual([{ id, displayName: 'P 0', mail: 'p0@x.example' }]);
      graph.directory.updateUser(id, { mail: null });
      expect((await probe.round(first.deltaLink)).value).toEqual([{ id, displayName: 'P 0', mail: null }]);
      expect((await probe.round(first.deltaLink, { Prefer: 'return=minimal' })).value).toEqual([{ id, mail: null }]);
    });

    it('tells a soft delete (changed) from a permanent one (deleted), and a restored user comes back whole', async () => {
      await start();
      const [soft = '', hard = ''] = addPeople(2);
      const first = await probe.round('/users/delta?$select=displayName,jobTitle');
      graph.directory.softDeleteUser(soft);
      graph.directory.hardDeleteUser(hard);
      const second = await probe.round(first.deltaLink);
      expect(second.value).toEqual([
        { id: soft, '@removed': { reason: 'changed' } },
        { id: hard, '@removed': { reason: 'deleted' } },
      ]);
      graph.directory.restoreUser(soft);
      const third = await probe.round(second.deltaLink, { Prefer: 'return=minimal' });
      expect(third.value).toEqual([{ id: soft, displayName: 'P 0' }]);
    });

    it('sends empty pages with a nextLink, and ends with a deltaLink only', async () => {
      await start({ deltaPageSize: 2 });
      graph.faults.delta.emptyPages = 1;
      const ids = addPeople(5);
      const round = await probe.round('/users/delta?$select=displayName');
      expect(round.pages.map((page) => page.body.value.length)).toEqual([0, 2, 0, 2, 0, 1]);
      expect(round.pages.map((page) => '@odata.deltaLink' in page.body)).toEqual([false, false, false, false, false, true]);
      expect(round.pages.map((page) => '@odata.nextLink' in page.body)).toEqual([true, true, true, true, true, false]);
      expect(round.value.map((user) => user.id)).toEqual(ids);
    });

    it('may tell of deleted users in the initial round', async () => {
      await start();
      const [gone = '', here = ''] = addPeople(2);
      graph.directory.softDeleteUser(gone);
      expect((await probe.round('/users/delta')).value.map((user) => user.id)).toEqual([here]);
      graph.faults.delta.removedInInitialRound = true;
      expect((await probe.round('/users/delta')).value.at(-1)).toEqual({ id: gone, '@removed': { reason: 'changed' } });
    });
  });

  describe('trap 17: the selection is baked into the token', () => {
    it('raises no change for a property that is not selected', async () => {
      await start();
      const [id = ''] = addPeople(1);
      const first = await probe.round('/users/delta?$select=displayName');
      graph.directory.updateUser(id, { jobTitle: 'Baker' });
      const second = await probe.round(first.deltaLink);
      expect(second.value).toEqual([]);
      graph.directory.updateUser(id, { displayName: 'New' });
      expect((await probe.round(second.deltaLink)).value).toEqual([{ id, displayName: 'New' }]);
    });

    it('does not change with what a later request asks for', async () => {
      await start({ deltaPageSize: 1 });
      const [id = ''] = addPeople(2);
      const page = await probe.get('/users/delta?$select=displayName');
      expect((await probe.get(`${String(page.body['@odata.nextLink'])}&$select=mail`)).status).toBe(400);
      const { deltaLink } = await probe.round('/users/delta?$select=displayName');
      graph.directory.updateUser(id, { displayName: 'New', mail: 'new@x.example' });
      expect((await probe.round(`${deltaLink}&$select=mail`)).value).toEqual([{ id, displayName: 'New' }]);
    });

    it('starts from now with $deltatoken=latest, selection included', async () => {
      await start();
      const [id = ''] = addPeople(3);
      const latest = await probe.get('/users/delta?$select=mail&$deltatoken=latest');
      expect(latest.body.value).toEqual([]);
      graph.directory.updateUser(id, { displayName: 'Unseen' });
      graph.directory.updateUser(id, { mail: 'seen@x.example' });
      expect((await probe.round(String(latest.body['@odata.deltaLink']))).value).toEqual([{ id, mail: 'seen@x.example' }]);
    });

    it('refuses what delta queries do not support', async () => {
      await start();
      for (const query of ['$top=5', '$expand=manager', '$orderby=displayName', "$filter=displayName eq 'x'", '$select=nonsense'])
        expect([query, (await probe.get(`/users/delta?${query}`)).status]).toEqual([query, 400]);
    });

    it('follows single objects by id, 50 at most', async () => {
      await start();
      const ids = addPeople(51);
      const clause = (id: string): string => `id eq '${id}'`;
      const filter = (wanted: string[]): string => `/users/delta?$select=displayName&$filter=${wanted.map(clause).join(' or ')}`;
      const [first = '', second = '', third = ''] = ids;
      const round = await probe.round(filter([first, second]));
      expect(round.value.map((user) => user.id)).toEqual([first, second]);
      graph.directory.updateUser(second, { displayName: 'X' });
      graph.directory.updateUser(third, { displayName: 'Y' });
      expect((await probe.round(round.deltaLink)).value).toEqual([{ id: second, displayName: 'X' }]);
      expect((await probe.get(filter(ids))).status).toBe(400);
    });
  });

  it('trap 18: an assignment, an unassignment or a membership raises no user delta', async () => {
    await start();
    const [id = ''] = addPeople(1);
    const group = graph.directory.addGroup({ displayName: 'G' });
    graph.directory.addServicePrincipal({ displayName: 'Zendesk' });
    const { deltaLink } = await probe.round('/users/delta');
    const assignment = graph.directory.assign(id);
    graph.directory.addMember(group, id);
    graph.directory.unassign(assignment);
    expect((await probe.round(deltaLink)).value).toEqual([]);
  });

  it('trap 19: disabled is an update, soft-deleted is changed, purged is deleted, with or without a soft delete before', async () => {
    await start();
    const [disabled = '', soft = '', purged = '', purgedLater = ''] = addPeople(4);
    graph.directory.softDeleteUser(purgedLater);
    const { deltaLink } = await probe.round('/users/delta?$select=accountEnabled');
    graph.directory.disableUser(disabled);
    graph.directory.softDeleteUser(soft);
    graph.directory.hardDeleteUser(purged);
    graph.directory.hardDeleteUser(purgedLater);
    expect((await probe.round(deltaLink)).value).toEqual([
      { id: disabled, accountEnabled: false },
      { id: soft, '@removed': { reason: 'changed' } },
      { id: purged, '@removed': { reason: 'deleted' } },
      { id: purgedLater, '@removed': { reason: 'deleted' } },
    ]);
  });

  describe('groups', () => {
    it('spreads the members of a large group over pages, the same group object again', async () => {
      await start({ deltaLinksPerPage: 40 });
      const ids = addPeople(100);
      const large = graph.directory.addGroup({ displayName: 'Large' });
      const empty = graph.directory.addGroup({ displayName: 'Empty' });
      for (const id of ids) graph.directory.addMember(large, id);
      const round = await probe.round('/groups/delta?$select=displayName,members');
      expect(round.pages.map((page) => page.body.value.map((group) => [group.id, members(group).length]))).toEqual([
        [[large, 40]],
        [[large, 40]],
        [
          [large, 20],
          [empty, 0],
        ],
      ]);
      expect(new Set(round.value.flatMap((group) => members(group).map((member) => member.id)))).toEqual(new Set(ids));
      expect(round.value.at(-1)).toEqual({ id: empty, displayName: 'Empty' });
    });

    it('tells who joined and left, with the last word for each, also by deletion of the user', async () => {
      await start();
      const [joins = '', leaves = '', deleted = '', both = ''] = addPeople(4);
      const group = graph.directory.addGroup({ displayName: 'G' });
      const inner = graph.directory.addGroup({ displayName: 'Inner' });
      for (const id of [leaves, deleted]) graph.directory.addMember(group, id);
      const first = await probe.round('/groups/delta?$select=displayName,members');
      graph.directory.addMember(group, joins);
      graph.directory.removeMember(group, leaves);
      graph.directory.softDeleteUser(deleted);
      graph.directory.addMember(group, both);
      graph.directory.removeMember(group, both);
      graph.directory.addMember(group, inner);
      const second = await probe.round(first.deltaLink, { Prefer: 'return=minimal' });
      const user = '#microsoft.graph.user';
      const removed = { '@removed': { reason: 'deleted' } };
      expect(second.value).toEqual([
        {
          id: group,
          'members@delta': [
            { '@odata.type': user, id: joins },
            { '@odata.type': user, id: leaves, ...removed },
            { '@odata.type': user, id: deleted, ...removed },
            { '@odata.type': user, id: both, ...removed },
            { '@odata.type': '#microsoft.graph.group', id: inner },
          ],
        },
      ]);
      graph.directory.restoreUser(deleted);
      expect((await probe.round(second.deltaLink)).value).toEqual([
        { id: group, displayName: 'G', 'members@delta': [{ '@odata.type': user, id: deleted }] },
      ]);
    });

    it('does not show a change of members when members are not selected, nor a change below a nested group above it', async () => {
      await start();
      const [id = ''] = addPeople(1);
      const outer = graph.directory.addGroup({ displayName: 'Outer' });
      const inner = graph.directory.addGroup({ displayName: 'Inner' });
      graph.directory.addMember(outer, inner);
      const names = await probe.round('/groups/delta?$select=displayName');
      const all = await probe.round('/groups/delta?$select=displayName,members');
      graph.directory.addMember(inner, id);
      expect((await probe.round(names.deltaLink)).value).toEqual([]);
      expect((await probe.round(all.deltaLink)).value.map((group) => group.id)).toEqual([inner]);
    });

    it('deletes security groups for good and Microsoft 365 groups softly', async () => {
      await start();
      const security = graph.directory.addGroup({ displayName: 'S' });
      const unified = graph.directory.addGroup({ displayName: 'U', groupTypes: ['Unified'] });
      const { deltaLink } = await probe.round('/groups/delta');
      graph.directory.deleteGroup(security);
      graph.directory.deleteGroup(unified);
      expect((await probe.round(deltaLink)).value).toEqual([
        { id: security, '@removed': { reason: 'deleted' } },
        { id: unified, '@removed': { reason: 'changed' } },
      ]);
    });
  });

  it('tells of a manager only when selected, and only when it changes', async () => {
    await start();
    const [boss = '', next = '', id = ''] = addPeople(3);
    graph.directory.setManager(id, boss);
    const first = await probe.round('/users/delta?$select=displayName,manager');
    const link = (manager: string) => ({ '@odata.type': '#microsoft.graph.user', id: manager });
    expect(first.value.at(-1)).toEqual({ id, displayName: 'P 2', 'manager@delta': [link(boss)] });
    expect((await probe.round('/users/delta')).value.some((user) => 'manager@delta' in user)).toBe(false);
    graph.directory.setManager(id, next);
    const second = await probe.round(first.deltaLink);
    const removed = { ...link(boss), '@removed': { reason: 'deleted' } };
    expect(second.value).toEqual([{ id, displayName: 'P 2', 'manager@delta': [removed, link(next)] }]);
    graph.directory.updateUser(id, { displayName: 'Q' });
    expect((await probe.round(second.deltaLink)).value).toEqual([{ id, displayName: 'Q' }]);
  });

  describe('tokens', () => {
    it('may be used again, and give the same changes', async () => {
      await start();
      const [id = ''] = addPeople(1);
      const { deltaLink } = await probe.round('/users/delta?$select=displayName');
      graph.directory.updateUser(id, { displayName: 'X' });
      expect((await probe.round(deltaLink)).value).toEqual((await probe.round(deltaLink)).value);
    });

    it.each([400, 410] as const)('expire after seven days: syncStateNotFound with %d', async (status) => {
      await start();
      graph.faults.delta.expiredStatus = status;
      const { deltaLink } = await probe.round('/users/delta');
      clock = new Date('2026-05-08T00:00:00Z');
      expect((await probe.get(deltaLink)).status).toBe(200);
      clock = new Date('2026-05-08T00:00:01Z');
      const answer = await probe.get(deltaLink);
      expect([answer.status, answer.body.error.code]).toEqual([status, 'syncStateNotFound']);
    });

    it('are refused when broken or of the other resource', async () => {
      await start();
      const { deltaLink } = await probe.round('/users/delta');
      expect((await probe.get('/users/delta?$deltatoken=garbage')).status).toBe(400);
      expect((await probe.get(deltaLink.replace('/users/', '/groups/'))).status).toBe(400);
      expect((await probe.get(`/users/delta?$deltatoken=${'x'.repeat(64)}`)).status).toBe(410);
    });

    it('are reset with 410 and a Location that starts a full round with the same selection', async () => {
      await start();
      const ids = addPeople(3);
      const { deltaLink } = await probe.round('/users/delta?$select=mail');
      graph.faults.delta.resets = 1;
      const answer = await probe.get(deltaLink);
      expect(answer.status).toBe(410);
      const round = await probe.round(String(answer.headers.get('location')));
      expect(round.value.map((user) => user.id)).toEqual(ids);
      expect(Object.keys(round.value[0] ?? {})).toEqual(['id', 'mail']);
      expect((await probe.get(round.deltaLink)).status).toBe(200);
    });
  });

  it('repeats itself when told to: duplicates in a round, replays of the round before', async () => {
    await start({ deltaPageSize: 2 });
    const ids = addPeople(3);
    graph.faults.delta.duplicates = true;
    const first = await probe.round('/users/delta?$select=displayName');
    expect(first.value.map((user) => user.id)).toEqual([...ids, ...ids]);
    graph.faults.delta.duplicates = false;
    graph.directory.updateUser(ids[0] ?? '', { displayName: 'X' });
    const second = await probe.round(first.deltaLink);
    graph.faults.delta.replays = true;
    graph.directory.updateUser(ids[1] ?? '', { displayName: 'Y' });
    expect((await probe.round(second.deltaLink)).value.map((user) => user.displayName)).toEqual(['X', 'Y']);
  });

  it('tells of a change made while a round is being read in the next round', async () => {
    await start({ deltaPageSize: 2 });
    const ids = addPeople(4);
    const page = await probe.get('/users/delta?$select=displayName');
    graph.directory.updateUser(ids[0] ?? '', { displayName: 'During' });
    graph.directory.hardDeleteUser(ids[3] ?? '');
    const rest = await probe.round(String(page.body['@odata.nextLink']));
    expect(rest.value.at(-1)).toEqual({ id: ids[3], '@removed': { reason: 'deleted' } });
    expect((await probe.round(rest.deltaLink)).value).toEqual([
      { id: ids[0], displayName: 'During' },
      { id: ids[3], '@removed': { reason: 'deleted' } },
    ]);
  });

  it('lags behind when replication does, and loses nothing', async () => {
    await start();
    const [id = ''] = addPeople(1);
    const first = await probe.round('/users/delta?$select=displayName');
    graph.faults.replicationDelay = 2;
    graph.directory.updateUser(id, { displayName: 'X' });
    const early = await probe.round(first.deltaLink);
    expect(early.value).toEqual([]);
    expect((await probe.get(`/users/${id}`)).body.displayName).toBe('P 0');
    expect((await probe.get(`/users/${id}`)).body.displayName).toBe('X');
    expect((await probe.round(early.deltaLink)).value).toEqual([{ id, displayName: 'X' }]);
  });
});
