/** What operators do with what a cycle did, and with the mappings; and Graph telling of changes. */
import { storeMappings } from '../../../src/engine/control/store-mappings';
import { HINT_KEYS, type KeptSubscription, type KeptSubscriptions } from '../../../src/engine/hints/hint-state';
import { type Notification, takeNotifications } from '../../../src/engine/hints/take-notifications';
import { activateMappings } from '../../../src/engine/preview/activate-mappings';
import { continueApply, startApply } from '../../../src/engine/preview/apply-plan';
import { continuePlan, createPlan } from '../../../src/engine/preview/make-plan';
import type { Planning } from '../../../src/engine/preview/planning';
import { releaseHolds } from '../../../src/engine/undo/holds';
import { createUndo } from '../../../src/engine/undo/make-undo';
import { mappingText } from '../rules/rules';
import type { Variant } from '../world/truth';
import { type Act, ask, BUDGET_MS, OPERATOR } from './ask';

const options = ({ deps }: Planning) => ({ owner: deps.newId(), budgetMs: BUDGET_MS });

/** Makes a plan that has begun, and applies it if that is wanted. */
async function carryOut(planning: Planning, planId: string, isApplied: boolean): Promise<void> {
  await continuePlan(planning, planId, options(planning));
  if (!isApplied) return;
  await startApply(planning, planId, OPERATOR, true);
  await continueApply(planning, planId, options(planning));
}

const CLIENT_STATE = 'known to Graph and the app alone';
const SUBSCRIPTION: KeptSubscription = { id: 'subscription', activeUntil: null, confirmedAt: null, problem: null };
const SUBSCRIPTIONS: KeptSubscriptions = {
  notificationUrl: 'https://app.example/api/graph-notifications',
  clientState: CLIENT_STATE,
  of: { users: SUBSCRIPTION, groups: SUBSCRIPTION },
};

export const LATER_ACTS = {
  undo: ((sim, dice) => {
    const which = dice.int(3);
    const isApplied = dice.chance(0.8);
    return ask(sim, dice, 'undo', async (deps, planning) => {
      const cycle = (await deps.cycles.latest(3))[which];
      if (!cycle) return;
      const begun = await createUndo(planning, OPERATOR, cycle.cycleId, undefined);
      if (begun.kind !== 'begun') return;
      sim.lastPlanId = begun.header.planId;
      await carryOut(planning, begun.header.planId, isApplied);
    });
  }) as Act,
  releaseHolds: ((sim, dice) =>
    ask(sim, dice, 'release holds', async (deps) => {
      await releaseHolds(deps, OPERATOR, { kind: 'all' });
    })) as Act,
  activateMappings: ((sim, dice) => {
    const variant = dice.pick<Variant | 'file'>(['titled', 'filtered', 'withoutGroups', 'file', 'file']);
    return ask(sim, dice, `activate ${variant}`, async (deps, planning) => {
      let version = 0;
      if (variant !== 'file') {
        const stored = await storeMappings(deps, OPERATOR, mappingText(variant), 'simulated');
        if (stored.kind !== 'stored') throw new Error('the mappings are refused');
        version = stored.version.version;
        sim.versions.set(version, variant);
      }
      const begun = await createPlan(planning, OPERATOR, { version });
      if (begun.kind !== 'begun') return;
      const { planId } = begun.header;
      await continuePlan(planning, planId, options(planning));
      const answer = await activateMappings(planning, OPERATOR, { version, why: 'simulated', planId, allowDeletes: true });
      if (answer.kind === 'active') sim.tell(`the mappings are ${variant} from the next cycle on`);
    });
  }) as Act,
  hint: ((sim, dice) => {
    const changed = sim.entra.log.slice(-3);
    const isForged = dice.chance(0.2);
    const of = ({ type, id }: (typeof changed)[number]): Notification => ({
      subscriptionId: 'subscription',
      clientState: isForged ? 'guessed' : CLIENT_STATE,
      tenantId: undefined,
      subject: { type, id },
      lifecycleEvent: undefined,
    });
    return ask(sim, dice, isForged ? 'a forged hint' : 'a hint', async (deps) => {
      await deps.state.write(HINT_KEYS.subscriptions, SUBSCRIPTIONS, '*');
      const taken = await takeNotifications(deps, changed.map(of));
      if (isForged && taken !== 'forged' && changed.length > 0)
        sim.watch.violate('forgedHint', `A forged notification was ${taken}`);
    });
  }) as Act,
} satisfies Record<string, Act>;
