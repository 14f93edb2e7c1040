/** The comparison operators of conditions. */
export type ComparisonOperator = '=' | '<>' | '>' | '>=' | '<' | '<=';

/** A piece of a parsed expression. `offset` counts UTF-16 units from the start of the expression. */
export type SyntaxNode =
  | { readonly kind: 'attribute'; readonly name: string; readonly offset: number }
  | { readonly kind: 'text'; readonly value: string; readonly offset: number }
  /** `value` is decimal, `source` as written (`&HFF`). */
  | { readonly kind: 'number'; readonly value: string; readonly source: string; readonly offset: number }
  /** A bare word, such as `vbTextCompare`. */
  | { readonly kind: 'word'; readonly name: string; readonly offset: number }
  | CallNode
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: SyntaxNode;
      readonly right: SyntaxNode;
      readonly offset: number;
    }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly SyntaxNode[]; readonly offset: number }
  /** Parentheses round a condition. */
  | { readonly kind: 'group'; readonly inner: SyntaxNode; readonly offset: number };

/** A function with its arguments; `null` is an argument left empty. `end` is the offset of the closing parenthesis. */
export interface CallNode {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly (SyntaxNode | null)[];
  readonly offset: number;
  readonly end: number;
}

/** A text as an expression writes it: in quotation marks, with what must be escaped. */
export function printText(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Prints an expression in one normal form: one blank after each comma, arguments left empty stay empty. */
export function print(node: SyntaxNode): string {
  switch (node.kind) {
    case 'attribute':
      return `[${node.name}]`;
    case 'text':
      return printText(node.value);
    case 'number':
      return node.source;
    case 'word':
      return node.name;
    case 'call':
      return `${node.name}(${node.args.map((arg) => (arg === null ? '' : print(arg))).join(', ')})`;
    case 'comparison':
      return `${print(node.left)} ${node.operator} ${print(node.right)}`;
    case 'and':
    case 'or':
      return node.operands.map(print).join(node.kind === 'and' ? ' AND ' : ' OR ');
    case 'group':
      return `(${print(node.inner)})`;
  }
}
