import { type SeatRules, seatsBought, seatsHeld } from '../events/seats';
import type { Sim } from '../play/sim';
import type { Context } from './watch';

/** So old may what is known of seats be that are taken by hand: a count, a promise that is not renewed yet, and slow calls after it. */
const HAND_MS = 60 * 60_000;

/**
 * Holds the app to the seats that there are: it takes none beyond them. What people in Zendesk take meanwhile it learns with its next count. By its own
 * memory of who took what when.
 */
export class SeatWatch {
  readonly #takenByHand: { readonly atMs: number; readonly count: number }[] = [];
  readonly #bought: { readonly atMs: number; readonly count: number }[] = [];
  #held = 0;

  constructor(
    private readonly sim: Sim,
    private readonly rules: SeatRules | undefined,
  ) {}

  /** How many there are has changed. */
  bought(atMs: number): void {
    this.#bought.push({ atMs, count: seatsBought(this.sim) ?? 0 });
    this.#held = seatsHeld(this.sim);
  }

  /**
   * People in Zendesk may have taken or freed seats. To be called after each thing that happens as well as before each write: between two writes a seat
   * may be freed, counted as free by the app, and taken by hand, and then as many are held as before.
   */
  byHand(): void {
    if (!this.rules) return;
    const held = seatsHeld(this.sim);
    if (held > this.#held) this.#takenByHand.push({ atMs: this.sim.nowMs, count: held - this.#held });
    this.#held = held;
  }

  afterWrite({ title, startedAtMs }: Context): void {
    if (!this.rules) return;
    const held = seatsHeld(this.sim);
    const isTaken = held > this.#held;
    this.#held = held;
    if (!isTaken || this.rules.kind === 'untold') return;
    const sinceMs = Math.min(startedAtMs, this.sim.nowMs) - HAND_MS;
    const byHand = this.#takenByHand.filter(({ atMs }) => atMs >= sinceMs).reduce((sum, { count }) => sum + count, 0);
    const most = Math.max(
      ...this.#bought
        .filter((one, at) => (this.#bought[at + 1]?.atMs ?? one.atMs) >= sinceMs || at === this.#bought.length - 1)
        .map(({ count }) => count),
    );
    if (held - byHand > most)
      this.sim.watch.violate(
        'overSeats',
        `${held} seats are held of ${most}, ${byHand} of them taken by hand of late: by ${title}`,
      );
  }
}
