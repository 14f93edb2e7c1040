import { concurrently } from '../../concurrently';
import { makeGathering, outcomeOf, type Settle } from './gathering';

/** Reads what lies under keys, which are in order within a group. What is read is only checked when it is handed out: what nobody has asked for fails nobody. */
export interface KeyReads<T> {
  get(group: string, key: string): Promise<T>;
  /** The first page of a range, bounds included. */
  firstPage(range: KeySpan, pageSize: number): Promise<FirstPage<T>>;
}

interface KeySpan {
  readonly group: string;
  readonly from: string;
  readonly to: string;
}

/** What a page says of keys within its range. */
interface FirstPage<T> {
  /** Whether the page goes beyond the key, so that what it does not have is not there. */
  covers(key: string): boolean;
  of(key: string): T;
}

interface Asked<T> {
  readonly group: string;
  readonly key: string;
  readonly settle: Settle<T>;
}

/** From so many rows on a range is tried: with fewer it saves nothing where half of its rows are others. */
const WORTH_A_RANGE = 4;
/** After a range with few of the wanted rows, so many times they are read one by one before one is tried again. */
const REST = 20;
/** Requests side by side where the rows lie far apart. */
const PARALLEL = 16;
const MAX_PAGE_ROWS = 1_000;
/** So many rows cost hardly more than a few: of those under way at once not all are at the same place. */
const SMALL_PAGE = 100;

/**
 * Reads that come at the same time are one request where they ask for the same key, or for keys of a group that lie close together:
 * the items of a queue come in the order of their ids. A read begins after it was asked for, as if it stood alone, and one that fails is nobody else's failure.
 */
export function makeNearReads<T>(table: KeyReads<T>): (group: string, key: string) => Promise<T> {
  const resting = new Map<string, number>();

  async function readRange(group: string, wanted: readonly string[]): Promise<Map<string, () => T>> {
    const found = new Map<string, () => T>();
    let rest = wanted;
    while (rest.length >= WORTH_A_RANGE) {
      const [from = '', to = ''] = [rest[0], rest.at(-1)];
      const page = await table.firstPage({ group, from, to }, Math.min(Math.max(2 * rest.length, SMALL_PAGE), MAX_PAGE_ROWS));
      const reached = rest.filter((key) => page.covers(key));
      for (const key of reached) found.set(key, () => page.of(key));
      const isSparse = reached.length * 2 < rest.length;
      rest = rest.slice(reached.length);
      if (!isSparse) continue;
      resting.set(group, REST);
      break;
    }
    return found;
  }

  const add = makeGathering<Asked<T>>(
    ({ group }) => group,
    async (asked) => {
      const group = asked[0]?.group ?? '';
      const keys = [...new Set(asked.map(({ key }) => key))].sort();
      const rests = resting.get(group) ?? 0;
      if (rests > 0 && keys.length >= WORTH_A_RANGE) resting.set(group, rests - 1);
      const found = rests > 0 ? new Map<string, () => T>() : await readRange(group, keys);
      await concurrently(
        keys.filter((key) => !found.has(key)),
        PARALLEL,
        async (key) => {
          const read = await table.get(group, key).then(
            (value) => () => value,
            (error: unknown) => () => {
              throw error;
            },
          );
          found.set(key, read);
        },
      );
      for (const { key, settle } of asked) {
        const read = found.get(key);
        if (read) settle(read);
      }
    },
  );

  return (group, key) => outcomeOf((settle) => add({ group, key, settle }));
}
