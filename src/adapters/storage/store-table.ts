import { odata, type TableClient, type TransactionAction, type UpdateMode } from '@azure/data-tables';
import { concurrently } from '../../concurrently';
import { StaleStateError, StateUnavailableError } from '../../core/errors';
import { makeNearReads } from './near-reads';
import { makeNearWrites } from './near-writes';
import { asStateError, isContainerMissing, isRowMissing, type Row, type StoredRow } from './table-kit';

/** Version of the rows that this app writes, in column `v`; the newest that it reads. */
export const ROW_VERSION = 1;

/** Rows of one entity group transaction. @see https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
export const MAX_TRANSACTION_ROWS = 100;
/** A transaction holds 4 MiB. Characters may take two or three bytes each and are escaped once more, so this leaves a wide margin. */
export const MAX_TRANSACTION_UNITS = 500_000;
/** Largest page that the service answers. */
export const MAX_PAGE_ROWS = 1_000;
/** Parallel single-row requests of one call. */
export const PARALLEL_ROWS = 16;

/** A contiguous range of keys, and columns to filter by within it. Bounds are inclusive unless they say otherwise. */
export interface KeyRange {
  readonly partition: string | { readonly from: string; readonly to: string };
  readonly rowFrom?: string | undefined;
  readonly rowAfter?: string | undefined;
  readonly rowBefore?: string | undefined;
  /** Further condition, already quoted (`odata`). */
  readonly where?: string | undefined;
}

/** A row to remove. */
export type RowKey = Pick<Row, 'partitionKey' | 'rowKey'>;

/**
 * One table, created on its first use. Adds the version column to every row and refuses rows of a newer version.
 * Every method throws StateUnavailableError when storage cannot be used; those with an etag throw StaleStateError.
 */
export class StoreTable {
  readonly name: string;
  readonly #client: TableClient;
  #ready: Promise<void> | undefined;

  constructor(name: string, client: TableClient) {
    this.name = name;
    this.#client = client;
  }

