import { follow, NOT_FOLLOWED } from '../../core/endless';
import { WatermarkExpiredError } from '../../core/errors';
import type { AppRoleAssignment } from '../../core/model';
import type { AssignmentPage } from '../../ports/source-connector';
import type { EngineDeps } from '../deps';
import type { CycleContext } from './cycle-context';
import { addTo } from './import-session';
import { KeptParts } from './kept-parts';
import { markPrincipals } from './mark-principals';
import { proveMissing } from './missing-assignments';

/** The ids of so many pages fit into one document with room to spare. */
const PAGES_PER_PART = 5;
/** How long the place in the list is not kept: a list that is read faster costs no writes, one that is cut off costs no more than this. */
const KEEP_MS = 10_000;

/**
 * Reads every assignment and merges the list into the connector space; whoever is touched by a difference waits to be evaluated. An
 * assignment that the list lacks is forgotten only after direct reads about its principal have proved it gone, and only where no other
 * row that the list lacks was proved to be there: a list caught lying is not believed for any removal. Continues where it was.
 */
export async function importAssignments(context: CycleContext): Promise<void> {
  const stored = await storedById(context.deps);
  const seen = await listAll(context, stored);
  const missing = [...stored.values()].filter(({ id }) => !seen.has(id));
  for (const assignment of stored.values()) if (seen.has(assignment.id)) addTo(context.assignments, assignment);
  await proveMissing(context, missing);
}

/** Loads the stored assignments into the context: for a cycle that continues after this phase. */
export async function loadAssignments(context: CycleContext): Promise<void> {
  for (const assignment of (await storedById(context.deps)).values()) addTo(context.assignments, assignment);
}

/** Lists to the end, as far as that was not done. Answers the ids seen; `stored` has what was merged afterwards. */
async function listAll(context: CycleContext, stored: Map<string, AppRoleAssignment>): Promise<ReadonlySet<string>> {
  const parts = new KeptParts<string>(context.deps.state, 'cycle-seen', context.cycle().cycleId);
  let seen = await seenBefore(context, parts);
  if (!seen) {
    await context.save({ kind: 'assignmentsAnew' });
    seen = new Set();
  }
  const state = context.cycle();
  if (state.phase !== 'assignments' || state.step !== 'listing') return seen;

  let { next, watch, seenParts } = state;
  let unkept: (readonly string[])[] = [];
  let keptAtMs = context.deps.clock().getTime();
  for (;;) {
    const page = await readPage(context, next);
    if (page === 'expired') {
      await context.save({ kind: 'assignmentsAnew' });
      return listAll(context, stored);
    }
    await merge(context, page.assignments, stored);
    const ids = page.assignments.map(({ id }) => stored.get(id)?.id ?? id);
    for (const id of ids) seen.add(id);
    unkept.push(ids);
    const followed = page.next === undefined ? watch : follow(watch, page.next, page.assignments.length);
    if (page.next === undefined && lacksNothing(stored, seen)) {
      await context.save({ kind: 'assignmentsComplete' });
      await parts.remove(seenParts);
      return seen;
    }
    const isLast = page.next === undefined || followed === undefined;
    const isDue = context.deps.clock().getTime() - keptAtMs >= KEEP_MS;
    if (isLast || isDue || (await context.isTimeUp())) {
      for (let from = 0; from < unkept.length; from += PAGES_PER_PART, seenParts += 1)
        await parts.put(seenParts, unkept.slice(from, from + PAGES_PER_PART).flat());
      unkept = [];
      keptAtMs = context.deps.clock().getTime();
      await context.save(
        followed === undefined
          ? { kind: 'assignmentsEndless', seenParts }
          : { kind: 'assignmentsPage', next: page.next ?? null, watch: followed, seenParts },
      );
    }
    if (isLast) return seen;
    next = page.next ?? null;
    watch = followed ?? NOT_FOLLOWED;
  }
}

function lacksNothing(stored: ReadonlyMap<string, unknown>, seen: ReadonlySet<string>): boolean {
  for (const id of stored.keys()) if (!seen.has(id)) return false;
  return true;
}

async function seenBefore(context: CycleContext, parts: KeptParts<string>): Promise<Set<string> | undefined> {
  const state = context.cycle();
  const ids = state.phase === 'assignments' ? await parts.read(state.seenParts) : [];
  return ids && new Set(ids);
}

async function readPage(context: CycleContext, link: string | null): Promise<AssignmentPage | 'expired'> {
  try {
    return await context.deps.source.readAssignments(link ?? undefined);
  } catch (error) {
    if (!(error instanceof WatermarkExpiredError) || link === null) throw error;
    context.deps.logger.warn('The list of assignments was cut off for too long; it is read again', {
      cycleId: context.cycle().cycleId,
    });
    return 'expired';
  }
}

async function merge(
  context: CycleContext,
  page: readonly AppRoleAssignment[],
  stored: Map<string, AppRoleAssignment>,
): Promise<void> {
  const { deps } = context;
  const everything = context.cycle().kind === 'initial';
  const changed = page.filter((assignment) => everything || !isSame(stored.get(assignment.id), assignment));
  await markPrincipals(deps, changed);
  await markStrangers(deps, changed);
  await deps.space.putAssignments(changed);
  for (const assignment of changed) stored.set(assignment.id, assignment);
}

/** Texts that assignments share are kept once: of 300,000 assignments they are most of the memory. */
class Assignments extends Map<string, AppRoleAssignment> {
  readonly #texts = new Map<string, string>();

  override set(_id: string, assignment: AppRoleAssignment): this {
    const { principalId, principalType, principalDisplayName, appRoleId } = assignment;
    return super.set(assignment.id, {
      id: assignment.id,
      principalId: this.#shared(principalId),
      principalType: this.#shared(principalType),
      principalDisplayName,
      appRoleId: this.#shared(appRoleId),
    });
  }

  #shared<T extends string>(text: T): T {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return (known ?? text) as T;
  }
}

async function storedById(deps: EngineDeps): Promise<Map<string, AppRoleAssignment>> {
  const stored = new Assignments();
  for await (const page of deps.space.listAssignments()) for (const assignment of page) stored.set(assignment.id, assignment);
  return stored;
}

const isSame = (stored: AppRoleAssignment | undefined, listed: AppRoleAssignment): boolean =>
  stored !== undefined && stored.appRoleId === listed.appRoleId && stored.principalId === listed.principalId;

/** Marks service principals that are assigned, so that the log says why they are skipped; nobody needs to hear that one has left. */
async function markStrangers(deps: EngineDeps, assignments: readonly AppRoleAssignment[]): Promise<void> {
  const strangers = assignments.filter(({ principalType }) => principalType === 'ServicePrincipal');
  await deps.space.markDirty(strangers.map(({ principalId }) => ({ type: 'user', id: principalId })));
}
