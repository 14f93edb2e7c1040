import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProvisioningSchema } from '../../../src/core/schema/model';
import { readSchema } from '../../../src/core/schema/read';
import type { Variant } from '../world/truth';

interface Mapping {
  targetAttributeName: string;
  source: unknown;
}

interface File {
  synchronizationRules: {
    objectMappings: { enabled: boolean; flowTypes: string; scope: unknown; attributeMappings: Mapping[] }[];
  }[];
}

const shipped = readFileSync(join(process.cwd(), 'provisioning-schema.json'), 'utf8');

const CONTRACTORS = {
  groups: [
    { clauses: [{ sourceOperandName: 'department', operatorName: 'NOT EQUALS', targetOperand: { values: ['Contractors'] } }] },
  ],
};

/** The mapping file of a variant: the shipped one with one thing changed. */
export function mappingText(variant: Variant): string {
  const file = JSON.parse(shipped) as File;
  const [users, groups] = file.synchronizationRules[0]?.objectMappings ?? [];
  if (!users || !groups) throw new Error('the shipped mappings are not as they were');
  if (variant === 'withoutGroups') groups.enabled = false;
  if (variant === 'keepsGroups') groups.flowTypes = 'Add,Update';
  if (variant === 'filtered') users.scope = CONTRACTORS;
  const name = users.attributeMappings.find((one) => one.targetAttributeName === 'name');
  if (variant === 'titled' && name) name.source = { type: 'Function', expression: 'Append([displayName], " (Contoso)")' };
  return JSON.stringify(file);
}

const read = new Map<Variant, ProvisioningSchema>();

/** The compiled mappings of a variant. @throws Error with their problems */
export function mappingsOf(variant: Variant): ProvisioningSchema {
  const known = read.get(variant);
  if (known) return known;
  const result = readSchema(mappingText(variant));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  read.set(variant, result.schema);
  return result.schema;
}
