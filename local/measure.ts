import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CountingProxy, startCountingProxy } from './counting-proxy';
import { cycleIds, newCycleId, waitForCycle } from './demo/app-client';
import { startWorld, type World } from './demo/world';
import { formatLogLine } from './host/events';

/** Two sizes, so that what does not grow with the directory is told apart from what does. */
const SIZES = [200, 1_040] as const;
/** How many people change in the measured incremental cycle. */
const CHANGED = 50;

/** What was counted up to now. */
interface Counts {
  functionExecutions: number;
  functionSeconds: number;
  tableTransactions: number;
  queueMessages: number;
  zendeskRequests: number;
  graphRequests: number;
  telemetryBytes: number;
}

/** Measures what cycles cost in executions, transactions and bytes, against simulators and emulator, into docs/measured-counts.json. */
async function main(): Promise<void> {
  const measurements = [];
  for (const people of SIZES) measurements.push(await measure(people));
  const file = join(__dirname, '..', '..', 'docs', 'measured-counts.json');
  writeFileSync(file, `${JSON.stringify({ command: 'npm run measure', measurements }, null, 2)}\n`);
  console.log(`Written: docs/measured-counts.json. Now: npm run cost -- --write`);
}

async function measure(people: number) {
  const invoked = { executions: 0, bytes: 0 };
  const spans = new Map<string, (readonly [number, number])[]>();
  let proxy: CountingProxy | undefined;
  const world = await startWorld({
    appDirectory: join(__dirname, '..', '..'),
    people,
    timeScale: 10,
    requestsPerMinute: 2500,
    viaStorage: async (connectionString) => {
      proxy = await startCountingProxy(connectionString);
      return proxy.connectionString;
    },
    onInvocation: ({ trigger, functionName, durationMs }) => {
      if (trigger === 'http') return;
      invoked.executions += 1;
      const endedAt = performance.now();
      spans.set(functionName, [...(spans.get(functionName) ?? []), [endedAt - durationMs, endedAt]]);
    },
    onLog: (event) => {
      if (event.category.endsWith('.User')) invoked.bytes += Buffer.byteLength(formatLogLine(event));
    },
  });
  const counts = (): Counts => ({
    functionExecutions: invoked.executions,
    functionSeconds: [...spans.values()].reduce((sum, one) => sum + activeMs(one), 0) / 1000,
    tableTransactions: proxy?.tables() ?? 0,
    queueMessages: proxy?.messages() ?? 0,
    zendeskRequests: world.zendesk.stats.requests,
    graphRequests: world.graph.stats.count,
    telemetryBytes: invoked.bytes,
  });
  try {
    const initial = await cycle(world, counts);
    const idle = await cycle(world, counts);
    const { directory } = world.demo;
    const someone = directory.users().filter((user) => world.zendesk.state.userByExternalId(user.id)?.role === 'end-user');
    for (const user of someone.slice(0, CHANGED)) directory.updateUser(user.id, { displayName: `${user.displayName} jr.` });
    const changed = await cycle(world, counts);
    console.log(
      `${people} people: initial cycle ${initial.tableTransactions} table transactions, ${initial.zendeskRequests} requests to Zendesk.`,
    );
    const quantities = Object.keys(initial) as (keyof Counts)[];
    return {
      objects: initial.queueMessages,
      ...Object.fromEntries(
        quantities.map((quantity) => [
          quantity,
          {
            initial: round(initial[quantity]),
            incrementalIdle: round(idle[quantity]),
            perChange: round(Math.max(0, changed[quantity] - idle[quantity]) / CHANGED),
          },
        ]),
      ),
    };
  } finally {
    await world.stop();
    await proxy?.close();
  }
}

/** Flex Consumption bills the memory of an instance while anything runs on it, and a second at least each time it begins. */
const LEAST_ACTIVE_MS = 1_000;

/**
 * How long an instance is at work on these executions: what runs side by side counts once. Each timer, and each queue, has instances of its own.
 * @see https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing
 */
function activeMs(spans: readonly (readonly [number, number])[]): number {
  let total = 0;
  let [from, to] = [0, Number.NEGATIVE_INFINITY];
  const close = (): void => {
    if (to > from) total += Math.max(to - from, LEAST_ACTIVE_MS);
  };
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start <= to) to = Math.max(to, end);
    else {
      close();
      [from, to] = [start, end];
    }
  }
  close();
  return total;
}

/** Runs a cycle and counts what it took, without the status calls that wait for it. */
async function cycle(world: World, counts: () => Counts): Promise<Counts> {
  const known = await cycleIds(world.host);
  const before = counts();
  await world.host.runTimer('provisioningCycle');
  await until(() => world.host.stats().invocations['provisionObject']?.succeeded ?? 0);
  const after = counts();
  await waitForCycle(world.host, await newCycleId(world.host, known), 8 * 60_000);
  return Object.fromEntries(
    (Object.keys(after) as (keyof Counts)[]).map((quantity) => [quantity, after[quantity] - before[quantity]]),
  ) as unknown as Counts;
}

/** Waits until a number has stood still for two seconds. */
async function until(read: () => number): Promise<void> {
  for (let [last, since] = [read(), Date.now()]; Date.now() - since < 2_000; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = read();
    if (now !== last) [last, since] = [now, Date.now()];
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
