import type { MappingInput } from '../../src/core/map';
import type { ObjectMapping } from '../../src/core/schema/model';
import { readSchema } from '../../src/core/schema/read';

type Json = Record<string, unknown>;

/** A user mapping that matches by object id; `mappings` are added to it, or stand for the one of the same target. */
export function aSchemaFile(mappings: readonly Json[] = [], others: { user?: Json; group?: Json; top?: Json } = {}): string {
  const base: Json[] = [
    { targetAttributeName: 'external_id', matchingPriority: 1, source: { expression: '[objectId]' } },
    { targetAttributeName: 'name', source: { expression: '[displayName]' } },
  ];
  const replaced = base.filter((one) => !mappings.some((other) => other.targetAttributeName === one.targetAttributeName));
  const objectMappings: Json[] = [
    { sourceObjectName: 'User', targetObjectName: 'User', attributeMappings: [...replaced, ...mappings], ...others.user },
  ];
  if (others.group !== undefined) objectMappings.push({ sourceObjectName: 'Group', targetObjectName: 'Group', ...others.group });
  return JSON.stringify({ synchronizationRules: [{ name: 'test', objectMappings }], ...others.top });
}

/** The compiled user mapping of {@link aSchemaFile}. @throws Error with the problems when the file has any */
export function aUserMapping(mappings: readonly Json[] = []): ObjectMapping {
  const result = readSchema(aSchemaFile(mappings));
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.schema.users;
}

/** A mapping of a target from an expression, an attribute in brackets or a text in quotation marks. */
export function mapTo(targetAttributeName: string, expression: string, others: Json = {}): Json {
  return { targetAttributeName, source: { expression }, ...others };
}

/** What a mapping is evaluated with: an enabled, assigned user, created on 1 January 2026. */
export function aMappingInput(overrides: Partial<MappingInput> = {}): MappingInput {
  return {
    isSoftDeleted: false,
    appRoleAssignments: [{ id: 'r1', value: 'agent', displayName: 'Agent' }],
    mode: 'create',
    now: new Date('2026-01-01T00:00:00Z'),
    newGuid: () => '00000000-0000-4000-8000-000000000000',
    random: () => 0.5,
    ...overrides,
    attributes: {
      id: '11111111-2222-4333-8444-555555555555',
      displayName: 'Ann Lee',
      userPrincipalName: 'ann@contoso.com',
      mail: 'ann@contoso.com',
      accountEnabled: true,
      ...overrides.attributes,
    },
  };
}
