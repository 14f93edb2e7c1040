import { sentence } from '../../core/advice';
import { compileExpression } from '../../core/expression/compile';
import type { ObjectType } from '../../core/model';
import { unknownAttribute } from '../../core/schema/source-attributes';
import type { EngineDeps } from '../../engine/deps';
import { readTestObject } from '../../engine/queries/test-object';
import { type ExpressionTrial, tryExpression } from '../../engine/queries/try-expression';
import { Card, Facts } from './parts';
import { Foreign } from './text';

/** What an expression gives for a person or a group, and what of it the expression has read. */
export interface TriedExpression {
  readonly name: string;
  readonly trial: ExpressionTrial;
  readonly reads: readonly (readonly [name: string, value: string])[];
}

/** An attribute or a text is tried as the expression that gives it. */
const asCall = (text: string): string => (/^\s*(\[[^[\]]+\]|"(?:\\[\s\S]|[^"\\])*")\s*$/.test(text) ? `Coalesce(${text})` : text);

/** Tries the source of a mapping on a real person or group of Entra ID. Writes nothing. */
export async function tryOn(deps: EngineDeps, type: ObjectType, source: string, name: string): Promise<TriedExpression> {
  const text = asCall(source);
  const compiled = compileExpression(text);
  const attributes = compiled.ok ? compiled.expression.attributes : [];
  const isKnown = attributes.every((one) => unknownAttribute(type, one) === undefined);
  const read = compiled.ok && isKnown ? await readTestObject(deps, type, name, attributes) : undefined;
  const trial = await tryExpression(deps, text, {
    type,
    refuse: (names) => {
      const reasons = names.flatMap((one) => unknownAttribute(type, one) ?? []);
      return reasons.length === 0 ? undefined : reasons.map(sentence).join(' ');
    },
    object: async () => read ?? { kind: 'notFound' },
  });
  const reads = read?.kind === 'found' ? attributes.map((one): [string, string] => [one, shown(read.object.attribute(one))]) : [];
  return { name, trial, reads };
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '(no value)';
  return Array.isArray(value) ? value.map(String).join(', ') || '(no value)' : String(value);
}

/** What came of it. */
export const Tried = ({ tried: { name, trial, reads } }: { readonly tried: TriedExpression }) => (
  <Card
    id="trial"
    title={
      <>
        For <Foreign text={name} max={80} />
      </>
    }
  >
    {trial.kind === 'evaluated' ? (
      <p>
        {trial.result.length === 0 ? (
          'No value: the attribute is left as it is, or emptied where the mapping says so.'
        ) : (
          <>
            Gives{' '}
            <strong>
              <Foreign text={trial.result.join(', ') || '(empty)'} max={1_000} />
            </strong>
          </>
        )}
      </p>
    ) : (
      <p class="fail">
        <Foreign text={trial.message} max={1_000} />
      </p>
    )}
    {reads.length > 0 && <Facts facts={reads.map(([one, value]) => [`[${one}]`, <Foreign text={value} max={300} />] as const)} />}
  </Card>
);
