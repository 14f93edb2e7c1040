import type { SourceId } from '../../core/model';
import type { ConnectorSpace, GroupChunk } from '../../ports/connector-space';
import { MAX_GROUPS_PER_DELTA } from '../../ports/source-connector';

/**
 * The groups whose members are followed, up to 50 to a delta, each delta in a row of its own: whatever their number, no document grows
 * with it. Read once per call; a cycle that is cut off finds each where it was.
 */
export class FollowedGroups {
  readonly #space: ConnectorSpace;
  readonly #generation: string;
  #loaded: Promise<void> | undefined;
  readonly #chunks: GroupChunk[] = [];
  readonly #ids = new Set<SourceId>();
  #following: Promise<void> = Promise.resolve();

  constructor(space: ConnectorSpace, generation: string) {
    this.#space = space;
    this.#generation = generation;
  }

  /** Ids of all of them; the set grows as others are followed. */
  async ids(): Promise<ReadonlySet<SourceId>> {
    await this.#load();
    return this.#ids;
  }

  /** One delta by its number; undefined behind the last. */
  async at(index: number): Promise<GroupChunk | undefined> {
    await this.#load();
    return this.#chunks[index];
  }

  async put(index: number, chunk: GroupChunk): Promise<void> {
    await this.#space.putGroupChunk(this.#generation, index, chunk);
    this.#chunks[index] = chunk;
  }

  /** Follows further groups; those that are followed already stay where they are. One call after the other: each takes the number behind the last. */
  follow(wanted: Iterable<SourceId>): Promise<void> {
    const mine = this.#following.then(() => this.#follow(wanted));
    this.#following = mine.catch(() => undefined);
    return mine;
  }

  async #follow(wanted: Iterable<SourceId>): Promise<void> {
    await this.#load();
    const fresh = [...new Set(wanted)].filter((id) => !this.#ids.has(id)).sort();
    for (let from = 0; from < fresh.length; from += MAX_GROUPS_PER_DELTA) {
      const ids = fresh.slice(from, from + MAX_GROUPS_PER_DELTA);
      await this.put(this.#chunks.length, { ids, watermark: null, watermarkAt: null, next: null, round: null, watch: null });
      for (const id of ids) this.#ids.add(id);
    }
  }

  #load(): Promise<void> {
    this.#loaded ??= (async () => {
      for await (const page of this.#space.listGroupChunks(this.#generation)) {
        for (const chunk of page) {
          this.#chunks.push(chunk);
          for (const id of chunk.ids) this.#ids.add(id);
        }
      }
    })();
    return this.#loaded;
  }
}
