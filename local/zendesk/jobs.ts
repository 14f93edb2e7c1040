import { randomBytes } from 'node:crypto';
import { json, type SimReply } from '../http-kit';
import { RecordInvalid, ZendeskRefusal } from './errors';
import type { ZendeskFaults } from './faults';

/** Jobs queued or running at once: https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/ */
const maxInflight = 30;
/** Results are kept one day by today's text, an hour by the older one; a 404 afterwards means unknown, not failed. */
const keptMs = 24 * 60 * 60 * 1000;
/** A row id no user has (zendesk-java-client PR #325). */
const bogusId = 1;

/** What became of one item of a job. */
export interface JobItem {
  readonly index: number;
  readonly action: 'create' | 'update' | 'delete';
  readonly id?: number;
  readonly externalId?: string;
  /** Undefined: it worked. */
  readonly failure?: { readonly error: string; readonly details: string };
}

/** A background job and its fate. */
export interface Job {
  readonly id: string;
  readonly jobType: string;
  readonly total: number;
  readonly submittedAt: number;
  status: 'queued' | 'working' | 'completed' | 'failed' | 'killed';
  progress: number | null;
  message: string | null;
  results: unknown;
  readonly work: readonly (() => JobItem)[];
}

/** Runs the bulk jobs. Work is done when a job's time has come, on the next request or by timer, whichever is first. */
export class JobRunner {
  readonly jobs = new Map<string, Job>();
  readonly #open = new Set<Job>();

  constructor(
    readonly faults: ZendeskFaults,
    readonly now: () => number,
    readonly durationMs: number,
    readonly url: () => string,
    readonly random: () => number = Math.random,
  ) {}

