import type { ZendeskSimulator } from '../../local/zendesk/simulator';

/** An answer of the simulator; `at('users.0.email')` reads into the body, undefined where there is nothing. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, else the text, else undefined. */
  readonly body: unknown;
  at(path: string): unknown;
}

/** Sends one request over the wire. `path` may be an absolute link of an earlier answer. */
export type Probe = (method: string, path: string, body?: unknown, authorization?: string | null) => Promise<Answer>;

/** A client without any cleverness: no retries, no checks; uses the simulator's working API token unless told otherwise. */
export function probeOf(sim: ZendeskSimulator): Probe {
  return async (method, path, body, authorization = sim.authorization) => {
    const response = await fetch(path.startsWith('http') ? path : `${sim.url}${path}`, {
      method,
      headers: { ...(authorization === null ? {} : { authorization }), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = parse(text);
    return { status: response.status, headers: response.headers, body: parsed, at: (where) => read(parsed, where) };
  };
}

/** Waits until `read` gives something; the deadline only ends what hangs. */
export async function until<Value>(read: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  const deadline = Date.now() + 900_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('nothing happened within a quarter of an hour');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Polls a job until it has ended, whatever the end. */
export function finishedJob(probe: Probe, submitted: Answer): Promise<Answer> {
  return until(async () => {
    const answer = await probe('GET', `/api/v2/job_statuses/${String(submitted.at('job_status.id'))}`);
    return ['queued', 'working'].includes(String(answer.at('job_status.status'))) ? undefined : answer;
  });
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function read(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      value,
    );
}
