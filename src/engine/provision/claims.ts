import type { Evidence } from '../../core/continued';
import type { Link, WorkItem } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { LinkClaim, LinkRow } from '../../ports/link-store';

/** How many earlier changes of one object are kept in mind that are in no log entry: more have never been cut off in a row. */
const MAX_BEFORE = 8;

/** The change of a claim that takes the place of an earlier one, whose change is in no log entry yet, and neither is what it noted. */
export function changeAfter(
  earlier: LinkClaim | null,
  { changeId, cycleId }: WorkItem,
): Omit<LinkClaim, 'untilMs' | 'sinceMs' | 'plan'> {
  if (!earlier) return { changeId, cycleId };
  const before = [...(earlier.before ?? []), earlier.changeId].filter((id) => id !== changeId).slice(-MAX_BEFORE);
  const { members, former, untold } = earlier;
  return {
    changeId,
    cycleId,
    ...(before.length > 0 && { before }),
    ...(members && { members }),
    ...(former && { former }),
    ...(untold && { untold }),
  };
}

/** An earlier try that may still be carried out, and when it was asked for. */
export type Open = Pick<LinkClaim, 'plan' | 'sinceMs'>;

/**
 * A claim of which nothing was written: what is left of it are earlier tries, of which the last is its plan again; null where there are none.
 * @param open an earlier try that may still be carried out, and when it was asked for: it is looked for by its plan
 */
export function withoutPlan(
  { former: _, untold: __, ...claim }: LinkClaim,
  written: readonly Plan[],
  open: Open | null,
): LinkClaim | null {
  const plan = open?.plan ?? written.at(-1);
  const untold = open ? written : written.slice(0, -1);
  if (!plan && !claim.members) return null;
  return { ...claim, ...open, untilMs: 0, plan: plan ?? NOTHING, ...(untold.length > 0 && { untold }) };
}

/** A claim whose request is answered: what may still come was asked for by an earlier try, if at all. */
export const askedAt = ({ sinceMs: _, ...claim }: LinkClaim, sinceMs: number | undefined): LinkClaim =>
  sinceMs === undefined ? claim : { ...claim, sinceMs };

/** The plan of a claim under which nothing is left to tell. */
export const NOTHING: Plan = { action: 'none', targetId: null, changes: [], role: null, adopts: false, notes: [], removals: [] };

/** What the link proves of the claim's plan, or has proved before it was broken: it was stored once that was written. */
export const provedByLink = ({ link, claim }: LinkRow): Pick<Evidence, 'wasLinked' | 'wasSuspended'> => ({
  wasLinked: claim?.isSettled === true,
  wasSuspended: claim?.hasSuspended === true || (claim?.isSettled === true && link?.disabledByUs === true),
});

/**
 * Whether what was linked is gone, or was let go once that was written, and another object has been found in its place, or none.
 * @param found the link of what is there now; null where what was found is not linked
 */
export const isReplaced = ({ link, claim }: LinkRow, found: Link | null): boolean =>
  link ? found?.targetId !== link.targetId : claim?.isSettled === true;
