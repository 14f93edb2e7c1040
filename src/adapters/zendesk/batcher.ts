import { RejectedError, UnexpectedResponseError } from '../../core/errors';

/** Bundles look-ups of many concurrent callers into few requests. */
export interface Batcher<T> {
  /** The value of a key, or undefined when there is none. */
  get(key: string): Promise<T | undefined>;
}

/** How a batcher bundles. */
export interface BatchOptions {
  /** How long the first caller waits for others to join, at least: more may join until the request has its place within the limits. */
  readonly windowMs: number;
  readonly maxKeys: number;
  /** Most characters of all keys of a bundle, so that the address stays short. */
  readonly maxChars: number;
  /** How many characters of them a key takes, where it is not its length. */
  readonly sizeOf?: (key: string) => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** What a bundle came to, key by key; a key that is missing has no value. */
type Results<T> = ReadonlyMap<string, { readonly value: T } | { readonly error: unknown }>;

/** Looks keys up. `take` closes the bundle and returns its keys: the later it is called, the fuller the bundle. */
export type Load<T> = (take: () => readonly string[]) => Promise<ReadonlyMap<string, T>>;

interface Batch<T> {
  readonly keys: Set<string>;
  chars: number;
  readonly answer: Promise<Results<T>>;
  readonly isFull: () => void;
}

/** A bundle of this size says that many work at once: the next one is gathered until nobody has come for a while. */
const BUSY_KEYS = 10;
/** Those who work at once come some tens of milliseconds apart, as processor and storage let them. */
const QUIET_MS = 200;
const MAX_GATHER_ROUNDS = 10;

/**
 * Makes a batcher. A bundle that is refused, or whose answer breaks the contract, is halved until the key that is the reason is alone: one
 * object never fails the others.
 * @param load returns the values it finds; keys that are missing from what it returns have none
 */
export function makeBatcher<T>(load: Load<T>, options: BatchOptions): Batcher<T> {
  const { sizeOf = (key) => key.length } = options;
  let open: Batch<T> | undefined;
  let lastSize = 0;

  async function loadAll(take: () => readonly string[]): Promise<Results<T>> {
    try {
      return new Map([...(await load(take))].map(([key, value]) => [key, { value }]));
    } catch (error) {
      const keys = take();
      const mayBeOneKey = error instanceof RejectedError || error instanceof UnexpectedResponseError;
      if (!mayBeOneKey) throw error;
      if (keys.length <= 1) return new Map(keys.map((key) => [key, { error }]));
      const half = Math.ceil(keys.length / 2);
      const parts = [keys.slice(0, half), keys.slice(half)];
      return new Map([...(await loadAll(() => parts[0] ?? [])), ...(await loadAll(() => parts[1] ?? []))]);
    }
  }

  async function gather(keys: ReadonlySet<string>): Promise<void> {
    const isBusy = lastSize >= BUSY_KEYS;
    await options.sleep(options.windowMs);
    for (let round = 0, before = 0; isBusy && round < MAX_GATHER_ROUNDS && keys.size > before; round += 1) {
      before = keys.size;
      await options.sleep(QUIET_MS);
    }
  }

  function start(): Batch<T> {
    const keys = new Set<string>();
    let full: () => void = () => undefined;
    const filled = new Promise<void>((resolve) => {
      full = resolve;
    });
    const close = () => {
      if (open === batch) open = undefined;
      lastSize = keys.size;
      return [...keys];
    };
    const answer = Promise.race([gather(keys), filled]).then(() => loadAll(close));
    const batch: Batch<T> = { keys, chars: 0, answer, isFull: full };
    return batch;
  }

  return {
    async get(key) {
      const isTooLong = open && !open.keys.has(key) && open.chars + sizeOf(key) > options.maxChars;
      if (isTooLong) {
        open?.isFull();
        open = undefined;
      }
      open ??= start();
      const batch = open;
      if (!batch.keys.has(key)) {
        batch.keys.add(key);
        batch.chars += sizeOf(key);
      }
      if (batch.keys.size >= options.maxKeys) {
        open = undefined;
        batch.isFull();
      }
      const result = (await batch.answer).get(key);
      if (result && 'error' in result) throw result.error;
      return result?.value;
    },
  };
}
