import { inspect } from 'node:util';

/** What every print of a secret shows. */
export const REDACTED = '[redacted]';

/** A secret setting. Prints as `[redacted]` wherever text, JSON or an inspector could show it; only `reveal()` gives the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that sends it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
