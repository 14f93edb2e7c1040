/** Comparing Zendesk with what Entra ID says, by an operator or by the timer, and bringing back what was changed by hand. */
import { beginIfDue, settleDrift } from '../../../src/engine/drift/drift-check';
import { createDrift } from '../../../src/engine/drift/drift-run';
import { continueApply, startApply } from '../../../src/engine/preview/apply-plan';
import { continuePlan } from '../../../src/engine/preview/make-plan';
import type { Planning } from '../../../src/engine/preview/planning';
import type { Sim } from '../play/sim';
import { type Act, ask, BUDGET_MS, OPERATOR } from './ask';

const options = (planning: Planning, budgetMs = BUDGET_MS) => ({ owner: planning.deps.newId(), budgetMs });

async function newestDrift({ plans }: Sim): Promise<string | undefined> {
  const drifts = (await plans.list()).filter(({ kind }) => kind === 'drift');
  return drifts.sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0]?.planId;
}

/** As a setting would have it: each day at midnight. */
const daily = (after: Date): Date => new Date((Math.floor(after.getTime() / 86_400_000) + 1) * 86_400_000);

export const DRIFT_ACTS = {
  driftCheck: ((sim, dice) => {
    const budgetMs = dice.chance(0.3) ? 0 : BUDGET_MS;
    return ask(sim, dice, 'drift check', async (_deps, planning) => {
      await createDrift(planning, OPERATOR, false);
      const planId = await newestDrift(sim);
      if (planId !== undefined) await continuePlan(planning, planId, options(planning, budgetMs));
      await settleDrift(planning);
    });
  }) as Act,
  driftRepair: ((sim, dice) => {
    const allow = dice.pick([undefined, true, false]);
    return ask(sim, dice, `drift repair (${String(allow)})`, async (_deps, planning) => {
      const planId = await newestDrift(sim);
      if (planId === undefined) return;
      await continuePlan(planning, planId, options(planning));
      await startApply(planning, planId, OPERATOR, allow);
      await continueApply(planning, planId, options(planning));
    });
  }) as Act,
  driftBySchedule: ((sim, dice) =>
    ask(sim, dice, 'drift by schedule', async (_deps, planning) => {
      await beginIfDue(planning, daily);
      const planId = await newestDrift(sim);
      if (planId === undefined) return;
      await continuePlan(planning, planId, options(planning));
      await settleDrift(planning);
      await continueApply(planning, planId, options(planning));
    })) as Act,
} satisfies Record<string, Act>;