  /** One row by its keys; undefined if there is none. */
  async get(partitionKey: string, rowKey: string): Promise<StoredRow | undefined> {
    return this.#run('read', async () => {
      try {
        return this.#checked(await this.#client.getEntity<Record<string, unknown>>(partitionKey, rowKey));
      } catch (error) {
        if (isRowMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /**
   * The same, where many ask at the same time: for one row, or for rows of one partition that lie close together. They share requests.
   */
  readonly getNear = makeNearReads<StoredRow | undefined>({
    get: (partitionKey, rowKey) => this.get(partitionKey, rowKey),
    firstPage: async ({ group, from, to }, pageSize) => {
      const filter = odata`PartitionKey eq ${group} and RowKey ge ${from} and RowKey le ${to}`;
      const { entities, isWhole } = await this.#firstPage(filter, pageSize);
      const rows = new Map(entities.map((entity) => [String(entity.rowKey), entity]));
      const last = String(entities.at(-1)?.rowKey ?? '');
      const of = (key: string): StoredRow | undefined => {
        const entity = rows.get(key);
        return entity && this.#checked(entity);
      };
      return { covers: (key) => isWhole || key <= last, of };
    },
  });

  /** All rows of a small partition, where many such are asked for at the same time. @param group names those that lie side by side */
  readonly listNear = makeNearReads<readonly StoredRow[]>({
    get: async (_group, partition) => {
      const rows: StoredRow[] = [];
      for await (const page of this.pages({ partition })) rows.push(...page);
      return rows;
    },
    firstPage: async ({ from, to }, pageSize) => {
      const { entities, isWhole } = await this.#firstPage(filterOf({ partition: { from, to } }), pageSize);
      const rows = new Map<string, Record<string, unknown>[]>();
      for (const entity of entities) {
        const partition = String(entity.partitionKey);
        rows.set(partition, [...(rows.get(partition) ?? []), entity]);
      }
      const last = String(entities.at(-1)?.partitionKey ?? '');
      return {
        // Of the last partition there may be more.
        covers: (key) => isWhole || key < last,
        of: (key) => (rows.get(key) ?? []).map((entity) => this.#checked(entity)),
      };
    },
  });

  /**
   * Writes a row and returns its new etag.
   * @param etag of the row replaced; `null` when there must be none; `'*'` to overwrite whatever is there
   */
  async write(row: Row, etag: string | null, mode: UpdateMode = 'Replace'): Promise<string> {
    return this.#run('write', async () => {
      const entity = { ...row, v: ROW_VERSION };
      if (etag === null) return etagOf(await this.#client.createEntity(entity));
      if (etag === '*') return etagOf(await this.#client.upsertEntity(entity, mode));
      try {
        return etagOf(await this.#client.updateEntity(entity, mode, { etag }));
      } catch (error) {
        if (isRowMissing(error)) throw new StaleStateError(`${this.name}: the row to replace is gone`, { cause: error });
        throw error;
      }
    });
  }

  /** Removes a row; a missing one is as good as removed, unless an etag says that it should be there. */
  async remove(partitionKey: string, rowKey: string, etag?: string): Promise<void> {
    await this.#run('remove', async () => {
      try {
        await this.#client.deleteEntity(partitionKey, rowKey, { etag: etag ?? '*' });
      } catch (error) {
        if (!isRowMissing(error)) throw error;
        if (etag !== undefined) throw new StaleStateError(`${this.name}: the row to remove is gone`, { cause: error });
      }
    });
  }

  /** Writes a row as {@link write} does, where many are written at the same time: those of one partition share a transaction. */
  readonly writeNear = makeNearWrites(this);

  /** Rows of a range in key order, page by page; empty pages that merely continue are not handed on. */
  async *pages(
    range: KeyRange,
    options: { select?: readonly string[]; pageSize?: number } = {},
  ): AsyncGenerator<readonly StoredRow[]> {
    const select = options.select && [...new Set(['partitionKey', 'rowKey', 'v', ...options.select])];
    const queryOptions = { filter: filterOf(range), ...(select && { select }) };
    const pages = this.#client
      .listEntities<Record<string, unknown>>({ queryOptions })
      .byPage({ maxPageSize: Math.min(options.pageSize ?? MAX_PAGE_ROWS, MAX_PAGE_ROWS) });
    for (;;) {
      const page = await this.#run('list', () => pages.next());
      if (page.done) return;
      if (page.value.length > 0) yield page.value.map((entity) => this.#checked(entity));
    }
  }

  /** All or nothing for up to 100 rows of one partition; returns the etags in order ('' after a delete). */
  async transact(actions: readonly TransactionAction[]): Promise<readonly string[]> {
    return this.#run('transaction', async () => {
      const versioned = actions.map(
        ([kind, entity, ...rest]) => [kind, { ...entity, v: ROW_VERSION }, ...rest] as TransactionAction,
      );
      try {
        const answer = await this.#client.submitTransaction(versioned);
        return answer.subResponses.map((response) => response.etag ?? '');
      } catch (error) {
        if (isRowMissing(error)) throw new StaleStateError(`${this.name}: a row of the transaction is gone`, { cause: error });
        throw error;
      }
    });
  }

  /** Writes rows whatever is there, by transactions where several share a partition. Of several with one key the last counts. */
  async upsertMany(rows: readonly Row[], mode: UpdateMode = 'Replace'): Promise<void> {
    await concurrently(batches(rows), PARALLEL_ROWS, async (batch) => {
      const [only] = batch;
      if (only && batch.length === 1) await this.write(only, '*', mode);
      else await this.transact(batch.map((row) => ['upsert', row, mode]));
    });
  }

  /** Adds rows, by transactions where several share a partition. Returns those whose keys were taken: they are left as they are. */
  async addMany(rows: readonly Row[]): Promise<readonly Row[]> {
    const taken: Row[] = [];
    const add = async (batch: readonly Row[]): Promise<boolean> => {
      try {
        await this.transact(batch.map((row) => ['create', row]));
        return true;
      } catch (error) {
        if (error instanceof StaleStateError) return false;
        throw error;
      }
    };
    await concurrently(batches(rows), PARALLEL_ROWS, async (batch) => {
      if (await add(batch)) return;
      // One that is there fails the whole transaction: then the rows are taken one by one.
      await concurrently(batch, PARALLEL_ROWS, async (row) => {
        if (!(await add([row]))) taken.push(row);
      });
    });
    return taken;
  }

  /**
   * Merges rows into those that they replace, or adds them where the etag is null, by transactions where several share a partition.
   * Each row once. @throws StaleStateError when any was changed, is there already, or is gone; other transactions may have gone through
   */
  async writeMany(rows: readonly Row[], etagOfRow: (row: Row) => string | null): Promise<void> {
    await concurrently(batches(rows), PARALLEL_ROWS, async (batch) => {
      await this.transact(
        batch.map((row): TransactionAction => {
          const etag = etagOfRow(row);
          return etag === null ? ['create', row] : ['update', row, 'Merge', { etag }];
        }),
      );
    });
  }

  /** Merges columns into rows that exist; leaves missing ones missing. */
  async mergeExisting(rows: readonly Row[]): Promise<void> {
    await this.#forExisting(rows, (row) => ['update', row, 'Merge', { etag: '*' }]);
  }

  /** Removes rows, missing ones too, by transactions where several share a partition. */
  async removeMany(keys: readonly RowKey[]): Promise<void> {
    const rows = keys.map(({ partitionKey, rowKey }): Row => ({ partitionKey, rowKey }));
    await this.#forExisting(rows, (row) => ['delete', row]);
  }

  /** How many rows a range holds. */
  async count(range: KeyRange): Promise<number> {
    let count = 0;
    for await (const page of this.pages(range, { select: [] })) count += page.length;
    return count;
  }

  /** A transaction per batch. One missing row fails a whole transaction: then the rows are taken one by one. */
  async #forExisting(rows: readonly Row[], action: (row: Row) => TransactionAction): Promise<void> {
    const isDone = async (batch: readonly Row[]): Promise<boolean> => {
      try {
        await this.transact(batch.map(action));
        return true;
      } catch (error) {
        if (error instanceof StaleStateError && isRowMissing(error.cause)) return false;
        throw error;
      }
    };
    await concurrently(batches(rows), PARALLEL_ROWS, async (batch) => {
      if (!(await isDone(batch)) && batch.length > 1) await concurrently(batch, PARALLEL_ROWS, (row) => isDone([row]));
    });
  }

  async #run<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      this.#ready ??= this.#client.createTable();
      await this.#ready;
      return await call();
    } catch (error) {
      // A failed creation is tried again with the next call; so is one that somebody undid.
      if (isContainerMissing(error) || !(await settled(this.#ready))) this.#ready = undefined;
      throw asStateError(error, this.name, operation);
    }
  }

  /** The first page of a question, as it came. */
  async #firstPage(filter: string, pageSize: number) {
    const page = await this.#run('list', () =>
      this.#client.listEntities<Record<string, unknown>>({ queryOptions: { filter } }).byPage({ maxPageSize: pageSize }).next(),
    );
    const entities: readonly Record<string, unknown>[] = page.done ? [] : page.value;
    return { entities, isWhole: page.done === true || page.value.continuationToken === undefined };
  }

