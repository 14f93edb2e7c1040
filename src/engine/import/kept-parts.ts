import type { StateStore } from '../../ports/state-store';

/**
 * A list that may be longer than any document, kept part by part while a cycle works, so that a cycle that is cut off finds what it had.
 * A plan keeps its own beside those of a cycle.
 */
export class KeptParts<T> {
  constructor(
    private readonly state: StateStore,
    private readonly name: string,
    private readonly cycleId: string,
  ) {}

  /** Writes one part whatever is there: after a break-off it is written again. */
  async put(part: number, values: readonly T[]): Promise<void> {
    await this.state.write(this.key(part), values, '*');
  }

  /** The first so many parts; undefined when one of them is not there. */
  async read(parts: number): Promise<readonly T[] | undefined> {
    const values: T[] = [];
    for (let part = 0; part < parts; part += 1) {
      const stored = await this.readPart(part);
      if (!stored) return undefined;
      values.push(...stored);
    }
    return values;
  }

  /** One part; undefined when it is not there. */
  async readPart(part: number): Promise<readonly T[] | undefined> {
    return (await this.state.read<readonly T[]>(this.key(part)))?.value;
  }

  async remove(parts: number): Promise<void> {
    for (let part = 0; part < parts; part += 1) await this.state.remove(this.key(part));
  }

  private key(part: number): string {
    return `${this.name}-${this.cycleId}-${part}`;
  }
}
