import { readFileSync } from 'node:fs';
import { differences } from '../../../src/core/schema/differences';
import { editedText, type MappingEdit, mappingOf } from '../../../src/core/schema/edit';
import type { ProvisioningSchema } from '../../../src/core/schema/model';
import { readSchema } from '../../../src/core/schema/read';

function schemaOf(text: string): ProvisioningSchema {
  const read = readSchema(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.schema;
}

const SHIPPED = schemaOf(readFileSync('provisioning-schema.json', 'utf8'));
const PORTAL = schemaOf(readFileSync('test/fixtures/portal-schema.json', 'utf8'));
const PHONE: MappingEdit = {
  target: 'phone',
  source: '[mobile]',
  matchingPriority: 0,
  flowType: 'Always',
  flowNullValues: 'skip',
  defaultValue: '',
};

const edited = (
  schema: ProvisioningSchema,
  type: 'user' | 'group',
  target: string | undefined,
  edit: MappingEdit | undefined,
) => {
  const mapping = mappingOf(schema, type);
  return mapping && editedText(schema, mapping, target, edit);
};
const told = (before: ProvisioningSchema, text: string | undefined) =>
  differences(before, schemaOf(text ?? '')).map((one) => one.text);

describe('editing a mapping', () => {
  test.each(['shipped', 'portal'] as const)('saved as it was, nothing differs: %s', (which) => {
    const schema = which === 'shipped' ? SHIPPED : PORTAL;
    for (const type of ['user', 'group'] as const)
      for (const one of mappingOf(schema, type)?.mappings ?? []) {
        const { target, text: source, matchingPriority, flowType, flowNullValues, defaultValue, isInverted } = one;
        if (isInverted) continue;
        const same = {
          source,
          matchingPriority,
          flowType,
          flowNullValues,
          defaultValue: defaultValue ?? '',
          target: target.name,
        };
        const text = edited(schema, type, target.name, same);
        expect([target.name, told(schema, text)]).toEqual([target.name, []]);
        expect(schemaOf(text ?? '').hash).toBe(schema.hash);
      }
  });

  test('changed, added and left out, and all else stays', () => {
    expect(told(SHIPPED, edited(SHIPPED, 'user', 'phone', PHONE))).toEqual([
      expect.stringMatching(/^Users: phone: source: .+ → \[mobile\]\.$/),
    ]);
    expect(told(SHIPPED, edited(SHIPPED, 'user', undefined, { ...PHONE, target: 'details', source: '"x"' }))).toEqual([
      'Users: details is mapped now ("x").',
    ]);
    expect(told(SHIPPED, edited(SHIPPED, 'user', 'phone', undefined))).toEqual([
      expect.stringMatching(/^Users: phone is not mapped any more/),
    ]);
    expect(
      told(
        SHIPPED,
        edited(SHIPPED, 'group', 'description', { ...PHONE, target: 'description', source: 'ToUpper([description])' }),
      ),
    ).toEqual(['Groups: description: source: [description] → ToUpper([description]).']);
    expect(edited(SHIPPED, 'user', 'nothing', PHONE)).toBeUndefined();
  });

  test('what cannot be read is refused by whoever reads it, with its place', () => {
    const read = readSchema(edited(SHIPPED, 'user', 'phone', { ...PHONE, source: 'Join(' }) ?? '');
    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual([
      expect.stringMatching(/attributeMappings\[\d+\]\.source\.expression$/),
    ]);
  });
});
