import { Call, type FunctionDefinition, parameterName } from './call';
import { elementwise } from './elementwise';
import { foreignFunction, wordHint } from './foreign-words';
import { functions } from './functions';
import { unseenCharacterIn } from './odd-characters';
import { parse } from './parser';
import { type ExpressionProblem, excerpt, problemAt } from './problems';
import { bounded, charge, EvaluationFailure, type Evaluator, FlowDropped, startRun } from './run';
import { nearest } from './suggest';
import { type CallNode, type ComparisonOperator, print, type SyntaxNode } from './syntax';
import { compareNumbers, type EvaluationContext, fromBoolean, isNumeric, isTruthy, normalise, type Value } from './values';

/** An expression that passed every check that can be made without data. Evaluate it as often as needed with {@link evaluate}. */
export interface CompiledExpression {
  /** The expression in normal form, as Graph's `parsedExpression` prints it. */
  readonly text: string;
  /** The source attributes it reads, each once, in order of first use. */
  readonly attributes: readonly string[];
  /** Whether it is `SelectUniqueValue`: then `isUniqueInTarget` is asked, for the values of {@link candidates}. */
  readonly usesUniqueness: boolean;
  /** Whether `Redact` occurs in it, at any depth: then its value must not show in logs. */
  readonly redacted: boolean;
  /** Whether two evaluations on the same object may differ (`Now`, `Guid`, `RandomString`): such a value should flow at creation only. */
  readonly isVolatile: boolean;
  /** What is allowed and probably not meant, such as a text with a character that nobody can see; in the order of the text. */
  readonly remarks: readonly ExpressionProblem[];
  /** Compiled form; for {@link evaluate} alone. */
  readonly run: Evaluator;
  /** The candidates of `SelectUniqueValue`, in order; empty otherwise. For {@link candidates} alone. */
  readonly rules: readonly Evaluator[];
}

/** The outcome of loading an expression. `problems` holds at least one, in the order of the text. */
export type CompileResult =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

/**
 * The outcome of an evaluation: a value (`null` is not a value), the attribute dropped from the flow, or a failure whose message names the
 * function and the reason but never quotes data.
 */
export type EvaluationResult =
  | { readonly kind: 'value'; readonly value: Value; readonly redacted: boolean }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Reads and checks an expression: syntax, names, number of arguments, required parameters, patterns and formats. Pure; never throws.
 * @see docs/expressions.md
 */
export function compileExpression(text: string): CompileResult {
  const parsed = parse(text);
  if (!parsed.ok) return { ok: false, problems: [parsed.problem] };
  if (parsed.node.kind !== 'call')
    return { ok: false, problems: [problemAt(text, parsed.node.offset, ...explainTopLevel(parsed.node))] };
  const compiler = new Compiler(text);
  const run = compiler.compile(parsed.node, { isTop: true, isCondition: false });
  if (compiler.problems.length > 0) return { ok: false, problems: compiler.problems.sort((a, b) => a.offset - b.offset) };
  const usesUniqueness = parsed.node.name === 'SelectUniqueValue';
  const expression: CompiledExpression = {
    text: print(parsed.node),
    attributes: [...compiler.attributes],
    usesUniqueness,
    redacted: compiler.redacted,
    isVolatile: compiler.isVolatile,
    remarks: compiler.remarks,
    run,
    rules: usesUniqueness ? compiler.topArguments : [],
  };
  return { ok: true, expression };
}

/** Evaluates an expression on one whole object. Never throws for anything the object holds; what the context throws passes through. */
export function evaluate(expression: CompiledExpression, context: EvaluationContext): EvaluationResult {
  try {
    return { kind: 'value', value: expression.run(startRun(context)), redacted: expression.redacted };
  } catch (error) {
    if (error instanceof FlowDropped) return { kind: 'dropped' };
    if (error instanceof EvaluationFailure) return { kind: 'failed', message: error.message };
    throw error;
  }
}

/**
 * The values `SelectUniqueValue` would try on an object, in order, without repeats, so that the caller can look them up in the target before
 * it evaluates. Empty for any other expression. A rule that fails or drops the flow adds nothing here; {@link evaluate} tells.
 */
