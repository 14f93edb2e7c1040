import type { ObjectType, SourceObject } from '../../core/model';
import { toSourceObject } from './object-rows';
import type { StoreTable } from './store-table';
import {
  AFTER_SEPARATOR,
  columnsText,
  digest,
  encodeKey,
  jsonText,
  KEY_SEPARATOR,
  keyOf,
  MAX_JSON_UNITS,
  type Row,
  type StoredRow,
  textColumns,
} from './table-kit';

/** Enough for objects of 400 MB. */
const PART_DIGITS = 3;
/** Parts of a former version are removed once nobody can be about to point at them any more. */
const LEFTOVERS_KEPT_MS = 24 * 3600_000;

const partition = ({ type, id }: { readonly type: ObjectType; readonly id: string }): string => keyOf('part', type, id);

/** The columns of an object's own row, and the rows of what does not fit into it. */
export interface ObjectColumns {
  readonly columns: Readonly<Record<string, string | number>>;
  readonly parts: readonly Row[];
}

/**
 * Source objects of any size: somebody may be entitled by thousands of groups. The JSON begins in the object's own row; what does not
 * fit follows in rows `part.<type>.<id>` / `<digest>.<number>`, which are written first and never changed. So whoever reads the row finds
 * the parts that belong to it, whatever others are writing.
 */
export function objectColumns(object: SourceObject): ObjectColumns {
  const text = jsonText(object);
  const tag = digest(text).slice(0, 16);
  const parts: Row[] = [];
  for (let from = MAX_JSON_UNITS; from < text.length; from += MAX_JSON_UNITS) {
    const rowKey = keyOf(tag, String(parts.length).padStart(PART_DIGITS, '0'));
    parts.push({ partitionKey: partition(object), rowKey, ...textColumns(text.slice(from, from + MAX_JSON_UNITS)) });
  }
  return { columns: { ...textColumns(text.slice(0, MAX_JSON_UNITS)), moreParts: parts.length, moreTag: tag }, parts };
}

/** Reads an object from its row, and from its parts where there are any. */
export async function readLargeObject(table: StoreTable, type: ObjectType, row: StoredRow): Promise<SourceObject> {
  let text = columnsText(row);
  if (typeof row.moreParts === 'number' && row.moreParts > 0) {
    const prefix = encodeKey(String(row.moreTag));
    // The row's key is the id, encoded: ids are GUIDs, which encoding leaves as they are.
    const range = {
      partition: keyOf('part', type, row.rowKey),
      rowFrom: prefix + KEY_SEPARATOR,
      rowBefore: prefix + AFTER_SEPARATOR,
    };
    for await (const page of table.pages(range)) for (const part of page) text += columnsText(part);
  }
  return toSourceObject(text);
}

/** Removes parts that no row points at: all of them, or those of former versions. */
export async function removeParts(
  table: StoreTable,
  object: Pick<SourceObject, 'type' | 'id'>,
  keep?: string,
  nowMs = 0,
): Promise<void> {
  for await (const page of table.pages({ partition: partition(object) }, { select: ['timestamp'] })) {
    const left = page.filter(
      ({ rowKey, timestamp }) =>
        keep === undefined ||
        (!rowKey.startsWith(keep + KEY_SEPARATOR) && nowMs - Date.parse(String(timestamp)) > LEFTOVERS_KEPT_MS),
    );
    await table.removeMany(left);
  }
}
