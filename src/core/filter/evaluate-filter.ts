import { normalise, type SourceValue, type Value } from '../expression/values';
import type { CompiledClause, CompiledFilter } from './compile-filter';
import type { Tristate } from './operators';

/** What a filter may ask about one object. */
export interface FilterObject {
  /** The attribute of the whole source object, by its exact name. */
  attribute(name: string): SourceValue;
  /** Whether the object is a member of a group (id in lower case). Absent: not known for any group. */
  isMemberOf?(groupId: string): Tristate;
}

/** How one clause came out. The reason shows the attribute's value: redact it where values must not show. */
export interface ClauseOutcome {
  /** Position in the filter, from 0. */
  readonly groupIndex: number;
  readonly clauseIndex: number;
  readonly result: Tristate;
  readonly reason: string;
}

/** Whether an object is in scope, and how each clause came out, in the filter's order. */
export interface FilterOutcome {
  readonly inScope: Tristate;
  readonly clauses: readonly ClauseOutcome[];
}

/** Longer values, in UTF-16 units, are not looked at: the clause is unknown. Directory attributes are far shorter. */
const maxTextLength = 65_536;
/** How much of a value a reason shows, in UTF-16 units. */
const maxShownLength = 100;

/**
 * Decides whether an object passes a filter. Pure; never throws.
 *
 *   groups (OR)                 │ in scope
 *   none                        │ true
 *   one is true                 │ true
 *   else one is unknown         │ 'unknown'
 *   else                        │ false
 *
 * A group (AND) is false if a clause is false, else unknown if one is unknown. No value and empty text are out for all operators but
 * IS NULL; memberships do not look at the attribute.
 */
export function evaluateFilter(filter: CompiledFilter, object: FilterObject): FilterOutcome {
  if (filter.groups.length === 0) return { inScope: true, clauses: [] };
  const outcomes = filter.groups.map((group) => group.map((clause) => evaluateClause(clause, object)));
  const groups = outcomes.map((group) => conjunction(group.map(({ result }) => result)));
  return { inScope: disjunction(groups), clauses: outcomes.flat() };
}

function conjunction(results: readonly Tristate[]): Tristate {
  if (results.includes(false)) return false;
  return results.includes('unknown') ? 'unknown' : true;
}

function disjunction(results: readonly Tristate[]): Tristate {
  if (results.includes(true)) return true;
  return results.includes('unknown') ? 'unknown' : false;
}

function evaluateClause(clause: CompiledClause, object: FilterObject): ClauseOutcome {
  const { groupIndex, clauseIndex, operator } = clause;
  if (operator.kind === 'membership') {
    const isMember = disjunction(clause.values.map((id) => object.isMemberOf?.(id) ?? 'unknown'));
    const result = isMember === 'unknown' ? 'unknown' : isMember !== operator.isNegative;
    const fact = { true: 'is a member', false: 'is not a member', unknown: 'membership is not known' }[`${isMember}`];
    return { groupIndex, clauseIndex, result, reason: `${operator.name} ${clause.values.join(', ')}: ${fact}` };
  }
  const value = normalise(object.attribute(clause.attribute));
  const result =
    operator.kind === 'presence' ? hasContent(value) === operator.wantsValue : compare(clause, value, operator.isNegative);
  return { groupIndex, clauseIndex, result, reason: `${describe(clause)}: ${describeValue(value)}` };
}

function hasContent(value: Value): boolean {
  return elementsOf(value).length > 0;
}

/** The texts of a value that are not empty. */
function elementsOf(value: Value): readonly string[] {
  if (value === null) return [];
  return (typeof value === 'string' ? [value] : value).filter((element) => element !== '');
}

function compare(clause: CompiledClause, value: Value, isNegative: boolean): Tristate {
  const elements = elementsOf(value);
  if (elements.length === 0) return false;
  const results = elements.flatMap((element) =>
    element.length > maxTextLength ? (['unknown'] as const) : clause.checks.map((check) => check(element)),
  );
  const matches = disjunction(results);
  return matches === 'unknown' ? 'unknown' : matches !== isNegative;
}

function describe(clause: CompiledClause): string {
  const values = clause.values.map(show).join(' or ');
  return values === '' ? `${clause.attribute} ${clause.operator.name}` : `${clause.attribute} ${clause.operator.name} ${values}`;
}

function describeValue(value: Value): string {
  const elements = elementsOf(value);
  if (elements.length === 0) return 'value is empty';
  if (elements.length === 1) return `value is ${show(elements[0] ?? '')}`;
  const rest = elements.length > 5 ? ` and ${elements.length - 5} more` : '';
  return `values are ${elements.slice(0, 5).map(show).join(', ')}${rest}`;
}

function show(text: string): string {
  return JSON.stringify(text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text);
}
