import { nearest } from '../expression/suggest';
import type { LogComparison, LogFilter, LogFilterProblem } from './filter';
import {
  COMPARISONS,
  findLogProperty,
  LOG_PROPERTY_NAMES,
  type LogOperator,
  type LogProperty,
  operatorsOf,
  TEXT_FUNCTIONS,
} from './properties';
import type { Operand, SyntaxNode } from './syntax';

/** Functions that ask for no case. */
const CASE_FUNCTIONS = ['tolower', 'toupper'];

/** Every function that a filter may use. */
export const FUNCTIONS: readonly string[] = [...TEXT_FUNCTIONS, ...CASE_FUNCTIONS];

/** Thrown where a filter makes no sense, and caught by the reader of filters. */
export class Refusal extends Error {
  readonly problem: LogFilterProblem;

  constructor(offset: number, message: string, allowed: readonly string[] = []) {
    super(message);
    this.problem = { offset, message, allowed };
  }
}

/** Gives a filter its meaning: properties for names, values of their kind. Pure. @throws Refusal */
export function bind(node: SyntaxNode): LogFilter {
  if ('operands' in node) return { kind: node.kind, operands: node.operands.map(bind) };
  if (node.kind === 'not') return { kind: 'not', operand: bind(node.operand) };
  const { left, operator, right, end } = node;
  if (left.kind === 'call' && !CASE_FUNCTIONS.includes(left.name.toLowerCase())) return bindCall(left, operator, right);
  const { property, isFolded } = bindProperty(left);
  if (operator === undefined) throw new Refusal(end, `expected an operator after ${property.name}`, operatorsOf(property));
  if (operator.text === 'in') {
    requireOperator(property, 'eq', operator);
    const operands = right.map((value) => comparison(property, 'eq', value, isFolded));
    return { kind: 'or', operands };
  }
  const known = COMPARISONS.find((one) => one === operator.text) ?? 'eq';
  requireOperator(property, known, operator);
  return comparison(property, known, right[0], isFolded);
}

function requireOperator(property: LogProperty, operator: LogOperator, at: { readonly text: string; readonly offset: number }) {
  const known = operatorsOf(property);
  if (known.includes(operator)) return;
  throw new Refusal(at.offset, `\`${at.text}\` is not an operator for ${property.name}`, known);
}

/** `contains`, `startswith` or `endswith`; `eq true` and `eq false` may follow. */
function bindCall(
  { name, args, offset }: Extract<Operand, { kind: 'call' }>,
  operator: { readonly text: string; readonly offset: number } | undefined,
  right: readonly Operand[],
): LogFilter {
  const known = TEXT_FUNCTIONS.find((one) => one === name.toLowerCase());
  if (known === undefined) {
    const near = nearest(name, FUNCTIONS);
    throw new Refusal(offset, `\`${excerpt(name)}\` is not a function of this log${hint(near)}`, FUNCTIONS);
  }
  const [first, second, ...rest] = args;
  if (first === undefined || second === undefined || rest.length > 0)
    throw new Refusal(offset, `\`${known}\` takes a property and text in single quotes`);
  const { property, isFolded } = bindProperty(first);
  if (!operatorsOf(property).includes(known))
    throw new Refusal(offset, `\`${known}\` cannot be used on ${property.name}`, operatorsOf(property));
  const { operand, isFolded: isTextFolded } = unfold(second);
  if (operand.kind !== 'text') throw new Refusal(operand.offset, `expected text in single quotes and found ${shown(operand)}`);
  const found: LogFilter = {
    kind: 'comparison',
    property,
    operator: known,
    value: operand.text,
    isFolded: isFolded || isTextFolded,
  };
  if (operator === undefined) return found;
  const truth = right[0]?.kind === 'word' ? right[0].text.toLowerCase() : '';
  if (operator.text !== 'eq' || !['true', 'false'].includes(truth))
    throw new Refusal(operator.offset, `\`${known}\` is true or false; only \`eq true\` or \`eq false\` may follow`, [
      'eq true',
      'eq false',
    ]);
  return truth === 'true' ? found : { kind: 'not', operand: found };
}

function bindProperty(operand: Operand): { readonly property: LogProperty; readonly isFolded: boolean } {
  const { operand: inner, isFolded } = unfold(operand);
  const property = inner.kind === 'word' ? findLogProperty(inner.text) : undefined;
  if (property !== undefined) return { property, isFolded };
  const near = inner.kind === 'word' ? nearest(inner.text, LOG_PROPERTY_NAMES) : undefined;
  throw new Refusal(inner.offset, `${shown(inner)} is not a property that can be filtered by${hint(near)}`, LOG_PROPERTY_NAMES);
}

/** Takes `tolower(…)` or `toupper(…)` off. */
function unfold(operand: Operand): { readonly operand: Operand; readonly isFolded: boolean } {
  if (operand.kind !== 'call' || !CASE_FUNCTIONS.includes(operand.name.toLowerCase())) return { operand, isFolded: false };
  const [inner, ...rest] = operand.args;
  if (inner === undefined || rest.length > 0) throw new Refusal(operand.offset, `\`${operand.name}\` takes one property or text`);
  return { operand: inner, isFolded: true };
}

function comparison(
  property: LogProperty,
  operator: (typeof COMPARISONS)[number],
  value: Operand | undefined,
  isFolded: boolean,
): LogComparison {
  if (value === undefined) throw new Refusal(0, 'a value is missing');
  const { operand, isFolded: isValueFolded } = unfold(value);
  const bound = boundValue(property, operator, operand);
  return { kind: 'comparison', property, operator, value: bound, isFolded: isFolded || isValueFolded };
}

function boundValue(property: LogProperty, operator: LogOperator, operand: Operand): string | number | null {
  if (operand.kind === 'word' && operand.text.toLowerCase() === 'null' && (operator === 'eq' || operator === 'ne')) return null;
  switch (property.kind) {
    case 'instant': {
      const ms = instant(operand);
      if (ms !== undefined) return ms;
      throw new Refusal(operand.offset, `expected an instant such as 2026-01-31T00:00:00Z and found ${shown(operand)}`);
    }
    case 'number':
      if (operand.kind !== 'call' && /^-?\d{1,15}$/.test(operand.text)) return Number(operand.text);
      throw new Refusal(operand.offset, `expected a whole number and found ${shown(operand)}`);
    default: {
      if (operand.kind !== 'text')
        throw new Refusal(operand.offset, `expected text in single quotes and found ${shown(operand)}`, property.values);
      const known = property.values?.some((one) => one.toLowerCase() === operand.text.toLowerCase()) ?? true;
      if (known) return operand.text;
      throw new Refusal(operand.offset, `${property.name} is never ${shown(operand)}`, property.values);
    }
  }
}

/** ISO 8601 with an offset, or a whole day of UTC; in quotation marks or not, with a type before it or not. */
const INSTANT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/i;
const HAS_OFFSET = /(?:Z|[+-]\d\d:\d\d)$/i;

function instant(operand: Operand): number | undefined {
  if (operand.kind === 'call' || !INSTANT.test(operand.text)) return undefined;
  const text = operand.text.toUpperCase();
  // Without an offset it is UTC, as in Graph; the language would take it for the time of the machine.
  const ms = Date.parse(text.includes('T') && !HAS_OFFSET.test(text) ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}

const hint = (near: string | undefined): string => (near === undefined ? '' : `; did you mean \`${near}\`?`);
const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

function shown(operand: Operand): string {
  if (operand.kind === 'text') return `'${excerpt(operand.text)}'`;
  return `\`${excerpt(operand.kind === 'call' ? `${operand.name}(…)` : operand.text)}\``;
}
