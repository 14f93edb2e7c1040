import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, shapes, toGroup, toMembership, toUser } from '../../../src/adapters/zendesk/decode';
import { readEnvelope } from '../../../src/adapters/zendesk/envelope';
import { toError } from '../../../src/adapters/zendesk/errors';
import { type AnswerHeaders, header, quotaOf } from '../../../src/adapters/zendesk/headers';
import { type JobEnd, type JobRow, makeJobs } from '../../../src/adapters/zendesk/jobs';

/** Answers of real accounts, published by others: test/fixtures/zendesk-recordings/README.md names each source. */
interface Recording {
  readonly repository: string;
  readonly file: string;
  readonly year: number;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Record<string, unknown>;
  /** Which decoder reads it; for a refusal `error:STATUS:CODE:CLASS OR OUR CODE`. */
  readonly read: string;
}

const folder = join(__dirname, '../../fixtures/zendesk-recordings');
const recordings = JSON.parse(readFileSync(join(folder, 'recordings.json'), 'utf8')) as Recording[];
const named = (kind: string) =>
  recordings
    .filter(({ read }) => read.split(':')[0] === kind)
    .map((one) => [`${one.year} ${one.method} ${one.path}`, one] as const);

describe('recorded answers', () => {
  it('are more than twenty, of every kind, each named in the README with its source', () => {
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(recordings.length).toBeGreaterThanOrEqual(20);
    for (const { repository, file } of recordings) expect(page).toContain(`https://github.com/${repository}), \`${file}\``);
    expect(new Set(recordings.map(({ read }) => read.split(':')[0]))).toEqual(
      new Set(['user', 'users', 'me', 'group', 'memberships', 'identities', 'organizations', 'job', 'error']),
    );
  });

  it('hold no address but those of example.com, and no credential', () => {
    const text = readFileSync(join(folder, 'recordings.json'), 'utf8');
    expect([...text.matchAll(/[\w.]+@[\w.]+/g)].filter(([address]) => !address.endsWith('@example.com'))).toEqual([]);
    expect(text).not.toMatch(/Basic |Bearer |cookie/i);
  });

  it.each([...named('user'), ...named('users')])('users: %s', (_name, { body, path, read }) => {
    const list = read === 'user' ? [decode(shapes.user, body, path).user] : decode(shapes.users, body, path).users;
    const raw = (read === 'user' ? [body.user] : body.users) as Record<string, unknown>[];
    expect(list).toHaveLength(raw.length);
    for (const [at, row] of list.entries()) {
      const { user } = toUser(row);
      const { id, external_id: externalId, email, name, role, suspended, active } = raw[at] ?? {};
      expect(user).toMatchObject({ id: String(id), externalId, email, name, suspended, active });
      // A plain admin of an Enterprise account shows a custom role that nobody gave.
      expect(user.role).toEqual({ role, customRoleId: null });
    }
  });

  it('pages by cursor tell where they go on, lists by offset where they end', () => {
    const next = named('users').map(([, { body }]) => {
      const page = decode(shapes.page, body, 'users');
      return page.meta?.has_more ? new URL(page.links?.next ?? '').searchParams.get('page[after]') !== null : page.next_page;
    });
    expect(next).toEqual([true, true, true, null, null]);
  });

  it.each(named('me'))('nobody in particular: %s', (_name, { body, path }) => {
    expect(decode(shapes.me, body, path).user.id).toBeNull();
  });

  it.each(named('group'))('a group: %s', (_name, { body, path }) => {
    const group = toGroup(decode(shapes.group, body, path).group);
    expect(group).toMatchObject({ name: 'A group', description: null, isDefault: false, deleted: false });
  });

  it.each(named('memberships'))('memberships: %s', (_name, { body, path }) => {
    const [row] = decode(shapes.memberships, body, path).group_memberships.map(toMembership);
    expect(row).toEqual({ id: '6000000004506', userId: '6000000001962', groupId: '6000000006346', isDefault: true });
  });

  it.each(named('identities'))('identities: %s', (_name, { body, path }) => {
    expect(decode(shapes.identities, body, path).identities).toMatchObject([{ type: 'email', primary: true, verified: false }]);
  });

  it.each(named('organizations'))('organizations: %s', (_name, { body, path }) => {
    expect(decode(shapes.organizations, body, path).organizations).toMatchObject([{ name: 'Organization 0', external_id: null }]);
  });

  it.each(named('job'))('a job to its end, or until we stop waiting: %s', async (_name, { body, status, headers }) => {
    const told = body.job_status as { status: string; results: { id: number }[] | null };
    const { end, rows } = await follow(body, status, headers);
    const isOver = told.status === 'completed';
    expect(end).toBe(isOver ? 'completed' : 'running');
    expect(rows).toEqual(isOver ? told.results?.map(({ id }) => ({ id: String(id), hasFailed: false })) : []);
  });

  it.each(named('error'))('a refusal: %s', (_name, { body, status, headers, method, path, read }) => {
    const [, , code, meant] = read.split(':');
    const envelope = readEnvelope(body);
    expect(envelope.code ?? '').toBe(code);
    const error = toError({ status, headers, envelope, method, route: path }, Date.UTC(2026, 0), 0);
    expect([error.name, error.constructor.name, error.code]).toContain(meant);
  });

  it.each(recordings.filter(({ headers }) => headers['x-rate-limit'] !== undefined))(
    'limits: $year $method $path',
    ({ headers }) => {
      const all = quotaOf(headers);
      expect(all.limit === 400 || all.limit === 700).toBe(true);
      expect(all.remaining).toBeGreaterThan(300);
      // Since 2023 a second spelling stands beside, in two forms; either is enough.
      const { 'x-rate-limit': _limit, 'x-rate-limit-remaining': _remaining, ...others } = headers;
      if (Object.keys(others).some((name) => name.includes('rate'))) {
        expect(quotaOf(others)).toEqual(all);
        expect(all.resetSeconds).toBeGreaterThan(0);
      }
      if (headers['x-request-id'] !== undefined) expect(header(headers, 'x-request-id')).toMatch(/^[\w-]+$/);
    },
  );
});

/** Submits by the recorded answer, then polls into it, by a clock of its own. */
async function follow(
  body: Record<string, unknown>,
  status: number,
  headers: AnswerHeaders,
): Promise<{ readonly end: JobEnd; readonly rows: readonly JobRow[] }> {
  let now = 0;
  const http = {
    call: async ({ method }: { readonly method: string }) => ({
      status,
      headers,
      body: method === 'POST' ? body : { job_statuses: [body.job_status] },
    }),
    follow: () => Promise.reject(new Error('not asked')),
    quota: () => ({ limit: undefined, remaining: undefined, used: 0 }),
  };
  const sleep = async (ms: number) => {
    now += ms;
  };
  const job = await makeJobs({ http, sleep, now: () => now, timeScale: 1 }).submit({ method: 'POST', route: '/api/v2/x' });
  if (!job) throw new Error('refused');
  return job.ended();
}
