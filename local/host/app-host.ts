import type { Server } from 'node:http';
import { CoreApi, type RegisteredFunction } from './core-api';
import type { BindingInfo } from './core-types';
import type { FunctionSummary, InvocationEvent, Log, LogEvent } from './events';
import { isLogged, readHostSettings } from './host-json';
import { type HttpEndpoint, inHostOrder, listen, makeEndpoint } from './http-trigger';
import { Invoker } from './invoker';
import type { HostKeys } from './keys';
import { loadIntoProcess, loadIsolated } from './load-app';
import { parseSchedule } from './ncrontab';
import { QueueTrigger } from './queue-trigger';
import { SignIn, type SignInOptions } from './sign-in';
import { openTimerStatusStore, TimerTrigger } from './timer-trigger';

const CLOSING_INTERVAL_MS = 10;

/** How one app is hosted; plain data, so that it can be sent to another process. */
export interface AppHostOptions {
  /** Holds `host.json`, `package.json` and what its `main` names. */
  readonly appDirectory: string;
  /** On loopback; 0 takes a free one. */
  readonly port: number;
  readonly keys: HostKeys;
  /** Run each timer once at start, whatever its schedule. */
  readonly runTimersAtStart: boolean;
  /** How long a queue message stays hidden while it is processed; at least a second. */
  readonly messageLeaseMs: number;
  /** Longest pause between two looks at an empty queue; undefined leaves it to `host.json`. */
  readonly maxPollingIntervalMs?: number;
  /** Where timers remember when they ran; undefined forgets with the process. */
  readonly timerStatusFile?: string;
  /** Plays the platform's sign-in with simulated people; undefined leaves it off. */
  readonly signIn?: SignInOptions;
}

/** What the host tells while it runs. */
export interface AppHostEvents {
  onLog(event: LogEvent): void;
  onInvocation(event: InvocationEvent): void;
  onFirstFunction(): void;
}

