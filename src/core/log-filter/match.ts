import type { ProvisioningLogEntry } from '../record';
import type { LogComparison, LogFilter } from './filter';
import { LOG_PROPERTIES, type LogProperty } from './properties';

/** What a filter may ask for, by the name of the property: an entry reduced to what decides. */
export type LogFacts = Readonly<Record<string, string | number | null>>;

/** The facts of an entry. Pure. */
export const factsOf = (entry: ProvisioningLogEntry): LogFacts =>
  Object.fromEntries(LOG_PROPERTIES.map((property) => [property.name, property.read(entry)]));

/** Whether a filter holds for an entry. As in OData, what has no value is only ever `ne`. Pure. */
export const matchesFilter = (entry: ProvisioningLogEntry, filter: LogFilter | undefined): boolean =>
  filter === undefined || holds(filter, (property) => property.read(entry));

/** The same, decided on the facts alone. */
export const matchesFacts = (facts: LogFacts, filter: LogFilter): boolean =>
  holds(filter, ({ name }) => (Object.hasOwn(facts, name) ? (facts[name] ?? null) : null));

/** Whether a filter holds for what is read of each property. Pure. */
export function holds(filter: LogFilter, read: (property: LogProperty) => string | number | null): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.operands.every((one) => holds(one, read));
    case 'or':
      return filter.operands.some((one) => holds(one, read));
    case 'not':
      return !holds(filter.operand, read);
    case 'comparison':
      return compares(filter, read(filter.property));
  }
}

function compares({ property, operator, value, isFolded }: LogComparison, found: string | number | null): boolean {
  const isNone = found === null || found === '';
  if (value === null) return operator === 'eq' ? isNone : !isNone;
  if (found === null) return operator === 'ne';
  if (typeof found === 'number' || typeof value === 'number') return inOrder(operator, Number(found), Number(value));
  const isExact = property.kind === 'text' && !isFolded;
  const [a, b] = isExact ? [found, value] : [found.toLowerCase(), value.toLowerCase()];
  switch (operator) {
    case 'contains':
      return a.includes(b);
    case 'startswith':
      return a.startsWith(b);
    case 'endswith':
      return a.endsWith(b);
    default:
      return (a === b) === (operator === 'eq');
  }
}

function inOrder(operator: LogComparison['operator'], a: number, b: number): boolean {
  switch (operator) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    default:
      return false;
  }
}
