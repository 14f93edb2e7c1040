import { z } from 'zod';
import type { SchemaStore, SchemaVersion } from '../../ports/schema-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import { columnsText, fromJsonColumns, guard, jsonColumns, keyOf, MAX_JSON_UNITS, type StoredRow } from './table-kit';

const VERSIONS = 'version';
const NUMBER_DIGITS = 9;
const PART_DIGITS = 4;

const isVersion = guard<SchemaVersion>()(
  z.looseObject({
    version: z.int(),
    hash: z.string(),
    digest: z.string(),
    length: z.int(),
    storedAt: z.string(),
    storedBy: z.string(),
    storedById: z.string(),
    why: z.string(),
  }),
);

const rowKeyOf = (version: number): string => String(version).padStart(NUMBER_DIGITS, '0');
const textOf = (digest: string): string => keyOf('text', digest);

/** Of what a row holds: a unit beyond ASCII is six characters when it is escaped. */
const UNITS_PER_PART = Math.floor(MAX_JSON_UNITS / 6);

/**
 * Versions of the mappings on a table:
 *
 *   partition       row        holds
 *   version         <number>   who stored it, when, why, and what its text must hash to
 *   text.<digest>   <number>   a part of the text, as JSON in ASCII; versions with one text share them
 *
 * The text is written first, so that a version is there whole or not at all.
 */
export function makeSchemaStore(storage: Storage): SchemaStore {
  const table = storage.table(TABLES.schemas);
  return {
    async list() {
      const versions: SchemaVersion[] = [];
      for await (const page of table.pages({ partition: VERSIONS }))
        versions.push(...page.map((row) => fromJsonColumns(row, 'a version of the mappings', isVersion)));
      return versions;
    },
    async read(version) {
      const row = await table.get(VERSIONS, rowKeyOf(version));
      return row && fromJsonColumns(row, 'a version of the mappings', isVersion);
    },
    async readText({ digest }) {
      let text = '';
      for await (const page of table.pages({ partition: textOf(digest) })) for (const row of page) text += partOf(row);
      return text;
    },
    async add(version, text) {
      const parts = Array.from({ length: Math.ceil(text.length / UNITS_PER_PART) }, (_, at) => ({
        partitionKey: textOf(version.digest),
        rowKey: String(at).padStart(PART_DIGITS, '0'),
        ...jsonColumns(text.slice(at * UNITS_PER_PART, (at + 1) * UNITS_PER_PART)),
      }));
      await table.upsertMany(parts);
      await table.write({ partitionKey: VERSIONS, rowKey: rowKeyOf(version.version), ...jsonColumns(version) }, null);
    },
  };
}

/** A damaged part counts as empty: the digest of the text tells. */
function partOf(row: StoredRow): string {
  try {
    return String(JSON.parse(columnsText(row)));
  } catch {
    return '';
  }
}
