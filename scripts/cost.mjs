/**
 * Computes what a month costs from measured counts and unit prices, and fills the table in docs/cost.md.
 *
 *   node scripts/cost.mjs [--write] [--counts docs/measured-counts.json] [--prices docs/prices.json] [--changes 5]
 *
 * `--changes` is the share of the objects that change in a month, in percent. The counts file holds one measurement or a list:
 *
 *   { "measurements": [ {
 *       "objects": 1040,
 *       "queueMessages":      { "initial": n, "incrementalIdle": n, "perChange": n },
 *       "tableTransactions":  { "initial": n, "incrementalIdle": n, "perChange": n },
 *       "functionExecutions": { "initial": n, "incrementalIdle": n, "perChange": n },
 *       "functionSeconds":    { "initial": n, "incrementalIdle": n, "perChange": n },
 *       "zendeskRequests":    { "initial": n, "incrementalIdle": n, "perChange": n },
 *       "telemetryBytes":     { "initial": n, "incrementalIdle": n, "perChange": n } } ] }
 *
 * `initial` is a whole initial cycle of `objects`, `incrementalIdle` a cycle in which nothing changed, `perChange` what one changed
 * object adds. The timer `planWork`, every five minutes, is added here and not measured. A number in place of the three is `initial` alone. What was not measured is left out of the sum and said so.
 * With several sizes, a straight line through them tells other sizes; with one, everything is taken as proportional.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    counts: { type: 'string', default: 'docs/measured-counts.json' },
    prices: { type: 'string', default: 'docs/prices.json' },
    page: { type: 'string', default: 'docs/cost.md' },
    changes: { type: 'string', default: '5' },
  },
});

const SIZES = [1_000, 10_000, 100_000];
const QUANTITIES = [
  'functionExecutions',
  'functionSeconds',
  'tableTransactions',
  'queueMessages',
  'zendeskRequests',
  'telemetryBytes',
];
const DAYS_PER_MONTH = 365.25 / 12;
// The default CYCLE_SCHEDULE: one cycle every twenty minutes.
const CYCLES_PER_MONTH = DAYS_PER_MONTH * 72;
/** Storage transactions of one message: put, get, delete. */
const TRANSACTIONS_PER_MESSAGE = 3;
/** Reads of empty queues: host.json looks every two seconds at most, at two queues. An upper bound: nobody looks while scaled to zero. */
const POLLS_PER_MONTH = DAYS_PER_MONTH * 2 * 43_200;
/** Memory of an instance as the template sets it, in GB. */
const INSTANCE_GB = 2;
/** `planWork` looks every five minutes whether a plan waits, and an active instance is billed for a second at least. https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
const PLAN_WORK_PER_MONTH = DAYS_PER_MONTH * 288;
/** How often a CYCLE_SCHEDULE runs, by what it says. */
const SCHEDULES = [
  ['0 */20 * * * *', DAYS_PER_MONTH * 72],
  ['0 */5 * * * *', DAYS_PER_MONTH * 288],
  ['0 * * * * *', DAYS_PER_MONTH * 1_440],
];
/** An active instance is billed for a second at least, and an idle cycle takes less. https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
const LEAST_SECONDS = 1;
const ALERT_RULES = 11;
const BEGIN = '<!-- cost table: begin (node scripts/cost.mjs --write) -->';
const END = '<!-- cost table: end -->';

const changeShare = Number(values.changes) / 100;
const prices = JSON.parse(readFileSync(resolve(root, values.prices), 'utf8'));

/** What a quantity comes to at a size: a line through the measured sizes, or proportion where there is one. Never below zero. */
function at(measurements, quantity, part, size) {
  const points = measurements
    .map(({ objects, [quantity]: value }) => [
      objects,
      typeof value === 'number' ? (part === 'initial' ? value : undefined) : value?.[part],
    ])
    .filter(([, value]) => typeof value === 'number');
  if (points.length === 0) return undefined;
  // What one change costs does not grow with the directory: the largest measurement speaks.
  if (part === 'perChange') return points.at(-1)[1];
  if (points.length === 1) return (points[0][1] * size) / points[0][0];
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  // Nothing gets cheaper with more people: what looks like it is chance.
  const slope = Math.max(
    0,
    points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0),
  );
  return Math.max(0, meanY + slope * (size - meanX));
}

