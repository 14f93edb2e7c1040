import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** What went over the wire to storage. */
export interface WireCounts {
  /** Requests to the table service; a transaction is one, as it is billed. */
  readonly tableOperations: number;
  /** Requests to the queue service. */
  readonly queueOperations: number;
  /** How often the table service was asked while nothing was under way there: with one piece of work at a time, what it waits for. */
  readonly tableWaves: number;
}

/**
 * Counts the requests of this process to the storage emulator, from what Node tells of its own HTTP client: nothing stands in the way.
 * @see https://nodejs.org/docs/latest-v22.x/api/diagnostics_channel.html#http
 */
export function watchWire(ports: { readonly table: number; readonly queue: number }): () => WireCounts {
  let [tables, queues, waves, underWay] = [0, 0, 0, 0];
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest };
    const port = Number(/:(\d+)$/.exec(String(request.getHeader('host')))?.[1]);
    if (port === ports.queue) queues += 1;
    if (port !== ports.table) return;
    tables += 1;
    if (underWay === 0) waves += 1;
    underWay += 1;
    request.once('close', () => {
      underWay -= 1;
    });
  });
  return () => ({ tableOperations: tables, queueOperations: queues, tableWaves: waves });
}
