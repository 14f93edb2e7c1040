import { type Authorizer, makeAuthorizer } from '../../src/adapters/zendesk/oauth';
import { makeTransport, type Transport, type WireAnswer } from '../../src/adapters/zendesk/transport';
import type { ZendeskAuth } from '../../src/config/config';
import { retryAfterMs } from '../../src/core/retry-after';

/** How the probe talks to the account: its answers as they came, within the limits. */
export interface ProbeClient {
  /** Waits for its place. A 429 is waited out and repeated, unless `isRaw`. @throws ProbeStopped, UnavailableError */
  call(method: Method, path: string, body?: unknown, options?: CallOptions): Promise<ProbeAnswer>;
  /** Milliseconds since the start, by the clock that the probe was given. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From now on every call throws {@link ProbeStopped}, except in {@link cleaningUp}. */
  stop(): void;
  /** Calls are possible again, because what was made has to go. */
  cleaningUp(): void;
  readonly calls: () => number;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface CallOptions {
  /** The answer is wanted even if it is a refusal for the pace. */
  readonly isRaw?: boolean;
  /** Not paced: for the one question that needs many requests at once. */
  readonly isAtOnce?: boolean;
}

/** An answer with the time it took. */
export interface ProbeAnswer extends WireAnswer {
  readonly tookMs: number;
}

/** Thrown where the probe is to end early: Ctrl-C, or its time is up. */
export class ProbeStopped extends Error {
  constructor() {
    super('The probe was stopped');
  }
}

/** What the client is made of. Durations in milliseconds. */
export interface ClientOptions {
  readonly baseUrl: string;
  readonly auth: ZendeskAuth;
  /** Between two requests: 100 a minute is half of what the smallest of today's plans allows. */
  readonly paceMs: number;
  /** Between two updates of users: the account allows one a second. */
  readonly updatePaceMs: number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly clock: () => Date;
}

/** How often a request is repeated that came too early. */
const MAX_REPEATS = 5;
const WITHOUT_ADVICE_MS = 60_000;
/** https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
const UPDATE = /^\/api\/v2\/users\/\d+$/;

/** Makes the client. Sends nothing until it is used. */
export function makeClient({ baseUrl, auth, paceMs, updatePaceMs, sleep, clock }: ClientOptions): ProbeClient {
  const transport: Transport = makeTransport(baseUrl);
  const authorizer: Authorizer = makeAuthorizer(auth, transport, clock, () => 0);
  const now = () => clock().getTime();
  let freeAt = 0;
  let updateAt = 0;
  let isStopped = false;
  let calls = 0;

  async function place(method: Method, path: string): Promise<void> {
    const isUpdate = method === 'PUT' && UPDATE.test(path);
    const at = Math.max(now(), freeAt, isUpdate ? updateAt : 0);
    freeAt = at + paceMs;
    if (isUpdate) updateAt = at + updatePaceMs;
    if (at > now()) await sleep(at - now());
  }

  async function call(method: Method, path: string, body?: unknown, { isRaw, isAtOnce }: CallOptions = {}): Promise<ProbeAnswer> {
    for (let repeat = 0; ; repeat += 1) {
      if (isStopped) throw new ProbeStopped();
      if (!isAtOnce) await place(method, path);
      if (isStopped) throw new ProbeStopped();
      const authorization = await authorizer.header();
      const startedAt = now();
      calls += 1;
      const answer = await transport.send({ method, path, authorization, ...(body === undefined ? {} : { body }) });
      if (answer.status !== 429 || isRaw || repeat === MAX_REPEATS) return { ...answer, tookMs: now() - startedAt };
      await sleep(Math.max(paceMs, retryAfterMs(String(answer.headers['retry-after'] ?? ''), now()) ?? WITHOUT_ADVICE_MS));
    }
  }

  return {
    call,
    now,
    sleep,
    stop: () => {
      isStopped = true;
    },
    cleaningUp: () => {
      isStopped = false;
    },
    calls: () => calls,
    close: transport.close,
  };
}
