import { mkdir, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConfiguredApp, composeApp } from '../../src/compose';
import type { WorkItem } from '../../src/core/model';
import { runCycle } from '../../src/engine/cycle/run-cycle';
import type { EngineDeps } from '../../src/engine/deps';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import type { WorkQueue } from '../../src/ports/work-queue';
import { type DirectoryChild, startDirectoryChild } from './directory-child';
import { startBenchStorage } from './storage-child';
import { watchWire } from './wire';
import { type AccountFacts, startZendeskChild } from './zendesk-child';

/** How a benchmark's world is to be. */
export interface BenchOptions {
  /** Whether the account has bulk user import. */
  readonly bulk: boolean;
  /** Instances of the app, sharing storage and account. */
  readonly instances: number;
  /** Work items under way at once in each instance: `host.json`. */
  readonly workers: number;
  /** Time compression of Zendesk; the app is not compressed but for Zendesk's own waits. */
  readonly scale: number;
  /** A stand-in whose answers cost next to nothing, or the emulator. */
  readonly storage: 'lean' | 'azurite';
  /** Where the CPU profile of each measured stretch goes, if anywhere. */
  readonly profile?: string | undefined;
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a stretch of work took. */
export interface Figures {
  readonly objects: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly cpuMsPerObject: number;
  readonly tableOperations: number;
  readonly tableOperationsPerObject: number;
  /** The same by verb, table and family of partitions. */
  readonly tablesByKind: Readonly<Record<string, number>>;
  readonly queueOperations: number;
  readonly graphRequests: number;
  readonly zendeskRequests: number;
  readonly zendeskRequestsPerObject: number;
  /** The same by method and path. */
  readonly zendeskByRoute: Readonly<Record<string, number>>;
  readonly throttled: number;
  readonly peakMb: number;
}

/** What became of the items of a queue. */
export interface Tally {
  /** Items that were begun, and how many of them were put back. */
  readonly runs: number;
  readonly putBack: number;
  /** Items that each instance has ended, and within how many seconds it ended its last one: none is starved. */
  readonly byInstance: readonly { readonly ended: number; readonly seconds: number }[];
}

/** The real app; storage, Zendesk and Entra ID are stand-ins, each in a process of its own. */
export interface BenchWorld {
  readonly directory: DirectoryChild;
  readonly apps: readonly ConfiguredApp[];
  readonly deps: EngineDeps;
  /** Of storage. */
  readonly connectionString: string;
  /** Messages that wait. */
  readonly queue: { readonly length: number };
  /** Runs a cycle to its end. Returns how many objects it decided on. */
  cycle(): Promise<number>;
  /** Works the queue off with all instances. @param workers of each instance */
  drain(isOver?: () => boolean, workers?: number): Promise<Tally>;
  /** Ends cycles whose work nobody does. */
  endCycles(): Promise<void>;
  measure(work: () => Promise<number>): Promise<Figures>;
  /** How often one item, all alone, waits for tables. */
  waves(work: () => Promise<unknown>): Promise<number>;
  account(): Promise<AccountFacts>;
  seed(emails: readonly string[]): Promise<void>;
  /** The account refuses updates in bulk from now on. */
  closeUpdates(): Promise<void>;
  stop(): Promise<void>;
}

/** Of the account: https://developer.zendesk.com/api-reference/introduction/rate-limits/ (Suite Professional and Growth). */
export const PLAN_PER_MINUTE = 700;
const OAUTH = { identifier: 'provisioning', secret: 'secret' };
const GRAPH_PAGE = 999;
/** Recorded jobs of Zendesk took some seconds. */
const JOB_MS = 3_000;

interface Waiting {
  readonly item: WorkItem;
  readonly at: number;
}

/** Starts it. */
export async function startBench(options: BenchOptions): Promise<BenchWorld> {
  const storage = await startBenchStorage(options.storage);
  const zendesk = await startZendeskChild({
    requestsPerMinute: PLAN_PER_MINUTE,
    timeScale: options.scale,
    jobDurationMs: JOB_MS / options.scale,
    oauthClients: [OAUTH],
    features: { bulkCreateEnabled: options.bulk },
  });
  const wire = watchWire(storage.ports);
  const directory = await startDirectoryChild(GRAPH_PAGE);
  const waiting: Waiting[] = [];
  const apps = Array.from({ length: options.instances }, () => appOf(options, storage.connectionString, zendesk.url)).map(
    (app) => ({
      ...app,
      deps: { ...app.deps, source: directory.source, queue: mirrored(app.deps.queue, waiting) },
    }),
  );
  const [first] = apps;
  if (!first) throw new Error('There is no instance.');
  const { deps } = first;
  const world: BenchWorld = {
    directory,
    apps,
    deps,
    connectionString: storage.connectionString,
    queue: waiting,
    async cycle() {
      for (;;) {
        const outcome = await runCycle(deps, { owner: deps.newId(), budgetMs: 8 * 60_000 });
        if (outcome.kind === 'failed') throw outcome.error;
        if (outcome.kind === 'notRun') throw new Error(outcome.reason);
        if (outcome.kind === 'completed') return outcome.evaluated;
      }
    },
    async drain(isOver = () => false, workers = options.workers) {
      const byInstance = apps.map(() => ({ ended: 0, seconds: 0 }));
      const tally = { runs: 0, putBack: 0, byInstance };
      const startedAt = performance.now();
      let underWay = 0;
      const worker = async ({ deps: own, gate }: ConfiguredApp, share: (typeof byInstance)[number]): Promise<void> => {
        while (!isOver() && (waiting.length > 0 || underWay > 0)) {
          const at = waiting.findIndex((one) => one.at <= Date.now());
          const [taken] = at < 0 ? [] : waiting.splice(at, 1);
          if (!taken) {
            await pause(50);
            continue;
          }
          underWay += 1;
          const outcome = await handleWorkItem(own, gate, taken.item);
          underWay -= 1;
          // What was put back before anything was read costs two messages and no run.
          if (outcome) tally.runs += 1;
          if (outcome?.kind === 'deferred') tally.putBack += 1;
          else if (outcome) {
            share.ended += 1;
            share.seconds = round((performance.now() - startedAt) / 1_000);
          }
        }
      };
      const all = apps.flatMap((app, at) => {
        const share = byInstance[at];
        return share ? Array.from({ length: workers }, () => worker(app, share)) : [];
      });
      await Promise.all(all);
      return tally;
    },
    async endCycles() {
      waiting.length = 0;
      for (const cycle of await deps.cycles.listExporting()) await deps.cycles.put({ ...cycle, state: 'succeeded' });
    },
    async measure(work) {
      const before = {
        ...wire(),
        graphRequests: await directory.requests(),
        account: await zendesk.facts(),
        byKind: await storage.tableCounts(),
        cpu: process.cpuUsage(),
        at: performance.now(),
      };
      let peak = 0;
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 100);
      const objects = await (options.profile === undefined ? work() : profiled(options.profile, work));
      clearInterval(watch);
      const cpu = process.cpuUsage(before.cpu);
      const seconds = (performance.now() - before.at) / 1_000;
      const [now, account, graphRequests] = [wire(), await zendesk.facts(), await directory.requests()];
      const byKind = await storage.tableCounts();
      const tableOperations = now.tableOperations - before.tableOperations;
      const zendeskRequests = account.requests - before.account.requests;
      const each = (value: number): number => round(value / Math.max(1, objects));
      return {
        objects,
        seconds: round(seconds),
        perSecond: round(objects / seconds),
        cpuMsPerObject: each((cpu.user + cpu.system) / 1_000),
        tableOperations,
        tableOperationsPerObject: each(tableOperations),
        tablesByKind: added(before.byKind, byKind),
        queueOperations: now.queueOperations - before.queueOperations,
        graphRequests: graphRequests - before.graphRequests,
        zendeskRequests,
        zendeskRequestsPerObject: each(zendeskRequests),
        zendeskByRoute: added(before.account.byRoute, account.byRoute),
        throttled: account.throttled - before.account.throttled,
        peakMb: Math.round(Math.max(peak, process.memoryUsage().rss) / 2 ** 20),
      };
    },
    async waves(work) {
      const before = wire().tableWaves;
      await work();
      return wire().tableWaves - before;
    },
    account: () => zendesk.facts(),
    seed: (emails) => zendesk.seed(emails),
    closeUpdates: () => zendesk.closeUpdates(),
    async stop() {
      await Promise.all(apps.map((app) => app.zendesk.close()));
      zendesk.close();
      directory.close();
      await storage.stop();
    },
  };
  return world;
}

