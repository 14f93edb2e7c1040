import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpRequest, type InvocationContext } from '@azure/functions';
import { IDLE_MS } from '../../local/http-kit';
import type { Handler } from '../../src/functions/http';

const quiet = (): void => undefined;
export const silentContext = {
  info: quiet,
  warn: quiet,
  error: quiet,
  debug: quiet,
  log: quiet,
  invocationId: 'test',
} as unknown as InvocationContext;

/** A handler on a port of its own, for those who call it from outside. */
export interface ServedHandler {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** What every response took, ms. */
  readonly took: readonly number[];
  /** True: nobody answers. */
  isDown: boolean;
  close(): Promise<void>;
}

/** Serves one handler, whatever the path. */
export async function serveHandler(handler: () => Handler): Promise<ServedHandler> {
  const took: number[] = [];
  const server: Server = createServer(async (incoming, outgoing) => {
    if (served.isDown) return void incoming.destroy();
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const request = new HttpRequest({
      method: incoming.method ?? 'POST',
      url: `http://${incoming.headers.host}${incoming.url}`,
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      ...(text !== '' && { body: { string: text } }),
    });
    const answer = await handler()(request, silentContext);
    outgoing.writeHead(answer.status ?? 200, answer.headers as Record<string, string>);
    outgoing.end(answer.body ?? '');
    took.push(performance.now() - startedAt);
  });
  server.keepAliveTimeout = IDLE_MS;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const served = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    took,
    isDown: false,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return served;
}
