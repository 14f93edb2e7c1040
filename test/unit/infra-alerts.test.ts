import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobStateLine } from '../../src/engine/queries/job-state-line';
import { lineOf } from '../../src/functions/logger';
import { evaluateKql, type Row, type Tables } from '../support/kql';

/**
 * Every alert rule as deployed, tried over rows as the host writes them: it fires, does not fire, and resolves. The rules are read out of
 * the compiled template, with their thresholds and windows.
 */

interface Rule {
  readonly key: string;
  readonly query: string;
  readonly column?: string;
  readonly operator?: 'GreaterThan' | 'LessThan';
  readonly threshold?: number | string;
  readonly window?: string;
}

const root = join(__dirname, '..', '..');
const compiled = readFileSync(join(root, 'infra', 'main.json'), 'utf8');
const rules = rulesOf(JSON.parse(compiled));

/** The list of rules, wherever the compiler put it, with the texts of its variables. */
function rulesOf(template: unknown): ReadonlyMap<string, Rule> {
  const found: Rule[] = [];
  const texts = new Map<string, string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('severity' in value && 'query' in value && 'key' in value && typeof value.key === 'string')
      found.push(value as unknown as Rule);
    for (const [name, inner] of Object.entries(value)) {
      if (name.startsWith('$fxv#') && typeof inner === 'string') texts.set(name, inner);
      walk(inner);
    }
  };
  const nested = Object.values((template as { resources: Record<string, unknown> }).resources).find((resource) =>
    JSON.stringify(resource).includes('scheduledQueryRules'),
  );
  walk(nested);
  return new Map(
    found.map((rule) => [
      rule.key,
      { ...rule, query: texts.get(/variables\('([^']*)'\)/.exec(rule.query)?.[1] ?? '') ?? rule.query },
    ]),
  );
}

const NOW = Date.parse('2026-11-27T12:00:00Z');
const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * 60_000).toISOString();
const minutesOf = (window = 'PT15M'): number =>
  Number(/(\d+)M/.exec(window)?.[1] ?? 0) + 60 * Number(/(\d+)H/.exec(window)?.[1] ?? 0);

/** Whether the rule is in its fired state, as Azure reckons: the query over the window, then the threshold. */
function fires(key: string, tables: Partial<Record<'traces' | 'requests' | '_LogOperation', readonly Row[]>>, now = 0): boolean {
  const rule = rules.get(key);
  if (!rule) throw new Error(`no rule ${key}`);
  const age = minutesOf(rule.window);
  const within = (row: Row): boolean => {
    const time = Date.parse(String(row['timestamp'] ?? row['TimeGenerated']));
    return time > NOW - (now + age) * 60_000 && time <= NOW - now * 60_000;
  };
  const inWindow: Tables = Object.fromEntries(
    (['traces', 'requests', '_LogOperation'] as const).map((name) => [name, (tables[name] ?? []).filter(within)]),
  );
  const rows = evaluateKql(rule.query, inWindow);
  const column = rule.column;
  const measured = column === undefined ? rows.length : rows.reduce((sum, row) => sum + Number(row[column]), 0);
  const threshold = typeof rule.threshold === 'number' ? rule.threshold : key === 'failures' ? 25 : 0;
  return rule.operator === 'LessThan' ? measured < threshold : measured > threshold;
}

/** A line of the log as the host writes it. */
const trace = (minutesAgo: number, message: string, fields: Parameters<typeof lineOf>[1]): Row => ({
  timestamp: at(minutesAgo),
  message: lineOf(message, fields),
  severityLevel: 1,
});
const WELL: JobStateLine = { status: 'Active', heldRemovals: 0, queueLength: 0, healthyHours: 0.3, watch: 'well' };
/** The state every five minutes, oldest first: given ones, the last of them newest. */
const states = (...lines: readonly Partial<JobStateLine>[]): { readonly traces: readonly Row[] } => ({
  traces: lines.map((line, index) => trace((lines.length - 1 - index) * 5, 'How the job stands', { ...WELL, ...line })),
});
const provisioned = (count: number, status: string): readonly Row[] =>
  Array.from({ length: count }, () => trace(5, 'Provisioned', { sourceId: 'x', action: 'update', status }));
