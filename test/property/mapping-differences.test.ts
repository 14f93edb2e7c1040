import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { differences } from '../../src/core/schema/differences';
import { FLOW_TYPES } from '../../src/core/schema/model';
import { readSchema } from '../../src/core/schema/read';

const SHIPPED = readFileSync('provisioning-schema.json', 'utf8');

const attribute = fc.record({
  source: fc.constantFrom('[department]', '[mail]', '"text"', 'ToUpper([department])', 'Coalesce([mail], "x")'),
  flowType: fc.constantFrom(...FLOW_TYPES),
  flowNullValues: fc.constantFrom('skip', 'clear'),
  defaultValue: fc.constantFrom(null, 'a', 'b'),
});
const clause = fc.record({
  sourceOperandName: fc.constantFrom('department', 'city'),
  operatorName: fc.constantFrom('EQUALS', 'NOT EQUALS', 'IS NULL', 'STARTS WITH'),
  value: fc.constantFrom('Sales', 'Support'),
});
/** A version of the mappings: the shipped one, with some attributes, filters and actions drawn. */
const version = fc.record({
  alias: fc.option(attribute, { nil: undefined }),
  details: fc.option(attribute, { nil: undefined }),
  groups: fc.boolean(),
  scope: fc.array(fc.array(clause, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  flowTypes: fc.constantFrom('Add, Update, Delete', 'Add, Update', 'Update'),
  emailMatches: fc.boolean(),
});

function schemaOf({
  alias,
  details,
  groups,
  scope,
  flowTypes,
  emailMatches,
}: typeof version extends fc.Arbitrary<infer T> ? T : never) {
  const file = JSON.parse(SHIPPED);
  const [users, teams] = file.synchronizationRules[0].objectMappings;
  teams.enabled = groups;
  users.flowTypes = flowTypes;
  users.scope = {
    groups: scope.map((clauses) => ({
      clauses: clauses.map(({ sourceOperandName, operatorName, value }) => ({
        sourceOperandName,
        operatorName,
        targetOperand: { values: operatorName === 'IS NULL' ? [] : [value] },
      })),
    })),
  };
  users.attributeMappings = users.attributeMappings.filter(
    (one: { targetAttributeName: string }) => one.targetAttributeName !== 'alias',
  );
  for (const one of users.attributeMappings) if (one.targetAttributeName === 'email') one.matchingPriority = emailMatches ? 2 : 0;
  for (const [target, drawn] of [['alias', alias] as const, ['details', details] as const]) {
    if (!drawn) continue;
    const { source, ...others } = drawn;
    users.attributeMappings.push({ targetAttributeName: target, source: { expression: source }, ...others });
  }
  const read = readSchema(JSON.stringify(file));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.schema;
}

describe('differences of mappings', () => {
  it('there are some exactly where two versions decide differently, and each names both sides', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        const [before, after] = [schemaOf(one), schemaOf(other)];
        const found = differences(before, after);
        expect(found.length === 0).toBe(before.hash === after.hash);
        expect(differences(after, before)).toHaveLength(found.length);
        for (const { before: was, after: is, text } of found) {
          expect(was).not.toBe(is);
          expect(text.length).toBeGreaterThan(10);
        }
      }),
      { seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? 60) },
    );
  });
});
