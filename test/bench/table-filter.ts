import type { WireRow } from './tables';

/** What a `$filter` asks for, with the bounds that a list can start and end by. */
export interface TableFilter {
  readonly partitions: { readonly from: string; readonly to: string };
  readonly rows: { readonly from: string; readonly to: string };
  readonly fits: (row: WireRow) => boolean;
}

/** Beyond every key. */
const LAST = '\uffff';

type Test = (row: WireRow) => boolean;
const TOKEN = /\s*(?:(\()|(\))|(and|or)\b|(\w+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[\w.-]+))/gy;
const COMPARE: Readonly<Record<string, (left: string | number | boolean, right: string | number | boolean) => boolean>> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  gt: (left, right) => left > right,
  ge: (left, right) => left >= right,
  lt: (left, right) => left < right,
  le: (left, right) => left <= right,
};

/** Reads the filters that the app sends: comparisons joined by `and`, with `or` in brackets. @throws Error for any other */
export function parseTableFilter(text: string): TableFilter {
  const tokens = [...text.matchAll(TOKEN)];
  if (tokens.map(([whole]) => whole).join('') !== text.trimEnd())
    throw new Error(`The stand-in does not read this filter: ${text}`);
  let at = 0;
  let [from, to] = ['', LAST];
  let [rowFrom, rowTo] = ['', LAST];

  function comparison([, , , , name = '', operator = '', literal = '']: RegExpMatchArray, isBound: boolean): Test {
    const value = literalOf(literal);
    const bound = String(value);
    if (isBound && name === 'PartitionKey') {
      if (operator === 'eq' || operator === 'ge') from = bound;
      if (operator === 'eq' || operator === 'le') to = bound;
    }
    if (isBound && name === 'RowKey') {
      if (/^(eq|ge|gt)$/.test(operator) && bound > rowFrom) rowFrom = bound;
      if (/^(eq|le|lt)$/.test(operator) && bound < rowTo) rowTo = bound;
    }
    const compare = COMPARE[operator] ?? (() => false);
    return (row) => {
      const stored = row[name];
      // A column that a row does not have fits nothing, not even `ne`.
      return stored !== undefined && stored !== null && compare(stored as string | number | boolean, value);
    };
  }

  function term(isBound: boolean): Test {
    const token = tokens[at++];
    if (!token) throw new Error(`The stand-in does not read this filter: ${text}`);
    if (token[1] === undefined) return comparison(token, isBound);
    const inner = joined(false);
    at += 1;
    return inner;
  }

  function joined(isBound: boolean): Test {
    const tests = [term(isBound)];
    const word = tokens[at]?.[3];
    while (word !== undefined && tokens[at]?.[3] === word) {
      at += 1;
      tests.push(term(isBound));
    }
    return word === 'or' ? (row) => tests.some((test) => test(row)) : (row) => tests.every((test) => test(row));
  }

  const fits = joined(true);
  return { fits, partitions: { from, to }, rows: { from: rowFrom, to: rowTo } };
}

function literalOf(literal: string): string | number | boolean {
  if (literal.startsWith("'")) return literal.slice(1, -1).replaceAll("''", "'");
  if (literal === 'true' || literal === 'false') return literal === 'true';
  return Number(literal);
}
