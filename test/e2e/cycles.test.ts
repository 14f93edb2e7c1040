import { call, type ShownStatus } from '../../local/demo/app-client';
import { checkDemo } from '../../local/demo/check-demo';
import { demoChanges } from '../../local/demo/directory-changes';
import type { World } from '../../local/demo/world';
import { loadGraphContract } from '../support/graph-contract';
import { loadZendeskContract } from '../support/zendesk-contract';
import { accounts, active, aWorld, runCycle } from './support/a-world';

/** The limits that the product promises; time as work, for the clock would measure how busy the machine is. */
const MAX_READY_MS = 1_000;
const MAX_PEAK_BYTES = 250 * 1024 * 1024;

describe('initial and incremental cycles, end to end', () => {
  let world: World & { readonly log: string[] };
  let first: ShownStatus;

  beforeAll(async () => {
    world = await aWorld({ recordTraffic: true });
    first = await runCycle(world);
  });
  afterAll(() => world.stop());

  test('the counts of the initial cycle add up', () => {
    const cycle = first.cycles[0];
    expect(cycle?.kind).toBe('initial');
    expect(cycle?.counts.total).toBe(cycle?.enqueued);
    expect(cycle?.counts.total).toBeGreaterThan(world.demo.counts.provisioned);
  });

  test('everybody entitled has an account, nobody else', () => {
    expect(active(world)).toHaveLength(world.demo.counts.provisioned + foreignAccounts(world));
  });

  test('the app was ready fast and stays small', () => {
    const stats = world.host.stats();
    expect(stats.firstFunctionCpuMs).toBeLessThan(MAX_READY_MS);
    expect(stats.peakRssBytes).toBeLessThan(MAX_PEAK_BYTES);
  });

  test('a second cycle sends no write at all', async () => {
    const writes = world.zendesk.stats.writes.length;
    const before = accounts(world);
    await runCycle(world);
    expect(world.zendesk.stats.writes.length).toBe(writes);
    expect(accounts(world)).toEqual(before);
  });

  test('changes in Entra ID arrive, and nothing else changes', async () => {
    const touched = new Set(demoChanges.map((change) => change.apply(world.demo)));
    const before = accounts(world);
    const status = await runCycle(world);
    expect(status.cycles[0]?.kind).toBe('incremental');
    expect(checkDemo(world).faults).toEqual([]);
    const after = accounts(world);
    for (const [id, account] of before)
      if (!touched.has(id)) expect(after.get(id)).toMatchObject({ ...account, groups: expect.anything() });
  });

  test('a role is written only to those whose role changed', () => {
    const puts = world.zendesk.stats.writes.filter(
      (write) => write.method === 'PUT' && /^\/api\/v2\/users\/\d+$/.test(write.path),
    );
    const withRole = puts.filter((write) => JSON.stringify(write.body).includes('"role"'));
    const promoted = accounts(world).get(world.demo.cast.toPromote)?.id;
    for (const write of withRole) expect(write.path).toBe(`/api/v2/users/${promoted}`);
    expect(withRole).toHaveLength(1);
  });

  test('every request to Zendesk is one that the official contract allows', async () => {
    const contract = await loadZendeskContract();
    if (!contract) return;
    const problems = world.zendesk.traffic
      .filter((one) => one.path !== '/oauth/tokens')
      .flatMap((one) =>
        contract.validateRequest({ method: one.method, path: one.path, query: one.query, body: one.requestBody }),
      );
    expect(world.zendesk.traffic.length).toBeGreaterThan(100);
    expect([...new Set(problems)]).toEqual([]);
  });

  test('every request to Graph is one that the official contract allows', async () => {
    const contract = await loadGraphContract();
    if (!contract) return;
    const problems: string[] = [];
    for (const one of world.graph.traffic) {
      problems.push(
        ...(await contract.validateRequest({ method: one.method, path: one.path, query: one.query, body: one.requestBody })),
      );
    }
    expect(world.graph.traffic.length).toBeGreaterThan(5);
    expect([...new Set(problems)]).toEqual([]);
  });

  test('no secret and no address of a person is in the log', () => {
    const text = world.log.join('\n');
    expect(text).not.toContain('simulated-client-secret');
    expect(text).not.toContain('simulated-graph-token');
    const mail = String(world.demo.directory.user(world.demo.cast.toRename)?.mail);
    expect(text).not.toContain(mail);
  });

  test('test connection passes', async () => {
    const answer = await call<{ status: string; checks: { status: string }[] }>(world.host, 'test-connection', {
      method: 'POST',
    });
    expect(answer.checks.filter((check) => check.status === 'fail')).toEqual([]);
    expect(answer.checks.length).toBeGreaterThan(8);
  });
});

/** Accounts that the demo's Zendesk held before, linked to somebody by somebody else. */
const foreignAccounts = (world: World): number => (accounts(world).get(world.demo.cast.duplicate) ? 1 : 0);
