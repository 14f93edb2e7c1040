/**
 * Evaluates the part of the Kusto language that the alerts use, over rows in memory. What it does not know it refuses, so that a query
 * outgrows this and never passes by not being understood. That a query is Kusto at all is checked by `infra:check` with the language's own
 * parser.
 *
 * @see https://learn.microsoft.com/kusto/query/
 */

/** A row of a table or of a result. Dynamic values are plain objects, an absent or null value is null. */
export type Row = Readonly<Record<string, unknown>>;

/** Tables by name. */
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** @throws Error for an operator, function or token that it does not know */
export function evaluateKql(query: string, tables: Tables): readonly Row[] {
  const tokens = tokenize(query);
  const parser = new Parser(tokens, tables);
  const rows = parser.pipeline();
  parser.expectEnd();
  return rows;
}

const TOKEN = /\s+|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?|!?[A-Za-z_]\w*(?:-[a-z]+)?|==|!=|<=|>=|\.\.|[|()<>=,.+\-*/]/y;

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`Not Kusto that this evaluator knows: ${text.slice(at, at + 30)}`);
    if (!/^\s|^\/\//.test(token)) tokens.push(token);
  }
  return tokens;
}

type Value = (row: Row) => unknown;
type Aggregate = (rows: readonly Row[]) => Row;

const texts = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
const numbers = (value: unknown): number | null => {
  const text = texts(value);
  return text === '' || Number.isNaN(Number(text)) ? null : Number(text);
};

/** Functions of values. Conversions give null where there is nothing to convert, as Kusto's do. */
const FUNCTIONS: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
  parse_json: (text) => JSON.parse(texts(text)),
  substring: (text, from, length) =>
    texts(text).substring(Number(from), length === undefined ? undefined : Number(from) + Number(length)),
  indexof: (text, part) => texts(text).indexOf(texts(part)),
  tostring: texts,
  toint: (value) => {
    const number = numbers(value);
    return number === null ? null : Math.trunc(number);
  },
  todouble: numbers,
  isnotnull: (value) => value !== null && value !== undefined,
  iff: (condition, yes, no) => (condition === true ? yes : no),
};

/** Comparisons with null hold for nothing, as in Kusto. Words compare without case where they have no `_cs`. */
const lower = (value: unknown): string => texts(value).toLowerCase();
const ordered = (compare: (a: number, b: number) => boolean) => (a: unknown, b: unknown) => {
  const [left, right] = [numbers(a), numbers(b)];
  return left !== null && right !== null && compare(left, right);
};
const COMPARISONS: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': ordered((a, b) => a < b),
  '<=': ordered((a, b) => a <= b),
  '>': ordered((a, b) => a > b),
  '>=': ordered((a, b) => a >= b),
  startswith: (a, b) => lower(a).startsWith(lower(b)),
  endswith: (a, b) => lower(a).endsWith(lower(b)),
  '!endswith': (a, b) => !lower(a).endsWith(lower(b)),
  contains: (a, b) => lower(a).includes(lower(b)),
  has: (a, b) => lower(a).split(/\W+/).includes(lower(b)),
};

class Parser {
  private at = 0;
  constructor(
    private readonly tokens: readonly string[],
    private readonly tables: Tables,
  ) {}

  /** `source | operator | …` */
  pipeline(): readonly Row[] {
    let rows = this.source();
    while (this.takes('|')) rows = this.operator(rows);
    return rows;
  }

  expectEnd(): void {
    if (this.at < this.tokens.length) throw new Error(`Unexpected ${this.tokens[this.at]}`);
  }

  private source(): readonly Row[] {
    if (this.takes('union')) {
      const all: Row[] = [];
      do {
        this.expect('(');
        all.push(...this.pipeline());
        this.expect(')');
      } while (this.takes(','));
      return all;
    }
    const name = this.next();
    const table = this.tables[name];
    if (!table) throw new Error(`No table ${name}`);
    return table;
  }

  private operator(rows: readonly Row[]): readonly Row[] {
    const word = this.next();
    switch (word) {
      case 'where': {
        const holds = this.or();
        return rows.filter((row) => holds(row) === true);
      }
      case 'extend':
      case 'project': {
        const columns = this.columns();
        return rows.map((row) => {
          let made: Row = row;
          const only: Record<string, unknown> = {};
          for (const [name, value] of columns) {
            only[name] = value(made);
            made = { ...made, [name]: only[name] };
          }
          return word === 'project' ? only : made;
        });
      }
      case 'summarize':
        return this.summarize(rows);
      default:
        throw new Error(`Operator ${word} is not known here`);
    }
  }

  private columns(): readonly (readonly [string, Value])[] {
    const columns: [string, Value][] = [];
    do {
      const name = this.tokens[this.at] ?? '';
      const isNamed = this.tokens[this.at + 1] === '=';
      if (isNamed) this.at += 2;
      columns.push([name, this.or()]);
    } while (this.takes(','));
    return columns;
  }

