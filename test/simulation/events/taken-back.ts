/** Settings that are deployed and taken back a moment later, mostly before a cycle begins: what was carried out by them must not stay. */
import { provisionOnDemand } from '../../../src/engine/on-demand/on-demand';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { type Rules, standingOf } from '../world/truth';
import { ask, BUDGET_MS, OPERATOR } from './ask';
import { otherRules } from './operator';
import { isQuiet, linked } from './rare';

/** So long a message waits, and so often it is asked whether it has been carried out then. */
const LATE_MS = 60_000;
const LOOKS = 500;

type Happening = (sim: Sim, dice: Dice) => string | undefined;

/** Whatever has become of the mappings meanwhile. */
function deploy(sim: Sim, { variant: _variant, variantInUse: _inUse, ...settings }: Rules): void {
  sim.rules = { ...sim.rules, ...settings };
  sim.redeploy();
  sim.changed();
  sim.tell(`operator: settings are ${JSON.stringify(sim.rules)} now`);
}

const onDemand = (sim: Sim, dice: Dice, id: string, then: () => void): string =>
  ask(sim, dice, `on demand ${id.slice(-4)}`, async (deps) => {
    await provisionOnDemand(deps, {
      subjects: [id],
      objectType: undefined,
      dryRun: false,
      operator: OPERATOR,
      budgetMs: BUDGET_MS,
    });
    then();
  });

export const TAKEN_BACK_EVENTS = {
  /** Somebody is provisioned on demand by other settings; only where that was done before, so that the row is as a direct read has it, does nothing mark them. */
  takenBackAsked: ((sim, dice) => {
    const { entra } = sim;
    const before = sim.rules;
    const rules = otherRules(before, dice, 0.9);
    const people = [...entra.people.values()].filter(({ state }) => state === 'live');
    const other = people.filter((one) => standingOf(entra, before, one).isIn !== standingOf(entra, rules, one).isIn);
    const person = dice.maybe(other.filter(({ id }) => sim.readBefore.has(id))) ?? dice.maybe(other) ?? dice.maybe(people);
    if (!person) return undefined;
    if (!sim.readBefore.has(person.id)) return onDemand(sim, dice, person.id, () => sim.readBefore.add(person.id));
    deploy(sim, rules);
    return onDemand(sim, dice, person.id, () => deploy(sim, before));
  }) as Happening,
  /** Somebody leaves, and what a cycle has put into the queue about that is carried out by settings that leave people alone, or other ones. */
  takenBackQueued: ((sim, dice) => {
    const before = sim.rules;
    const some = dice.maybe(
      linked(sim).filter(({ isIn, account, person }) => isIn && !account.suspended && isQuiet(person, sim)),
    );
    if (!some) return undefined;
    const { id } = some.person;
    const rules = dice.chance(0.6) ? { ...before, deprovisionUsers: 'Nothing' as const } : otherRules(before, dice, 0.9);
    sim.entra.change(some.person, { enabled: false });
    sim.queue.late.set(id, LATE_MS);
    const tick = sim.tick(dice.pick(sim.instances));
    const isWaiting = (): boolean => [...sim.queue.messages.values()].some(({ item }) => item.sourceId === id);
    ask(sim, dice, `other settings for what waits of ${id.slice(-4)}`, async ({ state }) => {
      while (!tick.isOver) await state.read('job');
      sim.queue.late.delete(id);
      if (!isWaiting()) return;
      deploy(sim, rules);
      ask(sim, dice, 'settings are taken back', async (later) => {
        await later.sleep(LATE_MS);
        for (let calls = 0; calls < LOOKS && isWaiting(); calls += 1) await later.state.read('job');
        deploy(sim, before);
      });
    });
    return `${id.slice(-4)} is disabled, and other settings are deployed once a cycle has seen that`;
  }) as Happening,
} satisfies Record<string, Happening>;
