import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PREFIX } from '../../local/probe/accounts';
import { type ProbeSurroundings, probe } from '../../local/probe/main';
import { QUESTIONS } from '../../local/probe/run-probe';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';

const folders: string[] = [];
const open: ZendeskSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Report {
  readonly findings: readonly {
    readonly id: string;
    readonly kind: 'settled' | 'open';
    readonly observed?: string;
    readonly isAsAssumed?: boolean;
    readonly why?: string;
    readonly helps?: string;
  }[];
  readonly cleaning: { readonly before: number; readonly after: number; readonly left: number };
  readonly wasStopped: boolean;
}

/** An account with two admins and a person of the customer's own, who must be untouched afterwards. */
async function world(set: (simulator: ZendeskSimulator) => void = () => undefined, jobDurationMs = 150) {
  const simulator = await startZendeskSimulator({
    requestsPerMinute: 700,
    timeScale: 100,
    features: { bulkCreateEnabled: true },
    jobDurationMs,
  });
  open.push(simulator);
  simulator.seed.user({ name: 'Second Admin', email: 'second@zendesk.example', role: 'admin', verified: true });
  simulator.seed.user({ name: 'Provisioningprobe Ann', email: 'ann@example.com', role: 'agent', verified: true });
  set(simulator);
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  folders.push(folder);
  const said: string[] = [];
  /** What was waited for by the probe's clock only. */
  let skippedMs = 0;
  const around: ProbeSurroundings = {
    env: {
      ZENDESK_SUBDOMAIN: 'acme-sandbox',
      ZENDESK_BASE_URL: simulator.url,
      ZENDESK_OAUTH_CLIENT_ID: 'entra-provisioning',
      ZENDESK_OAUTH_CLIENT_SECRET: 'simulated-client-secret',
    },
    directory: folder,
    out: (text) => said.push(text),
    err: (text) => said.push(text),
    stopped: () => new Promise<void>(() => undefined),
    pace: {
      paceMs: 1,
      updatePaceMs: 12,
      clock: () => new Date(Date.now() + skippedMs),
      sleep: async (ms) => {
        skippedMs += Math.max(0, ms - 40);
        await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 40)));
      },
    },
  };
  const read = (name: string) => readFileSync(join(folder, 'probe-report', name), 'utf8');
  const report = () => JSON.parse(read('zendesk-probe.json')) as Report;
  return { simulator, around, said, folder, report, read };
}

/** So long that thirty jobs are under way at once on a busy machine too. */
const SLOW_JOBS_MS = 2_000;

const typed = ['--subdomain', 'acme-sandbox'];
const finding = (report: Report, id: string) => report.findings.find((one) => one.id === id);
const oursIn = ({ state }: ZendeskSimulator) => [
  ...[...state.users.values()]
    .filter((user) => user.active && (user.external_id ?? '').startsWith(PREFIX))
    .map(({ name }) => name),
  ...[...state.groups.values()].filter((group) => !group.deleted && group.name.startsWith(PREFIX)).map(({ name }) => name),
];

describe('the probe against an account that answers as assumed', () => {
  it('settles the questions, removes what it made, touches nobody else and reports neither secrets nor people', async () => {
    const { simulator, around, report, read } = await world();
    const before = [...simulator.state.users.values()].map(({ id, name, email, role }) => ({ id, name, email, role }));
    const code = await probe(typed, around);
    const { findings, cleaning } = report();
    expect(findings.filter(({ kind, isAsAssumed }) => kind === 'settled' && !isAsAssumed)).toEqual([]);
    // Whether thirty jobs of this account are ever under way at once depends on how busy the machine is; the test below makes sure of it.
    const open = findings.filter(({ kind, id }) => kind === 'open' && id !== 'too-many-jobs');
    expect(open.map(({ id }) => id)).toEqual(['no-seat']);
    expect(findings).toHaveLength(QUESTIONS.length);
    expect(code).toBe(0);
    expect(oursIn(simulator)).toEqual([]);
    expect(cleaning.after).toBeGreaterThan(40);
    const after = before.map(({ id }) => simulator.state.users.get(id)!);
    expect(after.map(({ id, name, email, role }) => ({ id, name, email, role }))).toEqual(before);
    expect(after.every(({ active }) => active)).toBe(true);
    expect(simulator.state.sentMails).toEqual([]);
    for (const text of [read('zendesk-probe.json'), read('zendesk-probe.md')]) {
      expect(text).not.toMatch(/@|simulated-client-secret|Bearer|acme-sandbox|127\.0\.0\.1|provisioningprobe-/i);
      for (const { id, name } of before) expect([text.includes(String(id)), text.includes(name)]).toEqual([false, false]);
    }
  });
});