export function candidates(expression: CompiledExpression, context: EvaluationContext): readonly string[] {
  const found = new Set<string>();
  const run = startRun(context);
  for (const rule of expression.rules) {
    try {
      const value = rule(run);
      const candidate = typeof value === 'string' ? value : value?.length === 1 ? value[0] : undefined;
      if (candidate !== undefined && candidate !== '') found.add(candidate);
    } catch (error) {
      if (!(error instanceof EvaluationFailure) && !(error instanceof FlowDropped)) throw error;
    }
  }
  return [...found];
}

function explainTopLevel(node: SyntaxNode): [message: string, hint: string] {
  if (node.kind === 'attribute')
    return ['an expression must be a function call', 'to flow an attribute as it is, use a mapping of type Attribute'];
  if (node.kind === 'text' || node.kind === 'number')
    return ['an expression must be a function call', 'for a fixed value, use a mapping of type Constant'];
  if (node.kind === 'word') return ['an expression must be a function call', `write \`${node.name}(…)\``];
  return ['an expression must be a function call', 'put the condition into `IIF(…)` or `CBool(…)`'];
}

interface Place {
  /** Not inside another function. */
  readonly isTop: boolean;
  /** Where operators may stand: the first argument of IIF, and CBool. */
  readonly isCondition: boolean;
}

const inside: Place = { isTop: false, isCondition: false };
const condition: Place = { isTop: false, isCondition: true };
const nothing: Evaluator = () => null;
const constant =
  (value: string): Evaluator =>
  () =>
    value;

class Compiler {
  readonly problems: ExpressionProblem[] = [];
  readonly remarks: ExpressionProblem[] = [];
  readonly attributes = new Set<string>();
  redacted = false;
  isVolatile = false;
  topArguments: readonly Evaluator[] = [];

  constructor(private readonly text: string) {}

  compile(node: SyntaxNode, place: Place): Evaluator {
    switch (node.kind) {
      case 'text':
        this.noteUnseen(node.value, node.offset);
        return constant(node.value);
      case 'number':
        return constant(node.value);
      case 'attribute': {
        const odd = unseenCharacterIn(node.name);
        if (odd !== undefined)
          this.refuse(
            node.offset + 1 + odd.offset,
            `the attribute name contains the invisible character ${odd.name}`,
            'retype it',
          );
        return this.attribute(node.name);
      }
      case 'word':
        this.refuse(node.offset, `unexpected word \`${node.name}\``, wordHint(node.name));
        return nothing;
      case 'call':
        return this.call(node, place);
      default:
        if (place.isCondition) return this.operator(node);
        this.refuse(node.offset, 'comparisons, AND, OR and parentheses can stand only in the first argument of IIF and in CBool');
        return nothing;
    }
  }

  private attribute(name: string): Evaluator {
    this.attributes.add(name);
    return (run) => bounded(run, normalise(run.context.attribute(name)));
  }

  /** A copied blank in a text makes it another text: it may be meant, so it is only mentioned. */
  private noteUnseen(value: string, offset: number): void {
    const odd = unseenCharacterIn(value);
    if (odd === undefined) return;
    const message = `the text \`${excerpt(value)}\` contains the invisible character ${odd.name} at position ${odd.offset + 1}`;
    this.remarks.push(problemAt(this.text, offset, message, 'retype it if it was only copied along'));
  }

  private refuse(offset: number, message: string, hint?: string): void {
    this.problems.push(problemAt(this.text, offset, message, hint));
  }

  private operator(node: Exclude<SyntaxNode, { kind: 'text' | 'number' | 'attribute' | 'word' | 'call' }>): Evaluator {
    if (node.kind === 'group') return this.compile(node.inner, condition);
    if (node.kind === 'comparison') {
      const left = this.compile(node.left, condition);
      const right = this.compile(node.right, condition);
      const { operator } = node;
      return (run) => {
        const a = operand(left(run));
        const b = operand(right(run));
        charge(run, 1);
        return fromBoolean(compare(operator, a, b));
      };
    }
    const operands = node.operands.map((part) => this.compile(part, condition));
    if (node.kind === 'and') return (run) => fromBoolean(operands.every((part) => isTruthy(part(run))));
    return (run) => fromBoolean(operands.some((part) => isTruthy(part(run))));
  }

