import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { RegisteredFunction } from './core-api';
import type { CallResult, Invoker } from './invoker';
import type { Schedule } from './ncrontab';

/** When a timer last ran and when it runs next; ISO 8601. `last` is undefined until the first run. */
export interface TimerStatus {
  readonly last?: string;
  readonly next: string;
  readonly lastUpdated: string;
}

/** Keeps the status of all timers, so that a tick missed while the host was down is noticed. */
export interface TimerStatusStore {
  get(name: string): TimerStatus | undefined;
  set(name: string, status: TimerStatus): void;
}

/** @param file Where to keep it; undefined keeps it for the life of the host only. */
export function openTimerStatusStore(file: string | undefined): TimerStatusStore {
  const statuses = new Map<string, TimerStatus>(Object.entries(file === undefined ? {} : readStatuses(file)));
  return {
    get: (name) => statuses.get(name),
    set(name, status) {
      statuses.set(name, status);
      if (file === undefined) return;
      // Renaming is atomic: a host that is killed here leaves the old file or the new one.
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(statuses)));
      renameSync(`${file}.new`, file);
    },
  };
}

function readStatuses(file: string): Record<string, TimerStatus> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, TimerStatus>;
  } catch {
    return {};
  }
}

/** What .NET writes for "never". */
const NEVER = '0001-01-01T00:00:00';
/** Azure keeps no status for schedules that run more often than this. */
const MONITOR_MIN_PERIOD_MS = 60_000;
/** The longest delay `setTimeout` can hold; longer waits are cut into pieces. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Runs one timer function: the next tick is computed after a run ends, runs never overlap, and a tick missed while the host was down is
 * made up for once, with `isPastDue`.
 *
 * @see https://github.com/Azure/azure-webjobs-sdk-extensions/blob/dev/src/WebJobs.Extensions/Extensions/Timers/Listener/TimerListener.cs
 */
export class TimerTrigger {
  readonly #fn: RegisteredFunction;
  readonly #schedule: Schedule;
  readonly #invoker: Invoker;
  readonly #store: TimerStatusStore;
  readonly #isMonitored: boolean;
  #tail: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(fn: RegisteredFunction, schedule: Schedule, useMonitor: boolean, invoker: Invoker, store: TimerStatusStore) {
    this.#fn = fn;
    this.#schedule = schedule;
    this.#invoker = invoker;
    this.#store = store;
    const first = schedule.next(new Date());
    this.#isMonitored = useMonitor && schedule.next(first).getTime() - first.getTime() >= MONITOR_MIN_PERIOD_MS;
  }

  /** @param runNow Run once at start, as `runOnStartup` does. */
  start(runNow: boolean): void {
    const now = new Date();
    const status = this.#isMonitored ? this.#store.get(this.#fn.metadata.name) : undefined;
    const isPastDue = status !== undefined && now > this.#schedule.next(new Date(status.last ?? status.lastUpdated));
    if (this.#isMonitored && status === undefined) {
      this.#store.set(this.#fn.metadata.name, { next: this.#schedule.next(now).toISOString(), lastUpdated: now.toISOString() });
    }
    if (runNow || isPastDue) void this.run(isPastDue).then(() => this.#scheduleNext());
    else this.#scheduleNext();
  }

  /** Runs the function as soon as a run under way has ended. */
  run(isPastDue = false): Promise<CallResult> {
    const result = this.#tail.then(() => this.#run(isPastDue));
    this.#tail = result;
    return result;
  }

  /** No further ticks; a run under way continues. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #run(isPastDue: boolean): Promise<CallResult> {
    const { name } = this.#fn.metadata;
    const status = this.#store.get(name);
    const data = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: this.#isMonitored
        ? { Last: status?.last ?? NEVER, Next: status?.next ?? NEVER, LastUpdated: status?.lastUpdated ?? NEVER }
        : null,
      IsPastDue: isPastDue,
    };
    const startedAt = new Date();
    const result = await this.#invoker.call(this.#fn, {
      trigger: 'timer',
      data: { json: JSON.stringify(data) },
      triggerMetadata: {},
    });
    const endedAt = new Date();
    if (this.#isMonitored) {
      this.#store.set(name, {
        last: startedAt.toISOString(),
        next: this.#schedule.next(endedAt).toISOString(),
        lastUpdated: endedAt.toISOString(),
      });
    }
    return result;
  }

  #scheduleNext(dueAt = this.#schedule.next(new Date())): void {
    if (this.#isStopped) return;
    const delayMs = Math.max(0, dueAt.getTime() - Date.now());
    this.#timer = setTimeout(
      () => {
        if (delayMs > MAX_DELAY_MS) this.#scheduleNext(dueAt);
        else void this.run().then(() => this.#scheduleNext());
      },
      Math.min(delayMs, MAX_DELAY_MS),
    );
  }
}
