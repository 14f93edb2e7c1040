import { badRequest, unsupportedQuery } from './graph-error';
import { isKnownProperty, type PropertyTable } from './properties';
import type { JsonObject } from './types';

/** Decides whether an object passes a `$filter`. */
export type Predicate = (object: JsonObject) => boolean;

const TOKEN = /\s*(?:(')((?:[^']|'')*)'|([A-Za-z_][\w/]*)|([(),]))/y;

/** Operators that need advanced query capabilities: https://learn.microsoft.com/graph/aad-advanced-queries */
const ADVANCED = new Set(['ne', 'not', 'endswith']);

interface Token {
  readonly kind: 'text' | 'word' | 'mark';
  readonly value: string;
}

/**
 * Parses the part of `$filter` that directory objects are commonly asked for: `eq`, `ne`, `in`, `startswith`, `endswith`, `and`,
 * `or`, `not` and parentheses. Texts are compared without case, as the directory does.
 * @throws GraphError for anything else, and for an advanced operator in a request that is not advanced.
 */
export function parseFilter(text: string, table: PropertyTable, advanced: boolean): Predicate {
  const tokens = tokenize(text);
  let position = 0;
  const peek = (): Token | undefined => tokens[position];
  const take = (): Token => {
    const token = tokens[position];
    if (token === undefined) throw badRequest(`Invalid filter clause: unexpected end in '${text}'.`);
    position += 1;
    return token;
  };
  const expect = (mark: string): void => {
    if (take().value !== mark) throw badRequest(`Invalid filter clause: '${mark}' expected in '${text}'.`);
  };
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()?.value.toLowerCase() === word;
  const needAdvanced = (operator: string): void => {
    if (advanced || !ADVANCED.has(operator)) return;
    throw unsupportedQuery(
      `Operator '${operator}' is only supported with the header 'ConsistencyLevel: eventual' and $count=true.`,
    );
  };
  const property = (): string => {
    const name = take().value;
    if (!isKnownProperty(table, name)) throw badRequest(`Invalid filter clause: Could not find a property named '${name}'.`);
    return name;
  };
  const literal = (): unknown => {
    const token = take();
    if (token.kind === 'text') return token.value.toLowerCase();
    if (token.value === 'true' || token.value === 'false') return token.value === 'true';
    if (token.value === 'null') return null;
    throw badRequest(`Invalid filter clause: '${token.value}' is not a value.`);
  };

  const either = (): Predicate => {
    let left = both();
    while (isWord('or')) {
      take();
      const [first, second] = [left, both()];
      left = (object) => first(object) || second(object);
    }
    return left;
  };
  const both = (): Predicate => {
    let left = single();
    while (isWord('and')) {
      take();
      const [first, second] = [left, single()];
      left = (object) => first(object) && second(object);
    }
    return left;
  };
  const single = (): Predicate => {
    if (peek()?.value === '(') {
      take();
      const inner = either();
      expect(')');
      return inner;
    }
    if (isWord('not')) {
      needAdvanced('not');
      take();
      const inner = single();
      return (object) => !inner(object);
    }
    if (isWord('startswith') || isWord('endswith')) return affix();
    return comparison();
  };
  const affix = (): Predicate => {
    const operator = take().value.toLowerCase();
    needAdvanced(operator);
    expect('(');
    const name = property();
    expect(',');
    const value = String(literal());
    expect(')');
    const test = operator === 'startswith' ? 'startsWith' : 'endsWith';
    return (object) => texts(object[name]).some((candidate) => candidate[test](value));
  };
  const comparison = (): Predicate => {
    const name = property();
    const operator = take().value.toLowerCase();
    needAdvanced(operator);
    if (operator === 'in') {
      expect('(');
      const values = new Set([literal()]);
      while (peek()?.value === ',') {
        take();
        values.add(literal());
      }
      expect(')');
      return (object) => values.has(comparable(object[name]));
    }
    if (operator !== 'eq' && operator !== 'ne') throw unsupportedQuery(`Operator '${operator}' is not supported.`);
    const value = literal();
    return (object) => (comparable(object[name]) === value) === (operator === 'eq');
  };

  const predicate = either();
  if (peek() !== undefined) throw badRequest(`Invalid filter clause: unexpected '${peek()?.value}' in '${text}'.`);
  return predicate;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) throw badRequest(`Invalid filter clause: syntax error in '${text}'.`);
    if (match[1] !== undefined) tokens.push({ kind: 'text', value: (match[2] ?? '').replaceAll("''", "'") });
    else if (match[3] !== undefined) tokens.push({ kind: 'word', value: match[3] });
    else tokens.push({ kind: 'mark', value: match[4] ?? '' });
  }
  return tokens;
}

function comparable(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : (value ?? null);
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value.toLowerCase()];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').map((item) => item.toLowerCase()) : [];
}
