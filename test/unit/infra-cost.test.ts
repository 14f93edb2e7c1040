import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = join(__dirname, '..', '..', 'scripts', 'cost.mjs');
const folder = mkdtempSync(join(tmpdir(), 'cost-'));

function table(counts: object, ...args: readonly string[]) {
  const file = join(folder, 'counts.json');
  writeFileSync(file, JSON.stringify(counts));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, '--counts', file, ...args], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const all = stdout
    .split('\n')
    .filter((line) => /^\| [\d,]+ \|/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const isMonth = ([, what]: readonly string[]): boolean => what?.endsWith(' month') === true;
  return { stdout, rows: all.filter(isMonth), schedules: all.filter((row) => !isMonth(row)) };
}

/** 72 cycles a day over a twelfth of 365.25 days. */
const CYCLES = (365.25 / 12) * 72;
/** The timer that runs once a minute. */
const PLAN_WORK = (365.25 / 12) * 288;
const number = (cell: string | undefined): number => Number(cell?.replaceAll(',', ''));

test('one size › is taken as proportional; what changes comes from the share', () => {
  const { rows } = table(
    { objects: 1000, functionExecutions: { initial: 1010, incrementalIdle: 1, perChange: 2 } },
    '--changes',
    '10',
  );
  expect(rows.map(([objects, month]) => `${objects} ${month}`)).toEqual([
    '1,000 first month',
    '1,000 later month',
    '10,000 first month',
    '10,000 later month',
    '100,000 first month',
    '100,000 later month',
  ]);
  expect(number(rows[0]?.[2])).toBe(Math.round(PLAN_WORK + CYCLES + 1010));
  expect(number(rows[1]?.[2])).toBe(Math.round(PLAN_WORK + CYCLES + 2 * 100));
  expect(number(rows[4]?.[2])).toBe(Math.round(PLAN_WORK + CYCLES * 100 + 101_000));
});

test('several sizes › a line through them, so that what is fixed stays fixed', () => {
  const at = (objects: number) => ({
    objects,
    tableTransactions: { initial: 500 + 20 * objects, incrementalIdle: 40, perChange: 15 },
  });
  const { rows } = table({ measurements: [at(10_000), at(1_000)] });
  expect(number(rows[4]?.[4])).toBe(Math.round(500 + 20 * 100_000 + 40 * CYCLES));
});

test('by schedule › each cycle counts, and an idle one is billed for a second at least', () => {
  const { schedules } = table({
    measurements: [1_000, 10_000].map((objects) => ({
      objects,
      functionSeconds: { initial: 10, incrementalIdle: objects / 5_000, perChange: 0 },
      tableTransactions: { initial: 10, incrementalIdle: 40, perChange: 0 },
    })),
  });
  expect(schedules.slice(0, 3).map(([size, schedule, cycles]) => [size, schedule, number(cycles)])).toEqual([
    ['1,000', '`0 */20 * * * *`', Math.round(CYCLES)],
    ['1,000', '`0 */5 * * * *`', Math.round(CYCLES * 4)],
    ['1,000', '`0 * * * * *`', Math.round(CYCLES * 20)],
  ]);
  expect(number(schedules[2]?.[3])).toBe(Math.round((CYCLES * 20 + PLAN_WORK) * 2));
  expect(number(schedules[5]?.[3])).toBe(Math.round((CYCLES * 20 * 2 + PLAN_WORK) * 2));
  expect(number(schedules[2]?.[4])).toBe(Math.round(CYCLES * 20 * 40));
});

test('what was not measured › is said, never guessed', () => {
  const { stdout, rows } = table({ objects: 1000, functionExecutions: 1010 });
  expect(stdout).toContain(
    'Not measured, so not in the sum: functionSeconds, tableTransactions, queueMessages, zendeskRequests, telemetryBytes.',
  );
  expect(rows[0]?.[4]).toBe('not measured');
});
