import type { ProvisioningSchema } from '../../src/core/schema/model';
import { type Mappings, makeMappings } from '../../src/engine/mappings';
import type { SchemaStore } from '../../src/ports/schema-store';
import type { TargetConnector } from '../../src/ports/target-connector';
import { makeFakeSchemaStore } from './schema-store';

/** By schema: instances of the app are made by the thousand, and the text is long. */
const texts = new WeakMap<ProvisioningSchema, string>();

function textOf(schema: ProvisioningSchema): string {
  const text = texts.get(schema) ?? JSON.stringify(schema.raw);
  texts.set(schema, text);
  return text;
}

/** Mappings of which the file is what a test is about; stored versions work on the same target. */
export const someMappings = (
  schema: ProvisioningSchema,
  target: TargetConnector,
  store: SchemaStore = makeFakeSchemaStore(),
): Mappings => makeMappings({ store, file: { schema, ignored: [], text: textOf(schema) }, targetFor: () => target });
