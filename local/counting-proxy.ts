import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IDLE_MS } from './http-kit';

/** Stands between the app and the storage emulator and counts what goes by. */
export interface CountingProxy {
  /** Requests to the table service; a batch is one, as it is billed. */
  tables(): number;
  /** Messages put into queues. */
  messages(): number;
  /** The connection string that leads through the proxy. */
  readonly connectionString: string;
  close(): Promise<void>;
}

/** Starts a proxy for each of the two services that a connection string of the emulator names. */
export async function startCountingProxy(connectionString: string): Promise<CountingProxy> {
  const counts = { table: 0, message: 0 };
  const servers: Server[] = [];
  const proxied = async (
    key: 'TableEndpoint' | 'QueueEndpoint',
    count: (method: string, path: string) => void,
  ): Promise<[string, string]> => {
    const target = new RegExp(`${key}=([^;]+)`).exec(connectionString)?.[1];
    if (!target) throw new Error(`The connection string names no ${key}.`);
    const { hostname, port } = new URL(target);
    const server = createServer((incoming, outgoing) => {
      count(incoming.method ?? '', incoming.url ?? '');
      const forwarded = request(
        // The signature covers the host name as the caller wrote it, so headers pass as they are.
        { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
          answer.pipe(outgoing);
        },
      );
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
    server.keepAliveTimeout = IDLE_MS;
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    servers.push(server);
    return [target, target.replace(`:${port}`, `:${(server.address() as AddressInfo).port}`)];
  };
  const pairs = [
    await proxied('TableEndpoint', () => {
      counts.table += 1;
    }),
    await proxied('QueueEndpoint', (method, path) => {
      if (method === 'POST' && /\/messages(?:\?|$)/.test(path)) counts.message += 1;
    }),
  ];
  return {
    tables: () => counts.table,
    messages: () => counts.message,
    connectionString: pairs.reduce((text, [from, to]) => text.replace(from, to), connectionString),
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
