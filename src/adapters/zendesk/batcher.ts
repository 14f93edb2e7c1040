/** Bundles look-ups of many concurrent callers into few requests. */
export interface Batcher<T> {
  /** The value of a key, or undefined when there is none. */
  get(key: string): Promise<T | undefined>;
}

/** How a batcher bundles. */
export interface BatchOptions {
  /** How long the first caller waits for others to join. */
  readonly windowMs: number;
  readonly maxKeys: number;
  /** Most characters of all keys of a bundle, so that the address stays short. */
  readonly maxChars: number;
  readonly sleep: (ms: number) => Promise<void>;
}

interface Batch<T> {
  readonly keys: Set<string>;
  chars: number;
  readonly answer: Promise<ReadonlyMap<string, T>>;
  readonly isFull: () => void;
}

/** Makes a batcher. @param load answers the values it finds; keys that are missing from its answer have none */
export function makeBatcher<T>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>,
  options: BatchOptions,
): Batcher<T> {
  let open: Batch<T> | undefined;

  function start(): Batch<T> {
    const keys = new Set<string>();
    let full: () => void = () => undefined;
    const filled = new Promise<void>((resolve) => {
      full = resolve;
    });
    const answer = Promise.race([options.sleep(options.windowMs), filled]).then(() => {
      if (open === batch) open = undefined;
      return load([...keys]);
    });
    const batch: Batch<T> = { keys, chars: 0, answer, isFull: full };
    return batch;
  }

  return {
    async get(key) {
      const isTooLong = open && !open.keys.has(key) && open.chars + key.length > options.maxChars;
      if (isTooLong) {
        open?.isFull();
        open = undefined;
      }
      open ??= start();
      const batch = open;
      if (!batch.keys.has(key)) {
        batch.keys.add(key);
        batch.chars += key.length;
      }
      if (batch.keys.size >= options.maxKeys) {
        open = undefined;
        batch.isFull();
      }
      return (await batch.answer).get(key);
    },
  };
}
