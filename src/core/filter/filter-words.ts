import type { CompiledClause, CompiledFilter } from './compile-filter';

/** What an operator says between attribute and values, by its name. */
const VERBS: Readonly<Record<string, string>> = {
  '&': 'occurs in',
  '!&': 'does not occur in',
  ENDS_WITH: 'ends with',
  EQUALS: 'is',
  'NOT EQUALS': 'is not empty and is not',
  Greater_Than: 'is greater than',
  Greater_Than_OR_EQUALS: 'is at least',
  Includes: 'contains',
  'IS TRUE': 'is true',
  'IS FALSE': 'is false',
  'IS NULL': 'is empty',
  'IS NOT NULL': 'is not empty',
  'REGEX MATCH': 'matches the pattern',
  'NOT REGEX MATCH': 'is not empty and does not match the pattern',
  'STARTS WITH': 'starts with',
  LESS_THAN: 'is less than',
  LESS_THAN_OR_EQUALS: 'is at most',
  'EQUALS (ignore case)': 'is (in upper or lower case)',
  BEFORE: 'is before',
  AFTER: 'is after',
};

/** The same of an operator that negates, where it has several values: none of them. */
const NONE_OF: Readonly<Record<string, string>> = {
  '!&': 'occurs in none of',
  'NOT EQUALS': 'is not empty and is none of',
  'NOT REGEX MATCH': 'is not empty and matches none of the patterns',
};

/** What an operator says, in words: `is not empty and is not` for `NOT EQUALS`. Pure. */
export const operatorWords = (operator: CompiledClause['operator']): string =>
  operator.kind === 'membership'
    ? `is ${operator.isNegative ? 'not ' : ''}a member of the group`
    : (VERBS[operator.name] ?? operator.name);

/** One clause of a scoping filter in words: `department is "Sales"`. Pure. */
export function clauseWords({ attribute, operator, values }: CompiledClause): string {
  if (operator.kind === 'membership')
    return `is ${operator.isNegative ? 'not ' : ''}a member of ${values.length > 1 ? 'one of the groups' : 'the group'} ${values.join(', ')}`;
  const none = values.length > 1 ? NONE_OF[operator.name] : undefined;
  const list = values.map((value) => JSON.stringify(value)).join(none ? ', ' : ' or ');
  return [attribute, none ?? VERBS[operator.name] ?? operator.name, list].join(' ').trim();
}

/** A scoping filter in words, one text for each group of clauses: whoever meets all clauses of one is in scope. Empty: everybody is. Pure. */
export const filterWords = (filter: CompiledFilter | undefined): readonly string[] =>
  (filter?.groups ?? []).map((group) => group.map(clauseWords).join(', and '));
