import type { StateStore } from '../../ports/state-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import { fromJsonColumns, jsonColumns, keyOf } from './table-kit';

const ROW = 'document';

/** Whatever was stored: the reader of a document knows its shape. */
const isAnything = <T>(_value: unknown): _value is T => true;

/** Documents of state, each alone in its partition, named by its key. */
export function makeStateStore(storage: Storage): StateStore {
  const table = storage.table(TABLES.state);
  return {
    async read<T>(key: string) {
      const row = await table.getNear(keyOf('state', key), ROW);
      return row && { value: fromJsonColumns<T>(row, 'a document of state', isAnything<T>), etag: row.etag };
    },
    write: async (key, value, etag) =>
      table.write({ partitionKey: keyOf('state', key), rowKey: ROW, ...jsonColumns(value) }, etag),
    remove: (key) => table.remove(keyOf('state', key), ROW),
  };
}
