import type { SourceObject } from '../../core/model';
import type { WayBack } from '../../core/way-back';
import type { Hold } from '../../ports/hold-store';
import type { ObjectKey } from '../../ports/stored';
import { fingerprintOf } from '../decide/held';
import type { Loss } from '../decide/loss';
import type { EngineDeps } from '../deps';
import { dryRun, type PlannedObject, planRow } from '../preview/plan-object';
import type { SeatedRow } from '../preview/plan-seats';
import type { Initiator } from '../record/initiator';
import { itemFor } from '../work-item';

/** The hold under which an object is taken back, or is planned to be. */
export const holdFor = (
  deps: Pick<EngineDeps, 'schema'>,
  plan: { readonly planId: string; readonly cycleId: string; readonly heldBy: Initiator; readonly heldAt: string },
  object: SourceObject,
  way: WayBack,
): Hold => ({
  key: { type: object.type, id: object.id },
  source: fingerprintOf(deps, object),
  ...plan,
  name: String(object.attributes['displayName'] ?? ''),
  way,
  allows: null,
  isLast: false,
});

/**
 * Plans the way back of one object: a dry run as if the hold of the plan were there already. What it takes away is counted as it is planned, so
 * that nothing counts which no longer stands.
 * @throws CycleInterrupted when Zendesk asks to wait for longer than there is time; UnauthorizedError
 */
export async function planUndoOf(
  deps: EngineDeps,
  hold: Hold & { readonly way: WayBack },
  deadlineMs: number,
): Promise<SeatedRow> {
  const { key, planId, way } = hold;
  const item = { ...itemFor(planId, key), undo: planId };
  const outcome = await dryRun(withHold(deps, hold), item, deadlineMs);
  const row = planRow(deps, key, { item, loss: lossIn(outcome), outcome });
  return {
    row: { ...row, name: row.name || hold.name, way, source: hold.source },
    seat: outcome.kind === 'planned' ? outcome.seat : undefined,
  };
}

/** The same app, to which one object is held. */
const withHold = (deps: EngineDeps, hold: Hold): EngineDeps => ({
  ...deps,
  holds: {
    ...deps.holds,
    read: async (key: ObjectKey) => (key.id === hold.key.id ? { value: hold, etag: 'planned' } : deps.holds.read(key)),
  },
});

function lossIn(outcome: PlannedObject['outcome']): Loss | undefined {
  if (outcome.kind !== 'planned') return undefined;
  const [removal] = outcome.plan.removals;
  if (removal) return { kind: removal.kind, count: 1, memberships: [] };
  const count = outcome.plan.changes.filter(
    ({ attribute, newValue }) => (attribute === 'groups' || attribute === 'members') && newValue === null,
  ).length;
  return count > 0 ? { kind: 'membershipRemoval', count, memberships: [] } : undefined;
}
