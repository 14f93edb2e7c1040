/** Zendesk's background jobs: the account's side, where a job ends in every way there is, some of it after nobody waits for it any more. */
import type { ZendeskHttp, ZendeskRequest } from '../../../src/adapters/zendesk/http';
import type { WireAnswer } from '../../../src/adapters/zendesk/transport';
import { UnavailableError } from '../../../src/core/errors';
import type { Attributes, TargetId, TargetRole, TargetUser } from '../../../src/core/model';
import type { FakeTarget, FakeUser } from '../../fakes/target-account';
import type { Dice } from '../play/random';
import { Process, type Scheduler } from '../play/scheduler';
import type { Context } from '../watch/watch';

/** What becomes of a job, and how often. */
export const JOB_FATES = {
  jobDone: 5,
  /** It says of rows what nobody can use: ids of nobody, no ids, no rows. */
  jobBogusRows: 2,
  jobSlow: 2,
  /** It begins after its callers have been told to come back. */
  jobLate: 0.7,
  jobKilled: 1,
  jobFailed: 1,
  /** Nobody is told of it any more, while it may be at work, or has yet to begin. */
  jobLost: 1,
  /** The answer to its submission is lost; it is made, or not. */
  jobUnknown: 1,
  /** Bulk is refused, for a day. */
  jobClosed: 0.1,
} as const;

type Fate = keyof typeof JOB_FATES;

/** What jobs do things to, and are seen by. */
export interface JobsWorld {
  readonly target: FakeTarget;
  readonly selfId: TargetId;
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  /** Whether the search index knows an account. */
  isIndexed(id: TargetId): boolean;
  count(name: string): void;
  tell(text: string): void;
  /** Does something to the account on somebody's behalf, seen by the rules. */
  write<T>(method: string, context: Context, act: () => Promise<T>): Promise<T>;
}

/** A row as it is sent: Zendesk's names. */
export type Row = Readonly<Record<string, unknown>>;

interface Job {
  readonly id: string;
  readonly fate: Fate;
  status: string;
  readonly results: Row[];
}

const SUBMIT = /\/(?:update_many|create_many)$/;

export class AccountJobs {
  readonly #jobs = new Map<string, Job>();
  readonly #process = new Process('zendesk', 0);
  /** What becomes of the next one; drawn where nothing is said. */
  next: Fate | undefined;
  /** True once every fault is over; what has begun may still come late. */
  isCalm = false;

  constructor(readonly world: JobsWorld) {}

