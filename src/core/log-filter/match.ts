import type { ProvisioningLogEntry } from '../record';
import type { LogClause } from './parse';

/** Whether every comparison of a filter holds for an entry. A property without a value fails every comparison. Pure. */
export const matchesClauses = (entry: ProvisioningLogEntry, clauses: readonly LogClause[]): boolean =>
  clauses.every((clause) => holds(clause, clause.property.read(entry)));

function holds({ property, operator, value }: LogClause, found: string | number | null): boolean {
  if (found === null) return false;
  if (typeof found === 'number' || typeof value === 'number') return compare(operator, Number(found), Number(value));
  const [a, b] = property.kind === 'text' ? [found, value] : [found.toLowerCase(), value.toLowerCase()];
  return operator === 'contains' ? a.includes(b) : a === b;
}

function compare(operator: LogClause['operator'], a: number, b: number): boolean {
  switch (operator) {
    case 'eq':
      return a === b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    case 'contains':
      return false;
  }
}
