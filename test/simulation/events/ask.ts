import type { EngineDeps } from '../../../src/engine/deps';
import type { Planning } from '../../../src/engine/preview/planning';
import type { Initiator } from '../../../src/engine/record/log-entry';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';

export const OPERATOR: Initiator = { type: 'user', id: 'op', displayName: 'Operator' };

/** Something that an operator asks for; undefined where there is nothing to ask for. */
export type Act = (sim: Sim, dice: Dice) => string | undefined;

/** How long a call may take. */
export const BUDGET_MS = 110_000;

/** Asks one of the instances for something, and tells what. */
export function ask(
  sim: Sim,
  dice: Dice,
  title: string,
  work: (deps: EngineDeps, planning: Planning) => Promise<unknown>,
): string {
  const instance = dice.pick(sim.instances);
  sim.begin(instance, { kind: 'operator', title }, (deps) => work(deps, sim.planning(deps, instance)));
  return `operator: ${title}`;
}