/** A loaded app with its triggers running. */
export interface AppHost {
  readonly port: number;
  /** In host order. */
  readonly functions: readonly FunctionSummary[];
  /** Runs a timer now, after a run under way. @throws when there is no such timer, or the run fails. */
  runTimer(name: string): Promise<void>;
  /** Stops the triggers, waits for what runs, at most that long, and runs the app's `appTerminate` hooks. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Loads an app into this process and starts its triggers. @throws what the app throws while it loads, or when the port is taken.
 *
 * @param isolated True when the process hosts more than this app: its modules are then kept apart, and it sees `env` as its environment.
 */
export async function startAppHost(
  options: AppHostOptions,
  env: NodeJS.ProcessEnv,
  events: AppHostEvents,
  isolated: boolean,
): Promise<AppHost> {
  const settings = readHostSettings(options.appDirectory);
  const log: Log = (level, category, message, invocationId) => {
    if (!isLogged(settings.logLevels, category, level)) return;
    const at = new Date().toISOString();
    events.onLog({ at, level, category, message, ...(invocationId === undefined ? {} : { invocationId }) });
  };
  const core = new CoreApi((level, message) => log(level, 'Worker', message), events.onFirstFunction);
  if (isolated) loadIsolated(options.appDirectory, core, env);
  else loadIntoProcess(options.appDirectory, core);
  const appStart = { hookData: {}, appHookData: core.appHookData, functionAppDirectory: options.appDirectory };
  await core.runHooks('appStart', appStart);
  core.finishStartup();
  if (core.functions.size === 0) log('warning', 'Worker', 'The app registered no functions');
  const capabilities = (await core.programmingModel?.getCapabilities?.({})) ?? {};

  const invoker = new Invoker(core, settings.functionTimeoutMs, log, events.onInvocation);
  const store = openTimerStatusStore(options.timerStatusFile);
  const timers = new Map<string, { trigger: TimerTrigger; runOnStartup: boolean }>();
  const queues = new Map<string, QueueTrigger>();
  const endpoints: HttpEndpoint[] = [];

  const register = (fn: RegisteredFunction, binding: BindingInfo): FunctionSummary => {
    const { name } = fn.metadata;
    if (fn.metadata.retryOptions !== undefined)
      log('warning', `Function.${name}`, 'The local host does not imitate retry policies');
    switch (binding.type) {
      case 'httpTrigger': {
        const endpoint = makeEndpoint(fn, binding, settings.routePrefix);
        endpoints.push(endpoint);
        return { name, trigger: 'http', route: endpoint.route, methods: endpoint.methods, authLevel: endpoint.authLevel };
      }
      case 'timerTrigger': {
        const schedule = resolveSettings(String(binding.schedule), env);
        const trigger = new TimerTrigger(fn, parseSchedule(schedule), binding.useMonitor !== false, invoker, store);
        timers.set(name, { trigger, runOnStartup: binding.runOnStartup === true });
        return { name, trigger: 'timer', schedule };
      }
      case 'queueTrigger': {
        const queueName = resolveSettings(String(binding.queueName), env);
        const connectionString = connectionOf(String(binding.connection || 'AzureWebJobsStorage'), env);
        const { maxPollingIntervalMs = settings.queues.maxPollingIntervalMs, messageLeaseMs: leaseMs } = options;
        const queueSettings = { ...settings.queues, maxPollingIntervalMs };
        queues.set(name, new QueueTrigger(fn, { connectionString, queueName, settings: queueSettings, leaseMs }, invoker, log));
        return { name, trigger: 'queue', queueName };
      }
      default:
        throw new Error(`The local host knows no ${binding.type}`);
    }
  };
  const functions = inHostOrder(
    [...core.functions.values()].map((fn): FunctionSummary => {
      const { name, bindings } = fn.metadata;
      try {
        const trigger = Object.values(bindings).find((binding) => binding.type.endsWith('Trigger'));
        if (trigger === undefined) throw new Error('No trigger');
        return register(fn, trigger);
      } catch (cause) {
        const error = cause instanceof Error ? cause.message : String(cause);
        log('error', 'Host.Startup', `The '${name}' function is in error: ${error}`);
        return { name, trigger: 'unknown', error };
      }
    }),
  );
  const runByName = (name: string, input: string): Promise<unknown> | undefined =>
    timers.get(name)?.trigger.run() ?? queues.get(name)?.run(input);
  const workerUrl = capabilities.HttpUri;
  const signIn = options.signIn && new SignIn(options.signIn);
  const { server, port } = await listen(options.port, {
    endpoints,
    keys: options.keys,
    invoker,
    log,
    workerUrl,
    signIn,
    runByName,
  });
  for (const { trigger, runOnStartup } of timers.values()) trigger.start(runOnStartup || options.runTimersAtStart);
  for (const queue of queues.values()) queue.start();

  return {
    port,
    functions,
    async runTimer(name) {
      const timer = timers.get(name);
      if (timer === undefined) throw new Error(`There is no timer function "${name}"`);
      const { outcome, error } = await timer.trigger.run();
      if (outcome !== 'succeeded') throw error instanceof Error ? error : new Error(String(error));
    },
    async stop(graceMs) {
      const deadline = Date.now() + graceMs;
      for (const { trigger } of timers.values()) trigger.stop();
      const closed = closeServer(server);
      await Promise.all([...queues.values()].map((queue) => queue.stop()));
      const left = await invoker.drain(graceMs);
      if (left > 0) log('warning', 'Host', `${left} invocations were cut off after the grace time`);
      // With nothing left running, settling is only the delete or update of the messages that have just ended.
      else await Promise.all([...queues.values()].map((queue) => queue.settle()));
      // A connection is idle a moment after its last answer, not at once, and would be kept for the client's next request.
      const closing = setInterval(() => {
        if (Date.now() < deadline) server.closeIdleConnections();
        else server.closeAllConnections();
      }, CLOSING_INTERVAL_MS);
      await closed;
      clearInterval(closing);
      await core.runHooks('appTerminate', { hookData: appStart.hookData, appHookData: core.appHookData });
    },
  };
}

function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  return closed;
}

/** Replaces each `%NAME%` by that app setting. @throws Error when there is none. */
function resolveSettings(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const value = env[name];
    if (value === undefined || value === '') throw new Error(`'${whole}' does not resolve to a value`);
    return value;
  });
}

function connectionOf(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name] ?? env[`AzureWebJobs${name}`];
  if (value === undefined || value === '')
    throw new Error(`The setting ${name} holds no connection string (a local host takes no identity)`);
  return value;
}
