import type { Context, Middleware, MiddlewareOptions } from '@microsoft/microsoft-graph-client';
import type { TokenSource } from './credential';

/**
 * One request on its way through the Graph client. Links of Graph are opaque, but the client takes URLs apart and puts them
 * together again; so the exact URL travels beside the request and is what is sent.
 */
export class Dispatch implements MiddlewareOptions {
  /** Why nothing came back, as it was thrown; the client would wrap it beyond recognition. */
  failure: unknown;

  constructor(
    readonly url: string,
    readonly isFreshToken: boolean,
  ) {}
}

/** Longest wait for one answer; a first delta page of a large tenant takes many seconds. */
const TIMEOUT_MS = 100_000;

/**
 * The whole middleware chain: token and sending, nothing else. The client's own retry handler caps `Retry-After` and its
 * authentication handler knows only https; neither is used. Redirects are not followed: Graph answers directory requests itself.
 */
export class GraphTransport implements Middleware {
  constructor(
    private readonly origin: string,
    private readonly tokens: TokenSource,
  ) {}

  async execute(context: Context): Promise<void> {
    const options = context.middlewareControl?.getMiddlewareOptions(Dispatch);
    if (!(options instanceof Dispatch)) throw new Error('A Graph request without its dispatch');
    try {
      // The last look before the token goes out: it never leaves for another host, whatever a link says.
      if (new URL(options.url).origin !== this.origin) throw new Error('A Graph request to a foreign host');
      const headers = new Headers(context.options?.headers as Record<string, string> | undefined);
      headers.set('authorization', `Bearer ${await this.tokens(options.isFreshToken)}`);
      context.response = await fetch(options.url, {
        method: context.options?.method ?? 'GET',
        ...(typeof context.options?.body === 'string' && { body: context.options.body }),
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      options.failure = error;
      throw error;
    }
  }
}
