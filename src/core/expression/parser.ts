import { EmbeddedActionsParser, type IToken, Lexer } from 'chevrotain';
import { maxExpressionLength, maxNesting } from './limits';
import { oddCharacterAt, unseenCharacterIn } from './odd-characters';
import { type ExpressionProblem, excerpt, problemAt } from './problems';
import type { ComparisonOperator, SyntaxNode } from './syntax';
import { readText, tokens } from './tokens';

/** The outcome of reading an expression's text. A syntax error is always one problem: what follows it cannot be trusted. */
export type ParseResult =
  | { readonly ok: true; readonly node: SyntaxNode }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/** Grammar of the mapping language: calls with arguments that may be empty, and conditions (`OR` < `AND` < comparison). */
class ExpressionParser extends EmbeddedActionsParser {
  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 2 });
    this.performSelfAnalysis();
  }

  readonly expression = this.RULE('expression', (): SyntaxNode => this.SUBRULE(this.disjunction));

  private readonly disjunction = this.RULE('disjunction', (): SyntaxNode => {
    const first = this.SUBRULE(this.conjunction);
    const operands = [first];
    this.MANY(() => {
      this.CONSUME(tokens.Or);
      operands.push(this.SUBRULE2(this.conjunction));
    });
    return operands.length === 1 ? first : { kind: 'or', operands, offset: first.offset };
  });

  private readonly conjunction = this.RULE('conjunction', (): SyntaxNode => {
    const first = this.SUBRULE(this.comparison);
    const operands = [first];
    this.MANY(() => {
      this.CONSUME(tokens.And);
      operands.push(this.SUBRULE2(this.comparison));
    });
    return operands.length === 1 ? first : { kind: 'and', operands, offset: first.offset };
  });

  private readonly comparison = this.RULE('comparison', (): SyntaxNode => {
    let node = this.SUBRULE(this.primary);
    this.OPTION(() => {
      const token = this.CONSUME(tokens.Comparison);
      const right = this.SUBRULE2(this.primary);
      const operator = token.image as ComparisonOperator;
      node = { kind: 'comparison', operator, left: node, right, offset: token.startOffset };
    });
    return node;
  });

  private readonly primary = this.RULE('primary', (): SyntaxNode => {
    return this.OR<SyntaxNode>([
      {
        ALT: () => {
          const token = this.CONSUME(tokens.Attribute);
          return { kind: 'attribute', name: token.image.slice(1, -1), offset: token.startOffset };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(tokens.Text);
          return { kind: 'text', value: readText(token.image), offset: token.startOffset };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(tokens.Decimal);
          return { kind: 'number', value: token.image, source: token.image, offset: token.startOffset };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(tokens.Hex);
          const value = this.ACTION(() => BigInt(`0x${token.image.slice(2)}`).toString());
          return { kind: 'number', value, source: token.image, offset: token.startOffset };
        },
      },
      { ALT: () => this.SUBRULE(this.callOrWord) },
      {
        ALT: () => {
          const token = this.CONSUME(tokens.LeftParenthesis);
          const inner = this.SUBRULE(this.disjunction);
          this.CONSUME(tokens.RightParenthesis);
          return { kind: 'group', inner, offset: token.startOffset };
        },
      },
    ]);
  });

  private readonly callOrWord = this.RULE('callOrWord', (): SyntaxNode => {
    const name = this.CONSUME(tokens.Identifier);
    let node: SyntaxNode = { kind: 'word', name: name.image, offset: name.startOffset };
    this.OPTION(() => {
      this.CONSUME(tokens.LeftParenthesis);
      const args = this.SUBRULE(this.callArguments);
      const end = this.CONSUME(tokens.RightParenthesis).startOffset;
      node = { kind: 'call', name: name.image, args, offset: name.startOffset, end };
    });
    return node;
  });

  private readonly callArguments = this.RULE('callArguments', (): (SyntaxNode | null)[] => {
    const args: (SyntaxNode | null)[] = [];
    let argument: SyntaxNode | null = null;
    this.OPTION(() => {
      argument = this.SUBRULE(this.disjunction);
    });
    args.push(argument);
    this.MANY(() => {
      this.CONSUME(tokens.Comma);
      argument = null;
      this.OPTION2(() => {
        argument = this.SUBRULE2(this.disjunction);
      });
      args.push(argument);
    });
    return args.length === 1 && args[0] === null ? [] : args;
  });
}

interface Machinery {
  readonly lexer: Lexer;
  readonly parser: ExpressionParser;
}

/** Built on first use: analysing the grammar takes some milliseconds, which a cold start without expressions need not pay. */
let machinery: Machinery | undefined;

/** Reads an expression's text. Never throws; long texts, deep nesting and every syntax error come back as a problem with its place. */
export function parse(text: string): ParseResult {
  const refuse = (offset: number, message: string, hint?: string): ParseResult => ({
    ok: false,
    problem: problemAt(text, offset, message, hint),
  });
  if (text.length > maxExpressionLength) {
    const message = `the expression has ${text.length} characters, more than the ${maxExpressionLength.toLocaleString('en-US')} allowed`;
    return refuse(maxExpressionLength, message);
  }
  if (text.trim() === '') return refuse(0, 'the expression is empty');
  machinery ??= { lexer: new Lexer(Object.values(tokens), { positionTracking: 'onlyOffset' }), parser: new ExpressionParser() };
  const { lexer, parser } = machinery;

  const lexed = lexer.tokenize(text);
  const badCharacter = lexed.errors[0];
  if (badCharacter !== undefined) return refuse(badCharacter.offset, ...explainCharacter(text, badCharacter.offset));
  const tooDeep = nestingViolation(lexed.tokens);
  if (tooDeep !== undefined) return refuse(tooDeep.startOffset, `the expression nests deeper than ${maxNesting} parentheses`);

  parser.input = lexed.tokens;
  const node = parser.expression();
  const error = parser.errors[0];
  if (error === undefined) return { ok: true, node };
  return explainToken(text, lexed.tokens, Number.isInteger(error.token.startOffset) ? error.token : undefined, refuse);
}

