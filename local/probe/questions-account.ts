import { quotaOf, updateBucketOf } from '../../src/adapters/zendesk/headers';
import { hasCode, isFine, record, refusalOf, rows, word } from './answers';
import type { ProbeAnswer } from './client';
import { open, type ProbeContext, type Question, settled } from './question';
import { made } from './questions-people';

/** Recorded jobs of 50 rows took 2 to 10 s; a job at one row a second takes as long as it has rows. */
const JOB_ROWS = 40;
const JOB_WAIT_MS = 90_000;
const POLL_MS = 2_000;
/** Rows a second from which bundles are worth it; the app leaves bulk updates alone for an hour below. */
const SLOW = 1.3;
/** Zendesk allows 30 jobs at once. */
const BURST = 34;
const SEARCH_WAIT_MS = 180_000;
const SEARCH_POLL_MS = 5_000;

/** Questions about limits, jobs and search: first what the account is, last what takes long. */
export const ACCOUNT: readonly Question[] = [
  {
    id: 'quota-headers',
    title: 'How are the headers of the request limit spelled?',
    assumption: 'x-rate-limit, ratelimit-… or rate-limit-…; each is understood',
    concerns: 'the pace: the plan limit is read from the headers; without them the app assumes 200 requests a minute',
    helps: 'ZENDESK_RATE_LIMIT_SHARE lowers the pace',
    async ask({ client }) {
      const { headers } = await client.call('GET', '/api/v2/users/me');
      const names = Object.keys(headers).filter((name) => /rate-?limit/i.test(name));
      return settled(names.sort().map(word).join(', ') || 'none', quotaOf(headers).limit !== undefined);
    },
  },
  {
    id: 'update-headers',
    title: 'Does the response to an update of a user show its own limit?',
    assumption: 'in zendesk-ratelimit-create-update-user, with total, remaining and resets',
    concerns: 'the pace of updates: after a refusal the header says whether the account or one person has to wait',
    helps: 'none needed; the app then takes every refusal as the whole account',
    async ask(context) {
      const account = await made(context);
      const { headers } = await context.client.call('PUT', `/api/v2/users/${account.id}`, { user: { notes: 'probe' } });
      const { total, remaining } = updateBucketOf(headers);
      return total === undefined
        ? settled('no such header', false)
        : settled(`total ${total}, remaining ${remaining ?? '?'}`, true);
    },
  },
  {
    id: 'custom-roles',
    title: 'What does the list of custom roles answer on this plan?',
    assumption: '200, or 403 or 404 where the plan has none',
    concerns: 'roles: names of custom roles can be mapped only where the list is there',
    helps: 'DEFAULT_ROLE without a custom role',
    async ask({ client }) {
      const answer = await client.call('GET', '/api/v2/custom_roles');
      if (!isFine(answer)) return settled(refusalOf(answer), answer.status === 403 || answer.status === 404);
      const types = new Set(rows(answer.body, 'custom_roles').map((role) => String(Number(role.role_type))));
      return settled(`200 with role types ${[...types].sort().join(', ') || 'none'}`, true);
    },
  },
  {
    id: 'create-many',
    title: 'Is create_many open in this account?',
    assumption: '403 where it is closed; the app then creates one by one and asks again after a day',
    concerns: 'the first cycle: a hundred people a request, or one',
    helps: 'the account owner may ask Zendesk Customer Support to enable bulk user imports',
    async ask({ client }) {
      const answer = await client.call('POST', '/api/v2/users/create_many', { users: [] });
      if (answer.status === 403) return settled(`closed: ${refusalOf(answer)}`, true);
      return settled(`open: ${isFine(answer) ? answer.status : refusalOf(answer)}`, answer.status < 500);
    },
  },
  {
    id: 'create-many-taken',
    title: 'What does create_many do about an address that somebody has?',
    assumption: 'not relied on: nobody whose address is known goes into such a job',
    concerns: 'bulk creation: an account could be taken over; expected is a refusal of the row',
    helps: 'none needed',
    async ask(context) {
      const first = await made(context);
      const { fields } = context.accounts.next();
      const body = { users: [{ ...fields, email: first.email }] };
      const answer = await context.client.call('POST', '/api/v2/users/create_many', body);
      if (answer.status === 403) return open('create_many is closed');
      const job = await ended(context, answer);
      if (!job) return open('the job did not end in time');
      const { body: now } = await context.client.call('GET', `/api/v2/users/${first.id}`);
      const isKept = record(record(now).user).external_id === first.externalId;
      const keys = rowKeys(job);
      return settled(isKept ? `the row failed (${keys})` : `the account was taken over (${keys})`, isKept);
    },
  },
  {
    id: 'job-pace',
    title: 'Do updates inside a job obey the limit of one a second?',
    assumption: `not known; the app measures, and leaves jobs alone for an hour below ${SLOW} rows a second`,
    concerns: 'updates of many: in jobs of a hundred, or one a second',
    helps: 'none needed',
    async ask(context) {
      const ids: string[] = [];
      for (let at = 0; at < JOB_ROWS; at += 1) ids.push((await made(context)).id);
      const startedAt = context.client.now();
      const users = ids.map((id) => ({ id: Number(id), notes: 'probe' }));
      const answer = await context.client.call('PUT', '/api/v2/users/update_many', { users });
      if (!isFine(answer)) return settled(`refused: ${refusalOf(answer)}`, false);
      const job = await ended(context, answer);
      if (!job) return settled(`not done after ${JOB_WAIT_MS / 1_000} s`, false);
      const perSecond = JOB_ROWS / Math.max(0.001, (context.client.now() - startedAt) / 1_000);
      const observed = `${JOB_ROWS} rows at ${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} a second; a row has ${rowKeys(job)}`;
      return settled(observed, perSecond >= SLOW);
    },
  },
  {
    id: 'too-many-jobs',
    title: 'How does one job too many end?',
    assumption: 'with the code TooManyJobs, expected with 429; the app waits for a job to end',
    concerns: 'bulk: waiting for a job holds up no other request',
    helps: 'none needed',
    async ask(context) {
      if ((context.known.requestsPerMinute ?? 0) < 200) return open('the plan is too small to send so many requests at once');
      const { id } = await made(context);
      const body = { users: [{ id: Number(id), notes: 'probe' }] };
      const send = () => context.client.call('PUT', '/api/v2/users/update_many', body, { isRaw: true, isAtOnce: true });
      const answers = await Promise.all(Array.from({ length: BURST }, send));
      for (const answer of answers.filter(isFine)) await ended(context, answer);
      const refused = answers.find((answer) => hasCode(answer, 'TooManyJobs'));
      const told = Object.keys(answers[0]?.headers ?? {}).includes('zendesk-ratelimit-inflight-jobs');
      const header = `header of jobs ${told ? 'there' : 'not there'}`;
      if (refused) return settled(`${refusalOf(refused)}; ${header}`, refused.status === 429);
      const other = answers.find((answer) => !isFine(answer));
      if (other) return settled(`${refusalOf(other)}; ${header}`, false);
      return open(`${BURST} jobs at once were all taken; ${header}`);
    },
  },
  {
    id: 'search-lag',
    title: 'How late is the search for users?',
    assumption: 'up to some minutes; nothing is concluded from what it does not find',
    concerns: 'matching by address: a new account is found by external id, and a taken address by the refusal of a creation',
    helps: 'none needed',
    async ask(context) {
      const account = await made(context);
      const startedAt = context.client.now();
      const path = `/api/v2/users/search?query=${encodeURIComponent(`type:user email:"${account.email}"`)}`;
      while (context.client.now() - startedAt < SEARCH_WAIT_MS && !context.isLate()) {
        const { body } = await context.client.call('GET', path);
        if (rows(body, 'users').some(({ id }) => String(id) === account.id))
          return settled(`found after ${Math.ceil((context.client.now() - startedAt) / 1_000)} s`, true);
        await context.client.sleep(SEARCH_POLL_MS);
      }
      return settled(`not found within ${Math.round((context.client.now() - startedAt) / 1_000)} s`, false);
    },
  },
  {
    id: 'search-terms',
    title: 'Does one search find several addresses?',
    assumption: 'yes: terms of one kind are alternatives; the app checks it with its own address each time',
    concerns: 'bulk creation: known addresses are looked up many at a time',
    helps: 'none needed; people are then created one by one',
    async ask({ client, known }) {
      const { body } = await client.call('GET', '/api/v2/users?role=admin&page%5Bsize%5D=100');
      const emails = rows(body, 'users').flatMap(({ email, active }) =>
        active !== false && typeof email === 'string' ? [email] : [],
      );
      const other = emails.find((email) => email.toLowerCase() !== known.selfEmail.toLowerCase());
      if (other === undefined || known.selfEmail === '')
        return open('the account has one admin only, so there are no two addresses to look for');
      const terms = encodeURIComponent(`type:user email:"${known.selfEmail}" email:"${other}"`);
      const found = rows((await client.call('GET', `/api/v2/users/search?query=${terms}`)).body, 'users').length;
      return settled(`${found} of 2 found`, found === 2);
    },
  },
];

/** Waits for the job of an answer. @returns the job as it ended, or undefined when it takes too long or is no longer known */
async function ended({ client, isLate }: ProbeContext, { body }: ProbeAnswer) {
  const { id } = record(record(body).job_status);
  const startedAt = client.now();
  while (id !== undefined && client.now() - startedAt < JOB_WAIT_MS && !isLate()) {
    const answer = await client.call('GET', `/api/v2/job_statuses/${encodeURIComponent(String(id))}`);
    if (!isFine(answer)) return undefined;
    const job = record(record(answer.body).job_status);
    if (['completed', 'failed', 'killed'].includes(String(job.status))) return job;
    await client.sleep(POLL_MS);
  }
  return undefined;
}

/** Names of what a job's rows hold. */
function rowKeys(job: Readonly<Record<string, unknown>>): string {
  const results = rows(job, 'results');
  const keys = new Set(results.flatMap((row) => Object.keys(row)));
  return [...keys].sort().map(word).join(', ') || `no rows (${Array.isArray(job.results) ? 'empty' : typeof job.results})`;
}
