import { Pool } from 'undici';
import { UnavailableError, UnexpectedResponseError } from '../../core/errors';
import type { AnswerHeaders } from './headers';
import { parseJson } from './json';

/** A request on the wire. `path` begins with a slash and holds the query string. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly authorization?: string;
  readonly body?: unknown;
}

/** An answer on the wire. `body` is parsed JSON, or undefined when it is none. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: unknown;
}

/** Sends requests to one origin, over connections kept alive; never follows a redirect. */
export interface Transport {
  readonly origin: string;
  /** @throws UnavailableError without a complete answer: a write may then have happened or not; UnexpectedResponseError when it is too large */
  send(request: WireRequest): Promise<WireAnswer>;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 60_000;
const BODY_TIMEOUT_MS = 60_000;
const CONNECTIONS = 32;
/** A page of 100 users is well below 1 MiB; an answer beyond this is none of Zendesk's. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Makes the transport to `https://acme.zendesk.com` (or a loopback address). */
export function makeTransport(baseUrl: string): Transport {
  const { origin } = new URL(baseUrl);
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
  });
  let closing: Promise<void> | undefined;
  return {
    origin,
    async send({ method, path, authorization, body }) {
      try {
        const answer = await pool.request({
          method,
          path,
          headers: {
            accept: 'application/json',
            'user-agent': 'zendesk-provisioning-for-entra-id',
            ...(authorization === undefined ? {} : { authorization }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await readText(answer.body);
        return { status: answer.statusCode, headers: answer.headers, body: parsed(text, answer.headers) };
      } catch (error) {
        if (error instanceof UnexpectedResponseError) throw error;
        throw new UnavailableError('target', `Zendesk gave no complete answer to ${method} (${causeCode(error)})`, {
          cause: error,
        });
      }
    },
    close() {
      closing ??= pool.destroy();
      return closing;
    },
  };
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new UnexpectedResponseError('target', 'Zendesk answered more than 16 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** JSON by content, not by header: the edge labels its pages loosely. */
function parsed(text: string, headers: AnswerHeaders): unknown {
  if (text === '' || /html/i.test(String(headers['content-type'] ?? ''))) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function causeCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'connection failed';
}
