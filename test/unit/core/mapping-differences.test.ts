import { filterWords } from '../../../src/core/filter/filter-words';
import { operators } from '../../../src/core/filter/operators';
import { differences } from '../../../src/core/schema/differences';
import { readSchema } from '../../../src/core/schema/read';
import { aSchemaFile, mapTo } from '../../builders/schema';

function schemaOf(text: string) {
  const read = readSchema(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.schema;
}

const clause = (sourceOperandName: string, operatorName: string, ...values: string[]) => ({
  sourceOperandName,
  operatorName,
  targetOperand: { values },
});
const scope = (...groups: readonly (readonly unknown[])[]) => ({ scope: { groups: groups.map((clauses) => ({ clauses })) } });
const told = (before: string, after: string): readonly string[] =>
  differences(schemaOf(before), schemaOf(after)).map(({ text }) => text);

const groupMapping = {
  attributeMappings: [{ targetAttributeName: 'name', matchingPriority: 1, source: { expression: '[displayName]' } }],
};

describe('differences of mappings', () => {
  test.each<readonly [string, string, string, readonly string[]]>([
    [
      'an attribute comes',
      aSchemaFile(),
      aSchemaFile([mapTo('phone', '[telephoneNumber]')]),
      ['Users: phone is mapped now ([telephoneNumber]).'],
    ],
    [
      'an attribute goes',
      aSchemaFile([mapTo('phone', '[telephoneNumber]')]),
      aSchemaFile(),
      ['Users: phone is not mapped any more (was [telephoneNumber]).'],
    ],
    [
      'its source, when it is applied, its default and what no value does',
      aSchemaFile([mapTo('phone', '[telephoneNumber]')]),
      aSchemaFile([mapTo('phone', '[mobile]', { flowType: 'ObjectAddOnly', defaultValue: '+1', flowNullValues: 'clear' })]),
      [
        'Users: phone: source: [telephoneNumber] → [mobile].',
        'Users: phone: applied: always → only when the account is created.',
        'Users: phone: default value: none → "+1".',
        'Users: phone: without a value: Zendesk is left alone → Zendesk is emptied.',
      ],
    ],
    [
      'matching',
      aSchemaFile([mapTo('email', '[mail]')]),
      aSchemaFile([mapTo('email', '[mail]', { matchingPriority: 2 })]),
      ['Users: Matching attributes: external_id → external_id, then email.', 'Users: email: matching precedence: none → 2.'],
    ],
    [
      'who is in scope',
      aSchemaFile(),
      aSchemaFile([], {
        user: scope(
          [clause('department', 'EQUALS', 'Sales'), clause('city', 'IS NOT NULL')],
          [clause('jobTitle', 'ENDS_WITH', 'Lead')],
        ),
      }),
      [
        'Users: Who is in scope: everybody who is assigned → department is "Sales", and city is not empty; or jobTitle ends with "Lead".',
      ],
    ],
    [
      'actions',
      aSchemaFile(),
      aSchemaFile([], { user: { flowTypes: 'Add, Update' } }),
      ['Users: Actions: create, update, delete → create, update.'],
    ],
    ['groups come', aSchemaFile(), aSchemaFile([], { group: groupMapping }), ['Groups are provisioned now.']],
    ['groups go', aSchemaFile([], { group: groupMapping }), aSchemaFile(), ['Groups are not provisioned any more.']],
    ['layout', aSchemaFile(), JSON.stringify(JSON.parse(aSchemaFile()), null, 8), []],
  ])('%s', (_what, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
    expect(schemaOf(before).hash === schemaOf(after).hash).toBe(expected.length === 0);
  });

  test('every operator has words', () => {
    for (const operator of operators) {
      const values = operator.kind === 'presence' || ('isUnary' in operator && operator.isUnary) ? [] : ['2026-01-31'];
      const group = '11111111-2222-4333-8444-555555555555';
      const given = operator.kind === 'membership' ? [group] : /than/i.test(operator.name) ? ['7'] : values;
      const read = schemaOf(aSchemaFile([], { user: scope([clause('department', operator.name, ...given)]) }));
      const [words] = filterWords(read.users.scope);
      expect(words).toMatch(/^(department|is) /);
      expect(words).not.toContain(`department ${operator.name}`);
    }
  });

  test('several values of a clause', () => {
    const words = (operator: string) =>
      filterWords(schemaOf(aSchemaFile([], { user: scope([clause('department', operator, 'Sales', 'Support')]) })).users.scope);
    expect(words('EQUALS')).toEqual(['department is "Sales" or "Support"']);
    expect(words('NOT EQUALS')).toEqual(['department is not empty and is none of "Sales", "Support"']);
  });
});
