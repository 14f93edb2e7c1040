import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatLogLine } from '../host/events';
import { choosePorts } from '../ports';
import { untilStopped } from '../until-stopped';
import { call, type EndedCycle, isReading, runCycle } from './app-client';
import { checkDemo } from './check-demo';
import { demoChanges } from './directory-changes';
import { Screen } from './screen';
import { addsUp, failuresOf, summaryOf } from './summary';
import { duration } from './text';
import { GRAPH_TOKEN, startWorld, type World } from './world';

/** How to run the demo. */
export interface DemoRun {
  readonly appDirectory: string;
  /** End when everything is shown. */
  readonly once: boolean;
  readonly people?: number;
  /** Of the app; undefined takes the usual one, or the next that is free. */
  readonly port?: number;
  /** Of the simulated account, in a minute of its clock. */
  readonly requestsPerMinute?: number;
  readonly screen?: Screen;
  /** Settles when the user wants to end; Ctrl-C unless told otherwise. */
  readonly stopped?: Promise<void>;
}

/** The simulated account: Suite Enterprise, 700 requests a minute, and a minute of it passes in this many seconds. */
const REQUESTS_PER_MINUTE = 700;
const TIME_SCALE = 10;
const CYCLE_TIMEOUT_MS = 8 * 60_000;

/** The same at each start, so that a bookmark and a document can hold them. They open nothing but a simulated company, on loopback. */
const KEYS = { master: 'demo-master', default: 'demo' };

/** Shows the app at work on a demo company. @returns the exit code: 0 when everything came out as it should, 130 when it was stopped */
export async function runDemo(run: DemoRun): Promise<number> {
  const screen = run.screen ?? new Screen();
  const stopped = run.stopped ?? untilStopped();
  const [port, graphPort, zendeskPort] = await choosePorts(run.port, 2);
  const log = openLog(run.appDirectory, port);
  const starting = startWorld({
    appDirectory: run.appDirectory,
    ports: { app: port, graph: graphPort ?? 0, zendesk: zendeskPort ?? 0 },
    keys: KEYS,
    ...(run.people === undefined ? {} : { people: run.people }),
    timeScale: TIME_SCALE,
    requestsPerMinute: run.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    onLog: (event) => appendFileSync(log.file, `${formatLogLine(event)}\n`),
  });
  const demo = starting.then((world) => show(screen, world, log.name));
  try {
    const shown = await Promise.race([demo, stopped.then(() => 'stopped' as const)]);
    if (shown === 'stopped') return 130;
    if (!run.once) {
      printAddresses(screen, await starting);
      await stopped;
    }
    return shown ? 0 : 1;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nThe app's own log is in ${log.name}.`, {
      cause: error,
    });
  } finally {
    screen.say('\nStopping the app, the simulators and the storage emulator …');
    screen.close();
    await starting.then(
      (world) => world.stop(),
      () => undefined,
    );
  }
}

/** A log of its own for each app that runs: they differ by port. */
function openLog(appDirectory: string, port: number): { readonly file: string; readonly name: string } {
  const name = `.local/demo-${port}.log`;
  mkdirSync(join(appDirectory, '.local'), { recursive: true });
  const file = join(appDirectory, name);
  rmSync(file, { force: true });
  return { file, name };
}

