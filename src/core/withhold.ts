import type { RemovalKind } from './brake';
import type { Plan, PlannedRemoval } from './plan-model';

/** A plan without what the brake has not let go, and the kinds of what waits. */
export interface Withheld {
  readonly plan: Plan;
  readonly waits: readonly RemovalKind[];
}

/** What is said of a removal that waits. */
const WAITS: Readonly<Record<RemovalKind, string>> = {
  userDisable: 'Access is taken away only after a cycle has counted it.',
  userDelete: 'The account is deleted only after a cycle has counted it.',
  userErase: 'The deleted account is erased only after a cycle has counted it.',
  agentDowngrade: "An agent's seat is taken away only after a cycle has counted it.",
  groupDelete: 'The group is deleted only after a cycle has counted it.',
  membershipRemoval: 'Members are taken out only after a cycle has counted it.',
};

/**
 * Takes out of a plan what the brake has not let go. Pure, and it only takes away: a plan that removes nothing is returned as it is.
 *
 *   the plan removes    │ allowed        │ what remains                              │ waits
 *   nothing             │ –              │ everything                                │ –
 *   one kind            │ that kind      │ everything                                │ –
 *   an account, a group │ anything else  │ nothing                                   │ that kind
 *   access or a seat    │ anything else  │ the changes that do not carry the removal │ that kind
 *   access and a seat   │ one of them    │ that one, with what removes nothing       │ the other
 *
 * @param allows The one kind that was counted and let go for this object; null for none.
 */
export function withhold(plan: Plan, allows: RemovalKind | null): Withheld {
  const waiting = plan.removals.filter(({ kind }) => kind !== allows);
  if (waiting.length === 0) return { plan, waits: [] };
  const removals = plan.removals.filter(({ kind }) => kind === allows);
  const held = new Set(waiting.flatMap(({ attributes }) => attributes));
  const changes = waiting.some(isWhole) ? [] : plan.changes.filter(({ attribute }) => !held.has(attribute));
  return {
    plan: {
      ...plan,
      action: actionOf(plan, changes.length, removals),
      changes,
      role: held.has('role') || waiting.some(isWhole) ? null : plan.role,
      removals,
      notes: [...plan.notes, ...waiting.map(({ kind }) => WAITS[kind])],
    },
    waits: waiting.map(({ kind }) => kind),
  };
}

/** A removal that no change carries out: the object itself goes. */
const isWhole = ({ attributes }: PlannedRemoval): boolean => attributes.length === 0;

function actionOf(plan: Plan, changes: number, removals: readonly PlannedRemoval[]): Plan['action'] {
  if (changes === 0 && !plan.adopts) return 'none';
  return removals.length > 0 ? plan.action : 'update';
}
