import { compileExpression, evaluate } from '../../core/expression/compile';
import { describeProblem, type ExpressionProblem } from '../../core/expression/problems';
import { type GraphMappingSource, graphMappingSource } from '../../core/expression/syntax-graph';
import type { Value } from '../../core/expression/values';
import type { ObjectType } from '../../core/model';
import type { EngineDeps } from '../deps';
import type { TestObject, TestObjectRead } from './test-object';

/** What became of a try-out. Every failure says what, where and what to do. */
export type ExpressionTrial =
  | {
      readonly kind: 'notParsed';
      readonly code: string;
      readonly message: string;
      readonly problems: readonly ExpressionProblem[];
    }
  | { readonly kind: 'notEvaluated'; readonly source: GraphMappingSource; readonly code: string; readonly message: string }
  | { readonly kind: 'evaluated'; readonly source: GraphMappingSource; readonly result: readonly string[] };

/** What to try on. */
export interface TrialInput {
  /** A user unless told otherwise. */
  readonly type?: ObjectType;
  /** Why the object cannot have some of these attributes; undefined when it can have all. Absent: any name will do. */
  refuse?(attributes: readonly string[]): string | undefined;
  /** Reads the object; asked only for an expression that can be read. @param attributes what the expression uses */
  object(attributes: readonly string[]): Promise<TestObjectRead>;
}

/**
 * Tries an expression on one object and writes nothing. `SelectUniqueValue` takes its first candidate, because Zendesk is not asked;
 * a value that a mapping redacts is shown.
 */
export async function tryExpression(
  deps: Pick<EngineDeps, 'clock' | 'newId' | 'random'>,
  text: string,
  input: TrialInput,
): Promise<ExpressionTrial> {
  const compiled = compileExpression(text);
  if (!compiled.ok) {
    const message = compiled.problems.map(describe).join(' ');
    return { kind: 'notParsed', code: 'InvalidExpression', message, problems: compiled.problems };
  }
  const { expression } = compiled;
  const unknown = input.refuse?.(expression.attributes);
  if (unknown !== undefined) return { kind: 'notParsed', code: 'AttributeNotDefined', message: unknown, problems: [] };
  const source = graphMappingSource(text) ?? { expression: expression.text, name: '', type: 'Function', parameters: [] };
  const read = await input.object(expression.attributes);
  if (read.kind === 'notFound')
    return {
      kind: 'notEvaluated',
      source,
      code: 'SourceObjectNotFound',
      message: NOT_FOUND[input.type ?? 'user'],
    };
  if (read.kind === 'unknown') return { kind: 'notEvaluated', source, code: 'SourceObjectUnreadable', message: read.reason };
  const result = evaluate(expression, contextOf(deps, read.object));
  switch (result.kind) {
    case 'failed':
      return { kind: 'notEvaluated', source, code: 'EvaluationFailed', message: result.message };
    case 'dropped':
      return { kind: 'evaluated', source, result: [] };
    case 'value':
      return { kind: 'evaluated', source, result: listOf(result.value) };
  }
}

/** What is said of a name that means nobody. */
export const NOT_FOUND: Readonly<Record<ObjectType, string>> = {
  user: 'Entra ID has no such user; give an object id, UPN or e-mail.',
  group: 'Entra ID has no such group; give its object id or its whole name.',
};

const describe = (problem: ExpressionProblem): string => `At offset ${problem.offset}: ${describeProblem(problem)}.`;

const contextOf = ({ clock, newId, random }: Pick<EngineDeps, 'clock' | 'newId' | 'random'>, object: TestObject) => ({
  attribute: (name: string) => object.attribute(name),
  now: clock(),
  newGuid: newId,
  random,
});

const listOf = (value: Value): readonly string[] => (value === null ? [] : typeof value === 'string' ? [value] : value);