async function show(screen: Screen, world: World, logName: string): Promise<boolean> {
  const { counts, directory } = world.demo;
  screen.say('\nThe app is up. Open its console now, and watch the initial cycle there:\n');
  screen.print(`  ${consoleOf(world)}\n`);
  screen.say('The sign-in is simulated: choose who you want to be. It works on this machine only.\n');
  screen.say(
    `This is a demonstration on your machine. Real: the app, built as it is deployed; it was ready in ${duration(world.host.stats().firstFunctionMs ?? 0)}. Emulated: Azure Storage. Simulated: Microsoft Graph, Zendesk, and the company that they hold. Zendesk's limit of requests a minute applies, on a clock that runs ${TIME_SCALE} times faster than yours. The app's own log is in ${logName}.\n`,
  );
  await showConnection(screen, world);

  screen.say(
    `1. The initial cycle: ${counts.people} people are in the directory, and ${counts.provisioned} of them are to get an account; their groups come on top.\n`,
    3,
  );
  const first = await showCycle(screen, world);
  const { escrows } = first.status;
  if (escrows.count > 0) {
    const nameOf = (id: string): string => directory.user(id)?.displayName ?? directory.group(id)?.displayName ?? id;
    screen.say(`\n   What failed is tried again later (${escrows.count}):`);
    for (const failure of failuresOf(first.status, nameOf)) screen.say(`   • ${failure}`, 5);
  }

  screen.say('\n2. Things change in the company:');
  for (const change of demoChanges) {
    change.apply(world.demo);
    screen.say(`   • ${change.sentence}`, 5);
  }
  screen.say('\n   The incremental cycle:\n');
  const second = await showCycle(screen, world);

  screen.say('\n3. Once more, with nothing changed:\n');
  const writesBefore = world.zendesk.stats.writes.length;
  const third = await showCycle(screen, world);
  const writes = world.zendesk.stats.writes.length - writesBefore;
  screen.say(`\n   ${writes} writes were sent to Zendesk.`);

  const findings = checkDemo(world);
  screen.say('\n4. What Zendesk holds now, checked against the company:');
  for (const fact of findings.facts) screen.say(`   ✓ ${fact}`, 5);
  for (const fault of findings.faults) screen.say(`   ✗ ${fault}`, 5);
  printFigures(screen, world);
  return findings.faults.length === 0 && writes === 0 && [first, second, third].every(({ cycle }) => addsUp(cycle));
}

async function showConnection(screen: Screen, world: World): Promise<void> {
  const { checks } = await call<{ checks: { name: string; status: string; result: string }[] }>(world.host, 'test-connection', {
    method: 'POST',
  });
  const passed = checks.filter((check) => check.status === 'pass').length;
  screen.say(`Test Connection: ${passed} of ${checks.length} checks passed.`);
  for (const { name, status, result } of checks)
    if (status !== 'pass') screen.say(`  ${status === 'fail' ? '✗' : '!'} ${name}: ${result}`, 4);
  screen.say();
}

async function showCycle(screen: Screen, world: World): Promise<EndedCycle> {
  const startedAt = Date.now();
  const ended = await runCycle(
    world.host,
    (cycle) => screen.progress(cycle?.counts.total ?? 0, cycle?.enqueued ?? 0, cycle === undefined || isReading(cycle)),
    CYCLE_TIMEOUT_MS,
  );
  const { kind } = ended.cycle;
  screen.say(`   The ${kind} cycle ended after ${duration(Date.now() - startedAt)}.\n`);
  screen.print(summaryOf(ended.cycle, screen.width));
  return ended;
}

function printFigures(screen: Screen, { zendesk, host, graph }: World): void {
  const peak = Math.round((host.stats().peakRssBytes ?? 0) / 1024 / 1024);
  screen.say(
    `\n   ${zendesk.stats.requests} requests went to Zendesk, ${zendesk.stats.writes.length} of them writes; ${zendesk.stats.throttled} ${zendesk.stats.throttled === 1 ? 'was' : 'were'} throttled. ${graph.stats.count} went to Microsoft Graph. The app's process took ${peak} MB at most.`,
  );
}

const consoleOf = ({ host }: World): string => `${host.url}/api/console`;

function printAddresses(screen: Screen, world: World): void {
  const { host, graph, zendesk, demo } = world;
  const person = String(demo.directory.user(demo.cast.toAdopt)?.mail);
  screen.say(`\nThe app stays up until Ctrl-C. Look anybody up in its console, such as ${person}.\n`);
  screen.print(`  Console      ${consoleOf(world)}
  Log          ${host.url}/api/logs?code=${host.keys.default}
  Health       ${host.url}/api/health
`);
  screen.say('The simulated services ask for credentials, as the real ones do:\n');
  screen.print(`  Graph        ${graph.url}/users
               Authorization: Bearer ${GRAPH_TOKEN}
  Zendesk      ${zendesk.url}/api/v2/users
               Authorization: ${zendesk.authorization}`);
}
