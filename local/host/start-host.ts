import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AppHostOptions, startAppHost } from './app-host';
import { ChildHost, type ChildHostEvents } from './child-host';
import { type FunctionSummary, formatLogLine, type InvocationEvent, type LogEvent, type Outcome } from './events';
import { functionKey, type HostKeys, makeKeys } from './keys';
import { peakRssBytes } from './peak-memory';
import type { SignInOptions } from './sign-in';

/** Azure's lease on a message under way. */
const DEFAULT_LEASE_MS = 10 * 60_000;
const DEFAULT_STOP_GRACE_MS = 10_000;

/** What to host and how. */
export interface StartHostOptions {
  /** Holds `host.json`, `package.json` and what its `main` names (`dist/main.js`). */
  readonly appDirectory: string;
  /** The app's whole environment: nothing else is passed on. Triggers read their connection from it (`AzureWebJobsStorage`). */
  readonly env: Readonly<Record<string, string>>;
  /** Put into the environment as `AzureWebJobsStorage`; undefined leaves `env` as it is. */
  readonly storageConnectionString?: string;
  /** On loopback; undefined takes a free one, which a restart keeps. */
  readonly port?: number;
  /** Undefined makes new ones, which a restart keeps. */
  readonly keys?: HostKeys;
  /** Run each timer once at start. Default false. */
  readonly runTimersAtStart?: boolean;
  /** How long a queue message stays hidden while it is processed. Default ten minutes, as in Azure; at least a second. */
  readonly messageLeaseMs?: number;
  /** Longest pause between two looks at an empty queue; undefined leaves it to `host.json`. */
  readonly maxPollingIntervalMs?: number;
  /** Where timers remember when they ran, so that a missed tick is noticed; undefined forgets. */
  readonly timerStatusFile?: string;
  /** Plays the platform's sign-in with simulated people and tells the app so; undefined leaves it off. */
  readonly signIn?: SignInOptions;
  /** Takes each log line; undefined writes them to standard output. */
  readonly onLog?: (event: LogEvent) => void;
  /** Told of each invocation that has ended. */
  readonly onInvocation?: (event: InvocationEvent) => void;
  /** Told when the app's process ends without having been asked to. */
  readonly onCrash?: (exit: { readonly code: number | null; readonly signal: string | null }) => void;
  /** Run inside this process: quick, but it can be neither killed nor measured. The app sees `env` as `process.env` all the same. Not for an
   * app that streams: the library never closes the server it opens for that. */
  readonly inProcess?: boolean;
  /** Arguments for Node itself, such as `--max-old-space-size=256`. */
  readonly nodeArguments?: readonly string[];
  /** The Node that runs the app; undefined is the one that runs this. */
  readonly nodePath?: string;
  /** The built `child.js`; undefined looks beside this file and in `dist/local`. */
  readonly childScript?: string;
}

/** What a host has measured. */
export interface HostStats {
  /** Largest memory of any of its processes, host code included; undefined when it cannot be told. */
  readonly peakRssBytes: number | undefined;
  /** Memory of the latest process before the app was loaded: Node and the host code. */
  readonly baselineRssBytes: number | undefined;
  /** From the latest spawn to the first function registered, and to all triggers running. */
  readonly firstFunctionMs: number | undefined;
  readonly readyMs: number | undefined;
  /** CPU time that the latest process took up to its first function, in milliseconds; undefined inside this process. */
  readonly firstFunctionCpuMs: number | undefined;
  /** Since the host was made, over all restarts. */
  readonly invocations: Readonly<Record<string, Readonly<Record<Outcome, number>>>>;
}

/** A running app. */
export interface LocalHost {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly keys: HostKeys;
  /** In the order in which the host matches them. */
  readonly functions: readonly FunctionSummary[];
  /** Of the app's process; undefined while there is none. */
  readonly pid: number | undefined;
  /** The key for one function. */
  functionKey(name: string): string;
  /** Fires a timer function now, after a run under way, and waits for it. @throws when there is none of that name, or it fails. */
  runTimer(name: string): Promise<void>;
  /** Ends the app's process in the middle of whatever it does and waits until it is gone. */
  kill(signal?: 'SIGKILL'): Promise<void>;
  /** Starts the app again, after a kill or crash, or after stopping it first. Port and keys stay. */
  restart(): Promise<void>;
  /** Stops triggers, waits for what runs, at most that long, and ends the process. Twice is once. */
  stop(graceMs?: number): Promise<void>;
  stats(): HostStats;
}

