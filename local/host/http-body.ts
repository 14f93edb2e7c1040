import type { IncomingMessage } from 'node:http';

/** Azure refuses larger requests. @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits */
export const MAX_REQUEST_BYTES = 104_857_600;

/** Reads a whole request body. @returns undefined when it is larger than Azure lets through. @throws when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (isTooLarge(request)) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Does the request announce more than Azure lets through? */
export function isTooLarge(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES;
}