/** First month: one initial cycle and idle cycles. A usual month: idle cycles and changes. */
function month(measurements, size, isFirst, cycles = CYCLES_PER_MONTH) {
  const total = {};
  for (const quantity of QUANTITIES) {
    const [initial, idle, perChange] = ['initial', 'incrementalIdle', 'perChange'].map((part) =>
      at(measurements, quantity, part, size),
    );
    const known = isFirst ? [initial, idle] : [idle, perChange];
    total[quantity] = known.every((value) => value === undefined)
      ? undefined
      : (idle ?? 0) * cycles + (isFirst ? (initial ?? 0) : (perChange ?? 0) * size * changeShare);
  }
  for (const quantity of ['functionExecutions', 'functionSeconds']) {
    if (total[quantity] !== undefined) total[quantity] += PLAN_WORK_PER_MONTH;
  }
  return total;
}

function dollars(total) {
  const over = (value, free) => Math.max(0, (value ?? 0) - free);
  const queueTransactions = (total.queueMessages ?? 0) * TRANSACTIONS_PER_MESSAGE + POLLS_PER_MONTH;
  return (
    (over(total.functionExecutions, prices.executionsFreePerMonth) / 1e6) * prices.executionsPerMillion +
    over((total.functionSeconds ?? 0) * INSTANCE_GB, prices.gbSecondsFreePerMonth) * prices.gbSecond +
    ((total.tableTransactions ?? 0) / 1e4) * prices.tableTransactionsPer10k +
    (queueTransactions / 1e4) * prices.queueTransactionsPer10k +
    over((total.telemetryBytes ?? 0) / 1e9, prices.telemetryFreeGbPerMonth) * prices.telemetryGb +
    ALERT_RULES * prices.alertRulePerMonth
  );
}

const shown = (value, digits = 0) =>
  value === undefined ? 'not measured' : value.toLocaleString('en-US', { maximumFractionDigits: digits });

function table() {
  const file = resolve(root, values.counts);
  if (!existsSync(file))
    return 'Not measured yet: there is no counts file. Run the measurement, then `node scripts/cost.mjs --write`.';
  const read = JSON.parse(readFileSync(file, 'utf8'));
  const measurements = (read.measurements ?? [read]).toSorted((a, b) => a.objects - b.objects);
  const rows = SIZES.flatMap((size) =>
    [true, false].map((isFirst) => {
      const total = month(measurements, size, isFirst);
      const cells = [
        shown(size),
        isFirst ? 'first month' : 'later month',
        shown(total.functionExecutions),
        shown(total.functionSeconds === undefined ? undefined : total.functionSeconds * INSTANCE_GB),
        shown(total.tableTransactions),
        shown(total.queueMessages === undefined ? undefined : total.queueMessages * TRANSACTIONS_PER_MESSAGE),
        shown(total.zendeskRequests),
        shown(total.telemetryBytes === undefined ? undefined : total.telemetryBytes / 1e9, 2),
        dollars(total).toFixed(2),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  const unmeasured = QUANTITIES.filter((quantity) => measurements.every((measurement) => measurement[quantity] === undefined));
  return [
    `Computed from measurements at ${measurements.map(({ objects }) => shown(objects)).join(', ')} objects; ${values.changes} % of the objects change in a later month.`,
    ...(unmeasured.length > 0 ? [`Not measured, so not in the sum: ${unmeasured.join(', ')}.`] : []),
    '',
    '| Objects | Month | Executions | GB-seconds | Table transactions | Queue transactions | Zendesk requests | Telemetry, GB | US dollars |',
    '|---:|---|---:|---:|---:|---:|---:|---:|---:|',
    ...rows,
    '',
    'A later month by `CYCLE_SCHEDULE`, each idle cycle billed for a second at least:',
    '',
    '| Objects | `CYCLE_SCHEDULE` | Cycles | GB-seconds | Table transactions | US dollars |',
    '|---:|---|---:|---:|---:|---:|',
    ...SIZES.flatMap((size) => SCHEDULES.map(([schedule, cycles]) => scheduleRow(measurements, size, schedule, cycles))),
  ].join('\n');
}

function scheduleRow(measurements, size, schedule, cycles) {
  const total = month(measurements, size, false, cycles);
  const idleSeconds = at(measurements, 'functionSeconds', 'incrementalIdle', size) ?? 0;
  total.functionSeconds = (total.functionSeconds ?? 0) + Math.max(0, LEAST_SECONDS - idleSeconds) * cycles;
  const cells = [
    shown(size),
    `\`${schedule}\``,
    shown(cycles),
    shown(total.functionSeconds * INSTANCE_GB),
    shown(total.tableTransactions),
    dollars(total).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}

const text = table();
if (!values.write) console.log(text);
else {
  const page = join(root, values.page);
  const before = readFileSync(page, 'utf8');
  const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${values.page} lacks the markers of the table`);
  writeFileSync(page, `${before.slice(0, from + BEGIN.length)}\n${text}\n${before.slice(to)}`);
  console.log(`wrote the table of ${values.page}`);
}
