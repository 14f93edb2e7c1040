import { ReadableStream } from 'node:stream/web';
import type { HttpResponseInit } from '@azure/functions';
import { stringify } from 'csv-stringify/sync';
import type { PlanHeader, PlanRow, PlanStore } from '../ports/plan-store';
import { harmless } from './log-csv';
import { isHeld } from './plan-body';

const COLUMNS = [
  ...['objectType', 'sourceId', 'name', 'targetId', 'outcome', 'action', 'attribute', 'oldValue', 'newValue'],
  ...['reason', 'code', 'removal', 'removalCount', 'heldByBrake', 'applied', 'refusal'],
] as const;

const PAGE = 500;

/** A whole plan as CSV, one line for each attribute that changes; streamed, so that its size does not matter. */
export function planCsv(plans: PlanStore, header: PlanHeader, which: 'acting' | 'all'): HttpResponseInit {
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="plan-${header.planId}.csv"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: ReadableStream.from(lines(plans, header, which)),
  };
}

async function* lines(plans: PlanStore, header: PlanHeader, which: 'acting' | 'all'): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(`\ufeff${write([COLUMNS])}`);
  for (let after: string | undefined; ; ) {
    const page = await plans.rows(header.planId, which, PAGE, after);
    if (page.rows.length > 0) yield encoder.encode(write(page.rows.flatMap((row) => linesOf(header, row))));
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** `escape_formulas` and {@link harmless} keep a spreadsheet from taking a name for a formula. @see https://owasp.org/www-community/attacks/CSV_Injection */
const write = (rows: readonly (readonly (string | number | null)[])[]): string =>
  stringify(
    rows.map((row) => row.map(harmless)),
    { escape_formulas: true, record_delimiter: 'windows' },
  );

function linesOf(header: PlanHeader, row: PlanRow): (string | number | null)[][] {
  const before = [row.key.type, row.key.id, row.name, row.targetId, row.outcome, row.action];
  const after = [
    ...[row.reason, row.code, row.removal?.kind ?? null, row.removal?.count ?? null],
    ...[isHeld(header, row) ? 'yes' : 'no', row.applied, row.refusal],
  ];
  if (row.changes.length === 0) return [[...before, null, null, null, ...after]];
  return row.changes.map((one) => [...before, one.displayName, one.oldValue, one.newValue, ...after]);
}
