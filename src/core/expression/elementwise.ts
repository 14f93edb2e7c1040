import { type FunctionDefinition, parameterName } from './call';
import { charge, EvaluationFailure, type Evaluator, type Run } from './run';
import type { CallNode } from './syntax';
import type { Value } from './values';

/**
 * Builds a call so that a list of several values in one of its arguments is worked on element by element, and its results are a list.
 * @throws EvaluationFailure, from what it returns, when two arguments hold such lists: nobody can say which elements belong together
 */
export function elementwise(
  definition: FunctionDefinition,
  node: CallNode,
  args: readonly (Evaluator | null)[],
  build: (args: readonly (Evaluator | null)[]) => Evaluator,
): Evaluator {
  const computed = (definition.each ?? []).filter((index) => ['attribute', 'call'].includes(node.args[index]?.kind ?? ''));
  if (computed.length === 0) return build(args);
  // What the function sees of these arguments: one element at a time. Nothing here is asynchronous, and no call stands inside itself.
  const seen: Value[] = [];
  const run = build(args.map((arg, index) => (computed.includes(index) ? () => seen[index] ?? null : arg)));
  return (state) => {
    let several: number | undefined;
    for (const index of computed) {
      const value = args[index]?.(state) ?? null;
      seen[index] = value;
      if (value === null || typeof value === 'string' || value.length < 2) continue;
      if (several !== undefined)
        throw new EvaluationFailure(
          `${definition.name}: ${parameterName(definition, several)} and ${parameterName(definition, index)} are both lists of several values; only one of them may be`,
        );
      several = index;
    }
    if (several === undefined) return run(state);
    return runForEach(state, run, seen, several);
  };
}

/** The results for each element of a list, those without a value left out. An element that gives a list gives all of it. */
function runForEach(state: Run, run: Evaluator, seen: Value[], index: number): Value {
  const elements = seen[index] as readonly string[];
  const results: string[] = [];
  for (const element of elements) {
    seen[index] = element;
    const result = run(state);
    charge(state, (result?.length ?? 0) + 1);
    if (typeof result === 'string') results.push(result);
    else if (result !== null) results.push(...result);
  }
  return results.length === 0 ? null : results;
}