function appOf({ scale, settings }: BenchOptions, connectionString: string, zendeskUrl: string): ConfiguredApp {
  const quiet = (): void => undefined;
  const env = {
    AzureWebJobsStorage: connectionString,
    ENTRA_TENANT_ID: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f',
    ENTRA_SERVICE_PRINCIPAL_ID: 'ffffffff-0000-4000-8000-000000000001',
    GRAPH_BASE_URL: 'http://127.0.0.1:9/',
    GRAPH_ACCESS_TOKEN: 'token',
    ZENDESK_SUBDOMAIN: 'demo',
    ZENDESK_BASE_URL: zendeskUrl,
    ZENDESK_OAUTH_CLIENT_ID: OAUTH.identifier,
    ZENDESK_OAUTH_CLIENT_SECRET: OAUTH.secret,
    LOCAL_TIME_SCALE: String(scale),
    PROVISIONING_STATUS: 'On',
    ...settings,
  };
  const error = (text: string, values?: unknown): void => console.error(text, values);
  const app = composeApp(env, process.cwd(), { debug: quiet, info: quiet, warn: quiet, error });
  if (app.kind !== 'configured') throw app.error;
  return app;
}

/** The real queue, whose messages are also handed to this process: taking them is the host's work and not the app's. */
function mirrored(queue: WorkQueue, waiting: Waiting[]): WorkQueue {
  return {
    ...queue,
    async enqueue(items) {
      await queue.enqueue(items);
      for (const item of items) waiting.push({ item, at: 0 });
    },
    async defer(item, delayMs) {
      await queue.defer(item, delayMs);
      waiting.push({ item, at: Date.now() + Math.ceil(delayMs / 1_000) * 1_000 });
    },
  };
}

export const round = (value: number): number => Math.round(value * 1_000) / 1_000;

/** What came to each count, the greatest first. */
function added(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const counts = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0).sort(([, left], [, right]) => right - left));
}

/** Writes a CPU profile of what runs, for the browser's developer tools. */
async function profiled<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${Math.round(performance.now())}.cpuprofile`), JSON.stringify(profile));
  return result;
}
