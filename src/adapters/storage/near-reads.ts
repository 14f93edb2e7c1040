import { concurrently } from '../../concurrently';
import { makeGathering } from './gathering';
import type { StoredRow } from './table-kit';

/** Reads rows of one table. A row is only checked when it is handed out: what nobody has asked for fails nobody. */
export interface RowReads {
  get(partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  /** The first page of a range, bounds included: its rows by key, in order, and whether the range has no more. */
  firstPage(
    range: RowRange,
    pageSize: number,
  ): Promise<{ readonly rows: ReadonlyMap<string, RowThunk>; readonly isWhole: boolean }>;
}

interface RowRange {
  readonly partition: string;
  readonly from: string;
  readonly to: string;
}

type RowThunk = () => StoredRow | undefined;

interface Asked {
  readonly partition: string;
  readonly row: string;
  settle(found: RowThunk): void;
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
 * Point reads that come at the same time are one request where they ask for the same row, or for rows of a partition that lie close together:
 * the items of a queue come in the order of their ids. A read begins after it was asked for, as if it stood alone, and one that fails is nobody else's failure.
 */
export function makeNearReads(table: RowReads): (partition: string, row: string) => Promise<StoredRow | undefined> {
  const resting = new Map<string, number>();

  async function readRange(partition: string, wanted: readonly string[]): Promise<Map<string, RowThunk>> {
    const found = new Map<string, RowThunk>();
    let rest = wanted;
    while (rest.length >= WORTH_A_RANGE) {
      const [from = '', to = ''] = [rest[0], rest.at(-1)];
      const { rows, isWhole } = await table.firstPage(
        { partition, from, to },
        Math.min(Math.max(2 * rest.length, SMALL_PAGE), MAX_PAGE_ROWS),
      );
      const end = isWhole ? to : ([...rows.keys()].at(-1) ?? '');
      const reached = rest.filter((key) => key <= end);
      for (const key of reached) found.set(key, rows.get(key) ?? (() => undefined));
      const isSparse = reached.length * 2 < rest.length;
      rest = rest.slice(reached.length);
      if (!isSparse) continue;
      resting.set(partition, REST);
      break;
    }
    return found;
  }

  const add = makeGathering<Asked>(
    ({ partition }) => partition,
    async (asked) => {
      const partition = asked[0]?.partition ?? '';
      const keys = [...new Set(asked.map(({ row }) => row))].sort();
      const rests = resting.get(partition) ?? 0;
      if (rests > 0 && keys.length >= WORTH_A_RANGE) resting.set(partition, rests - 1);
      const found = rests > 0 ? new Map<string, RowThunk>() : await readRange(partition, keys);
      const others = keys.filter((key) => !found.has(key));
      await concurrently(others, PARALLEL, async (key) => {
        const read = await table.get(partition, key).then(
          (row) => () => row,
          (error: unknown) => () => {
            throw error;
          },
        );
        found.set(key, read);
      });
      for (const { row, settle } of asked) settle(found.get(row) ?? (() => undefined));
    },
  );

  return async (partition, row) => {
    let found: RowThunk | undefined;
    await add({
      partition,
      row,
      settle: (one) => {
        found = one;
      },
    });
    if (!found) throw new Error('A row was not read.');
    return found();
  };
}
