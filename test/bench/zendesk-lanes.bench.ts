/**
 * How much of Zendesk's limits the connector uses, against the simulator with a real account's limits and no time compression. One JSON line a case:
 *
 *   updates    single changes in the lane of one a second
 *   creations  new people, look-up and creation, one by one, plan of 700 a minute of which 70 % are ours
 *   bulk       the same with bulk user import
 *   suspend    1,000 suspensions
 *
 * `npm run bench:zendesk -- CASE…`; `BENCH_SECONDS` (60) and `BENCH_WORKERS` (100: items under way at once) change the load.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startZendeskSimulator } from '../../local/zendesk/simulator';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import { ThrottledError } from '../../src/core/errors';
import type { TargetUser } from '../../src/core/model';
import { aNewUser } from '../contract/target-connector-suite';
import { connectorOptions } from '../contract/zendesk-connector-world';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const WORKERS = Number(process.env.BENCH_WORKERS ?? 100);
const PLAN = 700;
const SHARE = 0.7;

async function world(options: { readonly bulkCreate?: boolean; readonly bulk?: boolean; readonly jobMs?: number }) {
  const simulator = await startZendeskSimulator({
    requestsPerMinute: PLAN,
    updateLanes: true,
    jobDurationMs: options.jobMs ?? 3_000,
    features: { bulkCreateEnabled: options.bulkCreate ?? false },
  });
  const connector = makeZendeskConnector(
    connectorOptions(simulator.url, {
      rateLimitShare: SHARE,
      startPerMinute: PLAN,
      timeScale: 1,
      random: Math.random,
      bulk: options.bulk ?? true,
    }),
  );
  await connector.describe();
  return { simulator, connector, close: async () => void (await Promise.all([connector.close(), simulator.close()])) };
}

/** As a work item that is told to wait: it comes back. Returns how often. */
async function patiently(call: () => Promise<unknown>): Promise<number> {
  for (let putBack = 0; ; putBack++) {
    try {
      await call();
      return putBack;
    } catch (error) {
      if (!(error instanceof ThrottledError)) throw error;
      await pause(Math.min(error.retryAfterMs, 30_000));
    }
  }
}

async function creations(name: string, bulkCreate: boolean) {
  const { simulator, connector, close } = await world({ bulkCreate });
  let created = 0;
  let putBack = 0;
  let next = 0;
  const before = simulator.stats.requests;
  const startedAt = performance.now();
  const isOver = () => performance.now() - startedAt > SECONDS * 1_000;
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      while (!isOver()) {
        const externalId = `person-${next++}`;
        putBack += await patiently(async () => {
          const [found] = await connector.findUsers({ attribute: 'external_id', value: externalId });
          if (!found) await connector.createUser(aNewUser({ externalId, email: `${externalId}@example.com` }));
        });
        if (!isOver()) created += 1;
      }
    }),
  );
  const all = [...simulator.state.users.values()].filter(({ external_id: key }) => key !== null).length;
  const requests = simulator.stats.requests - before;
  if (process.env.BENCH_ROUTES) console.log(JSON.stringify([...simulator.stats.byRoute]));
  report(name, {
    accountsPerMinute: round((created * 60) / SECONDS),
    shareOfQuota: round((created * 60) / SECONDS / (PLAN * SHARE)),
    requestsPerAccount: round(requests / all),
    putBack,
    throttled: simulator.stats.throttled,
  });
  await close();
}

async function updates() {
  const { simulator, connector, close } = await world({ bulk: false });
  const ids = Array.from({ length: SECONDS * 2 }, (_, at) => simulator.seed.user({ name: `User ${at}` }).id);
  const users = (await Promise.all(ids.map((id) => connector.getUser(String(id) as TargetUser['id'])))).flatMap(
    (user) => user ?? [],
  );
  const startedAt = performance.now();
  const isOver = () => performance.now() - startedAt > SECONDS * 1_000;
  const queue = users.values();
  let updated = 0;
  let putBack = 0;
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (const user of queue) {
        if (isOver()) return;
        putBack += await patiently(() => connector.updateUser(user, { suspended: true }));
        if (!isOver()) updated += 1;
      }
    }),
  );
  report('updates', { perSecond: round(updated / SECONDS), putBack, throttled: simulator.stats.throttled });
  await close();
}

async function suspend() {
  const { simulator, connector, close } = await world({});
  const ids = Array.from({ length: 1_000 }, (_, at) => simulator.seed.user({ name: `User ${at}` }).id);
  const users = (await Promise.all(ids.map((id) => connector.getUser(String(id) as TargetUser['id'])))).flatMap(
    (user) => user ?? [],
  );
  const before = simulator.stats.requests;
  const startedAt = performance.now();
  const queue = users.values();
  let putBack = 0;
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      for (const user of queue) putBack += await patiently(() => connector.updateUser(user, { suspended: true }));
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  report('suspend', {
    perSecond: round(1_000 / seconds),
    requestsEach: round((simulator.stats.requests - before) / 1_000),
    putBack,
    throttled: simulator.stats.throttled,
  });
  await close();
}

const round = (value: number) => Math.round(value * 1_000) / 1_000;
const report = (name: string, figures: Readonly<Record<string, number>>) =>
  console.log(JSON.stringify({ case: name, seconds: SECONDS, workers: WORKERS, ...figures }));

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  updates,
  creations: () => creations('creations', false),
  bulk: () => creations('bulk', true),
  suspend,
};

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  for (const name of asked.length > 0 ? asked : Object.keys(CASES)) await CASES[name]?.();
}

void main();
