import { readEnvelope } from '../../src/adapters/zendesk/envelope';
import { quotaOf } from '../../src/adapters/zendesk/headers';
import { makeAccounts } from './accounts';
import { isFine, record, rows } from './answers';
import { type ClientOptions, makeClient, type ProbeClient, ProbeStopped } from './client';
import { type Finding, type Known, open, type ProbeContext, type Question } from './question';
import { ACCOUNT } from './questions-account';
import { AGENTS } from './questions-agents';
import { PEOPLE } from './questions-people';
import { TICKETS } from './questions-tickets';

/** Every question, in the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [...ACCOUNT.slice(0, 4), ...PEOPLE, ...AGENTS, ...TICKETS, ...ACCOUNT.slice(4)];

/** What came of a run. */
export interface ProbeResult {
  readonly startedAt: string;
  readonly tookMs: number;
  readonly requests: number;
  readonly requestsPerMinute: number | undefined;
  readonly findings: readonly { readonly question: Question; readonly finding: Finding }[];
  /** Accounts and groups of the probe: left by an earlier run and removed first, removed at the end, and those that would not go. */
  readonly cleaning: { readonly before: number; readonly after: number; readonly left: number };
  readonly wasStopped: boolean;
}

/** How to run it. */
export interface ProbeOptions extends ClientOptions {
  /** Part of the names of what this run makes: letters and digits. */
  readonly run: string;
  /** File that remembers what may be left behind. */
  readonly journal: string;
  /** Asks for the end; what was made is removed all the same. */
  readonly stopped?: Promise<void>;
  readonly onProgress?: (text: string) => void;
}

/** Questions are asked for so long; the rest of ten minutes is for cleaning up. */
const BUDGET_MS = 7.5 * 60_000;

/** Asks every question and removes what it made, whatever happens. @throws Error in one sentence when the account cannot be asked at all */
export async function runProbe(options: ProbeOptions): Promise<ProbeResult> {
  const client = makeClient(options);
  const tell = options.onProgress ?? (() => undefined);
  const startedAt = client.now();
  let known: Known | undefined;
  const accounts = makeAccounts(client, options.journal, options.run, () => known?.selfId ?? '');
  let wasStopped = false;
  void options.stopped?.then(() => {
    wasStopped = true;
    client.stop();
  });
  const findings: { question: Question; finding: Finding }[] = [];
  const cleaning = { before: 0, after: 0, left: 0 };
  try {
    known = await look(client);
    cleaning.before = (await accounts.sweep()).removed;
    const context: ProbeContext = { client, accounts, known, isLate: () => client.now() - startedAt > BUDGET_MS };
    for (const question of QUESTIONS) {
      tell(question.title);
      const finding = context.isLate() ? open('there was no time left') : await ask(question, context);
      findings.push({ question, finding });
    }
  } catch (error) {
    if (!(error instanceof ProbeStopped)) throw error;
  } finally {
    client.cleaningUp();
    if (known) {
      tell('Cleaning up');
      const { removed, left } = await accounts.sweep();
      cleaning.after = removed;
      cleaning.left = left;
    }
    await client.close();
  }
  const asked = new Set(findings.map(({ question }) => question));
  const unasked = QUESTIONS.filter((question) => !asked.has(question));
  return {
    startedAt: new Date(startedAt).toISOString(),
    tookMs: client.now() - startedAt,
    requests: client.calls(),
    requestsPerMinute: known?.requestsPerMinute,
    findings: [...findings, ...unasked.map((question) => ({ question, finding: open('the probe was stopped') }))],
    cleaning,
    wasStopped,
  };
}

/** One question that fails fails alone; its words are ours or those of the connection, never the account's. */
async function ask(question: Question, context: ProbeContext): Promise<Finding> {
  try {
    return await question.ask(context);
  } catch (error) {
    if (error instanceof ProbeStopped) throw error;
    return open(error instanceof Error ? error.message : 'it failed');
  }
}

/** Who we are, and what the account is like. */
async function look(client: ProbeClient): Promise<Known> {
  const answer = await client.call('GET', '/api/v2/users/me');
  const { id, role, email } = record(record(answer.body).user);
  if (!isFine(answer))
    throw new Error(`Zendesk refused the credential: ${answer.status} ${readEnvelope(answer.body).code ?? ''}`.trim());
  if (id === null || id === undefined || role !== 'admin')
    throw new Error('The credential is not that of an admin: only admins may make and remove agents.');
  const locales = rows((await client.call('GET', '/api/v2/locales')).body, 'locales').map(({ locale }) => String(locale));
  return {
    selfId: String(id),
    selfEmail: typeof email === 'string' ? email : '',
    locales,
    requestsPerMinute: quotaOf(answer.headers).limit,
  };
}
