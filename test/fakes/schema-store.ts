import type { SchemaStore, SchemaVersion } from '../../src/ports/schema-store';
import { type FakeOptions, Rows, watched } from './fake-kit';

/** Versions of the mappings in memory. */
export function makeFakeSchemaStore(options: FakeOptions = {}): SchemaStore {
  const rows = new Rows<{ readonly version: SchemaVersion; readonly text: string }>();
  const keyOf = (version: number): string => String(version).padStart(9, '0');
  const store: SchemaStore = {
    list: async () => rows.values().map(({ version }) => version),
    read: async (version) => rows.get(keyOf(version))?.value.version,
    readText: async ({ version }) => rows.get(keyOf(version))?.value.text ?? '',
    async add(version, text) {
      rows.write(keyOf(version.version), { version, text }, null);
    },
  };
  return watched('schemaStore', store, options.onCall);
}
