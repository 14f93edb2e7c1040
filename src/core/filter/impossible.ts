import { parseDate } from '../expression/date-text';
import type { CompiledClause, CompiledFilter, FilterProblem } from './compile-filter';

/** What an attribute holds, as far as is known before there is data. */
export type AttributeShape = 'boolean' | 'list' | 'text' | 'free' | 'unknown';

/**
 * The clauses and groups of a filter that no object can pass, whatever it holds: a Boolean compared with a text, clauses that exclude each
 * other. Only what is certain is named. Pure; never throws.
 *
 * @param shapeOf What an attribute holds; `free` for one in which administrators keep anything, the names of Booleans and lists included.
 */
export function impossibleParts(
  filter: CompiledFilter,
  shapeOf: (attribute: string) => AttributeShape,
): readonly FilterProblem[] {
  const groups = filter.groups.map((group) => reasonIn(group, shapeOf));
  const found = groups.flatMap((reason, index) =>
    reason === undefined ? [] : [{ path: reason.path, message: `${reason.message}, so this group matches nobody`, index }],
  );
  const remarks = found.map(({ path, message }) => ({ path, message }));
  if (groups.length === 0 || found.length < groups.length) return remarks;
  return [...remarks, { path: 'groups', message: 'the filter matches nobody: everybody falls out of scope' }];
}

function reasonIn(
  group: readonly CompiledClause[],
  shapeOf: (attribute: string) => AttributeShape,
): { readonly path: string; readonly message: string } | undefined {
  for (const clause of group) {
    const message = impossibleClause(clause, shapeOf(clause.attribute));
    if (message !== undefined) return { path: pathOf(clause), message };
  }
  for (const [index, later] of group.entries()) {
    for (const earlier of group.slice(0, index)) {
      if (later.attribute !== earlier.attribute || later.operator.kind === 'membership') continue;
      if (excludesEachOther(earlier, later, shapeOf(later.attribute)))
        return {
          path: pathOf(later),
          message: `${later.attribute} cannot pass both ${earlier.operator.name} and ${later.operator.name} as they stand here`,
        };
    }
  }
  return undefined;
}

function pathOf({ groupIndex, clauseIndex }: CompiledClause): string {
  return `groups[${groupIndex}].clauses[${clauseIndex}]`;
}

const numberOperators: ReadonlySet<string> = new Set([
  'Greater_Than',
  'Greater_Than_OR_EQUALS',
  'LESS_THAN',
  'LESS_THAN_OR_EQUALS',
]);

function impossibleClause({ attribute, operator, values }: CompiledClause, shape: AttributeShape): string | undefined {
  const { name } = operator;
  if (shape === 'text' && (name === 'IS TRUE' || name === 'IS FALSE')) return `${attribute} is a text, never True or False`;
  if (shape !== 'boolean' || operator.kind !== 'values') return undefined;
  if (numberOperators.has(name) || name === 'BEFORE' || name === 'AFTER')
    return `${attribute} is True or False and cannot be compared with ${name}`;
  if (name === 'EQUALS' && values.every((value) => !/^\s*(?:true|false)\s*$/i.test(value)))
    return `${attribute} is True or False, and never ${values.map((value) => JSON.stringify(value.slice(0, 80))).join(' or ')}`;
  return undefined;
}

/** Whether no value passes both. Lists may pass much that one value cannot, so only their emptiness is judged. */
function excludesEachOther(a: CompiledClause, b: CompiledClause, shape: AttributeShape): boolean {
  const names = [a.operator.name, b.operator.name];
  if (names.includes('IS NULL')) return names.some((name) => name !== 'IS NULL');
  if (shape === 'list' || shape === 'free' || shape === 'unknown') return false;
  if (names.includes('IS TRUE') && names.includes('IS FALSE')) return true;
  return disjoint(a, b) || disjoint(b, a) || isEmptyRange(a, b) || isEmptyRange(b, a);
}

/** Whether `a` is EQUALS and none of its values passes `b`. */
function disjoint(a: CompiledClause, b: CompiledClause): boolean {
  if (a.operator.name !== 'EQUALS' || b.operator.kind !== 'values') return false;
  const { isNegative } = b.operator;
  return a.values.every((value) => {
    // A clause on a Boolean also means the other spelling; only one that fails both is certain to fail.
    const spellings = /^(?:true|false)$/i.test(value)
      ? [value, value.slice(0, 1).toUpperCase() + value.slice(1).toLowerCase()]
      : [value];
    return spellings.every((text) => {
      const results = b.checks.map((check) => check(text));
      return !results.includes('unknown') && results.includes(true) === isNegative;
    });
  });
}

/** Whether `low` asks for more than `high` allows. */
function isEmptyRange(low: CompiledClause, high: CompiledClause): boolean {
  const [from] = low.values;
  const [to] = high.values;
  if (from === undefined || to === undefined || low.values.length > 1 || high.values.length > 1) return false;
  if (low.operator.name === 'AFTER' && high.operator.name === 'BEFORE') {
    const start = parseDate(from)?.epochMs;
    const end = parseDate(to)?.epochMs;
    return start !== undefined && end !== undefined && start >= end;
  }
  if (!/^Greater/.test(low.operator.name) || !/^LESS/.test(high.operator.name)) return false;
  const lowest = BigInt(from.trim()) + (low.operator.name === 'Greater_Than' ? 1n : 0n);
  const highest = BigInt(to.trim()) - (high.operator.name === 'LESS_THAN' ? 1n : 0n);
  return lowest > highest;
}