  private summarize(rows: readonly Row[]): readonly Row[] {
    const aggregates: Aggregate[] = [];
    if (this.tokens[this.at] !== 'by') {
      do aggregates.push(this.aggregate());
      while (this.takes(','));
    }
    const by = this.takes('by') ? this.columns() : [];
    if (by.length === 0) return aggregates.length === 0 || isEmptyArgMax(rows, aggregates) ? [] : [merge(aggregates, rows)];
    const groups = new Map<string, { readonly key: Row; readonly rows: Row[] }>();
    for (const row of rows) {
      const key = Object.fromEntries(by.map(([name, value]) => [name, value(row)]));
      const group = groups.get(JSON.stringify(key)) ?? { key, rows: [] };
      group.rows.push(row);
      groups.set(JSON.stringify(key), group);
    }
    return [...groups.values()].map((group) => ({ ...group.key, ...merge(aggregates, group.rows) }));
  }

  private aggregate(): Aggregate {
    const isNamed = this.tokens[this.at + 1] === '=';
    const name = isNamed ? this.next() : '';
    if (isNamed) this.expect('=');
    const word = this.next();
    this.expect('(');
    if (word === 'arg_max') {
      const [by, kept] = [this.next(), this.takes(',') ? this.next() : ''];
      this.expect(')');
      return Object.assign(
        (rows: readonly Row[]): Row => {
          const newest = [...rows].sort((a, b) => texts(b[by]).localeCompare(texts(a[by])))[0];
          return { [by]: newest?.[by] ?? null, [kept]: newest?.[kept] ?? null };
        },
        { ofNothing: true },
      );
    }
    const value = this.tokens[this.at] === ')' ? undefined : this.or();
    this.expect(')');
    switch (word) {
      case 'count':
        return (rows) => ({ [name || 'count_']: rows.length });
      case 'countif':
        return (rows) => ({ [name || 'countif_']: rows.filter((row) => value?.(row) === true).length });
      default:
        throw new Error(`Aggregate ${word} is not known here`);
    }
  }

  private or(): Value {
    let left = this.and();
    while (this.takes('or')) {
      const [a, b] = [left, this.and()];
      left = (row) => a(row) === true || b(row) === true;
    }
    return left;
  }

  private and(): Value {
    let left = this.comparison();
    while (this.takes('and')) {
      const [a, b] = [left, this.comparison()];
      left = (row) => a(row) === true && b(row) === true;
    }
    return left;
  }

  private comparison(): Value {
    const left = this.product();
    const word = this.tokens[this.at] ?? '';
    if (word === 'in' || word === '!in') {
      this.at += 1;
      this.expect('(');
      const list: Value[] = [];
      do list.push(this.or());
      while (this.takes(','));
      this.expect(')');
      return (row) => list.some((item) => item(row) === left(row)) === (word === 'in');
    }
    if (word === 'between' || word === '!between') {
      this.at += 1;
      this.expect('(');
      const from = this.product();
      this.expect('..');
      const to = this.product();
      this.expect(')');
      return (row) => {
        const value = numbers(left(row));
        const isWithin = value !== null && value >= Number(from(row)) && value <= Number(to(row));
        return isWithin === (word === 'between');
      };
    }
    const compare = COMPARISONS[word];
    if (!compare) return left;
    this.at += 1;
    const right = this.product();
    return (row) => compare(left(row), right(row));
  }

  private product(): Value {
    let left = this.primary();
    while (this.takes('*')) {
      const [a, b] = [left, this.primary()];
      left = (row) => Number(a(row)) * Number(b(row));
    }
    return left;
  }

  private primary(): Value {
    const token = this.next();
    if (token === '(') {
      const inner = this.or();
      this.expect(')');
      return inner;
    }
    if (token.startsWith('"')) return () => JSON.parse(token);
    if (/^\d/.test(token)) return () => Number(token);
    if (token === 'true' || token === 'false') return () => token === 'true';
    if (this.takes('(')) {
      const call = FUNCTIONS[token];
      if (!call) throw new Error(`Function ${token} is not known here`);
      const given: Value[] = [];
      if (!this.takes(')')) {
        do given.push(this.or());
        while (this.takes(','));
        this.expect(')');
      }
      return (row) => call(...given.map((value) => value(row)));
    }
    const path = [token];
    while (this.takes('.')) path.push(this.next());
    return (row) => path.reduce<unknown>((value, name) => (value as Row | null | undefined)?.[name] ?? null, row);
  }

  private takes(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.takes(token)) throw new Error(`Expected ${token} and found ${this.tokens[this.at]}`);
  }

  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error('The query ends too soon');
    this.at += 1;
    return token;
  }
}

const merge = (aggregates: readonly Aggregate[], rows: readonly Row[]): Row =>
  Object.assign({}, ...aggregates.map((aggregate) => aggregate(rows)));

/** Over no rows, count gives one row with 0; arg_max gives a row of nulls, which nothing holds for. */
const isEmptyArgMax = (rows: readonly Row[], aggregates: readonly Aggregate[]): boolean =>
  rows.length === 0 && aggregates.every((aggregate) => 'ofNothing' in aggregate);
