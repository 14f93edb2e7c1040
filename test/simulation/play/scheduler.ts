import type { Dice } from './random';

/** One life of an app instance: a process that may be killed between any two port calls, after which nothing of it ever runs again. */
export class Process {
  isDead = false;
  /** Port calls until it is killed; the last one may have had its effect or not. */
  callsLeft = Number.POSITIVE_INFINITY;

  constructor(
    readonly name: string,
    /** How far its clock is ahead of the true time. */
    readonly skewMs: number,
  ) {}
}

interface Parked {
  readonly process: Process;
  readonly wakeAtMs: number;
  readonly resume: () => void;
}

/** What never comes back: the rest of a killed process. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A task that a process has begun. */
export interface Task {
  readonly process: Process;
  readonly title: string;
  isOver: boolean;
  /** What it threw. */
  error?: unknown;
}

/**
 * Lets concurrent tasks run one step at a time. A step ends where a task waits for a port; which of those that wait goes on is drawn
 * from the seed, and the clock moves only when everybody waits for it. So an interleaving is a number, and can be had again.
 */
export class Scheduler {
  nowMs = Date.parse('2026-01-05T08:00:00Z');
  steps = 0;
  readonly #parked: Parked[] = [];
  readonly #tasks = new Set<Task>();

  constructor(private readonly dice: Dice) {}

  /** Waits for its turn. */
  step(process: Process, delayMs: number): Promise<void> {
    if (process.isDead) return never();
    return new Promise((resume) => {
      this.#parked.push({ process, wakeAtMs: this.nowMs + delayMs, resume });
    });
  }

  /** Begins a task; it does nothing before {@link run}. */
  start(process: Process, title: string, run: () => Promise<unknown>): Task {
    const task: Task = { process, title, isOver: false };
    this.#tasks.add(task);
    const end = (): void => {
      task.isOver = true;
      this.#tasks.delete(task);
    };
    void this.step(process, 0)
      .then(run)
      .then(end, (error: unknown) => {
        task.error = error;
        end();
      });
    return task;
  }

  kill(process: Process): void {
    process.isDead = true;
    for (const task of this.#tasks) {
      if (task.process !== process) continue;
      task.isOver = true;
      this.#tasks.delete(task);
    }
    for (let at = this.#parked.length - 1; at >= 0; at -= 1)
      if (this.#parked[at]?.process === process) this.#parked.splice(at, 1);
  }

  tasksOf(process: Process): number {
    let count = 0;
    for (const task of this.#tasks) if (task.process === process) count += 1;
    return count;
  }

  get isIdle(): boolean {
    return this.#tasks.size === 0;
  }

  /**
   * Runs step by step until told to stop, or until no task is left.
   * @param before called before each step, when nothing runs; true stops
   */
  async run(before: () => boolean): Promise<void> {
    for (;;) {
      await turnOfTheLoop();
      if (before() || this.#parked.length === 0) return;
      let ready = this.#parked.filter((one) => one.wakeAtMs <= this.nowMs);
      if (ready.length === 0) {
        this.nowMs = Math.min(...this.#parked.map((one) => one.wakeAtMs));
        ready = this.#parked.filter((one) => one.wakeAtMs <= this.nowMs);
      }
      const next = this.dice.pick(ready);
      this.#parked.splice(this.#parked.indexOf(next), 1);
      this.steps += 1;
      next.resume();
    }
  }
}
