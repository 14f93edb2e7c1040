import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { AppHostOptions } from './app-host';
import type { FunctionSummary, InvocationEvent, LogEvent } from './events';
import { withTimeout } from './invoker';
import type { FromChild, ToChild } from './messages';
import { peakRssBytes } from './peak-memory';

/** What a parent hears of the app's process. */
export interface ChildHostEvents {
  onLog(event: LogEvent): void;
  onInvocation(event: InvocationEvent): void;
  /** The largest memory the process has had, in bytes; told when it ends. */
  onPeak(bytes: number): void;
  /** The process ended without having been asked to. */
  onCrash(exit: { readonly code: number | null; readonly signal: string | null }): void;
}

/** How to make the process. */
export interface SpawnOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly script: string;
  readonly nodeArguments: readonly string[];
  readonly nodePath: string;
}

/** What is allowed on top of the grace time for the process to say goodbye. */
const EXIT_MARGIN_MS = 2_000;
const LAST_WORDS_LINES = 20;

/** One process that hosts the app, seen from its parent. */
export class ChildHost {
  port = 0;
  functions: readonly FunctionSummary[] = [];
  baselineRssBytes: number | undefined;
  firstFunctionMs: number | undefined;
  firstFunctionCpuMs: number | undefined;
  readyMs: number | undefined;
  readonly #child: ChildProcess;
  readonly #events: ChildHostEvents;
  readonly #spawnedAt = performance.timeOrigin + performance.now();
  readonly #exited: Promise<void>;
  readonly #requests = new Map<number, (error: string | undefined) => void>();
  #lastRequestId = 0;
  #isEnding = false;
  #hasExited = false;
  /** The last lines of standard error: why a process died before it could say so. */
  readonly #lastWords: string[] = [];
  #settleStart: (error: Error | undefined) => void = () => undefined;

  /** Spawns the process and waits until its triggers run. @throws Error with the app's words when it cannot be loaded. */
  static async start(options: AppHostOptions, events: ChildHostEvents, spawn: SpawnOptions): Promise<ChildHost> {
    const host = new ChildHost(events, spawn);
    await new Promise<void>((resolve, reject) => {
      host.#settleStart = (error) => (error === undefined ? resolve() : reject(error));
      host.#send({ kind: 'start', options });
    });
    return host;
  }

  private constructor(events: ChildHostEvents, spawn: SpawnOptions) {
    this.#events = events;
    this.#child = fork(spawn.script, [], {
      env: { ...spawn.env },
      execArgv: [...spawn.nodeArguments],
      execPath: spawn.nodePath,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message: FromChild) => this.#receive(message));
    this.#child.on('error', (error) => this.#settleStart(error));
    this.#forwardOutput('stdout', 'information');
    this.#forwardOutput('stderr', 'error');
    // A parent that leaves without a word takes the process along, even one that is too busy to notice the broken channel.
    const killAtExit = (): boolean => this.#child.kill('SIGKILL');
    process.on('exit', killAtExit);
    this.#exited = new Promise((resolve) => {
      // "close" comes after the last line of output has been read.
      this.#child.once('close', (code, signal) => {
        process.off('exit', killAtExit);
        this.#onExit(code, signal);
        resolve();
      });
      this.#child.once('error', () => resolve());
    });
  }

  get pid(): number | undefined {
    return this.#hasExited ? undefined : this.#child.pid;
  }

  /** Fires a timer and waits for it. @throws Error with what the run threw. */
  async runTimer(name: string): Promise<void> {
    if (this.#hasExited) throw new Error('The app is not running');
    this.#lastRequestId += 1;
    const requestId = this.#lastRequestId;
    const error = await new Promise<string | undefined>((resolve) => {
      this.#requests.set(requestId, resolve);
      this.#send({ kind: 'runTimer', requestId, name });
    });
    if (error !== undefined) throw new Error(error);
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#notePeak();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Drains and ends the process; kills it when it does not end by itself. */
  async stop(graceMs: number): Promise<void> {
    if (this.#hasExited) return;
    this.#isEnding = true;
    this.#send({ kind: 'stop', graceMs });
    await withTimeout(this.#exited, graceMs + EXIT_MARGIN_MS);
    if (!this.#hasExited) await this.kill();
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #receive(message: FromChild): void {
    switch (message.kind) {
      case 'log':
        this.#events.onLog(message.event);
        break;
      case 'invocation':
        this.#events.onInvocation(message.event);
        break;
      case 'firstFunction':
        this.firstFunctionMs = message.at - this.#spawnedAt;
        this.firstFunctionCpuMs = message.cpuMs;
        break;
      case 'ready':
        this.port = message.port;
        this.functions = message.functions;
        this.baselineRssBytes = message.baselineRssBytes;
        this.readyMs = message.at - this.#spawnedAt;
        this.#settleStart(undefined);
        break;
      case 'failed':
        this.#isEnding = true;
        this.#settleStart(new Error(`The app could not be loaded: ${message.message}`));
        break;
      case 'ran':
        this.#requests.get(message.requestId)?.(message.error);
        this.#requests.delete(message.requestId);
        break;
      case 'stopped':
        this.#events.onPeak(message.peakRssBytes);
        break;
    }
  }

  #onExit(code: number | null, signal: string | null): void {
    this.#hasExited = true;
    this.#settleStart(new Error(`The app's process ended while it started: ${code ?? signal}\n${this.#lastWords.join('\n')}`));
    for (const settle of this.#requests.values()) settle("The app's process ended");
    this.#requests.clear();
    if (!this.#isEnding) this.#events.onCrash({ code, signal });
  }

  #notePeak(): void {
    const bytes = this.#child.pid === undefined ? undefined : peakRssBytes(this.#child.pid);
    if (bytes !== undefined) this.#events.onPeak(bytes);
  }

  #forwardOutput(stream: 'stdout' | 'stderr', level: LogEvent['level']): void {
    const input = this.#child[stream];
    if (input === null) return;
    createInterface({ input }).on('line', (message) => {
      if (stream === 'stderr') this.#lastWords.push(message);
      if (this.#lastWords.length > LAST_WORDS_LINES) this.#lastWords.shift();
      this.#events.onLog({ at: new Date().toISOString(), level, category: 'console', message });
    });
  }
}
