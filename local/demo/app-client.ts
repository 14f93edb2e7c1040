import type { OutcomeCounts } from '../../src/ports/provisioning-log';
import type { CycleRecord } from '../../src/ports/stores';
import type { LocalHost } from '../host/start-host';

/** A cycle as the status tells of it. */
export interface ShownCycle extends CycleRecord {
  readonly counts: OutcomeCounts;
  readonly pending: number;
}

/** The parts of the status that the demo shows. */
export interface ShownStatus {
  readonly version: string;
  readonly status: { readonly code: string; readonly quarantine: { readonly reason: string; readonly message: string } | null };
  readonly cycles: readonly ShownCycle[];
  readonly escrows: {
    readonly count: number;
    readonly listed: readonly { readonly code: string; readonly reason: string; readonly key: { readonly id: string } }[];
  };
  readonly stagedDeletions: { readonly count: number };
}

/** Asks the running app over HTTP, as an administrator would. */
export async function call<T>(
  host: LocalHost,
  path: string,
  init: { readonly method?: string; readonly body?: unknown } = {},
): Promise<T> {
  const response = await fetch(`${host.url}/api/${path}`, {
    method: init.method ?? 'GET',
    headers: { 'x-functions-key': host.keys.default, 'content-type': 'application/json', accept: 'application/json' },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return (await response.json()) as T;
}

/** Waits until the newest cycle other than `before` has ended, telling of its progress. */
export async function waitForCycle(
  host: LocalHost,
  before: string | undefined,
  onProgress: (cycle: ShownCycle | undefined) => void,
  timeoutMs: number,
): Promise<ShownStatus> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const status = await call<ShownStatus>(host, 'status');
    const cycle = status.cycles[0];
    const isNew = cycle !== undefined && cycle.cycleId !== before;
    onProgress(isNew ? cycle : undefined);
    if (isNew && cycle.state !== 'importing' && cycle.state !== 'enqueueing' && cycle.pending === 0) return status;
    if (Date.now() > deadline) throw new Error(`The cycle has not ended within ${Math.round(timeoutMs / 60_000)} minutes.`);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}
