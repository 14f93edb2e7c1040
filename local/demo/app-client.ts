import type { CycleRecord } from '../../src/ports/cycle-store';
import type { OutcomeCounts } from '../../src/ports/provisioning-log';
import type { LocalHost } from '../host/start-host';

/** A cycle as the status reports it. */
export interface ShownCycle extends CycleRecord {
  readonly counts: OutcomeCounts;
  readonly pending: number;
}

/** The parts of the status that the demo shows. */
export interface ShownStatus {
  readonly version: string;
  readonly status: { readonly code: string; readonly quarantine: { readonly reason: string; readonly message: string } | null };
  /** The newest first. */
  readonly cycles: readonly ShownCycle[];
  readonly escrows: {
    readonly count: number;
    readonly listed: readonly { readonly code: string; readonly reason: string; readonly key: { readonly id: string } }[];
  };
  readonly stagedDeletions: { readonly count: number };
}

/** A cycle that has ended, and the status as it was then. */
export interface EndedCycle {
  readonly cycle: ShownCycle;
  readonly status: ShownStatus;
}

const POLL_INTERVAL_MS = 300;

/** Asks the running app over HTTP, as an administrator would. @throws Error with the app's words when it refuses */
export async function call<T>(
  host: LocalHost,
  path: string,
  init: { readonly method?: string; readonly body?: unknown } = {},
): Promise<T> {
  const method = init.method ?? 'GET';
  const response = await fetch(`${host.url}/api/${path}`, {
    method,
    headers: { 'x-functions-key': host.keys.default, 'content-type': 'application/json', accept: 'application/json' },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  if (response.ok) return (await response.json()) as T;
  const words = (await response.text()).slice(0, 500) || 'without an explanation';
  throw new Error(`${method} /api/${path}: the app answered ${response.status}: ${words}`);
}

/** The ids of the cycles that the app knows of. */
export async function cycleIds(host: LocalHost): Promise<ReadonlySet<string>> {
  return new Set((await call<ShownStatus>(host, 'status')).cycles.map((cycle) => cycle.cycleId));
}

/** The id of the cycle that came to those known before. @throws Error when there is none */
export async function newCycleId(host: LocalHost, known: ReadonlySet<string>): Promise<string> {
  for (const id of await cycleIds(host)) if (!known.has(id)) return id;
  throw new Error('No cycle has begun.');
}

/**
 * Runs a cycle through the API and waits until all its work items have ended.
 *
 * @param onProgress told every now and then of the cycle, undefined until it is known
 * @throws Error when the app runs no cycle, or it has not ended in time
 */
export async function runCycle(
  host: LocalHost,
  onProgress: (cycle: ShownCycle | undefined) => void,
  timeoutMs: number,
): Promise<EndedCycle> {
  const before = await cycleIds(host);
  let isReading = true;
  const reading = readToTheEnd(host).finally(() => {
    isReading = false;
  });
  // It is awaited below; a failure in between is not to end the process.
  reading.catch(() => undefined);
  while (isReading) {
    const { cycles } = await call<ShownStatus>(host, 'status');
    onProgress(cycles.find(({ cycleId }) => !before.has(cycleId)));
    await pause();
  }
  return waitForCycle(host, await reading, timeoutMs, onProgress);
}

/** @returns the id of the cycle whose reading has ended */
async function readToTheEnd(host: LocalHost): Promise<string> {
  for (;;) {
    const answer = await call<{ outcome: string; cycleId?: string; reason?: string }>(host, 'job/run', { method: 'POST' });
    if (answer.cycleId === undefined) throw new Error(`The app ran no cycle: ${answer.reason ?? answer.outcome}`);
    if (answer.outcome !== 'running') return answer.cycleId;
  }
}

/** Waits until a cycle has read all and its work items have ended. @throws Error when it has not in time */
export async function waitForCycle(
  host: LocalHost,
  cycleId: string,
  timeoutMs: number,
  onProgress: (cycle: ShownCycle | undefined) => void = () => undefined,
): Promise<EndedCycle> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const status = await call<ShownStatus>(host, 'status');
    const cycle = status.cycles.find((one) => one.cycleId === cycleId);
    onProgress(cycle);
    if (cycle && !isReading(cycle) && cycle.pending === 0) return { cycle, status };
    if (Date.now() > deadline) throw new Error(`The cycle has not ended within ${Math.round(timeoutMs / 60_000)} minutes.`);
    await pause();
  }
}

/** True while the cycle still finds objects. */
export const isReading = ({ state }: ShownCycle): boolean => state === 'importing' || state === 'enqueueing';

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