describe('the probe against an account that answers otherwise', () => {
  it('says which behaviour is concerned and what helps', async () => {
    const { simulator, around, report, read } = await world(({ faults, features }) => {
      Object.assign(faults, {
        rateLimitHeaders: 'none',
        duplicateExternalId: { key: 'name', code: undefined },
        identityValueChange: 'unverifies',
        downgradeGroups: 'keeps',
        roleWithSuspension: 'role-only',
        unknownLocale: 'ignore',
        unknownTimeZone: 'refuse',
        unknownUserField: 'refuse',
        deletedKeepsKeys: true,
        createManyTaken: 'take-over',
        searchTerms: 'and',
        searchStalled: true,
        sideloads: false,
        jobMsPerRow: 25,
      });
      features.uniqueGroupNames = true;
      features.customRoles = false;
    });
    await probe(typed, around);
    const differing = report().findings.filter(({ kind, isAsAssumed }) => kind === 'settled' && !isAsAssumed);
    expect(differing.map(({ id }) => id).sort()).toEqual(
      [
        'quota-headers',
        'update-headers',
        'identity-value',
        'locale-not-enabled',
        'time-zone-unknown',
        'user-field-unknown',
        'deleted-keys',
        'identities-sideload',
        'role-and-suspension',
        'groups-on-downgrade',
        'group-names',
        'create-many-taken',
        'search-lag',
        'search-terms',
        'job-pace',
      ].sort(),
    );
    expect(differing.every(({ helps }) => (helps ?? '') !== '')).toBe(true);
    expect(read('zendesk-probe.md')).toContain('DEPROVISION_USERS=Suspend until this is mended');
    expect(finding(report(), 'taken-external-id')?.observed).toBe('422 RecordInvalid {name: no code}');
    expect(finding(report(), 'custom-roles')?.observed).toBe('404 InvalidEndpoint');
    expect(oursIn(simulator)).toEqual([]);
  });

  it.each([
    [422 as const, 'error' as const, '422 MaxAgentExceeded'],
    [403 as const, 'details' as const, '403 RecordInvalid {role: MaxAgentExceeded}'],
  ])('no seat, %i with the code in %s: %s; the questions about agents stay open', async (status, envelope, observed) => {
    const { simulator, around, report } = await world(({ faults, features }) => {
      features.agentSeats = 3;
      features.bulkCreateEnabled = false;
      Object.assign(faults, { seatsRefusalStatus: status, seatsRefusalEnvelope: envelope, seatsRefusalLeavesEndUser: true });
    });
    await probe(typed, around);
    expect(finding(report(), 'no-seat')).toMatchObject({ kind: 'settled', observed, isAsAssumed: true });
    expect(finding(report(), 'role-and-suspension')?.why).toMatch(/no seat was free/);
    expect(finding(report(), 'create-many')?.observed).toBe('closed: 403 Forbidden');
    expect(oursIn(simulator)).toEqual([]);
  });

  it.each([429 as const, 422 as const])('one job too many, %i', async (status) => {
    const { around, report } = await world(({ faults }) => {
      faults.tooManyJobsStatus = status;
    }, SLOW_JOBS_MS);
    await probe(typed, around);
    const expected = { kind: 'settled', observed: `${status} TooManyJobs; header of jobs there`, isAsAssumed: status === 429 };
    expect(finding(report(), 'too-many-jobs')).toMatchObject(expected);
  });
});

describe('the probe and what is left behind', () => {
  it('another subdomain than that of the settings is refused before anything is sent', async () => {
    const { simulator, around, said } = await world();
    for (const args of [[], ['--subdomain', 'acme'], ['--subdomain', 'ACME-SANDBOX'], ['--what']])
      expect(await probe(args, around)).toBe(2);
    expect(said.join('')).toMatch(/typed in full/);
    expect(simulator.stats.byRoute.size).toBe(0);
  });

  it('Ctrl-C in the midst: everything is removed, and the report says so', async () => {
    const { simulator, around, report } = await world();
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    let told = 0;
    const out = () => {
      told += 1;
      if (told === 12) stop();
    };
    expect(await probe(typed, { ...around, out, stopped: () => stopped })).toBe(0);
    expect(report().wasStopped).toBe(true);
    expect(report().cleaning.after).toBeGreaterThan(0);
    expect(report().findings.some(({ why }) => why === 'the probe was stopped')).toBe(true);
    expect(oursIn(simulator)).toEqual([]);
  });

  it('a crash leaves accounts behind; the next run removes them, by its journal or by search', async () => {
    const { simulator, around, report, folder } = await world(({ faults }) => {
      faults.searchStalled = true;
    });
    const crash = new Error('crash');
    let told = 0;
    const out = () => {
      told += 1;
      if (told === 8) simulator.faults.next({ method: 'DELETE' }, { status: 500 }, 200);
      if (told === 8) throw crash;
    };
    expect(await probe(typed, { ...around, out })).toBe(1);
    simulator.faults.clear();
    expect(oursIn(simulator).length).toBeGreaterThan(0);
    expect(await probe(typed, around)).toBe(0);
    expect(report().cleaning.before).toBeGreaterThan(0);
    expect(oursIn(simulator)).toEqual([]);
    simulator.faults.searchStalled = false;
    simulator.seed.user({ name: 'Provisioningprobe 1', email: 'x@example.com', external_id: `${PREFIX}elsewhere-01` });
    writeFileSync(join(folder, 'probe-report', 'to-be-removed.json'), 'not JSON');
    expect(await probe(typed, around)).toBe(0);
    expect(oursIn(simulator)).toEqual([]);
  });
});

test('docs/probe.md lists every question with what the app assumes', () => {
  const page = readFileSync(join(__dirname, '../../docs/probe.md'), 'utf8');
  for (const { title, assumption } of QUESTIONS) expect(page).toContain(`| ${title} | ${assumption} |`);
});
