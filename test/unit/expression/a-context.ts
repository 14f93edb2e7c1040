import { compileExpression, type EvaluationResult, evaluate } from '../../../src/core/expression/compile';
import { describeProblem } from '../../../src/core/expression/problems';
import type { EvaluationContext, SourceValue, Value } from '../../../src/core/expression/values';

/** A context with a fixed clock, predictable randomness, and the given attributes. */
export function aContext(
  attributes: Record<string, SourceValue> = {},
  overrides: Partial<EvaluationContext> = {},
): EvaluationContext {
  let seed = 42;
  return {
    attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    now: new Date('2021-07-02T15:33:38Z'),
    newGuid: () => '00aa00aa-bb11-cc22-dd33-44ee44ee44ee',
    random: () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    },
    ...overrides,
  };
}

/** Compiles and evaluates. @throws Error with all problems when the expression is refused */
export function outcome(
  text: string,
  attributes: Record<string, SourceValue> = {},
  overrides: Partial<EvaluationContext> = {},
): EvaluationResult {
  const compiled = compileExpression(text);
  if (!compiled.ok) throw new Error(compiled.problems.map(describeProblem).join('\n'));
  return evaluate(compiled.expression, aContext(attributes, overrides));
}

/** The value of an expression. @throws Error when it is refused, fails or is dropped */
export function resultOf(
  text: string,
  attributes: Record<string, SourceValue> = {},
  overrides: Partial<EvaluationContext> = {},
): Value {
  const result = outcome(text, attributes, overrides);
  if (result.kind !== 'value') throw new Error(JSON.stringify(result));
  return result.value;
}

/** The problems of an expression, as one line each; empty when it is accepted. */
export function problemsOf(text: string): string[] {
  const compiled = compileExpression(text);
  return compiled.ok ? [] : compiled.problems.map(describeProblem);
}
