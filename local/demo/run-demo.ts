import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatLogLine } from '../host/events';
import { untilStopped } from '../until-stopped';
import { call, type ShownStatus, waitForCycle } from './app-client';
import { checkDemo } from './check-demo';
import { demoChanges } from './directory-changes';
import { addsUp, failuresOf, summaryOf } from './summary';
import { duration, ProgressBar } from './terminal';
import { GRAPH_TOKEN, startWorld, type World } from './world';

/** How to run the demo. */
export interface DemoRun {
  readonly appDirectory: string;
  /** End when everything is shown. */
  readonly once: boolean;
  readonly people?: number;
}

/** The simulated account: Suite Enterprise, 700 requests a minute, and a minute of it passes in this many seconds. */
const REQUESTS_PER_MINUTE = 700;
const TIME_SCALE = 10;
const CYCLE_TIMEOUT_MS = 8 * 60_000;

/** Shows the app at work on a demo company. @returns the exit code: 0 when everything came out as it should */
export async function runDemo(run: DemoRun): Promise<number> {
  const stopped = untilStopped();
  const logFile = join(run.appDirectory, '.local', 'demo.log');
  mkdirSync(join(run.appDirectory, '.local'), { recursive: true });
  rmSync(logFile, { force: true });
  console.log(`Zendesk provisioning for Microsoft Entra ID: a demonstration on this machine.

  Simulated: Microsoft Graph, Zendesk (its limit of ${REQUESTS_PER_MINUTE} requests a minute is in force, on a clock
  that runs ${TIME_SCALE} times faster than yours) and the company that they hold. Emulated: Azure Storage. Real: the app itself, built as it is deployed.
  The app's own log is in .local/demo.log.
`);
  const world = await startWorld({
    appDirectory: run.appDirectory,
    ...(run.people === undefined ? {} : { people: run.people }),
    timeScale: TIME_SCALE,
    requestsPerMinute: REQUESTS_PER_MINUTE,
    onLog: (event) => appendFileSync(logFile, `${formatLogLine(event)}\n`),
  });
  try {
    const shown = await Promise.race([show(world), stopped.then(() => undefined)]);
    if (shown === undefined) return 130;
    if (!run.once) {
      printAddresses(world);
      await stopped;
    }
    return shown ? 0 : 1;
  } finally {
    console.log('\nStopping the app, the simulators and the emulator …');
    await world.stop();
  }
}

async function show(world: World): Promise<boolean> {
  const stats = world.host.stats();
  console.log(
    `The app was ready in ${duration(stats.firstFunctionMs ?? 0)} (from the start of its process to its first function).\n`,
  );
  await showConnection(world);

  console.log(
    `1. The initial cycle: ${world.demo.counts.people} people in the directory, ${world.demo.counts.provisioned} of them to get an account; groups come on top.`,
  );
  const first = await showCycle(world, undefined);

  console.log('\n2. Things change in the company:');
  for (const change of demoChanges) {
    change.apply(world.demo);
    console.log(`   • ${change.sentence}`);
  }
  console.log('\n   The incremental cycle:');
  const second = await runNow(world, first);

  console.log('\n3. Once more, with nothing changed:');
  const writesBefore = world.zendesk.stats.writes.length;
  const third = await runNow(world, second);
  const writes = world.zendesk.stats.writes.length - writesBefore;
  console.log(`   Requests that write, sent to Zendesk: ${writes}.`);

  const findings = checkDemo(world);
  console.log(`\n4. What Zendesk holds now, checked against the company:`);
  for (const finding of findings.facts) console.log(`   ✓ ${finding}`);
  for (const finding of findings.faults) console.log(`   ✗ ${finding}`);
  printFigures(world);
  const cycles = [first, second, third].map((status) => status.cycles[0]);
  return findings.faults.length === 0 && writes === 0 && cycles.every((cycle) => cycle !== undefined && addsUp(cycle));
}

async function showConnection(world: World): Promise<void> {
  const answer = await call<{ status: string; checks: { name: string; status: string; result: string }[] }>(
    world.host,
    'test-connection',
    {
      method: 'POST',
    },
  );
  console.log(
    `Test Connection: ${answer.checks.length} checks, ${answer.checks.filter((check) => check.status === 'pass').length} passed.`,
  );
  for (const { name, status, result } of answer.checks) {
    if (status !== 'pass') console.log(`  ${status === 'fail' ? '✗' : '!'} ${name}: ${result}`);
  }
  console.log('');
}

/** Fires the timer and waits for the cycle after `before` to end. */
async function runNow(world: World, before: ShownStatus): Promise<ShownStatus> {
  await world.host.runTimer('provisioningCycle');
  return showCycle(world, before.cycles[0]?.cycleId);
}

async function showCycle(world: World, before: string | undefined): Promise<ShownStatus> {
  const startedAt = Date.now();
  const bar = new ProgressBar('provisioned');
  const status = await waitForCycle(
    world.host,
    before,
    (cycle) => bar.show(cycle?.counts.total ?? 0, cycle?.enqueued ?? 0, 'objects'),
    CYCLE_TIMEOUT_MS,
  );
  bar.end();
  const cycle = status.cycles[0];
  if (cycle) {
    console.log(`   ${cycle.kind} cycle ended after ${duration(Date.now() - startedAt)}.\n`);
    console.log(summaryOf(cycle));
  }
  if (before === undefined && status.escrows.count > 0)
    console.log(`\n  Waiting to be tried again (${status.escrows.count}):\n${failuresOf(status, nameIn(world))}`);
  return status;
}

/** Names people and groups of the company as a reader knows them. */
const nameIn =
  ({ demo }: World) =>
  (id: string): string =>
    demo.directory.user(id)?.displayName ?? demo.directory.group(id)?.displayName ?? id;

function printFigures(world: World): void {
  const { zendesk, host, graph } = world;
  const { peakRssBytes } = host.stats();
  console.log(`
  Requests to Zendesk ${zendesk.stats.requests} (${zendesk.stats.writes.length} of them writes), throttled ${zendesk.stats.throttled}; to Microsoft Graph ${graph.stats.count}.
  Peak memory of the app's process ${Math.round((peakRssBytes ?? 0) / 1024 / 1024)} MB.`);
}

function printAddresses({ host, graph, zendesk, demo }: World): void {
  const code = host.keys.default;
  const person = String(demo.directory.user(demo.cast.toAdopt)?.mail);
  console.log(`
The app stays up until Ctrl-C.
  Status page      ${host.url}/api/status?code=${code}
  One person       ${host.url}/api/explain?person=${person}&code=${code}
  Log              ${host.url}/api/logs?code=${code}
  Health           ${host.url}/api/health
  Test connection  curl -X POST '${host.url}/api/test-connection?code=${code}'
  Zendesk          curl -H 'authorization: ${zendesk.authorization}' '${zendesk.url}/api/v2/users'   (simulated)
  Graph            curl -H 'authorization: Bearer ${GRAPH_TOKEN}' '${graph.url}/users'   (simulated)`);
}
