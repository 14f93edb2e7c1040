import { z } from 'zod';
import { ThrottledError, UnavailableError } from '../../core/errors';
import { decode } from './decode';
import { TooManyJobsError } from './errors';
import type { ZendeskHttp, ZendeskRequest } from './http';

/**
 * How a background job ended. `lost`: Zendesk does not know it, or does not show it, which proves nothing about its rows: they may still come. `running`: it has not ended within the
 * time that callers are kept waiting.
 */
export type JobEnd = 'completed' | 'failed' | 'killed' | 'lost' | 'running';

/** A row of a job's results, as far as it can be told: shapes differ, and rows may name nobody or somebody who does not exist. */
export interface JobRow {
  readonly id: string | undefined;
  readonly hasFailed: boolean;
}

/** A job as submitted. */
export interface Job {
  /** Zendesk's clock at the submission, ms since 1970; within a second or so. */
  readonly submittedAt: number;
  /** Waits for the job's end, together with all other jobs. */
  ended(): Promise<{ readonly end: JobEnd; readonly rows: readonly JobRow[] }>;
}

/** Background jobs: https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/ */
export interface Jobs {
  /**
   * Submits a bulk request; waits while the account runs as many jobs as it can. Undefined: the account does not offer it (403).
   * @throws ThrottledError when the account is at its limit for too long; whatever the request throws
   */
  submit(request: ZendeskRequest): Promise<Job | undefined>;
}

/** What it needs. */
export interface JobDeps {
  readonly http: ZendeskHttp;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly timeScale: number;
}

/** Jobs of a hundred rows take seconds, in a busy account minutes; with all else that a call does this is well within a function's ten. */
const MAX_WAIT_MS = 240_000;
const MAX_SUBMIT_WAIT_MS = 30_000;
const SUBMIT_PAUSE_MS = 5_000;
/** Recorded jobs of 50 rows took 2 to 10 s. */
const FIRST_POLL_MS = 1_000;
const SLOWEST_POLL_MS = 5_000;
/** Most ids of one `show_many`. */
const MAX_IDS = 100;
/** A job that is left out of so many answers is lost: one may merely not know it yet. */
const MISSES = 3;

const id = z.union([z.string(), z.number()]).transform(String);
const statusShape = z.object({ id, status: z.string().nullish(), results: z.unknown().optional() });
const shapes = {
  job: z.object({ job_status: statusShape }),
  jobs: z.object({ job_statuses: z.array(statusShape) }),
};
const rowShape = z.object({
  id: id.nullish(),
  success: z.boolean().nullish(),
  error: z.unknown().optional(),
  errors: z.unknown().optional(),
});
const ENDS: ReadonlySet<string> = new Set(['completed', 'failed', 'killed']);
const SHOW_MANY = '/api/v2/job_statuses/show_many';

interface Open {
  readonly since: number;
  misses: number;
  readonly settle: (end: JobEnd, rows: readonly JobRow[]) => void;
}

/** Makes it. */
export function makeJobs({ http, sleep, now, timeScale }: JobDeps): Jobs {
  const open = new Map<string, Open>();
  let isPolling = false;

  async function look(ids: readonly string[]): Promise<void> {
    const answer = await http.call({ method: 'GET', route: SHOW_MANY, query: { ids: ids.join(',') } });
    const found = new Map(decode(shapes.jobs, answer.body, SHOW_MANY).job_statuses.map((job) => [job.id, job]));
    for (const key of ids) {
      const job = open.get(key);
      const status = found.get(key);
      if (!job) continue;
      job.misses = status ? 0 : job.misses + 1;
      if (status && ENDS.has(status.status ?? '')) job.settle(status.status as JobEnd, rowsOf(status.results));
      else if (job.misses >= MISSES) job.settle('lost', []);
      else if (now() - job.since > MAX_WAIT_MS / timeScale) job.settle('running', []);
    }
  }

  /** One loop for all jobs. */
  async function poll(): Promise<void> {
    if (isPolling) return;
    isPolling = true;
    let pauseMs = FIRST_POLL_MS / timeScale;
    while (open.size > 0) {
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, SLOWEST_POLL_MS / timeScale);
      const before = open.size;
      try {
        await look([...open.keys()].slice(0, MAX_IDS));
        if (open.size < before) pauseMs = FIRST_POLL_MS / timeScale;
      } catch (error) {
        // Jobs continue whether they can be looked at or not.
        if (error instanceof ThrottledError || error instanceof UnavailableError) giveUpLate();
        else for (const job of [...open.values()]) job.settle('lost', []);
      }
    }
    isPolling = false;
  }

  function giveUpLate(): void {
    for (const job of [...open.values()]) if (now() - job.since > MAX_WAIT_MS / timeScale) job.settle('running', []);
  }

  async function post(request: ZendeskRequest) {
    const startedAt = now();
    for (;;) {
      try {
        return await http.call({ ...request, accept: [403] });
      } catch (error) {
        const isLate = now() - startedAt > MAX_SUBMIT_WAIT_MS / timeScale;
        if (!(error instanceof TooManyJobsError) || isLate) throw error;
        await sleep(SUBMIT_PAUSE_MS / timeScale);
      }
    }
  }

  return {
    async submit(request) {
      const answer = await post(request);
      if (answer.status === 403) return undefined;
      const job = taken(answer.body, request.route);
      const told = Date.parse(String(answer.headers.date ?? ''));
      return {
        submittedAt: Number.isNaN(told) ? now() : told,
        ended: () =>
          new Promise((resolve) => {
            open.set(job.id, {
              since: now(),
              misses: 0,
              settle(end, rows) {
                open.delete(job.id);
                resolve({ end, rows });
              },
            });
            void poll();
          }),
      };
    },
  };
}

/** The job as Zendesk has taken it. @throws UnavailableError where the answer does not say which: it is at work all the same */
function taken(body: unknown, route: string): z.infer<typeof statusShape> {
  try {
    return decode(shapes.job, body, route).job_status;
  } catch (cause) {
    throw new UnavailableError('target', 'Zendesk has taken a background job and did not say which', { cause });
  }
}

function rowsOf(results: unknown): readonly JobRow[] {
  if (!Array.isArray(results)) return [];
  return results.flatMap((result: unknown) => {
    const row = rowShape.safeParse(result);
    if (!row.success) return [];
    const { id: rowId, success, error, errors } = row.data;
    return [{ id: rowId ?? undefined, hasFailed: success === false || Boolean(error) || Boolean(errors) }];
  });
}
