import { unseenCharacterIn, unseenHint } from '../expression/odd-characters';
import { nearest } from '../expression/suggest';
import { isObject, type JsonObject, own } from '../json-object';
import { foreignOperator } from './foreign-operators';
import { type Check, comparesWithNothing, findOperator, type Operator, operators } from './operators';

/** Something in a filter that cannot be used, or (as a remark) is left out. `path` is a JSON path within the filter. */
export interface FilterProblem {
  readonly path: string;
  readonly message: string;
}

/** A clause that passed every check. `values` are those compared with, as given; for membership they are group ids in lower case. */
export interface CompiledClause {
  readonly attribute: string;
  readonly operator: Operator;
  readonly values: readonly string[];
  readonly checks: readonly Check[];
  /** Where it stood in the filter, from 0. */
  readonly groupIndex: number;
  readonly clauseIndex: number;
}

/** A filter ready to be evaluated. No groups: everybody is in scope. */
export interface CompiledFilter {
  /** Groups are joined by OR, the clauses of a group by AND. */
  readonly groups: readonly (readonly CompiledClause[])[];
  /** The source attributes it reads, each once. */
  readonly attributes: readonly string[];
  /** The ids of the groups whose members it asks for, lower case, each once. */
  readonly groupIds: readonly string[];
}

/** The outcome of loading a filter. `remarks` name what has no meaning here and is left out. */
export type FilterResult =
  | { readonly ok: true; readonly filter: CompiledFilter; readonly remarks: readonly FilterProblem[] }
  | { readonly ok: false; readonly problems: readonly FilterProblem[] };

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Checks a Graph synchronization `filter` and prepares it. All problems are reported together. No filter and no groups mean everybody, but a
 * group without clauses is refused: it would match all by accident. Pure; never throws, whatever the value is.
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-filter
 */
export function compileFilter(filter: unknown): FilterResult {
  if (filter === null || filter === undefined)
    return { ok: true, filter: { groups: [], attributes: [], groupIds: [] }, remarks: [] };
  const problems: FilterProblem[] = [];
  const remarks: FilterProblem[] = [];
  const report = (path: string, message: string): void => void problems.push({ path, message });
  if (!isObject(filter)) {
    report('', 'must be an object with `groups`');
    return { ok: false, problems };
  }
  for (const experimental of ['inputFilterGroups', 'categoryFilterGroups']) {
    const value = own(filter, experimental);
    if (Array.isArray(value) && value.length > 0) {
      remarks.push({
        path: experimental,
        message: 'is an experimental part of the format with no meaning here; only `groups` count',
      });
    }
  }
  const groups = readGroups(own(filter, 'groups'), report);
  for (const { values, operator, groupIndex, clauseIndex } of groups.flat()) {
    for (const [index, value] of values.entries()) {
      const odd = operator.kind === 'values' ? unseenCharacterIn(value) : undefined;
      if (odd === undefined) continue;
      const path = `groups[${groupIndex}].clauses[${clauseIndex}].targetOperand.values[${index}]`;
      const message = `contains the invisible character ${odd.name} at position ${odd.offset + 1}; retype it if it was only copied along`;
      remarks.push({ path, message });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const clauses = groups.flat();
  const membership = clauses.filter(({ operator }) => operator.kind === 'membership');
  const compared = clauses.filter(({ operator }) => operator.kind !== 'membership');
  const attributes = [...new Set(compared.map(({ attribute }) => attribute))];
  const groupIds = [...new Set(membership.flatMap(({ values }) => values))];
  return { ok: true, filter: { groups, attributes, groupIds }, remarks };
}

type Report = (path: string, message: string) => void;

function readGroups(groups: unknown, report: Report): CompiledClause[][] {
  if (groups === undefined || groups === null) return [];
  if (!Array.isArray(groups)) {
    report('groups', 'must be a list');
    return [];
  }
  return groups.map((group: unknown, groupIndex) => {
    const path = `groups[${groupIndex}]`;
    const clauses = isObject(group) ? own(group, 'clauses') : undefined;
    if (!Array.isArray(clauses) || clauses.length === 0) {
      report(`${path}.clauses`, 'must contain at least one clause; to include everybody, leave the group out');
      return [];
    }
    return clauses.flatMap((clause: unknown, clauseIndex) => {
      const compiled = readClause(clause, groupIndex, clauseIndex, (part, message) =>
        report(`${path}.clauses[${clauseIndex}]${part}`, message),
      );
      return compiled === undefined ? [] : [compiled];
    });
  });
}

function readClause(clause: unknown, groupIndex: number, clauseIndex: number, report: Report): CompiledClause | undefined {
  if (!isObject(clause)) {
    report('', 'must be an object');
    return undefined;
  }
  const operatorName = own(clause, 'operatorName');
  const operator = typeof operatorName === 'string' ? findOperator(operatorName) : undefined;
  if (operator === undefined) report('.operatorName', explainOperator(operatorName));

  const attribute = own(clause, 'sourceOperandName');
  const isNamed = typeof attribute === 'string' && attribute !== '';
  if (!isNamed && operator?.kind !== 'membership') report('.sourceOperandName', 'must name a source attribute');
  if (operator === undefined) return undefined;

  const isUnary = comparesWithNothing(operator);
  const values = isUnary ? [] : readValues(clause, report);
  if (values === undefined) return undefined;
  const base = { attribute: isNamed ? attribute : '', operator, groupIndex, clauseIndex };
  if (operator.kind === 'presence') return { ...base, values, checks: [] };
  if (operator.kind === 'membership') {
    const ids = values.map((value) => value.trim().toLowerCase());
    ids.forEach((id, index) => {
      if (!guid.test(id)) report(`.targetOperand.values[${index}]`, `must be the object id of a group${unseenHint(id)}`);
    });
    return { ...base, values: ids, checks: [] };
  }
  const checks = (isUnary ? [''] : values).flatMap((value, index) => {
    const check = operator.prepare(value);
    if (typeof check !== 'string') return [check];
    report(`.targetOperand.values[${index}]`, check);
    return [];
  });
  return { ...base, values, checks };
}

/** The values of a clause. Nothing to compare with would silently match nobody, or everybody when negated, so it is refused. */
function readValues(clause: JsonObject, report: Report): string[] | undefined {
  const target = own(clause, 'targetOperand');
  const values = isObject(target) ? own(target, 'values') : undefined;
  if (!Array.isArray(values) || values.length === 0) {
    report('.targetOperand.values', 'must contain at least one value for this operator');
    return undefined;
  }
  const texts: string[] = [];
  values.forEach((value: unknown, index) => {
    if (typeof value === 'boolean') texts.push(value ? 'True' : 'False');
    else if (typeof value === 'number') texts.push(String(value));
    else if (typeof value === 'string' && value !== '') texts.push(value);
    else report(`.targetOperand.values[${index}]`, 'must be text and not empty; to find empty attributes use IS NULL');
  });
  return texts.length === values.length ? texts : undefined;
}

function explainOperator(name: unknown): string {
  if (typeof name !== 'string' || name === '') return 'must name an operator';
  const short = name.slice(0, 64);
  const equivalent = foreignOperator(name);
  if (equivalent !== undefined) return `is not a known operator: \`${short}\`; use \`${equivalent}\``;
  const known = operators.map((operator) => operator.name);
  const suggestion = nearest(name, known);
  const hint = suggestion === undefined ? `known are ${known.join(', ')}` : `did you mean \`${suggestion}\`?`;
  return `is not a known operator: \`${short}\`; ${hint}${unseenHint(name)}`;
}
