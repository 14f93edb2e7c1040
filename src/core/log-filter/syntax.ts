import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import { readText, tokens } from './tokens';

/** A name, a literal or a call, as it stands in the filter. `offset` counts UTF-16 units from 0. */
export type Operand =
  | { readonly kind: 'word'; readonly text: string; readonly offset: number }
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[]; readonly offset: number };

/** What a filter says, before anybody has looked whether it makes sense. `end` is where a part that may be missing would stand. */
export type SyntaxNode =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly SyntaxNode[] }
  | { readonly kind: 'not'; readonly operand: SyntaxNode }
  | {
      readonly kind: 'comparison';
      readonly left: Operand;
      readonly operator: { readonly text: string; readonly offset: number } | undefined;
      readonly right: readonly Operand[];
      readonly end: number;
    };

const endOf = (token: IToken): number => token.startOffset + token.image.length;

/** The grammar: `or` < `and` < `not` < comparison. @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html */
export class LogFilterParser extends EmbeddedActionsParser {
  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 2 });
    this.performSelfAnalysis();
  }

  readonly filter = this.RULE('filter', (): SyntaxNode => this.SUBRULE(this.disjunction));

  private readonly disjunction = this.RULE('disjunction', (): SyntaxNode => {
    const first = this.SUBRULE(this.conjunction);
    const operands = [first];
    this.MANY(() => {
      this.CONSUME(tokens.Or);
      operands.push(this.SUBRULE2(this.conjunction));
    });
    return operands.length === 1 ? first : { kind: 'or', operands };
  });

  private readonly conjunction = this.RULE('conjunction', (): SyntaxNode => {
    const first = this.SUBRULE(this.negation);
    const operands = [first];
    this.MANY(() => {
      this.CONSUME(tokens.And);
      operands.push(this.SUBRULE2(this.negation));
    });
    return operands.length === 1 ? first : { kind: 'and', operands };
  });

  private readonly negation = this.RULE(
    'negation',
    (): SyntaxNode =>
      this.OR<SyntaxNode>([
        {
          ALT: () => {
            this.CONSUME(tokens.Not);
            return { kind: 'not', operand: this.SUBRULE(this.negation) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(tokens.LeftParenthesis);
            const inner = this.SUBRULE(this.disjunction);
            this.CONSUME(tokens.RightParenthesis);
            return inner;
          },
        },
        { ALT: () => this.SUBRULE(this.comparison) },
      ]),
  );

  private readonly comparison = this.RULE('comparison', (): SyntaxNode => {
    const left = this.SUBRULE(this.operand);
    const end = this.ACTION(() => endOf(this.LA(0)));
    let operator: { text: string; offset: number } | undefined;
    const right: Operand[] = [];
    this.OPTION(() =>
      this.OR([
        {
          ALT: () => {
            const token = this.CONSUME(tokens.Comparison);
            operator = { text: token.image.toLowerCase(), offset: token.startOffset };
            right.push(this.SUBRULE2(this.operand));
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(tokens.In);
            operator = { text: 'in', offset: token.startOffset };
            this.CONSUME(tokens.LeftParenthesis);
            this.AT_LEAST_ONE_SEP({ SEP: tokens.Comma, DEF: () => right.push(this.SUBRULE3(this.operand)) });
            this.CONSUME(tokens.RightParenthesis);
          },
        },
      ]),
    );
    return { kind: 'comparison', left, operator, right, end };
  });

  private readonly operand = this.RULE(
    'operand',
    (): Operand =>
      this.OR<Operand>([
        { ALT: () => textOf(this.CONSUME(tokens.Text)) },
        { ALT: () => textOf(this.CONSUME(tokens.TypedText)) },
        {
          ALT: () => {
            const name = this.CONSUME(tokens.Word);
            let found: Operand = { kind: 'word', text: name.image, offset: name.startOffset };
            this.OPTION(() => {
              const args: Operand[] = [];
              this.CONSUME(tokens.LeftParenthesis);
              this.AT_LEAST_ONE_SEP({ SEP: tokens.Comma, DEF: () => args.push(this.SUBRULE(this.operand)) });
              this.CONSUME(tokens.RightParenthesis);
              found = { kind: 'call', name: name.image, args, offset: name.startOffset };
            });
            return found;
          },
        },
      ]),
  );
}

/** During the analysis of the grammar tokens are made up, and have no text. */
const textOf = ({ image, startOffset }: IToken): Operand => ({ kind: 'text', text: readText(image), offset: startOffset });