  private call(node: CallNode, place: Place): Evaluator {
    const definition = functions.get(node.name);
    const hasCondition = node.name === 'IIF' || node.name === 'CBool';
    const settled = definition === undefined ? node : dropSurplus(definition, node);
    const args = settled.args.map((arg, index) => {
      if (arg === null) return null;
      if (arg.kind === 'word' && node.name === 'InStr' && index === 3) return nothing;
      // `Not` takes a condition wherever it is part of one itself: `IIF(Not([a] = "x"), …)`.
      const isCondition = index === 0 && (hasCondition || (node.name === 'Not' && place.isCondition));
      return this.compile(arg, isCondition ? condition : inside);
    });
    if (place.isTop) this.topArguments = args.map((arg) => arg ?? nothing);
    if (definition === undefined) {
      const suggestion = nearest(node.name, functions.keys());
      const hint = foreignFunction(node.name) ?? (suggestion === undefined ? undefined : `did you mean \`${suggestion}\`?`);
      this.refuse(node.offset, `unknown function \`${node.name.slice(0, 64)}\``, hint);
      return nothing;
    }
    if (node.name === 'SelectUniqueValue' && !place.isTop) {
      this.refuse(node.offset, 'SelectUniqueValue must be the outermost function');
    }
    if (node.name === 'Redact') this.redacted = true;
    if (definition.isVolatile === true) this.isVolatile = true;
    if (!this.checkArguments(definition, settled)) return nothing;
    const build = (given: readonly (Evaluator | null)[]): Evaluator =>
      definition.build(
        new Call(
          definition,
          settled,
          given,
          (offset, message, hint) => this.refuse(offset, message, hint),
          (name) => this.attribute(name),
        ),
      );
    const run = elementwise(definition, settled, args, build);
    return (state) => bounded(state, run(state));
  }

  /** Checks number and presence of arguments. False when what is missing would make the function's own checks misleading. */
  private checkArguments(definition: FunctionDefinition, node: CallNode): boolean {
    const { parameters } = definition;
    const repeats = parameters.some((parameter) => parameter.repeats === true);
    const surplus = repeats ? undefined : node.args[parameters.length];
    if (surplus !== undefined && surplus !== null) {
      const names = parameters.map(({ name, required }) => (required ? name : `${name}?`)).join(', ');
      const count = parameters.length === 0 ? 'no arguments' : `at most ${parameters.length}: ${names}`;
      this.refuse(surplus.offset, `${definition.name}: takes ${count}; there are ${node.args.length}`);
      return false;
    }
    const isSwitch = definition.name === 'Switch';
    const missing: string[] = [];
    const last = Math.max(parameters.length, isSwitch ? node.args.length : 0);
    for (let index = 0; index < last; index += 1) {
      const isRequired = parameters[index]?.required ?? true;
      if (isRequired && (node.args[index] ?? null) === null) missing.push(parameterName(definition, index));
    }
    if (missing.length === 0) return true;
    // A Switch with a key that has no value is better explained by the number of its arguments.
    if (
      isSwitch &&
      node.args.length > 2 &&
      node.args.length % 2 === 1 &&
      missing.length === 1 &&
      node.args.every((arg, i) => i === 1 || arg !== null)
    ) {
      return true;
    }
    const names = missing.map((name) => `\`${name}\``).join(', ');
    const [noun, verb] = missing.length === 1 ? ['parameter', 'is'] : ['parameters', 'are'];
    this.refuse(node.end, `${definition.name}: the required ${noun} ${names} ${verb} not given`);
    return false;
  }
}

/** Leaves out empty arguments at the end that no parameter asks for: `Append([a], "b", )`. */
function dropSurplus(definition: FunctionDefinition, node: CallNode): CallNode {
  const isSwitch = definition.name === 'Switch';
  const repeats = definition.parameters.some((parameter) => parameter.repeats === true);
  const args = [...node.args];
  const isSurplus = (): boolean => {
    if (args.at(-1) !== null) return false;
    return isSwitch ? args.length % 2 === 1 : repeats || args.length > definition.parameters.length;
  };
  while (isSurplus()) args.pop();
  return args.length === node.args.length ? node : { ...node, args };
}

/** A side of a comparison as text: no value equals empty text; a list compares as its elements with commas between. */
function operand(value: Value): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : value.join(',');
}

/** Compares two texts: as numbers when both are, else by code units. */
function compare(operator: ComparisonOperator, a: string, b: string): boolean {
  const order = isNumeric(a) && isNumeric(b) ? compareNumbers(a, b) : a < b ? -1 : a > b ? 1 : 0;
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}
