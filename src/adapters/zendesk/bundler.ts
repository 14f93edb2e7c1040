import { afterWrite } from '../../core/errors';
import type { OnWaiting } from '../../ports/target-connector';

/** What became of one item of a bundle. An item left out is tried singly. */
export type ItemResult<R> = { readonly value: R } | { readonly error: unknown };

/** What a bundler is made of. */
export interface BundlerOptions<Item, R> {
  /** Whom an item is about: of several about one only one is under way, in the order in which they came. */
  readonly keyOf: (item: Item) => string;
  /** Writes one item. */
  readonly single: (item: Item) => Promise<R>;
  /** Writes many at once. What it throws, each of them gets. */
  readonly bundle: (items: readonly Item[]) => Promise<ReadonlyMap<Item, ItemResult<R>>>;
  /** False while the account has no bulk for this, or singles are faster. */
  readonly canBundle: () => boolean;
  /** Singles under way at once while bundles are possible: what comes beyond waits to be bundled. */
  readonly maxSingles: number;
  /** Fewest items worth a bundle. */
  readonly minItems: number;
  /** How long nobody must have come before a bundle leaves that is not full. */
  readonly quietMs: number;
  /** Time compression of a local demonstration. */
  readonly timeScale: number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
}

/** Zendesk's bulk calls take so many: https://developer.zendesk.com/api-reference/ticketing/users/users/#create-many-users */
export const MAX_ITEMS = 100;
/** Bundles under way at once: three instances keep below the account's 30 jobs of a type. */
const MAX_BUNDLES = 8;
/** A bundle does not wait longer for more, however steadily they come. */
const MAX_GATHER_ROUNDS = 8;
/** After a bundle more are expected for so long. */
const HOT_MS = 30_000;
/** For so long the first of them wait for company: those of the last bundle come back about at once, and a request less is worth the wait. */
const HOLD_MS = 10_000;

/** So often callers are told that their item is still under way. */
const STILL_WAITING_MS = 25_000;

interface Entry<Item, R> {
  readonly item: Item;
  readonly onWaiting: OnWaiting | undefined;
  readonly key: string;
  readonly resolve: (value: R) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
  /** Left over from a bundle: never bundled again. */
  mustBeSingle: boolean;
}

/** Writes concurrent callers' items: a few singly and at once, many in bundles. The callers do not know. */
export interface Bundler<Item, R> {
  /** @param onWaiting called every {@link STILL_WAITING_MS} until the item has ended */
  submit(item: Item, onWaiting?: OnWaiting): Promise<R>;
}

/** Makes a bundler. */
export function makeBundler<Item, R>(options: BundlerOptions<Item, R>): Bundler<Item, R> {
  const { keyOf, sleep, now } = options;
  let waiting: Entry<Item, R>[] = [];
  const busy = new Set<string>();
  let singles = 0;
  let bundles = 0;
  let isGathering = false;
  let isHolding = false;
  let bundledAt = Number.NEGATIVE_INFINITY;
  const unsettled = new Set<Entry<Item, R>>();
  let telling: NodeJS.Timeout | undefined;

  /** The first of each key that nobody else is under way for. */
  function free(): Entry<Item, R>[] {
    const seen = new Set(busy);
    return waiting.filter(({ key }) => {
      const isFirst = !seen.has(key);
      seen.add(key);
      return isFirst;
    });
  }

  function take(entries: readonly Entry<Item, R>[]): void {
    const taken = new Set(entries);
    waiting = waiting.filter((entry) => !taken.has(entry));
    for (const { key } of entries) busy.add(key);
  }

  /** Tells those whose items take long; one timer for all of them. */
  function watchOver(entry: Entry<Item, R>): void {
    unsettled.add(entry);
    telling ??= setInterval(() => {
      for (const { onWaiting } of unsettled) onWaiting?.();
    }, STILL_WAITING_MS / options.timeScale).unref();
  }

  function settle(entry: Entry<Item, R>, result: ItemResult<R>): void {
    busy.delete(entry.key);
    unsettled.delete(entry);
    if (unsettled.size === 0) {
      clearInterval(telling);
      telling = undefined;
    }
    if ('error' in result) entry.reject(result.error);
    else entry.resolve(result.value);
  }

  async function runSingle(entry: Entry<Item, R>): Promise<void> {
    singles += 1;
    const result = await options.single(entry.item).then(
      (value) => ({ value }),
      // Left over from a job that may have written it, or may yet.
      (error: unknown) => ({ error: entry.mustBeSingle ? afterWrite(error) : error }),
    );
    singles -= 1;
    settle(entry, result);
    pump();
  }

  async function runBundle(entries: readonly Entry<Item, R>[]): Promise<void> {
    bundles += 1;
    bundledAt = now();
    try {
      const results = await options.bundle(entries.map(({ item }) => item));
      const left = entries.filter((entry) => {
        const result = results.get(entry.item);
        if (result) settle(entry, result);
        return !result;
      });
      for (const entry of left) {
        busy.delete(entry.key);
        entry.mustBeSingle = true;
      }
      waiting = [...left, ...waiting];
    } catch (error) {
      for (const entry of entries) settle(entry, { error });
    }
    bundles -= 1;
    bundledAt = now();
    pump();
  }

  /** Waits until nobody has come for a while, or enough have. */
  async function gather(): Promise<void> {
    isGathering = true;
    let before = -1;
    for (let round = 0; round < MAX_GATHER_ROUNDS && waiting.length !== before && waiting.length < MAX_ITEMS; round++) {
      before = waiting.length;
      await sleep(options.quietMs);
    }
    isGathering = false;
    const many = free().filter(({ mustBeSingle }) => !mustBeSingle);
    if (many.length >= options.minItems && options.canBundle()) start(many.slice(0, MAX_ITEMS));
    pump();
  }

  function start(entries: readonly Entry<Item, R>[]): void {
    take(entries);
    void runBundle(entries);
  }

  function startSingles(entries: readonly Entry<Item, R>[]): void {
    const room = options.canBundle() ? Math.max(0, options.maxSingles - singles) : entries.length;
    const chosen = entries.slice(0, room);
    take(chosen);
    for (const entry of chosen) void runSingle(entry);
  }

  function pump(): void {
    const entries = free();
    const canBundle = options.canBundle();
    startSingles(entries.filter(({ mustBeSingle }) => mustBeSingle || !canBundle));
    const many = canBundle ? entries.filter(({ mustBeSingle }) => !mustBeSingle) : [];
    if (many.length === 0 || isGathering) return;
    if (many.length >= options.minItems) {
      if (bundles < MAX_BUNDLES) void gather();
      return;
    }
    const holdMs = now() - bundledAt < HOT_MS ? (many[0]?.since ?? 0) + HOLD_MS / options.timeScale - now() : 0;
    if (holdMs > 0) void hold(holdMs);
    else startSingles(many);
  }

  /** Looks again when the first of a few has waited long enough. */
  async function hold(ms: number): Promise<void> {
    if (isHolding) return;
    isHolding = true;
    await sleep(ms);
    isHolding = false;
    pump();
  }

  return {
    submit(item, onWaiting) {
      return new Promise<R>((resolve, reject) => {
        const entry = { item, onWaiting, key: keyOf(item), resolve, reject, since: now(), mustBeSingle: false };
        waiting.push(entry);
        watchOver(entry);
        pump();
      });
    },
  };
}
