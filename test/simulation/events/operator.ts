/** What operators do through the API while everything else goes on: the use cases behind the routes, on one of the instances. */
import { forgetEscrow, retryEscrow } from '../../../src/engine/control/escrow-control';
import { allowOneRun, pauseJob, startJob } from '../../../src/engine/control/job-control';
import { type ResetScope, restartJob } from '../../../src/engine/control/restart';
import { unlinkOne } from '../../../src/engine/control/unlink';
import { closeCycles } from '../../../src/engine/cycle/close-cycles';
import { allowDeletes } from '../../../src/engine/cycle/release-staged';
import { runCycle } from '../../../src/engine/cycle/run-cycle';
import { provisionOnDemand } from '../../../src/engine/on-demand/on-demand';
import { continueApply, startApply } from '../../../src/engine/preview/apply-plan';
import { continuePlan, createPlan } from '../../../src/engine/preview/make-plan';
import type { ObjectKey } from '../../../src/ports/stored';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { mappingsOf, mappingText } from '../rules/rules';
import type { Rules, Variant } from '../world/truth';
import { type Act, ask, BUDGET_MS, OPERATOR } from './ask';
import { DRIFT_ACTS } from './drift';
import { LATER_ACTS } from './later';

/** The gate of an instance looks at the job's state so often; work begun before may be at its writes. */
const GATE_MS = 5_000;

const restart =
  (...scopes: ResetScope[]): Act =>
  (sim, dice) =>
    ask(sim, dice, `restart ${scopes.join(', ')}`, async (deps) => {
      sim.watch.started();
      const result = await restartJob(deps, OPERATOR, scopes, deps.newId());
      sim.tell(`restart ${scopes.join(', ')}: ${result.kind}${'reason' in result ? ` ${result.reason}` : ''}`);
      sim.watch.started();
    });

/** Anybody known, of both kinds. */
function somebody(sim: Sim, dice: Dice): ObjectKey | undefined {
  const keys = [...sim.entra.people.values(), ...sim.entra.teams.values()].map(({ type, id }) => ({ type, id }) as ObjectKey);
  return dice.maybe(keys);
}

/** The same settings, one of them drawn anew. @param all how likely everybody is in scope, where that is the one */
export function otherRules(before: Rules, dice: Dice, all = 0.2): Rules {
  const rules = { ...before };
  const which = dice.int(5);
  if (which === 0) rules.defaultAccess = rules.defaultAccess === 'Skip' ? 'EndUser' : 'Skip';
  if (which === 1) rules.groupMembership = rules.groupMembership === 'Direct' ? 'Transitive' : 'Direct';
  if (which === 2) rules.deprovisionUsers = dice.pick(['Suspend', 'DowngradeAndSuspend', 'Nothing'] as const);
  if (which === 3) rules.hardDeletedUsers = dice.pick(['Suspend', 'Delete', 'Nothing'] as const);
  if (which === 4) rules.scope = dice.chance(all) ? 'All' : 'AssignedOnly';
  return rules;
}

