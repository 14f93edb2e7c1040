import type { TransactionAction, UpdateMode } from '@azure/data-tables';
import { concurrently } from '../../concurrently';
import { StaleStateError } from '../../core/errors';
import { makeGathering, outcomeOf, type Settle } from './gathering';
import type { Row } from './table-kit';

/** Writes rows of one table; each throws StaleStateError where a row is not as expected. */
export interface RowWrites {
  write(row: Row, etag: string | null, mode: UpdateMode): Promise<string>;
  transact(actions: readonly TransactionAction[]): Promise<readonly string[]>;
}

interface Asked {
  readonly row: Row;
  readonly etag: string | null;
  readonly mode: UpdateMode;
  /** Takes the new etag, or throws why there is none. */
  readonly settle: Settle<string>;
}

const PARALLEL = 16;
/** A transaction holds 4 MiB; this leaves a wide margin. */
const MAX_UNITS = 500_000;

/**
 * Writes of rows of one partition that come at the same time go as one transaction, each on its own condition; where one of them is not met, each
 * is written by itself. Whoever asks waits until its own row is written.
 */
export function makeNearWrites(table: RowWrites): (row: Row, etag: string | null, mode?: UpdateMode) => Promise<string> {
  async function together(asked: readonly Asked[]): Promise<boolean> {
    const rows = asked.map(({ row }) => row);
    if (rows.length < 2 || new Set(rows.map(({ rowKey }) => rowKey)).size < rows.length) return false;
    if (JSON.stringify(rows).length > MAX_UNITS) return false;
    try {
      const etags = await table.transact(asked.map(actionOf));
      for (const [at, { settle }] of asked.entries()) settle(() => etags[at] ?? '');
      return true;
    } catch (error) {
      // Nothing of it was written: one of them is another writer's.
      if (error instanceof StaleStateError) return false;
      throw error;
    }
  }

  const add = makeGathering<Asked>(
    ({ row }) => row.partitionKey,
    async (asked) => {
      if (await together(asked)) return;
      await concurrently(asked, PARALLEL, ({ row, etag, mode, settle }) =>
        table.write(row, etag, mode).then(
          (written) => settle(() => written),
          (error: unknown) =>
            settle(() => {
              throw error;
            }),
        ),
      );
    },
  );

  return (row, etag, mode = 'Replace') => outcomeOf((settle) => add({ row, etag, mode, settle }));
}

function actionOf({ row, etag, mode }: Asked): TransactionAction {
  if (etag === null) return ['create', row];
  return etag === '*' ? ['upsert', row, mode] : ['update', row, mode, { etag }];
}
