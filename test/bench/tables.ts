import type { TableFilter } from './table-filter';

/** A row as it came over the wire, with the types that OData adds to names (`at@odata.type`). */
export type WireRow = Readonly<Record<string, unknown>> & { readonly PartitionKey: string; readonly RowKey: string };

/** A row and its version. */
interface Stored {
  readonly row: WireRow;
  readonly version: number;
}

/** One write, as the service takes it. */
export interface TableWrite {
  readonly kind: 'insert' | 'merge' | 'replace' | 'delete';
  readonly row: WireRow;
  /** The version that must be there; `*`: any; undefined: whatever is there, or nothing. */
  readonly ifMatch: string | undefined;
}

/** What became of it: the status of the service and the new version. */
export interface Written {
  readonly status: number;
  readonly etag?: string;
}

/** Where a page of a list ends. */
export interface Place {
  readonly partition: string;
  readonly row: string;
}

const etagOf = (version: number): string => `W/"datetime'${version}'"`;

/** Texts in order, most of which come in order. */
class SortedKeys {
  readonly #keys: string[] = [];

  get length(): number {
    return this.#keys.length;
  }

  at(index: number): string {
    return this.#keys[index] ?? '';
  }

  /** Index of the first key that is not below. */
  from(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(key: string): void {
    this.#keys.splice(this.from(key), 0, key);
  }

  remove(key: string): void {
    this.#keys.splice(this.from(key), 1);
  }
}

class Partition {
  readonly rows = new Map<string, Stored>();
  readonly keys = new SortedKeys();

  put(row: WireRow, version: number): void {
    if (!this.rows.has(row.RowKey)) this.keys.add(row.RowKey);
    this.rows.set(row.RowKey, { row, version });
  }

  remove(key: string): void {
    this.rows.delete(key);
    this.keys.remove(key);
  }
}

/** One table in memory: rows by key, in the order of the keys, each with a version. As far as the app uses it. */
export class Table {
  readonly #partitions = new Map<string, Partition>();
  /** Made anew when somebody asks for several partitions, which is rare, after one was added, which is not. */
  #order: readonly string[] | undefined;
  #version = 0;

  get(partition: string, row: string): (WireRow & { readonly 'odata.etag': string }) | undefined {
    const stored = this.#partitions.get(partition)?.rows.get(row);
    return stored && shown(stored);
  }

  /** All or nothing. Returns what the first refused one came to, or what became of each. */
  write(writes: readonly TableWrite[]): { readonly refused: number } | readonly Written[] {
    for (const one of writes) {
      const status = this.#verdict(one);
      if (status >= 400) return { refused: status };
    }
    return writes.map((one) => this.#carryOut(one));
  }

  /** Rows between two partitions that fit, in order, from a place on. */
  list(
    { partitions, rows: range, fits }: TableFilter,
    top: number,
    after: Place | undefined,
  ): { readonly rows: readonly WireRow[]; readonly next: Place | undefined } {
    const rows: WireRow[] = [];
    for (const name of this.#between(after?.partition ?? partitions.from, partitions.to)) {
      const partition = this.#partitions.get(name);
      if (!partition) continue;
      const start = after?.partition === name && after.row > range.from ? after.row : range.from;
      for (let at = partition.keys.from(start); at < partition.keys.length && partition.keys.at(at) <= range.to; at += 1) {
        const stored = partition.rows.get(partition.keys.at(at));
        if (!stored || !fits(stored.row)) continue;
        if (rows.length === top) return { rows, next: { partition: name, row: stored.row.RowKey } };
        rows.push(shown(stored));
      }
    }
    return { rows, next: undefined };
  }

  #between(from: string, to: string): readonly string[] {
    if (from === to) return [from];
    this.#order ??= [...this.#partitions.keys()].sort();
    return this.#order.filter((name) => name >= from && name <= to);
  }

  #verdict({ kind, row, ifMatch }: TableWrite): number {
    const stored = this.#partitions.get(row.PartitionKey)?.rows.get(row.RowKey);
    if (kind === 'insert') return stored ? 409 : 204;
    if (ifMatch === undefined) return 204;
    if (!stored) return 404;
    return ifMatch === '*' || ifMatch === etagOf(stored.version) ? 204 : 412;
  }

  #carryOut({ kind, row }: TableWrite): Written {
    const partition = this.#partitions.get(row.PartitionKey) ?? new Partition();
    if (!this.#partitions.has(row.PartitionKey)) {
      this.#partitions.set(row.PartitionKey, partition);
      this.#order = undefined;
    }
    if (kind === 'delete') {
      partition.remove(row.RowKey);
      return { status: 204 };
    }
    this.#version += 1;
    const before = kind === 'merge' ? partition.rows.get(row.RowKey)?.row : undefined;
    partition.put({ ...before, ...row }, this.#version);
    return { status: 204, etag: etagOf(this.#version) };
  }
}

const shown = ({ row, version }: Stored) => ({ ...row, 'odata.etag': etagOf(version) });
