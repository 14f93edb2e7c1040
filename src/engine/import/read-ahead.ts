import type { SourceId } from '../../core/model';
import type { ConnectorSpace, ObjectKey, StoredObject } from '../../ports/stores';

/**
 * The connector space for one page of objects, whose rows are read in one range instead of one by one: worth it where nearly every object
 * waits, as in an initial cycle. Each row is handed out once as it was read; after that, and for all others, the space itself is asked.
 */
export async function readAhead(space: ConnectorSpace, keys: readonly ObjectKey[]): Promise<ConnectorSpace> {
  const ahead = new Map<SourceId, StoredObject>();
  for (const type of ['group', 'user'] as const) {
    const ids = keys.flatMap((key) => (key.type === type ? [key.id] : []));
    const [first, last] = [ids[0], ids.at(-1)];
    if (!first || !last) continue;
    const wanted = new Set(ids);
    for await (const page of space.listObjectsBetween(type, first, last)) {
      for (const row of page) if (wanted.has(row.value.id)) ahead.set(row.value.id, row);
    }
  }
  return {
    ...space,
    async readObject(key) {
      const row = ahead.get(key.id);
      ahead.delete(key.id);
      return row?.value.type === key.type ? row : space.readObject(key);
    },
  };
}
