import { nearest } from '../expression/suggest';
import { readTokens, type Token } from './lexer';
import {
  findLogProperty,
  LOG_OPERATORS,
  LOG_PROPERTY_NAMES,
  type LogOperator,
  type LogProperty,
  operatorsOf,
} from './properties';

/** One comparison. `value` is a number for numbers and for instants (ms), else text. */
export interface LogClause {
  readonly property: LogProperty;
  readonly operator: LogOperator;
  readonly value: string | number;
}

/** What is wrong with a filter: what, at which UTF-16 unit from 0, and what may stand there instead (empty: no list to give). */
export interface LogFilterProblem {
  readonly message: string;
  readonly offset: number;
  readonly allowed: readonly string[];
}

/** A filter is a list of comparisons that must all hold; an empty text is none. */
export type LogFilterResult =
  | { readonly ok: true; readonly clauses: readonly LogClause[] }
  | { readonly ok: false; readonly problem: LogFilterProblem };

/** The longest filter, in UTF-16 units. Ours: far beyond what a person or a tool writes. */
export const MAX_FILTER_LENGTH = 4_000;
const MAX_DEPTH = 32;

class Refusal extends Error {
  constructor(readonly problem: LogFilterProblem) {
    super(problem.message);
  }
}

const refuse = (offset: number, message: string, allowed: readonly string[] = []): never => {
  throw new Refusal({ message, offset, allowed });
};

/**
 * Reads the OData `$filter` of the provisioning log: comparisons and `contains(property,'text')`, joined by `and`, with parentheses.
 * Pure; never throws.
 * @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list
 */
export function parseLogFilter(text: string): LogFilterResult {
  try {
    if (text.length > MAX_FILTER_LENGTH)
      refuse(MAX_FILTER_LENGTH, `the filter is longer than ${MAX_FILTER_LENGTH} characters; ask for less`);
    const read = readTokens(text);
    if (!read.ok) return refuse(read.offset, read.message);
    return { ok: true, clauses: text.trim() === '' ? [] : new Parser(read.tokens, text.length).whole() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.problem };
    throw error;
  }
}

class Parser {
  private next = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly length: number,
  ) {}

  whole(): readonly LogClause[] {
    const clauses = this.conjunction(0);
    const rest = this.peek();
    return rest === undefined ? clauses : this.refuseJoint(rest);
  }

  private conjunction(depth: number): readonly LogClause[] {
    const clauses = [...this.term(depth)];
    while (this.isWord('and')) {
      this.next += 1;
      clauses.push(...this.term(depth));
    }
    return clauses;
  }

  private term(depth: number): readonly LogClause[] {
    const token = this.take('a comparison', LOG_PROPERTY_NAMES);
    if (token.kind === '(') {
      if (depth >= MAX_DEPTH) return refuse(token.offset, `parentheses are nested deeper than ${MAX_DEPTH}`);
      const clauses = this.conjunction(depth + 1);
      const end = this.peek();
      if (end !== undefined && end.kind !== ')') return this.refuseJoint(end);
      this.expect(')');
      return clauses;
    }
    if (token.kind !== 'word') return refuse(token.offset, `expected a property and found ${shown(token)}`, LOG_PROPERTY_NAMES);
    if (this.peek()?.kind === '(') return [this.call(token)];
    const property = this.property(token);
    const operator = this.operator(property);
    return [{ property, operator, value: this.value(property, this.take('a value', property.values ?? [])) }];
  }

  private call(name: Token): LogClause {
    if (name.text === 'not') return refuse(name.offset, '`not` is not supported', LOG_OPERATORS);
    if (name.text !== 'contains')
      return refuse(name.offset, `\`${excerpt(name.text)}\` is no function of this log`, ['contains']);
    this.expect('(');
    const property = this.property(this.take('a property', LOG_PROPERTY_NAMES));
    if (!operatorsOf(property).includes('contains'))
      return refuse(name.offset, `\`contains\` cannot be asked of ${property.name}`, operatorsOf(property));
    this.expect(',');
    const part = this.take('a text in single quotes');
    if (part.kind !== 'text') return refuse(part.offset, `expected a text in single quotes and found ${shown(part)}`);
    this.expect(')');
    return { property, operator: 'contains', value: part.text };
  }

  private property(token: Token): LogProperty {
    const found = token.kind === 'word' ? findLogProperty(token.text) : undefined;
    if (found !== undefined) return found;
    const near = token.kind === 'word' ? nearest(token.text, LOG_PROPERTY_NAMES) : undefined;
    const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
    return refuse(token.offset, `${shown(token)} is no property that can be filtered by${hint}`, LOG_PROPERTY_NAMES);
  }

  private operator(property: LogProperty): LogOperator {
    const known = operatorsOf(property).filter((operator) => operator !== 'contains');
    const token = this.take('an operator', known);
    const found = known.find((operator) => token.kind === 'word' && operator === token.text);
    if (found !== undefined) return found;
    return refuse(token.offset, `${shown(token)} is no operator that ${property.name} can be asked with`, operatorsOf(property));
  }

  private value(property: LogProperty, token: Token): string | number {
    switch (property.kind) {
      case 'instant':
        return (
          instant(token) ?? refuse(token.offset, `expected an instant such as 2026-01-31T00:00:00Z and found ${shown(token)}`)
        );
      case 'number':
        return token.kind === 'word' && /^\d{1,15}$/.test(token.text)
          ? Number(token.text)
          : refuse(token.offset, `expected a whole number and found ${shown(token)}`);
      default: {
        if (token.kind !== 'text') return refuse(token.offset, `expected a text in single quotes and found ${shown(token)}`);
        const known = property.values?.some((value) => value.toLowerCase() === token.text.toLowerCase()) ?? true;
        return known ? token.text : refuse(token.offset, `${property.name} is never ${shown(token)}`, property.values);
      }
    }
  }

  private peek(): Token | undefined {
    return this.tokens[this.next];
  }

  private isWord(text: string): boolean {
    const token = this.peek();
    return token?.kind === 'word' && token.text === text;
  }

  private take(expected: string, allowed: readonly string[] = []): Token {
    const token = this.peek();
    if (token === undefined) return refuse(this.length, `the filter ends where ${expected} is expected`, allowed);
    this.next += 1;
    return token;
  }

  private expect(kind: '(' | ')' | ','): void {
    const token = this.take(`\`${kind}\``);
    if (token.kind !== kind) refuse(token.offset, `expected \`${kind}\` and found ${shown(token)}`);
  }

  /** Says why two comparisons cannot be joined like that. */
  private refuseJoint(token: Token): never {
    if (token.kind === 'word' && token.text === 'or') return refuse(token.offset, '`or` is not supported; ask twice', ['and']);
    return refuse(token.offset, `expected \`and\` or the end and found ${shown(token)}`, ['and']);
  }
}

/** ISO 8601 with an offset, or a whole day of UTC; in quotation marks or not. */
const INSTANT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/i;

function instant(token: Token): number | undefined {
  if ((token.kind !== 'word' && token.kind !== 'text') || !INSTANT.test(token.text)) return undefined;
  const ms = Date.parse(token.text.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
const shown = (token: Token): string => (token.kind === 'text' ? `'${excerpt(token.text)}'` : `\`${excerpt(token.text)}\``);
