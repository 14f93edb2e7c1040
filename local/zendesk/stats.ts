import type { SimReply, SimRequest } from '../http-kit';
import type { RateLimits } from './limits';

/** One write, whatever came of it. `status` 0: the connection was cut. */
export interface WriteEntry {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
}

/** One recorded exchange. */
export interface TrafficEntry {
  readonly method: string;
  readonly path: string;
  /** Query string without the question mark. */
  readonly query: string;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
}

/** What the account was asked so far. */
export interface SimStats {
  /** All requests, token requests and refused ones too. */
  requests: number;
  /** By `METHOD /pattern/{id}`. */
  readonly byRoute: Map<string, number>;
  /** By status. */
  readonly byStatus: Map<number, number>;
  /** Every POST, PUT and DELETE on the API, oldest first (the last 100,000); tokens are left out, they hold secrets. */
  readonly writes: WriteEntry[];
  /** Answers with 429. */
  throttled: number;
  /** Most API requests inside any minute; with time compression, inside any compressed minute. */
  readonly peakRatePerMinute: number;
}

/** Keeps the statistics and the traffic ring. */
export interface Recorder {
  readonly stats: SimStats;
  readonly traffic: TrafficEntry[];
  note(request: SimRequest, pattern: string, reply: SimReply): void;
  reset(): void;
}

const maxWrites = 100_000;

/** @param trafficLimit size of the ring, used only when `isRecording` */
export function startRecorder(limits: RateLimits, isRecording: boolean, trafficLimit: number): Recorder {
  const stats: SimStats = {
    requests: 0,
    byRoute: new Map(),
    byStatus: new Map(),
    writes: [],
    throttled: 0,
    get peakRatePerMinute() {
      return limits.peakRatePerMinute;
    },
  };
  const traffic: TrafficEntry[] = [];
  return {
    stats,
    traffic,
    note(request, pattern, reply) {
      const { method, path } = request;
      stats.requests += 1;
      if (reply.status === 429) stats.throttled += 1;
      count(stats.byRoute, `${method} ${pattern}`);
      count(stats.byStatus, reply.status);
      const isApi = path.startsWith('/api/');
      if (isApi && method !== 'GET') {
        if (stats.writes.length >= maxWrites) stats.writes.splice(0, maxWrites / 10);
        stats.writes.push({ method, path, body: request.body, status: reply.status });
      }
      if (!isRecording) return;
      if (traffic.length >= trafficLimit) traffic.splice(0, Math.max(1, Math.floor(trafficLimit / 10)));
      traffic.push({
        method,
        path,
        query: request.query.toString(),
        requestBody: request.body,
        status: reply.status,
        responseBody: reply.body,
      });
    },
    reset() {
      stats.requests = 0;
      stats.throttled = 0;
      stats.byRoute.clear();
      stats.byStatus.clear();
      stats.writes.length = 0;
      traffic.length = 0;
      limits.resetPeak();
    },
  };
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