/** Starts a built app. @throws Error when it cannot be loaded, with the app's own words. */
export async function startHost(options: StartHostOptions): Promise<LocalHost> {
  const keys = options.keys ?? makeKeys();
  const log = options.onLog ?? ((event: LogEvent) => process.stdout.write(`${formatLogLine(event)}\n`));
  const invocations: Record<string, Record<Outcome, number>> = Object.create(null);
  let peak: number | undefined;
  const events: ChildHostEvents = {
    onLog: log,
    onInvocation(event) {
      invocations[event.functionName] ??= { succeeded: 0, failed: 0, timedOut: 0 };
      invocations[event.functionName]![event.outcome] += 1;
      options.onInvocation?.(event);
    },
    onPeak(bytes) {
      peak = Math.max(peak ?? 0, bytes);
    },
    onCrash(exit) {
      log({
        at: new Date().toISOString(),
        level: 'critical',
        category: 'Host',
        message: `The app's process ended: ${exit.code ?? exit.signal}`,
      });
      options.onCrash?.(exit);
    },
  };
  const env = { ...options.env };
  if (options.storageConnectionString !== undefined) env.AzureWebJobsStorage = options.storageConnectionString;
  if (options.signIn) Object.assign(env, { WEBSITE_AUTH_ENABLED: 'True', CONSOLE_CLIENT_ID: options.signIn.clientId });
  let port = options.port ?? 0;
  const start = async (): Promise<RunningHost> => {
    const hostOptions: AppHostOptions = {
      appDirectory: options.appDirectory,
      port,
      keys,
      runTimersAtStart: options.runTimersAtStart ?? false,
      messageLeaseMs: options.messageLeaseMs ?? DEFAULT_LEASE_MS,
      ...(options.maxPollingIntervalMs === undefined ? {} : { maxPollingIntervalMs: options.maxPollingIntervalMs }),
      ...(options.timerStatusFile === undefined ? {} : { timerStatusFile: options.timerStatusFile }),
      ...(options.signIn === undefined ? {} : { signIn: options.signIn }),
    };
    const running = options.inProcess
      ? await startInProcess(hostOptions, env, events)
      : await ChildHost.start(hostOptions, events, {
          env,
          script: options.childScript ?? findChildScript(),
          nodeArguments: options.nodeArguments ?? [],
          nodePath: options.nodePath ?? process.execPath,
        });
    port = running.port;
    return running;
  };
  let running = await start();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    keys,
    get functions() {
      return running.functions;
    },
    get pid() {
      return running.pid;
    },
    functionKey: (name) => functionKey(keys, name),
    runTimer: (name) => running.runTimer(name),
    kill: () => running.kill(),
    async restart() {
      await running.stop(DEFAULT_STOP_GRACE_MS);
      running = await start();
    },
    stop: (graceMs = DEFAULT_STOP_GRACE_MS) => running.stop(graceMs),
    stats: () => ({
      peakRssBytes: Math.max(peak ?? 0, (running.pid === undefined ? 0 : peakRssBytes(running.pid)) ?? 0) || undefined,
      baselineRssBytes: running.baselineRssBytes,
      firstFunctionMs: running.firstFunctionMs,
      firstFunctionCpuMs: running.firstFunctionCpuMs,
      readyMs: running.readyMs,
      invocations,
    }),
  };
}

/** One run of the app, in whatever process. */
interface RunningHost {
  readonly port: number;
  readonly functions: readonly FunctionSummary[];
  readonly pid: number | undefined;
  readonly baselineRssBytes: number | undefined;
  readonly firstFunctionMs: number | undefined;
  readonly firstFunctionCpuMs: number | undefined;
  readonly readyMs: number | undefined;
  runTimer(name: string): Promise<void>;
  kill(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

async function startInProcess(
  options: AppHostOptions,
  env: Record<string, string>,
  events: ChildHostEvents,
): Promise<RunningHost> {
  const startedAt = performance.now();
  let firstFunctionMs: number | undefined;
  const onFirstFunction = (): void => {
    firstFunctionMs = performance.now() - startedAt;
  };
  const host = await startAppHost(options, { ...env }, { ...events, onFirstFunction }, true);
  let stopped: Promise<void> | undefined;
  return {
    port: host.port,
    functions: host.functions,
    pid: undefined,
    baselineRssBytes: undefined,
    firstFunctionMs,
    firstFunctionCpuMs: undefined,
    readyMs: performance.now() - startedAt,
    runTimer: (name) => host.runTimer(name),
    kill: () => Promise.reject(new Error('A host in this process cannot be killed')),
    stop(graceMs) {
      stopped ??= host.stop(graceMs);
      return stopped;
    },
  };
}

/** Beside this file when bundled (`dist/local`), else where the build puts it. */
function findChildScript(): string {
  const candidates = [join(__dirname, 'child.js'), join(__dirname, '../../dist/local/child.js')];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new Error('The local host is not built: run "npm run build"');
  return found;
}
