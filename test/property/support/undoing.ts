import { continueApply, startApply } from '../../../src/engine/preview/apply-plan';
import { continuePlan } from '../../../src/engine/preview/make-plan';
import type { Planning } from '../../../src/engine/preview/planning';
import type { Initiator } from '../../../src/engine/record/initiator';
import { createUndo, undoParts } from '../../../src/engine/undo/make-undo';
import type { PlanHeader, PlanRow, PlanStore } from '../../../src/ports/plan-store';
import type { ObjectKey } from '../../../src/ports/stored';
import { watched } from '../../fakes/fake-kit';
import { makePlans, makeShadow } from '../../simulation/ports/plans';
import type { World } from './world';

/** The operator of every test. */
export const OLGA: Initiator = { type: 'user', id: 'olga', displayName: 'Olga Operator' };

const options = { owner: 'operator', budgetMs: 600_000 };

/** What an operator does with plans in a world: makes the way back of a cycle, applies it, waits until it is done. */
export class Undoing {
  readonly plans: PlanStore;
  readonly #shadow = makeShadow();

  constructor(readonly world: World) {
    this.plans = watched('planStore', makePlans(), (name) => this.world.hook?.(name));
  }

  planning(): Planning {
    return { deps: this.world.deps(), plans: this.plans, shadow: this.#shadow, kinds: { undo: undoParts } };
  }

  /** Plans the way back. @throws Error when there is no plan at the end */
  async plan(cycleId: string, only?: readonly ObjectKey[]): Promise<{ header: PlanHeader; rows: readonly PlanRow[] }> {
    const begun = await createUndo(this.planning(), OLGA, cycleId, only);
    if (begun.kind !== 'begun') throw new Error(JSON.stringify(begun));
    return this.planned(begun.header.planId);
  }

  /** Continues until the plan is made. */
  async planned(planId: string): Promise<{ header: PlanHeader; rows: readonly PlanRow[] }> {
    for (let tries = 0; tries < 20; tries += 1) {
      const header = await continuePlan(this.planning(), planId, options);
      if (header?.state === 'planned') return { header, rows: (await this.plans.rows(planId, 'all', 1_000)).rows };
      if (header?.state === 'failed') throw new Error(JSON.stringify(header.error));
      this.world.nowMs += 300_000;
    }
    throw new Error('the plan is never made');
  }

  /** Applies a plan and works the queue off. */
  async apply(
    planId: string,
    allowDeletes: boolean | undefined = true,
  ): Promise<{ header: PlanHeader; rows: readonly PlanRow[] }> {
    const begun = await startApply(this.planning(), planId, OLGA, allowDeletes);
    if (begun.kind !== 'applying') throw new Error(JSON.stringify(begun));
    const header = await this.applied(planId);
    await this.world.drain();
    return { header, rows: (await this.plans.rows(planId, 'all', 1_000)).rows };
  }

  async applied(planId: string): Promise<PlanHeader> {
    for (let tries = 0; tries < 20; tries += 1) {
      const header = await continueApply(this.planning(), planId, options);
      if (header?.state === 'applied') return header;
      this.world.nowMs += 300_000;
    }
    throw new Error('the plan is never applied');
  }
}
