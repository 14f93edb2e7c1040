import type { AppRoleAssignment, SourceId } from '../../core/model';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { CycleContext } from './cycle-context';
import { KeptParts } from './kept-parts';
import { markPrincipals } from './mark-principals';

/** What direct reads say of one principal of whom the list lacked something. */
interface Verdict {
  readonly principalId: SourceId;
  /** Ids of rows that are proved gone. */
  readonly gone: readonly string[];
  /** What the principal is assigned now; empty where that is unknown. */
  readonly found: readonly AppRoleAssignment[];
  /** True when a row that the list lacked is there. */
  readonly isRefuted: boolean;
}

/** Principals asked about before what was learnt is kept. */
const PRINCIPALS_PER_PART = 100;

/**
 * Asks about each principal of whom assignments are missing, keeps what was learnt part by part, and forgets what is proved gone once all
 * have been asked about. One missing row that is there makes the list unfit for any removal: then nothing more is asked.
 */
export async function proveMissing(context: CycleContext): Promise<void> {
  const state = context.cycle();
  if (state.phase !== 'assignments' || state.step !== 'proving') return;
  const { deps, assignments } = context;
  const missing = [...assignments.unseen()];
  const parts = new KeptParts<Verdict>(deps.state, 'cycle-proofs', state.cycleId);
  const verdicts = state.isListWhole ? await collect(context, parts, missing, state.proofParts) : [];
  const isBelieved = state.isListWhole && !verdicts.some(({ isRefuted }) => isRefuted);

  const gone = new Set(isBelieved ? verdicts.flatMap((verdict) => verdict.gone) : []);
  const removed = missing.filter(({ id }) => gone.has(id));
  for (const { id } of removed) assignments.remove(id);
  const kept = missing.length - removed.length;
  const news = verdicts.flatMap(({ found }) => found).filter((one) => !isKnown(assignments, one));
  for (const assignment of news) assignments.put(assignment);
  await context.fence();
  await markPrincipals(deps, [...news, ...removed]);
  await deps.space.putAssignments(news);
  await deps.space.removeAssignments(removed);
  if (kept > 0) {
    deps.logger.warn('Assignments were missing from the list but are not proved gone; nothing is changed for them', {
      cycleId: state.cycleId,
      kept,
      isListBelieved: isBelieved,
    });
  }
  const { seenParts, proofParts } = { ...state, ...context.cycle() };
  await context.save({
    kind: 'assignmentsSettled',
    unknowns: kept + (state.isListWhole ? 0 : 1),
    isBelieved: isBelieved && kept === 0,
  });
  await parts.remove(proofParts);
  await new KeptParts(deps.state, 'cycle-seen', state.cycleId).remove(seenParts);
}

async function collect(
  context: CycleContext,
  parts: KeptParts<Verdict>,
  missing: readonly AppRoleAssignment[],
  kept: number,
): Promise<readonly Verdict[]> {
  const byPrincipal = new Map<SourceId, AppRoleAssignment[]>();
  for (const one of missing) byPrincipal.set(one.principalId, byPrincipal.get(one.principalId) ?? []);
  for (const one of missing) byPrincipal.get(one.principalId)?.push(one);
  const before = await parts.read(kept);
  const verdicts = [...(before ?? [])];
  let proofParts = before ? kept : 0;
  const asked = new Set(verdicts.map(({ principalId }) => principalId));
  const waiting = [...byPrincipal].filter(([id]) => !asked.has(id));
  for (let from = 0; from < waiting.length; from += PRINCIPALS_PER_PART) {
    if (verdicts.some(({ isRefuted }) => isRefuted)) break;
    const part = await concurrently(waiting.slice(from, from + PRINCIPALS_PER_PART), SOURCE_CONCURRENCY, ([id, rows]) =>
      ask(context, id, rows),
    );
    verdicts.push(...part);
    await parts.put(proofParts, part);
    proofParts += 1;
    await context.save({ kind: 'assignmentsProved', proofParts });
  }
  return verdicts;
}

async function ask({ deps }: CycleContext, id: SourceId, rows: readonly AppRoleAssignment[]): Promise<Verdict> {
  const read = await deps.source.readAssignmentsOf({ id, type: rows[0]?.principalType ?? 'User', missing: rows });
  if (read.kind === 'unknown') return { principalId: id, gone: [], found: [], isRefuted: false };
  const now = new Set(read.assignments.map((one) => one.id));
  return {
    principalId: id,
    gone: rows.flatMap((row) => (now.has(row.id) ? [] : row.id)),
    found: read.assignments,
    isRefuted: rows.some((row) => now.has(row.id)),
  };
}

const isKnown = (assignments: CycleContext['assignments'], { id, principalId }: AppRoleAssignment): boolean =>
  assignments.get(id)?.principalId === principalId;
