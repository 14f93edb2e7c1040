import { ProvisioningError, RejectedError, ThrottledError, UnavailableError } from '../../core/errors';
import type { BulkAccess, BulkKind } from './bulk-access';
import type { ItemResult } from './bundler';
import type { ZendeskRequest } from './http';
import type { Job, JobRow, Jobs } from './jobs';

/** What a bundle is about to do. */
export interface BulkWork<Item, R> {
  readonly kind: BulkKind;
  readonly request: ZendeskRequest;
  readonly items: readonly Item[];
  /**
   * Reads the items anew and tells which of them are done. `rows` are what the job says, undefined before it has ended. What is not in the
   * answer is not done, as far as can be seen.
   */
  readonly verify: (submittedAt: number, rows: readonly JobRow[] | undefined) => Promise<ReadonlyMap<Item, ItemResult<R>>>;
}

/** Runs bulk work and believes of it what a re-read shows. */
export interface BulkRunner {
  run<Item, R>(work: BulkWork<Item, R>): Promise<ReadonlyMap<Item, ItemResult<R>>>;
}

/** What it needs. */
export interface BulkDeps {
  readonly jobs: Jobs;
  readonly access: BulkAccess;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly timeScale: number;
}

/** When it is not known whether a job was made, it gets this long before one looks. */
const UNKNOWN_JOB_MS = 5_000;
/** Jobs of fewer rows say little about the pace. */
const ROWS_TO_MEASURE = 20;
/** Rows a second below which a job is no faster than single requests in the lane of updates (1 a second). */
const SLOW_ROWS_PER_SECOND = 1.3;
/** A look that came too early costs two requests, and waiting a tenth longer costs none: one that was in time may come a very little earlier next time. */
const LATER = 1.1;
const EARLIER = 0.99;

/**
 * Makes it.
 *
 *   the job              item seen as done │ not seen
 *   completed, failed,   done              │ left out: tried singly, which tells why
 *   killed               done              │ left out: tried singly
 *   has not ended        done              │ UnavailableError: it may still come, so nothing is repeated now
 *   lost                 done              │ UnavailableError, and singles for an hour: it would happen to the next one too
 *   unknown (no answer)  done              │ UnavailableError
 *   no re-read           –                 │ UnavailableError
 *   refused as a whole   –                 │ left out
 *   refused with 403     –                 │ left out, and bulk is closed for a day
 */
export function makeBulkRunner({ jobs, access, sleep, now, timeScale }: BulkDeps): BulkRunner {
  /** After how long jobs of a kind have ended: a re-read then makes a look at the job unnecessary. */
  const patience = new Map<BulkKind, number>();

  function measure(kind: BulkKind, rows: number, tookMs: number): void {
    patience.set(kind, tookMs * LATER);
    const perSecond = rows / Math.max(0.001, (tookMs * timeScale) / 1_000);
    if (kind === 'updateUsers' && rows >= ROWS_TO_MEASURE && perSecond < SLOW_ROWS_PER_SECOND)
      access.rest(kind, 'jobs obey the limit of one update a second too');
  }

  async function submit(work: Pick<BulkWork<unknown, unknown>, 'request'>) {
    try {
      return await jobs.submit(work.request);
    } catch (error) {
      if (error instanceof RejectedError) return 'refused';
      if (error instanceof UnavailableError) return 'unknown';
      throw error;
    }
  }

  /** Whom the re-read shows as done, after the job's end or where nobody waits for that any more. */
  async function done<Item, R>({ kind, items, verify }: BulkWork<Item, R>, job: Job | 'unknown', startedAt: number) {
    if (job === 'unknown') {
      await sleep(UNKNOWN_JOB_MS / timeScale);
      return withUnknown(items, await verify(startedAt, undefined));
    }
    const expectedMs = patience.get(kind);
    if (expectedMs !== undefined) {
      await sleep(expectedMs);
      const early = await verify(job.submittedAt, undefined);
      if (items.every((item) => early.has(item))) {
        patience.set(kind, expectedMs * EARLIER);
        return early;
      }
    }
    const { end, rows } = await job.ended();
    if (end === 'lost') {
      access.rest(kind, 'Zendesk did not know a job that it had taken');
      await sleep(UNKNOWN_JOB_MS / timeScale);
    } else measure(kind, items.length, now() - startedAt);
    const seen = await verify(job.submittedAt, rows);
    return end === 'running' || end === 'lost' ? withUnknown(items, seen) : seen;
  }

  return {
    async run(work) {
      const { kind, request, items } = work;
      await access.refresh();
      if (!access.isOpen(kind)) return new Map();
      const startedAt = now();
      const job = await submit({ request });
      if (job === 'refused') return new Map();
      if (job === undefined) {
        await access.close(kind);
        return new Map();
      }
      try {
        return await done(work, job, startedAt);
      } catch (error) {
        if (isForAll(error)) throw error;
        return withUnknown(items, new Map());
      }
    },
  };
}

/** Items not seen as done, whose job may still do them, are told to come back. */
function withUnknown<Item, R>(items: readonly Item[], done: ReadonlyMap<Item, ItemResult<R>>): ReadonlyMap<Item, ItemResult<R>> {
  const error = new UnavailableError('target', 'A background job of Zendesk has not ended: what it did is looked at later');
  return new Map(items.map((item) => [item, done.get(item) ?? { error }]));
}

/** Runs work; an error that is about everybody goes to all, any other makes singles of them. */
export async function orSingles<Item, R>(
  work: () => Promise<ReadonlyMap<Item, ItemResult<R>>>,
): Promise<ReadonlyMap<Item, ItemResult<R>>> {
  try {
    return await work();
  } catch (error) {
    if (isForAll(error)) throw error;
    return new Map();
  }
}

const isForAll = (error: unknown): boolean =>
  error instanceof ThrottledError ||
  error instanceof UnavailableError ||
  !(error instanceof ProvisioningError) ||
  error.code === 'PROV_TARGET_UNAUTHORIZED' ||
  error.code === 'PROV_STATE_UNAVAILABLE';
