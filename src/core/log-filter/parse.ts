import { type IToken, Lexer } from 'chevrotain';
import { bind, FUNCTIONS, Refusal } from './bind';
import type { LogFilter, LogFilterProblem } from './filter';
import { findLogProperty, LOG_PROPERTY_NAMES, operatorsOf } from './properties';
import { LogFilterParser, type SyntaxNode } from './syntax';
import { tokens } from './tokens';

/** What was read, or what is wrong. An empty text is not a filter: everything passes. */
export type LogFilterResult =
  | { readonly ok: true; readonly filter: LogFilter | undefined }
  | { readonly ok: false; readonly problem: LogFilterProblem };

/** The longest filter, in UTF-16 units. Ours: far beyond what a person or a tool writes. */
export const MAX_FILTER_LENGTH = 4_000;
const MAX_DEPTH = 32;

interface Machinery {
  readonly lexer: Lexer;
  readonly parser: LogFilterParser;
}

/** Built on first use: analysing the grammar takes some milliseconds, which a cold start need not pay. */
let machinery: Machinery | undefined;

/**
 * Reads the OData `$filter` of the provisioning log, as Microsoft documents it and as its portal and public scripts write it. Pure;
 * never throws.
 * @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list
 */
export function parseLogFilter(text: string): LogFilterResult {
  try {
    if (text.length > MAX_FILTER_LENGTH)
      throw new Refusal(MAX_FILTER_LENGTH, `the filter is longer than ${MAX_FILTER_LENGTH} characters; ask for less`);
    return { ok: true, filter: text.trim() === '' ? undefined : bind(read(text)) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.problem };
    throw error;
  }
}

function read(text: string): SyntaxNode {
  machinery ??= {
    lexer: new Lexer(Object.values(tokens), { positionTracking: 'onlyOffset' }),
    parser: new LogFilterParser(),
  };
  const { lexer, parser } = machinery;
  const lexed = lexer.tokenize(text);
  const [bad] = lexed.errors;
  if (bad !== undefined) throw new Refusal(bad.offset, explainCharacter(text.charAt(bad.offset)));
  refuseDepth(lexed.tokens);
  parser.input = lexed.tokens;
  const node = parser.filter();
  const [error] = parser.errors;
  if (error === undefined) return node;
  const found = Number.isInteger(error.token.startOffset) ? error.token : undefined;
  throw explainToken(lexed.tokens, found, text.length);
}

const explainCharacter = (mark: string): string =>
  mark === "'" ? "text has no closing ' (inside a text, write it twice)" : `\`${mark}\` has no meaning here`;

function refuseDepth(list: readonly IToken[]): void {
  let depth = 0;
  let nots = 0;
  for (const { tokenType, startOffset } of list) {
    if (tokenType === tokens.LeftParenthesis) depth += 1;
    if (tokenType === tokens.RightParenthesis) depth -= 1;
    nots = tokenType === tokens.Not ? nots + 1 : tokenType === tokens.LeftParenthesis ? nots : 0;
    if (depth > MAX_DEPTH || nots > MAX_DEPTH)
      throw new Refusal(startOffset, `parentheses or \`not\` are nested deeper than ${MAX_DEPTH}`);
  }
}

/** Says what was expected where reading stopped; what stands before it decides. */
function explainToken(list: readonly IToken[], found: IToken | undefined, length: number): Refusal {
  const at = found === undefined ? list.length : list.indexOf(found);
  const [expected, allowed] = expectedAfter(list.slice(0, at));
  const message =
    found === undefined
      ? `the filter ends where ${expected} is expected`
      : `expected ${expected} and found ${shown(found.image)}`;
  return new Refusal(found?.startOffset ?? length, message, allowed);
}

function expectedAfter(before: readonly IToken[]): readonly [expected: string, allowed: readonly string[]] {
  const last = before.at(-1);
  const beforeLast = before.at(-2);
  const isInCall = openCall(before);
  switch (last?.tokenType) {
    case tokens.Comparison:
      return ['a value', findLogProperty(beforeLast?.image ?? '')?.values ?? []];
    case tokens.In:
      return ['`(` and the values', []];
    case tokens.Comma:
      return ['a value', []];
    case tokens.LeftParenthesis:
      if (isInCall) return ['a property or a value', LOG_PROPERTY_NAMES];
      return ['a comparison', LOG_PROPERTY_NAMES];
    case tokens.Word: {
      if (isInCall) return ['`,` or `)`', [',', ')']];
      if (beforeLast?.tokenType === tokens.Comparison) return joint(before);
      const property = findLogProperty(last.image);
      return ['an operator', property === undefined ? FUNCTIONS : operatorsOf(property)];
    }
    case tokens.Text:
    case tokens.TypedText:
    case tokens.RightParenthesis:
      return isInCall ? ['`,` or `)`', [',', ')']] : joint(before);
    default:
      return ['a comparison', LOG_PROPERTY_NAMES];
  }
}

/** What may follow a comparison that is complete. */
function joint(before: readonly IToken[]): readonly [string, readonly string[]] {
  const open = before.reduce(
    (sum, { tokenType }) => sum + (tokenType === tokens.LeftParenthesis ? 1 : tokenType === tokens.RightParenthesis ? -1 : 0),
    0,
  );
  return open > 0 ? ['`and`, `or` or `)`', ['and', 'or', ')']] : ['`and`, `or` or the end', ['and', 'or']];
}

/** Whether the innermost parenthesis that is open belongs to a function or a list of values. */
function openCall(before: readonly IToken[]): boolean {
  const open: boolean[] = [];
  before.forEach(({ tokenType }, index) => {
    const previous = before[index - 1]?.tokenType;
    if (tokenType === tokens.LeftParenthesis) open.push(previous === tokens.Word || previous === tokens.In);
    if (tokenType === tokens.RightParenthesis) open.pop();
  });
  return open.at(-1) ?? false;
}

const shown = (image: string): string => `\`${image.length > 40 ? `${image.slice(0, 39)}…` : image}\``;
