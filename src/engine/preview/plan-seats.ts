import type { PlanRow, PlanSeats } from '../../ports/plan-store';
import type { EngineDeps } from '../deps';
import { countSeats, WAITING_FOR_SEAT } from '../job/seat-ledger';

/** The seats before any object of a plan is planned. */
export async function noSeats(deps: EngineDeps): Promise<PlanSeats> {
  return { bought: deps.settings.agentSeats ?? null, before: await countSeats(deps), needed: 0, freed: 0, missing: 0 };
}

/** One object of a plan, with what it does to the agent seats. */
export interface SeatedRow {
  readonly row: PlanRow;
  readonly seat: 'takes' | 'frees' | undefined;
}

/**
 * Gives out the free seats in the order of the rows, which is that of the object ids, and marks who finds none: a new account waits as a whole, of
 * one that is there the role alone. The digest stays that of the whole plan, so that applying it compares the same. Pure.
 */
export function withSeats(
  before: PlanSeats,
  planned: readonly SeatedRow[],
): { readonly seats: PlanSeats; readonly rows: readonly PlanRow[] } {
  let { needed, freed, missing } = before;
  const rows = planned.map(({ row, seat }) => {
    if (seat === 'frees') freed += 1;
    if (seat !== 'takes') return row;
    needed += 1;
    if (before.bought === null || before.before + needed - missing <= before.bought) return row;
    missing += 1;
    return waiting(row);
  });
  return { seats: { ...before, needed, freed, missing }, rows };
}

const WHY = 'No agent seat is free: see AGENT_SEATS.';

function waiting(row: PlanRow): PlanRow {
  const changes = row.changes.filter(({ displayName }) => displayName !== 'role');
  const warnings = [...row.warnings, `The role waits. ${WHY}`];
  if (row.action === 'update' && row.targetId !== null && changes.length > 0)
    return { ...row, changes, warnings, code: WAITING_FOR_SEAT };
  return {
    ...row,
    outcome: 'skipped',
    action: 'other',
    changes: [],
    code: WAITING_FOR_SEAT,
    reason: `${row.reason} ${WHY}`.trim(),
  };
}