  #checked(entity: Record<string, unknown>): StoredRow {
    const { v } = entity;
    if (typeof v === 'number' && v <= ROW_VERSION) return entity as StoredRow;
    throw new StateUnavailableError(
      typeof v === 'number'
        ? `${this.name} holds a row of version ${v}, this app reads up to ${ROW_VERSION}: a newer version of the app wrote it; deploy that version`
        : `${this.name} holds a row without a version, which this app did not write`,
    );
  }
}

const etagOf = (answer: { etag?: string }): string => answer.etag ?? '';

const settled = (work: Promise<void> | undefined): Promise<boolean> =>
  Promise.resolve(work).then(
    () => true,
    () => false,
  );

function filterOf(range: KeyRange): string {
  const { partition } = range;
  return [
    ...(typeof partition === 'string'
      ? [odata`PartitionKey eq ${partition}`]
      : [odata`PartitionKey ge ${partition.from}`, odata`PartitionKey le ${partition.to}`]),
    ...(range.rowFrom === undefined ? [] : [odata`RowKey ge ${range.rowFrom}`]),
    ...(range.rowAfter === undefined ? [] : [odata`RowKey gt ${range.rowAfter}`]),
    ...(range.rowBefore === undefined ? [] : [odata`RowKey lt ${range.rowBefore}`]),
    ...(range.where ? [range.where] : []),
  ].join(' and ');
}

/** Groups rows by partition into transactions, each row once, within the limits of rows and size. */
function batches(rows: readonly Row[]): readonly (readonly Row[])[] {
  const partitions = new Map<string, Map<string, Row>>();
  for (const row of rows) {
    const partition = partitions.get(row.partitionKey) ?? new Map<string, Row>();
    partitions.set(row.partitionKey, partition.set(row.rowKey, row));
  }
  const result: Row[][] = [];
  for (const partition of partitions.values()) {
    let batch: Row[] = [];
    let units = 0;
    for (const row of partition.values()) {
      const size = Object.values(row).reduce<number>((sum, value) => sum + String(value).length, 0);
      if (batch.length > 0 && (batch.length === MAX_TRANSACTION_ROWS || units + size > MAX_TRANSACTION_UNITS)) {
        result.push(batch);
        batch = [];
        units = 0;
      }
      batch.push(row);
      units += size;
    }
    result.push(batch);
  }
  return result;
}