export const OPERATOR_ACTS = {
  pause: ((sim, dice) => {
    const items = dice.chance(0.5) ? 'stop' : 'finish';
    const { starts } = sim.watch;
    return ask(sim, dice, `pause (${items})`, async (deps) => {
      // Items go on from when it is written, whether or not its caller lives to hear of it.
      if (items === 'finish') sim.watch.started();
      await pauseJob(deps, OPERATOR, items);
      // Of a pause and a start at the same time either may have been last.
      const isLast = sim.watch.starts === starts;
      sim.watch.stoppedAtMs = items === 'stop' && isLast ? sim.nowMs + GATE_MS : undefined;
    });
  }) as Act,
  start: ((sim, dice) => {
    return ask(sim, dice, 'start', async (deps) => {
      sim.watch.started();
      await startJob(deps, OPERATOR);
      sim.watch.started();
    });
  }) as Act,
  run: ((sim, dice) => {
    const startedAtMs = sim.nowMs;
    return ask(sim, dice, 'run', async (deps) => {
      await allowOneRun(deps, OPERATOR);
      await closeCycles(deps);
      const outcome = await runCycle(deps, { owner: deps.newId(), budgetMs: BUDGET_MS });
      sim.ended(outcome, startedAtMs);
      if (outcome.kind === 'interrupted') await deps.queue.askForCycle();
    });
  }) as Act,
  restartNone: restart('None'),
  restartWatermark: restart('Watermark'),
  restartEscrows: restart('Escrows', 'QuarantineState'),
  restartLinks: restart('ConnectorDataStore'),
  restartFull: restart('QuarantineState', 'Watermark', 'Escrows', 'ConnectorDataStore'),
  forceDeletes: restart('ForceDeletes'),
  allowDeletes: ((sim, dice) => ask(sim, dice, 'allow-deletes', (deps) => allowDeletes(deps, OPERATOR, undefined))) as Act,
  unlink: ((sim, dice) => {
    const key = somebody(sim, dice);
    if (!key) return undefined;
    return ask(sim, dice, `unlink ${key.type} ${key.id.slice(-4)}`, async (deps) => {
      await unlinkOne(deps, OPERATOR, key);
    });
  }) as Act,
  retryEscrow: ((sim, dice) => {
    const key = somebody(sim, dice);
    return key && ask(sim, dice, `retry ${key.type} ${key.id.slice(-4)}`, (deps) => retryEscrow(deps, OPERATOR, key));
  }) as Act,
  forgetEscrow: ((sim, dice) => {
    const key = somebody(sim, dice);
    return key && ask(sim, dice, `forget ${key.type} ${key.id.slice(-4)}`, (deps) => forgetEscrow(deps, OPERATOR, key));
  }) as Act,
  onDemand: ((sim, dice) => {
    const subjects = Array.from({ length: dice.between(1, 3) }, () => somebody(sim, dice)?.id ?? 'nobody@contoso.com');
    const dryRun = dice.chance(0.3);
    const title = `${dryRun ? 'dry run' : 'on demand'} ${subjects.map((one) => one.slice(-4)).join(' ')}`;
    const request = { subjects, objectType: undefined, dryRun, operator: OPERATOR, budgetMs: BUDGET_MS };
    return ask(sim, dice, title, (deps) => provisionOnDemand(deps, request));
  }) as Act,
  plan: ((sim, dice) => {
    const other = dice.chance(0.2) ? dice.pick<Variant>(['shipped', 'titled', 'filtered', 'withoutGroups']) : undefined;
    const schema = other && { schema: mappingsOf(other), text: mappingText(other) };
    return ask(sim, dice, `plan${other ? ` with ${other}` : ''}`, async (deps, planning) => {
      await createPlan(planning, OPERATOR, schema);
      const [newest] = [...(await sim.plans.list())].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
      if (!newest) return;
      sim.lastPlanId = newest.planId;
      await continuePlan(planning, newest.planId, { owner: deps.newId(), budgetMs: BUDGET_MS });
    });
  }) as Act,
  apply: ((sim, dice) => {
    const planId = sim.lastPlanId;
    if (planId === undefined) return undefined;
    const allow = dice.pick([undefined, true, false]);
    return ask(sim, dice, `apply (${String(allow)})`, async (deps, planning) => {
      await continuePlan(planning, planId, { owner: deps.newId(), budgetMs: BUDGET_MS });
      await startApply(planning, planId, OPERATOR, allow);
      await continueApply(planning, planId, { owner: deps.newId(), budgetMs: BUDGET_MS });
    });
  }) as Act,
  changeMapping: ((sim, dice) => {
    const variant = dice.pick<Variant>(['shipped', 'shipped', 'titled', 'filtered', 'withoutGroups']);
    if (variant === sim.fileVariant) return undefined;
    sim.fileVariant = variant;
    sim.mappingsChanged();
    sim.redeploy();
    return `operator: the mapping file is ${variant} now`;
  }) as Act,
  changeSettings: ((sim, dice) => {
    sim.rules = otherRules(sim.rules, dice);
    sim.redeploy();
    return `operator: settings are ${JSON.stringify(sim.rules)} now`;
  }) as Act,
  redeploy: ((sim) => {
    sim.redeploy();
    return 'operator: the app is deployed anew';
  }) as Act,
  ...DRIFT_ACTS,
  ...LATER_ACTS,
} satisfies Record<string, Act>;
