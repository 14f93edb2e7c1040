import type { ProvisioningLogEntry } from '../../core/record';
import type { CycleRecord, CycleStore } from '../../ports/cycle-store';
import type { EscrowStore } from '../../ports/escrow-store';
import type { Notifier } from '../../ports/notifier';
import type { ProvisioningLog } from '../../ports/provisioning-log';
import type { Clock } from '../../ports/runtime';
import type { StagedDeletionStore } from '../../ports/staged-deletion-store';
import type { Telemetry } from '../../ports/telemetry';

/**
 * Metrics are taken at the ports: each function here wraps one, passes every call on and measures what went through. So the engine
 * knows nothing of telemetry, and what is counted is what was stored.
 */

/** What a connector reports about a finished request to Zendesk. */
export interface ZendeskRequestInfo {
  readonly method: string;
  /** The path with `{id}` in place of ids. */
  readonly route: string;
  /** 0 without an answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly throttledMs: number;
}

/** What a connector reports about a finished request to Microsoft Graph. */
export interface GraphRequestInfo {
  readonly operation: string;
  /** 0 without an answer. */
  readonly status: number;
  readonly durationMs: number;
}

/** @see https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
const TOO_MANY_REQUESTS = 429;
const isFailure = (status: number): boolean => status === 0 || status >= 400;

/** For the `onRequest` of the Zendesk connector. `quota` tells what is known after the request. */
export function observeZendesk(
  telemetry: Telemetry,
  quota: () => { readonly limit: number | undefined; readonly remaining: number | undefined },
): (info: ZendeskRequestInfo) => void {
  return ({ method, route, status, durationMs, throttledMs }) => {
    telemetry.metric('zendesk.requests', 1, { method, route, status });
    telemetry.metric('zendesk.request.duration', durationMs, { method, route });
    telemetry.metric('zendesk.limiter.wait', throttledMs);
    if (status === TOO_MANY_REQUESTS) telemetry.metric('zendesk.throttled', 1, { method, route });
    const { limit, remaining } = quota();
    if (limit !== undefined) telemetry.metric('zendesk.quota.limit', limit);
    if (remaining !== undefined) telemetry.metric('zendesk.quota.remaining', remaining);
    telemetry.finishedSpan('zendesk.request', durationMs, { method, route, status, throttledMs }, isFailure(status));
  };
}

/** For the `onRequest` of the Graph connector. */
export function observeGraph(telemetry: Telemetry): (info: GraphRequestInfo) => void {
  return ({ operation, status, durationMs }) => {
    telemetry.metric('graph.requests', 1, { operation, status });
    telemetry.metric('graph.request.duration', durationMs, { operation });
    telemetry.finishedSpan('graph.request', durationMs, { operation, status }, isFailure(status));
  };
}

/** The ports that are measured. */
export interface ObservedPorts {
  readonly log: ProvisioningLog;
  readonly cycles: CycleStore;
  readonly escrows: EscrowStore;
  readonly staged: StagedDeletionStore;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

/** The same ports and whatever else there is, measured. */
export function observePorts<T extends ObservedPorts>(ports: T, telemetry: Telemetry): T {
  return {
    ...ports,
    log: observeLog(ports.log, ports.cycles, telemetry, ports.clock),
    cycles: observeCycles(ports.cycles, telemetry),
    escrows: observeEscrows(ports.escrows, telemetry),
    staged: observeStaged(ports.staged, telemetry),
    notifier: observeNotifier(ports.notifier, telemetry),
  };
}

/** As work items name the types; the third is of principals that are skipped, and of what operators do to the job. */
const OBJECT_TYPES = { User: 'user', Group: 'group', ServicePrincipal: 'servicePrincipal' } as const;

/** Counts how work items end, and how long after the start of their cycle. A repeat of an entry is not counted again. */
export function observeLog(
  log: ProvisioningLog,
  cycles: Pick<CycleStore, 'read'>,
  telemetry: Telemetry,
  clock: Clock,
): ProvisioningLog {
  const startOf = rememberStarts(cycles);
  return {
    record: async (entry) => {
      const outcome = await log.record(entry);
      if (outcome === 'recorded') await measure(entry);
      return outcome;
    },
    read: (cycleId, changeId) => log.read(cycleId, changeId),
    counts: (cycleId) => log.counts(cycleId),
    query: (query, pageSize, next) => log.query(query, pageSize, next),
    count: (query) => log.count(query),
    purge: (olderThan) => log.purge(olderThan),
  };

  async function measure(entry: ProvisioningLogEntry): Promise<void> {
    const { status, errorInformation } = entry.provisioningStatusInfo;
    const objectType = OBJECT_TYPES[entry.sourceIdentity.identityType];
    telemetry.metric('provisioning.objects', 1, {
      objectType,
      action: entry.provisioningAction,
      status,
      code: errorInformation?.errorCode,
      skipReason: entry.skipReason ?? undefined,
    });
    telemetry.metric('provisioning.object.duration', entry.durationInMilliseconds, {
      objectType,
      action: entry.provisioningAction,
    });
    if (status !== 'success' && status !== 'warning') return;
    const startedAt = await startOf(entry.cycleId);
    if (startedAt !== undefined)
      telemetry.metric('provisioning.export.lag', Math.max(0, clock().getTime() - startedAt), { objectType });
  }
}

/** How many cycles' starts are kept in memory: a few run out at the same time at most. */
const STARTS_KEPT = 20;

/** Reads the start of a cycle once; undefined for what is not a cycle (on-demand) or cannot be read now. */
function rememberStarts(cycles: Pick<CycleStore, 'read'>): (cycleId: string) => Promise<number | undefined> {
  const known = new Map<string, Promise<number | undefined>>();
  return (cycleId) => {
    const start =
      known.get(cycleId) ??
      cycles.read(cycleId).then(
        (cycle) => (cycle ? Date.parse(cycle.startedAt) : undefined),
        () => undefined,
      );
    known.delete(cycleId);
    known.set(cycleId, start);
    for (const oldest of known.keys()) {
      if (known.size <= STARTS_KEPT) break;
      known.delete(oldest);
    }
    return start;
  };
}

/** Measures cycles when they are closed. */
export function observeCycles(cycles: CycleStore, telemetry: Telemetry): CycleStore {
  const measure = ({ kind, state, startedAt, endedAt }: CycleRecord): void => {
    if (endedAt === null || (state !== 'succeeded' && state !== 'entryLevelErrors' && state !== 'failed')) return;
    const durationMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
    telemetry.metric('provisioning.cycle.duration', durationMs, { kind, state });
  };
  return {
    put: async (cycle) => {
      await cycles.put(cycle);
      measure(cycle);
    },
    advance: async (cycle) => {
      const isPut = await cycles.advance(cycle);
      if (isPut) measure(cycle);
      return isPut;
    },
    read: (cycleId) => cycles.read(cycleId),
    listExporting: () => cycles.listExporting(),
    latest: (limit) => cycles.latest(limit),
  };
}

/** Counts failures put into escrow. */
export function observeEscrows(escrows: EscrowStore, telemetry: Telemetry): EscrowStore {
  return {
    read: (key) => escrows.read(key),
    put: async (escrow) => {
      await escrows.put(escrow);
      telemetry.metric('provisioning.escrows', 1, { objectType: escrow.key.type, code: escrow.code });
    },
    remove: (key) => escrows.remove(key),
    list: () => escrows.list(),
  };
}

/** Counts what the brake holds. Mere candidates are not counted. */
export function observeStaged(staged: StagedDeletionStore, telemetry: Telemetry): StagedDeletionStore {
  return {
    put: async (rows) => {
      await staged.put(rows);
      for (const row of rows) {
        if (row.state === 'staged') telemetry.metric('provisioning.deletions.staged', row.count, { kind: row.kind });
      }
    },
    read: (key) => staged.read(key),
    remove: (keys) => staged.remove(keys),
    list: () => staged.list(),
  };
}

/** Counts what people are notified of: quarantine, brake, switch-off, recovery, failures. */
export function observeNotifier(notifier: Notifier, telemetry: Telemetry): Notifier {
  return {
    send: async (notice) => {
      telemetry.metric('provisioning.quarantine', 1, {
        kind: notice.kind,
        reason: 'reason' in notice ? notice.reason : undefined,
      });
      await notifier.send(notice);
    },
  };
}