const requests = (count: number, row: Row): readonly Row[] =>
  Array.from({ length: count }, () => ({ timestamp: at(5), success: false, ...row }));

const QUARANTINE = {
  status: 'Quarantine',
  reason: 'EncounteredEscrowProportionThreshold',
  code: 'PROV_TARGET_UNAVAILABLE',
} as const;
const REFUSED = { status: 'Quarantine', reason: 'EncounteredQuarantineException', code: 'PROV_TARGET_UNAUTHORIZED' } as const;
const BRAKE = { status: 'Quarantine', reason: 'TooManyDeletes', code: 'PROV_DELETIONS_STAGED', heldRemovals: 600 } as const;
const OVER_QUOTA = { Category: 'Ingestion', Detail: 'Data collection stopped due to daily limit: OverQuota', Level: 'Warning' };

/** Rows, the rule, what happens: the newest row counts. */
const CASES: readonly (readonly [rule: string, what: string, tables: Parameters<typeof fires>[1], isFired: boolean])[] = [
  ['quarantine', 'fires: in quarantine', states({}, QUARANTINE, { ...QUARANTINE, quarantineHours: 0.1 }), true],
  ['quarantine', 'stays: hours later, between two attempts', states({ ...QUARANTINE, quarantineHours: 20 }), true],
  ['quarantine', 'does not fire: the job is well', states(WELL, WELL), false],
  ['quarantine', 'does not fire: the brake has a rule of its own', states(BRAKE), false],
  ['quarantine', 'does not fire: so has a refused credential', states(REFUSED), false],
  ['quarantine', 'resolves: a cycle was healthy', states(QUARANTINE, QUARANTINE, WELL), false],
  ['brake', 'fires: removals are held', states(BRAKE), true],
  ['brake', 'fires: also after the quarantine of the brake was lifted', states({ heldRemovals: 3, heldHours: 70 }), true],
  ['brake', 'does not fire: nothing is held', states(WELL), false],
  ['brake', 'resolves: an operator let them go', states(BRAKE, { heldRemovals: 0 }), false],
  ['credential-refused', 'fires: refused', states(REFUSED), true],
  ['credential-refused', 'does not fire: another quarantine', states(QUARANTINE), false],
  ['credential-refused', 'resolves: accepted again', states(REFUSED, WELL), false],
  ['credential-ends', 'fires: 30 days left', states({ credentialDaysLeft: 30, credentialKind: 'secret' }), true],
  ['credential-ends', 'fires: it has ended', states({ credentialDaysLeft: -2, credentialKind: 'secret' }), true],
  ['credential-ends', 'fires: API tokens, 120 days left', states({ credentialDaysLeft: 120, credentialKind: 'apiTokens' }), true],
  ['credential-ends', 'does not fire: 31 days left', states({ credentialDaysLeft: 31, credentialKind: 'secret' }), false],
  ['credential-ends', 'does not fire: no end', states(WELL), false],
  [
    'credential-ends',
    'resolves: a new secret',
    states({ credentialDaysLeft: 3, credentialKind: 'secret' }, { credentialDaysLeft: 364, credentialKind: 'secret' }),
    false,
  ],
  ['no-cycle', 'fires: silent', states({ watch: 'silent', healthyHours: 40 }), true],
  ['no-cycle', 'does not fire: the schedule is one a day', states({ watch: 'well', healthyHours: 23 }), false],
  ['no-cycle', 'does not fire: one cycle is late', states({ watch: 'overdue' }), false],
  ['no-cycle', 'resolves: cycles run again', states({ watch: 'silent' }, WELL), false],
  ['not-running', 'fires: no line at all', { traces: [] }, true],
  ['not-running', 'fires: the last line is 31 minutes old', { traces: [trace(31, 'How the job stands', WELL)] }, true],
  ['not-running', 'fires: not configured', states({ status: 'NotConfigured' }), true],
  ['not-running', 'fires: storage does not answer', states({ status: 'Unknown', code: 'PROV_STATE_UNAVAILABLE' }), true],
  ['not-running', 'does not fire: paused is not dead', states({ status: 'Paused' }), false],
  ['not-running', 'resolves: it says how the job stands again', states({ status: 'Unknown' }, WELL), false],
  ['telemetry-cap', 'fires: over quota', { _LogOperation: [{ ...OVER_QUOTA, TimeGenerated: at(10) }] }, true],
  [
    'telemetry-cap',
    'does not fire: another event of the workspace',
    { _LogOperation: [{ Category: 'Ingestion', Detail: 'Resumed', TimeGenerated: at(1) }] },
    false,
  ],
  [
    'telemetry-cap',
    'resolves: said an hour ago, and not again',
    { _LogOperation: [{ ...OVER_QUOTA, TimeGenerated: at(61) }] },
    false,
  ],
  ['failures', 'fires: 30 of 100 fail', { traces: [...provisioned(30, 'failure'), ...provisioned(70, 'success')] }, true],
  ['failures', 'does not fire: 30 of 1,000', { traces: [...provisioned(30, 'failure'), ...provisioned(970, 'success')] }, false],
  ['failures', 'does not fire: 20 of 20 are few', { traces: provisioned(20, 'failure') }, false],
  ['failures', 'resolves: the failures are over', { traces: provisioned(50, 'success') }, false],
  [
    'poison',
    'fires: an item in the poison queue',
    { requests: requests(1, { name: 'provisionObjectPoison', success: true }) },
    true,
  ],
  [
    'poison',
    'fires: a text that was not a work item',
    { traces: [trace(1, 'Removed a queue message that is not a work item', { messageId: 'm' })] },
    true,
  ],
  ['poison', 'does not fire: work', { requests: requests(9, { name: 'provisionObject', success: true }) }, false],
  ['poison', 'resolves: none since', { requests: [{ timestamp: at(16), name: 'provisionObjectPoison', success: true }] }, false],
  [
    'function-errors',
    'fires: six exceptions of a timer',
    { requests: requests(6, { name: 'provisioningCycle', resultCode: '0' }) },
    true,
  ],
  ['function-errors', 'fires: six answers of 500', { requests: requests(6, { name: 'status', resultCode: '500' }) }, true],
  [
    'function-errors',
    'does not fire: a probe every minute sees 503',
    { requests: requests(30, { name: 'health', resultCode: '503' }) },
    false,
  ],
  [
    'function-errors',
    'does not fire: 502 while Zendesk is away',
    { requests: requests(30, { name: 'onDemand', resultCode: '502' }) },
    false,
  ],
  [
    'function-errors',
    'does not fire: callers without a key',
    { requests: requests(30, { name: 'status', resultCode: '401' }) },
    false,
  ],
  ['function-errors', 'does not fire: five', { requests: requests(5, { name: 'provisioningCycle', resultCode: '0' }) }, false],
  ['function-errors', 'resolves: none within half an hour', { requests: [] }, false],
  ['waiting', 'fires: a day and more', states({ waitingHours: 24.1, queueLength: 9 }), true],
  [
    'waiting',
    'does not fire: a long initial cycle within its first day',
    states({ waitingHours: 20, queueLength: 90_000 }),
    false,
  ],
  ['waiting', 'resolves: done', states({ waitingHours: 30 }, WELL), false],
];

test.each(CASES)('%s › %s', (rule, _what, tables, isFired) => expect(fires(rule, tables)).toBe(isFired));

test('every rule has been seen to fire, not to fire, and to resolve', () => {
  const seen = (word: string) => new Set(CASES.filter(([, what]) => what.startsWith(word)).map(([rule]) => rule));
  for (const word of ['fires', 'does not fire', 'resolves']) expect([...seen(word)].sort()).toEqual([...rules.keys()].sort());
});
