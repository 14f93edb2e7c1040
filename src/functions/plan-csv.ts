import type { HttpResponseInit } from '@azure/functions';
import type { PlanHeader, PlanRow, PlanStore } from '../ports/plan-store';
import type { Cell, Separator } from './csv';
import { csvWriter, download } from './download';
import { isHeld } from './plan-body';

const COLUMNS = [
  ...['objectType', 'sourceId', 'name', 'targetId', 'outcome', 'action', 'attribute', 'oldValue', 'newValue'],
  ...['reason', 'code', 'removal', 'removalCount', 'heldByBrake', 'applied', 'refusal'],
] as const;

const PAGE = 500;

/** A whole plan as CSV, one line for each attribute that changes; streamed, so that its size does not matter. */
export const planCsv = (
  plans: PlanStore,
  header: PlanHeader,
  which: 'acting' | 'all',
  separator?: Separator,
): Promise<HttpResponseInit> =>
  download(
    pagesOf(plans, header, which),
    csvWriter<PlanRow>(COLUMNS, (rows) => rows.flatMap((row) => linesOf(header, row)), separator),
    `plan-${header.planId}.csv`,
  );

async function* pagesOf(
  plans: PlanStore,
  { planId }: PlanHeader,
  which: 'acting' | 'all',
): AsyncGenerator<readonly PlanRow[], void> {
  for (let after: string | undefined; ; ) {
    const page = await plans.rows(planId, which, PAGE, after);
    if (page.rows.length > 0) yield page.rows;
    if (page.next === undefined) return;
    after = page.next;
  }
}

function linesOf(header: PlanHeader, row: PlanRow): readonly (readonly Cell[])[] {
  const before = [row.key.type, row.key.id, row.name, row.targetId, row.outcome, row.action];
  const after = [
    ...[row.reason, row.code, row.removal?.kind ?? null, row.removal?.count ?? null],
    ...[isHeld(header, row) ? 'yes' : 'no', row.applied, row.refusal],
  ];
  const reported = (row.drift?.reported ?? []).map((one) => ({ ...one, displayName: `${one.displayName} (only reported)` }));
  const changes = [...row.changes, ...reported];
  if (changes.length === 0) return [[...before, null, null, null, ...after]];
  return changes.map((one) => [...before, one.displayName, one.oldValue, one.newValue, ...after]);
}