  /** The account over an API of its own for each process. @param contexts on whose behalf a row is, by its id or external id */
  httpFor(process: Process, contexts: ReadonlyMap<string, Context>): ZendeskHttp {
    const call = async (request: ZendeskRequest): Promise<WireAnswer> => {
      await this.world.scheduler.step(process, this.world.dice.between(20, 300));
      if (SUBMIT.test(request.route)) return this.#submit(request, contexts);
      return answer(this.#read(request));
    };
    return { call, follow: call as never, quota: () => ({ limit: undefined, remaining: undefined }) as never };
  }

  #submit({ body }: ZendeskRequest, contexts: ReadonlyMap<string, Context>): WireAnswer {
    const { dice, count, tell, scheduler } = this.world;
    const fate = this.isCalm ? 'jobDone' : (this.next ?? dice.weighted(JOB_FATES));
    this.next = undefined;
    count(fate);
    if (fate === 'jobClosed') return { ...answer({}), status: 403 };
    const rows = (body as { readonly users: readonly Row[] }).users;
    tell(`a job of ${rows.length} rows: ${fate}`);
    const job: Job = { id: `job-${this.#jobs.size + 1}`, fate, status: 'queued', results: [] };
    const isMade = fate !== 'jobUnknown' || dice.chance(0.6);
    if (isMade) this.#jobs.set(job.id, job);
    const work = rows.map((row) => ({ row, context: contexts.get(nameOf(row)) }));
    if (isMade) scheduler.start(this.#process, job.id, () => this.#run(job, work));
    if (fate === 'jobUnknown') throw new UnavailableError('target', 'simulated: the answer was lost');
    return answer({ job_status: { id: job.id, status: job.status } }, scheduler.nowMs);
  }

  async #run(job: Job, work: readonly { readonly row: Row; readonly context: Context | undefined }[]): Promise<void> {
    const { dice, scheduler, count } = this.world;
    const pause = (ms: number): Promise<void> => scheduler.step(this.#process, ms);
    const isLate = job.fate === 'jobLate' || (job.fate === 'jobLost' && dice.chance(0.5));
    await pause(isLate ? dice.between(200, 500) * 1_000 : dice.between(1, 4_000));
    job.status = 'working';
    const isCut = job.fate === 'jobKilled' || job.fate === 'jobLost';
    const upTo = job.fate === 'jobFailed' ? 0 : isCut ? dice.int(work.length + 1) : work.length;
    for (const { row, context } of work.slice(0, upTo)) {
      await pause(job.fate === 'jobSlow' ? dice.between(1_000, 40_000) : dice.int(400));
      const isRefused = dice.chance(0.08) && !this.isCalm;
      if (isRefused) count('jobRowRefused');
      const isDone = !isRefused && context !== undefined && (await this.#write(row, context));
      job.results.push(isDone ? { id: this.#idOf(row), success: true } : { id: row['id'], error: 'simulated', success: false });
    }
    job.status = job.fate === 'jobFailed' ? 'failed' : job.fate === 'jobKilled' ? 'killed' : 'completed';
  }

  async #write(row: Row, context: Context): Promise<boolean> {
    const { target, write, scheduler } = this.world;
    const { id, external_id, name, email, role, custom_role_id: _custom, suspended, ...attributes } = row;
    const wanted = role === undefined ? undefined : ({ role, customRoleId: null } as TargetRole);
    try {
      if (id !== undefined) {
        await write('updateUser', context, () =>
          target.updateUser({ id: String(id) } as unknown as TargetUser, {
            ...(external_id !== undefined && { externalId: external_id as string | null }),
            ...(name !== undefined && { name: String(name) }),
            ...(wanted && { role: wanted }),
            ...(suspended !== undefined && { suspended: suspended === true }),
            attributes: attributes as Attributes,
          }),
        );
        return true;
      }
      const created = await write('createUser', context, () =>
        target.createUser({
          externalId: String(external_id),
          name: String(name),
          email: (email as string | undefined) ?? null,
          role: wanted ?? { role: 'end-user', customRoleId: null },
          suspended: suspended === true,
          attributes: attributes as Attributes,
          sendWelcomeMail: false,
        }),
      );
      const there = target.users.get(created.id);
      if (there) there.createdAt = new Date(scheduler.nowMs).toISOString();
      return true;
    } catch {
      return false;
    }
  }

  #idOf({ id, external_id }: Row): unknown {
    return id ?? [...this.world.target.users.values()].find((user) => user.active && user.externalId === external_id)?.id;
  }

  #read({ route, query }: ZendeskRequest): unknown {
    const asked = (typeof query === 'function' ? query() : query) ?? {};
    const list = (name: string): readonly string[] => String(asked[name] ?? '').split(',');
    const users = [...this.world.target.users.values()];
    if (route.endsWith('/job_statuses/show_many')) return { job_statuses: list('ids').flatMap((id) => this.#shown(id)) };
    if (route.endsWith('/users/search')) {
      const wanted = new Set([...String(asked['query']).matchAll(/email:"([^"]+)"/g)].map(([, address]) => address));
      const isHit = (user: FakeUser): boolean =>
        user.active &&
        (user.id === this.world.selfId || this.world.isIndexed(user.id)) &&
        [user.email, ...user.otherEmails].some((one) => one !== null && wanted.has(one.toLowerCase()));
      return { users: users.filter(isHit).map(rowOf) };
    }
    const names = new Set(asked['ids'] === undefined ? list('external_ids') : list('ids'));
    const isNamed = (user: FakeUser): boolean =>
      asked['ids'] === undefined ? user.active && names.has(user.externalId?.toLowerCase() ?? '') : names.has(user.id);
    return { users: users.filter(isNamed).map(rowOf) };
  }

  #shown(id: string): readonly Row[] {
    const job = this.#jobs.get(id);
    if (!job || job.fate === 'jobLost') return [];
    const results = job.fate === 'jobBogusRows' ? [{ id: 1, success: true }, {}, null, { index: 0 }] : job.results;
    return [{ id, status: job.status, results }];
  }
}

const answer = (body: unknown, nowMs?: number): WireAnswer => ({
  status: 200,
  headers: nowMs === undefined ? {} : { date: new Date(nowMs).toUTCString() },
  body,
});

/** How a row's context is found. */
export const nameOf = ({ id, external_id }: Row): string => String(id ?? external_id).toLowerCase();

const rowOf = (user: FakeUser): Row => ({
  id: user.id,
  external_id: user.externalId,
  email: user.email,
  name: user.name,
  role: user.role.role,
  custom_role_id: null,
  suspended: user.suspended,
  active: user.active,
  created_at: user.createdAt ?? null,
  ...user.attributes,
});
