import { normalName } from './operators';

/** Names of the same thing elsewhere (SCIM, Graph's `$filter`, dynamic groups, spreadsheets), in normal form, with what to write here. */
const foreignOperators: Readonly<Record<string, string>> = {
  PRESENT: 'IS NOT NULL',
  ISPRESENT: 'IS NOT NULL',
  PR: 'IS NOT NULL',
  EXISTS: 'IS NOT NULL',
  ISNOTEMPTY: 'IS NOT NULL',
  NOTEMPTY: 'IS NOT NULL',
  NOTNULL: 'IS NOT NULL',
  NOTPRESENT: 'IS NULL',
  ISEMPTY: 'IS NULL',
  EMPTY: 'IS NULL',
  NULL: 'IS NULL',
  EQ: 'EQUALS',
  IS: 'EQUALS',
  '=': 'EQUALS',
  '==': 'EQUALS',
  IN: 'EQUALS` with several values, or `&',
  NE: 'NOT EQUALS',
  ISNOT: 'NOT EQUALS',
  '!=': 'NOT EQUALS',
  '<>': 'NOT EQUALS',
  NOTIN: 'NOT EQUALS` with several values, or `!&',
  CO: 'Includes',
  CONTAINS: 'Includes',
  LIKE: 'Includes` or `REGEX MATCH',
  NOTCONTAINS: 'NOT REGEX MATCH',
  DOESNOTCONTAIN: 'NOT REGEX MATCH',
  NOTINCLUDES: 'NOT REGEX MATCH',
  NOTLIKE: 'NOT REGEX MATCH',
  SW: 'STARTS WITH',
  EW: 'ENDS_WITH',
  MATCH: 'REGEX MATCH',
  MATCHES: 'REGEX MATCH',
  REGEX: 'REGEX MATCH',
  NOTMATCH: 'NOT REGEX MATCH',
  GT: 'Greater_Than',
  '>': 'Greater_Than',
  GE: 'Greater_Than_OR_EQUALS',
  '>=': 'Greater_Than_OR_EQUALS',
  LT: 'LESS_THAN',
  '<': 'LESS_THAN',
  LE: 'LESS_THAN_OR_EQUALS',
  '<=': 'LESS_THAN_OR_EQUALS',
  TRUE: 'IS TRUE',
  FALSE: 'IS FALSE',
  MEMBEROF: 'IS MEMBER OF',
  NOTMEMBEROF: 'IS NOT MEMBER OF',
  VALIDCERTMATCH: 'IS NOT NULL` (certificates are not read; this only asks whether there is a value) or `REGEX MATCH',
};

/** What to write instead of an operator of another product; undefined for a name that is in no such product. */
export function foreignOperator(name: string): string | undefined {
  const key = normalName(name).replace(/^-/, '');
  return Object.hasOwn(foreignOperators, key) ? foreignOperators[key] : undefined;
}
