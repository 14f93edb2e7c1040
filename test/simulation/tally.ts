import { ENTRA_EVENTS } from './events/entra';
import { OPERATOR_ACTS } from './events/operator';
import { ZENDESK_EVENTS } from './events/zendesk';
import { FAULTS } from './faults';
import type { Sim } from './sim';

/** How often what happened, over all stories. */
export class Tally {
  cycles = 0;
  stories = 0;
  readonly #counts = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #effects = new Map<string, number>();

  add(sim: Sim): void {
    this.cycles += sim.cycles;
    this.stories += 1;
    for (const [name, count] of sim.counts) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    for (const [name, count] of sim.faults.met) this.#faults.set(name, (this.#faults.get(name) ?? 0) + count);
    for (const { kind } of sim.watch.effects) this.#effects.set(kind, (this.#effects.get(kind) ?? 0) + 1);
  }

  table(): string {
    const part = (title: string, names: readonly string[], counts: ReadonlyMap<string, number>): string =>
      `${title}: ${names.map((name) => `${name} ${counts.get(name) ?? 0}`).join(', ')}`;
    const events = new Set([ENTRA_EVENTS, ZENDESK_EVENTS, OPERATOR_ACTS].flatMap((one) => Object.keys(one)));
    const others = [...this.#counts.keys()].filter((name) => !events.has(name)).sort();
    return [
      part('Entra', Object.keys(ENTRA_EVENTS), this.#counts),
      part('Zendesk by hand', Object.keys(ZENDESK_EVENTS), this.#counts),
      part('Operators', Object.keys(OPERATOR_ACTS), this.#counts),
      part('Faults met by a call', Object.keys(FAULTS), this.#faults),
      part('Else', others, this.#counts),
      part('Effects on Zendesk', [...this.#effects.keys()].sort(), this.#effects),
    ].join('\n');
  }
}
