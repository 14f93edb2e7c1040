import { createHash } from 'node:crypto';
import { follow, NOT_FOLLOWED } from '../../core/endless';
import { WatermarkExpiredError } from '../../core/errors';
import type { AppRoleAssignment } from '../../core/model';
import type { AssignmentPage } from '../../ports/source-connector';
import type { EngineDeps } from '../deps';
import type { CycleContext } from './cycle-context';
import { KeptParts } from './kept-parts';
import { markPrincipals } from './mark-principals';
import { proveMissing } from './missing-assignments';
import { PackedTexts } from './packed-texts';

/** The digests of so many ids fit into one document: a row holds 458,752 characters. */
const DIGESTS_PER_PART = 18_000;
/** Characters of 128 bits in base64. Among a million ids, two share a digest once in 10^26 times. */
const DIGEST_LENGTH = 22;
/** How long the place in the list is not kept: a list that is read faster costs no writes, one that is cut off costs no more than this. */
const KEEP_MS = 10_000;

/**
 * Reads every assignment and merges the list into the connector space; whoever is touched by a difference waits to be evaluated. An
 * assignment that the list lacks is forgotten only after direct reads about its principal have proved it gone, and only where no other
 * row that the list lacks was proved to be there: a list caught lying is not believed for any removal. Continues where it was.
 */
export async function importAssignments(context: CycleContext): Promise<void> {
  await loadAssignments(context);
  await listAll(context);
  await proveMissing(context);
}

/** Loads the stored assignments into the context: all there is to do for a cycle that continues after this phase. */
export async function loadAssignments({ deps, assignments }: CycleContext): Promise<void> {
  for await (const page of deps.space.listAssignments()) for (const assignment of page) assignments.put(assignment);
}

/** Lists to the end, as far as that was not done. Afterwards the context has what was merged, and knows which of it was seen. */
async function listAll(context: CycleContext): Promise<void> {
  const { assignments } = context;
  const parts = new KeptParts<string>(context.deps.state, 'cycle-seen', context.cycle().cycleId);
  if (!(await seenBefore(context, parts))) await context.save({ kind: 'assignmentsAnew' });
  const state = context.cycle();
  if (state.phase !== 'assignments' || state.step !== 'listing') return;

  let { next, watch, seenParts } = state;
  let unkept: number[] = [];
  let keptAtMs = context.deps.clock().getTime();
  for (;;) {
    const page = await readPage(context, next);
    if (page === 'expired') {
      assignments.seeNone();
      await context.save({ kind: 'assignmentsAnew' });
      return listAll(context);
    }
    await merge(context, page.assignments);
    for (const { id } of page.assignments) unkept.push(assignments.see(id));
    const followed = page.next === undefined ? watch : follow(watch, page.next, page.assignments.length);
    if (page.next === undefined && assignments.isAllSeen) {
      await context.save({ kind: 'assignmentsComplete' });
      await parts.remove(seenParts);
      return;
    }
    const isLast = page.next === undefined || followed === undefined;
    const isDue = context.deps.clock().getTime() - keptAtMs >= KEEP_MS;
    if (isLast || isDue || (await context.isTimeUp())) {
      for (let from = 0; from < unkept.length; from += DIGESTS_PER_PART, seenParts += 1) {
        const part = unkept.slice(from, from + DIGESTS_PER_PART);
        await parts.put(
          seenParts,
          part.map((number) => digestOf(assignments.idOf(number))),
        );
      }
      unkept = [];
      keptAtMs = context.deps.clock().getTime();
      await context.save(
        followed === undefined
          ? { kind: 'assignmentsEndless', seenParts }
          : { kind: 'assignmentsPage', next: page.next ?? null, watch: followed, seenParts },
      );
    }
    if (isLast) return;
    next = page.next ?? null;
    watch = followed ?? NOT_FOLLOWED;
  }
}

const digestOf = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, DIGEST_LENGTH);

/** Notes what the cycle has seen before it was cut off. Returns false where that is not there any more, or is of an older version. */
async function seenBefore(context: CycleContext, parts: KeptParts<string>): Promise<boolean> {
  const state = context.cycle();
  if (state.phase !== 'assignments' || state.seenParts === 0) return true;
  const seen = new PackedTexts();
  for (let part = 0; part < state.seenParts; part += 1) {
    const digests = await parts.readPart(part);
    if (!digests?.every(({ length }) => length === DIGEST_LENGTH)) return false;
    for (const digest of digests) seen.intern(digest);
  }
  for (const id of context.assignments.ids()) if (seen.find(digestOf(id)) !== undefined) context.assignments.see(id);
  return true;
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

async function merge({ deps, assignments, cycle }: CycleContext, page: readonly AppRoleAssignment[]): Promise<void> {
  const everything = cycle().kind === 'initial';
  const changed = page.filter((assignment) => everything || !assignments.holds(assignment));
  await markPrincipals(deps, changed);
  await markStrangers(deps, changed);
  await deps.space.putAssignments(changed);
  for (const assignment of changed) assignments.put(assignment);
}

/** Marks service principals that are assigned, so that the log says why they are skipped; nobody needs to hear that one has left. */
async function markStrangers(deps: EngineDeps, assignments: readonly AppRoleAssignment[]): Promise<void> {
  const strangers = assignments.filter(({ principalType }) => principalType === 'ServicePrincipal');
  await deps.space.markDirty(strangers.map(({ principalId }) => ({ type: 'user', id: principalId })));
}
