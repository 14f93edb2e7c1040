/** The weight of one observation: about the last twenty decide. */
const WEIGHT = 0.1;

/** With fewer than this share of known addresses, asking Zendesk's search before each creation costs more than it saves. */
const FEW = 0.1;

/**
 * How often people turned out to have an account already. Creating refuses an address that is taken, and says so at once, while the
 * search index lags by minutes: so where nearly everybody is new, creating is the better question and saves a request per person. One
 * refusal is enough to search again for a while. Begins by searching.
 */
export class MatchHistory {
  private share = 1;

  /** Whether to create without searching by e-mail first. */
  get expectsNobody(): boolean {
    return this.share < FEW;
  }

  /** Notes whether an address was known to Zendesk. */
  note(wasKnown: boolean): void {
    this.share = this.share * (1 - WEIGHT) + (wasKnown ? WEIGHT : 0);
  }
}
