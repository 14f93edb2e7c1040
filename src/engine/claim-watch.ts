/** How long a claim holds: longer than any export takes, so short that one left by a dead process is soon over. */
export const CLAIM_MS = 110_000;

/** How far the clocks of two instances, or of one and of Zendesk, may be apart, in milliseconds. */
export const CLOCK_SLACK_MS = 10 * 60_000;

/** How many claims of others are remembered: each is looked at again within seconds, or never. */
const REMEMBERED = 1_000;

/**
 * Tells a claim that somebody works under from one that a dead process has left behind, without trusting that two clocks agree: a claim is over
 * once this instance has itself watched it stand unchanged for as long as a claim may hold, or once it ended so long ago that no difference of
 * clocks can explain it.
 */
export class ClaimWatch {
  readonly #seen = new Map<string, { readonly mark: string; readonly sinceMs: number }>();

  /**
   * @param key whose claim it is
   * @param mark changes with every write of the claim
   * @param untilMs when it ends by the clock of whoever wrote it; 0 for one that its worker has ended itself
   */
  isOver(key: string, mark: string, untilMs: number, nowMs: number): boolean {
    if (untilMs === 0 || nowMs > untilMs + CLOCK_SLACK_MS) {
      this.#seen.delete(key);
      return true;
    }
    const seen = this.#seen.get(key);
    if (seen?.mark !== mark) {
      if (this.#seen.size >= REMEMBERED) this.#seen.clear();
      this.#seen.set(key, { mark, sinceMs: nowMs });
      return false;
    }
    return nowMs - seen.sinceMs >= CLAIM_MS;
  }
}
