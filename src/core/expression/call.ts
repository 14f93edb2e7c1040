import { EvaluationFailure, type Evaluator, type Run } from './run';
import type { CallNode, SyntaxNode } from './syntax';
import { type Value, wholeNumber } from './values';

/** A parameter as the documentation names it. A repeating parameter is the last one, or the first of a group that repeats. */
export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly repeats?: boolean;
}

/** A function of the mapping language. */
export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** True when two evaluations on the same object may differ (clock, randomness). */
  readonly isVolatile?: boolean;
  /**
   * Positions of the arguments in which a list of several values is worked on element by element, so that the result is a list too. Any
   * other argument of one text fails on such a list.
   * @see https://learn.microsoft.com/entra/identity/hybrid/connect/concept-azure-ad-connect-sync-declarative-provisioning-expressions
   */
  readonly each?: readonly number[];
  /** Checks what can be checked at load and returns how to evaluate the call. Problems go to the call; then the result is never run. */
  build(call: Call): Evaluator;
}

/** A call being compiled: its arguments, already compiled, and where to report what is wrong. Arguments count from 0. */
export class Call {
  constructor(
    readonly definition: FunctionDefinition,
    readonly node: CallNode,
    private readonly args: readonly (Evaluator | null)[],
    private readonly report: (offset: number, message: string, hint?: string) => void,
    private readonly readAttribute: (name: string) => Evaluator,
  ) {}

  /** An attribute named by a text of the expression, as one text. */
  attribute(name: string): (run: Run) => string | null {
    const evaluator = this.readAttribute(name);
    return (run) => asText(evaluator(run), `${this.definition.name}: [${name}]`);
  }

  /** How many arguments stand in the call, those left empty included. */
  get count(): number {
    return this.args.length;
  }

  /** Whether the argument is there and not left empty. */
  isGiven(index: number): boolean {
    return this.args[index] !== undefined && this.args[index] !== null;
  }

  /** The argument as it was written, or `undefined` when not given. */
  syntax(index: number): SyntaxNode | undefined {
    return this.node.args[index] ?? undefined;
  }

  /** Reports a problem at an argument, or at the call. The function's name is put in front. */
  refuse(index: number | undefined, message: string, hint?: string): void {
    const at = index === undefined ? undefined : this.syntax(index);
    this.report(at?.offset ?? this.node.offset, `${this.definition.name}: ${message}`, hint);
  }

  /** The argument's value of any kind; no value when not given. */
  value(index: number): Evaluator {
    return this.args[index] ?? (() => null);
  }

  /** All arguments from one on, those left empty as no value. */
  valuesFrom(index: number): readonly Evaluator[] {
    return this.args.slice(index).map((arg) => arg ?? (() => null));
  }

  /** The argument as one text. A list of one is its element; a longer one fails the evaluation, because guessing would lose data. */
  text(index: number): (run: Run) => string | null {
    const evaluator = this.value(index);
    const label = `${this.definition.name}: ${this.parameterName(index)}`;
    return (run) => asText(evaluator(run), label);
  }

  /** The argument as a list; one text is a list of one, no value a list of none. */
  list(index: number): (run: Run) => readonly string[] {
    const evaluator = this.value(index);
    return (run) => {
      const value = evaluator(run);
      return value === null ? [] : typeof value === 'string' ? [value] : value;
    };
  }

  /** The argument as a whole number. What is not one is refused at load if constant, else fails the evaluation. Empty text is not a value. */
  whole(index: number): (run: Run) => bigint | null {
    const label = `${this.definition.name}: ${this.parameterName(index)}`;
    const constant = this.constant(index);
    if (constant !== undefined && wholeNumber(constant) === undefined)
      this.refuse(index, `${this.parameterName(index)} must be a whole number`);
    if (constant !== undefined) {
      const fixed = wholeNumber(constant) ?? 0n;
      return () => fixed;
    }
    const text = this.text(index);
    return (run) => {
      const value = text(run);
      if (value === null || value === '') return null;
      const number = wholeNumber(value);
      if (number === undefined) throw new EvaluationFailure(`${label} is not a whole number`);
      return number;
    };
  }

  /** Like {@link whole}, but as an index or length: pulled into what a text can have. */
  index(index: number): (run: Run) => number | null {
    const whole = this.whole(index);
    return (run) => {
      const value = whole(run);
      return value === null ? null : Number(value > 1_000_000n ? 1_000_000n : value < -1_000_000n ? -1_000_000n : value);
    };
  }

  /** The text or number an argument was written as, or `undefined` when it is not given or must be computed. */
  constant(index: number): string | undefined {
    const node = this.syntax(index);
    return node?.kind === 'text' || node?.kind === 'number' ? node.value : undefined;
  }

  /** Like {@link constant}, but reports an argument that must be computed. What only shows while running could not be refused at load. */
  requireConstant(index: number): string | undefined {
    const constant = this.constant(index);
    if (constant === undefined && this.isGiven(index)) {
      this.refuse(
        index,
        `${this.parameterName(index)} must be text in double quotation marks`,
        'so that it can be checked when the mapping is loaded',
      );
    }
    return constant;
  }

  /** The documentation's name of a parameter; repeating ones carry their number. */
  parameterName(index: number): string {
    return parameterName(this.definition, index);
  }
}

/** The documentation's name for the argument at an index. */
export function parameterName(definition: FunctionDefinition, index: number): string {
  const { parameters } = definition;
  const parameter = parameters[index];
  const firstRepeating = parameters.findIndex(({ repeats }) => repeats === true);
  if (parameter !== undefined && (firstRepeating < 0 || index < firstRepeating)) return parameter.name;
  if (firstRepeating < 0) return `argument ${index + 1}`;
  const width = parameters.length - firstRepeating;
  const position = index - firstRepeating;
  return `${parameters[firstRepeating + (position % width)]?.name}${Math.floor(position / width) + 1}`;
}

function asText(value: Value, label: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (value.length <= 1) return value[0] ?? null;
  throw new EvaluationFailure(
    `${label} takes one value and was given ${value.length}; choose one with Item or put them together with Join`,
  );
}

const required = (name: string): Parameter => ({ name, required: true });
const optional = (name: string): Parameter => ({ name, required: false });

/** Parameters from a signature such as `source, start?, key...`: `?` is optional, `...` repeats and is required at least once. */
export function parameters(signature: string): readonly Parameter[] {
  if (signature === '') return [];
  return signature.split(', ').map((name) => {
    if (name.endsWith('...')) return { ...required(name.slice(0, -3)), repeats: true };
    return name.endsWith('?') ? optional(name.slice(0, -1)) : required(name);
  });
}