function nestingViolation(list: readonly IToken[]): IToken | undefined {
  let depth = 0;
  for (const token of list) {
    if (token.tokenType === tokens.LeftParenthesis) depth += 1;
    if (token.tokenType === tokens.RightParenthesis) depth -= 1;
    if (depth > maxNesting) return token;
  }
  return undefined;
}

function explainCharacter(text: string, offset: number): [message: string, hint?: string] {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  const odd = oddCharacterAt(text, offset);
  if (odd !== undefined) {
    const advice = odd.meant.trim() === '' ? 'delete it' : `type \`${odd.meant}\` instead`;
    return [`unexpected character ${odd.name}`, `it was probably copied along; ${advice}`];
  }
  switch (character) {
    case '"':
      return [
        'this text is never closed',
        'end it with `"`; a quotation mark inside is written `\\"`, a backslash at the end `\\\\`',
      ];
    case '[':
      return [
        'this is not an attribute name',
        'write it as `[givenName]`, not empty, without brackets or quotation marks inside',
      ];
    case "'":
      return [`unexpected \`${character}\``, 'text is enclosed in straight double quotation marks: `"`'];
    case '|':
      return [`unexpected \`${text.startsWith('||', offset) ? '||' : '|'}\``, 'conditions are joined with `OR`'];
    case '!':
      return text.startsWith('!=', offset)
        ? ['unexpected `!=`', '"is not equal to" is written `<>`']
        : ['unexpected `!`', 'a condition is negated with `Not(…)`'];
    case '-':
      return ['unexpected `-`', 'comparisons are written `=`, `<>`, `<`, `>`; conditions are joined with `AND` and `OR`'];
    case '+':
      return ['unexpected `+`', 'text is joined with `Append` or `Join`'];
    case '&':
      if (text.startsWith('&&', offset)) return ['unexpected `&&`', 'conditions are joined with `AND`'];
      return ['unexpected `&`', 'text is joined with `Append` or `Join`; a hexadecimal number is written `&HFF`'];
    case ';':
      return ['unexpected `;`', 'arguments are separated with commas'];
    default:
      return [`unexpected \`${character}\``];
  }
}

function explainToken(
  text: string,
  list: readonly IToken[],
  found: IToken | undefined,
  refuse: (offset: number, message: string, hint?: string) => ParseResult,
): ParseResult {
  const before = found === undefined ? list : list.slice(0, list.indexOf(found));
  const open = openParentheses(before);
  if (found === undefined) {
    const unclosed = open.at(-1);
    if (unclosed === undefined) return refuse(text.length, 'the expression ends too early');
    const what = excerpt(text.slice(unclosed.offset, unclosed.end));
    return refuse(text.length, `the expression ends before \`${what}\` is closed`, 'a `)` is missing');
  }
  const image = excerpt(found.image);
  const message = `unexpected \`${image}\``;
  const previous = before.at(-1);
  const odd = unseenCharacterIn(text.slice((previous?.endOffset ?? -1) + 1, found.startOffset));
  if (odd !== undefined && odd.meant === '' && previous !== undefined)
    return refuse(
      found.startOffset,
      message,
      `there is an invisible character before it, ${odd.name}: delete it and retype the word`,
    );
  if (found.tokenType === tokens.RightParenthesis && open.length === 0)
    return refuse(found.startOffset, message, 'there is one `)` too many');
  if (open.length === 0)
    return refuse(found.startOffset, `${message} after the end of the expression`, 'everything must be inside one function call');
  if (found.tokenType === tokens.Comparison && previous?.tokenType === tokens.Comparison)
    return refuse(found.startOffset, message, '"is equal to" is written with one `=`, "is not equal to" `<>`');
  if (found.tokenType === tokens.And || found.tokenType === tokens.Or) {
    const word = image.toUpperCase();
    return refuse(found.startOffset, message, `\`${word}\` goes between two conditions: \`[a] = "x" ${word} [b] = "y"\``);
  }
  const startsArgument = [tokens.Text, tokens.Attribute, tokens.Decimal, tokens.Hex, tokens.Identifier].some(
    (type) => type === found.tokenType,
  );
  return refuse(found.startOffset, message, startsArgument ? 'a comma is missing before it' : undefined);
}

function openParentheses(list: readonly IToken[]): { offset: number; end: number }[] {
  const open: { offset: number; end: number }[] = [];
  list.forEach((token, index) => {
    if (token.tokenType === tokens.LeftParenthesis) {
      const name = list[index - 1];
      const offset = name?.tokenType === tokens.Identifier ? name.startOffset : token.startOffset;
      open.push({ offset, end: token.startOffset + 1 });
    }
    if (token.tokenType === tokens.RightParenthesis) open.pop();
  });
  return open;
}