  /** Jobs queued or running, of one type or of all. */
  inflight(jobType?: string): number {
    return [...this.#open].filter((job) => jobType === undefined || job.jobType === jobType).length;
  }

  /**
   * Queues a job.
   * @param work one step per item, each done in order when the job runs
   * @throws ZendeskRefusal 429 TooManyJobs, with the ids of those in the way
   */
  submit(jobType: string, work: readonly (() => JobItem)[]): SimReply {
    this.advance();
    const scope = this.faults.jobLimitScope === 'type' ? jobType : undefined;
    const used = this.inflight(scope);
    if (used >= maxInflight) throw this.#tooManyJobs(jobType, scope);
    const id = `V3-${randomBytes(16).toString('hex')}`;
    const job: Job = {
      id,
      jobType,
      total: work.length,
      submittedAt: this.now(),
      status: 'queued',
      progress: null,
      message: null,
      results: null,
      work,
    };
    this.jobs.set(id, job);
    this.#open.add(job);
    setTimeout(() => this.advance(), this.#lengthOf(job) + 1).unref();
    return json(
      200,
      { job_status: this.present(job) },
      { 'zendesk-ratelimit-inflight-jobs': `total=${maxInflight}; remaining=${maxInflight - used - 1}; resets=60` },
    );
  }

  /** The job, or undefined once it is too old. */
  find(id: string): Job | undefined {
    this.advance();
    const job = this.jobs.get(id);
    return job && this.now() - job.submittedAt < keptMs ? job : undefined;
  }

  /** Forgets all finished jobs at once: later polls get 404. */
  expireFinished(): void {
    for (const job of [...this.jobs.values()]) if (!this.#open.has(job)) this.jobs.delete(job.id);
  }

  /** Brings every job to where the clock says it is. */
  advance(): void {
    for (const job of [...this.#open]) {
      const age = this.now() - job.submittedAt;
      const lengthMs = this.#lengthOf(job);
      if (age < lengthMs / 4) continue;
      job.status = 'working';
      if (age < lengthMs || this.faults.holdJobs) continue;
      this.#finish(job);
    }
  }

  present(job: Job): Record<string, unknown> {
    return {
      id: job.id,
      job_type: job.jobType,
      url: `${this.url()}/api/v2/job_statuses/${job.id}.json`,
      total: job.total,
      progress: job.progress,
      status: job.status,
      message: job.message,
      results: job.results,
    };
  }

  #lengthOf(job: Job): number {
    return this.durationMs + job.total * this.faults.jobMsPerRow;
  }

  #finish(job: Job): void {
    this.#open.delete(job);
    if (this.faults.loseJobs > 0) {
      this.faults.loseJobs -= 1;
      this.jobs.delete(job.id);
    }
    if (this.faults.failJobs > 0) {
      this.faults.failJobs -= 1;
      Object.assign(job, { status: 'failed', message: 'Job failed' });
      return;
    }
    const isKilled = this.faults.killJobs > 0;
    if (isKilled) this.faults.killJobs -= 1;
    const steps = isKilled ? job.work.slice(0, Math.floor(job.work.length / 2)) : job.work;
    const items = steps.map((step) => step());
    job.progress = items.length;
    job.status = isKilled ? 'killed' : 'completed';
    job.message = isKilled ? 'Job was killed' : `Completed at ${new Date(this.now()).toISOString()}`;
    job.results = isKilled ? null : this.#results(items);
  }

  #results(items: readonly JobItem[]): unknown {
    if (this.faults.jobRows === 'null') return null;
    if (this.faults.jobRows === 'success-object') return { success: items.every(({ failure }) => failure === undefined) };
    const rows = items.map((item) => this.#row(item));
    if (this.faults.bogusJobRow) rows.push(this.#row({ index: rows.length, action: 'create', id: bogusId }));
    if (this.faults.shuffleJobRows) shuffle(rows, this.random);
    return rows;
  }

  /** Recorded rows have no index (facetoe/zenpy cassettes); failed creates have one and no id; the schema says otherwise. */
  #row(item: JobItem): Record<string, unknown> {
    const { index, action, id, failure } = item;
    if (failure && action === 'create') return { index, error: failure.error, details: failure.details };
    if (failure) return { index, ...(id === undefined ? {} : { id }), action, success: false, ...failure };
    if (this.faults.jobRows === 'spec' && action === 'create') return { id, index };
    if (action === 'create') return { id, status: 'Created' };
    return { id, action, status: action === 'update' ? 'Updated' : 'Deleted', success: true };
  }

  #tooManyJobs(jobType: string, scope: string | undefined): ZendeskRefusal {
    const ids = [...this.#open].filter((job) => scope === undefined || job.jobType === scope).map(({ id }) => id);
    return new ZendeskRefusal({
      status: this.faults.tooManyJobsStatus,
      headers: { 'zendesk-ratelimit-inflight-jobs': `total=${maxInflight}; remaining=0; resets=60` },
      body: {
        error: 'TooManyJobs',
        description: `Too many ${jobType} jobs are currently queued or running. Try again later.`,
        current_job_ids: ids,
      },
    });
  }
}

/** Runs one item of a job and turns a refusal into a failed row. */
export function attempt(
  base: { readonly index: number; readonly action: JobItem['action']; readonly id?: number },
  work: () => number,
): JobItem {
  try {
    return { ...base, id: work() };
  } catch (error) {
    if (error instanceof RecordInvalid) {
      return { ...base, failure: { error: base.action === 'create' ? 'RecordInvalid' : 'UpdateError', details: error.message } };
    }
    if (error instanceof ZendeskRefusal) {
      const body = error.reply.body as { error?: unknown; description?: unknown };
      const code = typeof body.error === 'string' ? body.error : 'Forbidden';
      return { ...base, failure: { error: code, details: typeof body.description === 'string' ? body.description : code } };
    }
    throw error;
  }
}

function shuffle(rows: unknown[], random: () => number): void {
  for (let last = rows.length - 1; last > 0; last -= 1) {
    const pick = Math.floor(random() * (last + 1));
    [rows[last], rows[pick]] = [rows[pick], rows[last]];
  }
}
