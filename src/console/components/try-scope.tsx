import { compileFilter } from '../../core/filter/compile-filter';
import { evaluateFilter, type FilterOutcome } from '../../core/filter/evaluate-filter';
import { clauseWords } from '../../core/filter/filter-words';
import type { ObjectType } from '../../core/model';
import { unknownAttribute } from '../../core/schema/source-attributes';
import type { EngineDeps } from '../../engine/deps';
import { readTestObject } from '../../engine/queries/test-object';
import { NOT_FOUND } from '../../engine/queries/try-expression';
import { Card } from './parts';
import { Foreign, Tag } from './text';

/** How a scoping filter decides about one object: clause by clause, or why that cannot be said. */
export type ScopeTrial =
  | { readonly name: string; readonly kind: 'decided'; readonly outcome: FilterOutcome; readonly clauses: readonly TriedClause[] }
  | { readonly name: string; readonly kind: 'undecided'; readonly reason: string };

interface TriedClause {
  /** As the form counts: `1.2` is the second clause of the first group. */
  readonly place: string;
  readonly words: string;
  readonly result: boolean | 'unknown';
  /** What the object has. */
  readonly fact: string;
}

/** Tries a scoping filter on a real person or group of Entra ID; undefined while the filter cannot be read. Writes nothing. */
export async function tryScope(
  deps: EngineDeps,
  type: ObjectType,
  groups: readonly unknown[],
  name: string,
): Promise<ScopeTrial | undefined> {
  const compiled = compileFilter({ groups });
  if (!compiled.ok || compiled.filter.attributes.some((one) => unknownAttribute(type, one) !== undefined)) return undefined;
  const { filter } = compiled;
  const read = await readTestObject(deps, type, name, filter.attributes);
  if (read.kind !== 'found') return { name, kind: 'undecided', reason: read.kind === 'unknown' ? read.reason : NOT_FOUND[type] };
  const outcome = evaluateFilter(filter, read.object);
  const all = filter.groups.flat();
  const clauses = outcome.clauses.map(({ groupIndex, clauseIndex, result, reason }, at) => {
    const clause = all[at];
    return {
      place: `${groupIndex + 1}.${clauseIndex + 1}`,
      words: clause ? clauseWords(clause) : '',
      result,
      fact: reason.slice(reason.lastIndexOf(': ') + 2),
    };
  });
  return { name, kind: 'decided', outcome, clauses };
}

const TONES = { true: 'good', false: 'none', unknown: 'warn' } as const;
const RESULTS = { true: 'holds', false: 'does not hold', unknown: 'not known' } as const;

/** What came of it. */
export function TriedScope({ tried }: { readonly tried: ScopeTrial | undefined }) {
  if (!tried) return null;
  const title = (
    <>
      For <Foreign text={tried.name} max={80} />
    </>
  );
  if (tried.kind === 'undecided')
    return (
      <Card id="trial" title={title}>
        <p class="fail">
          <Foreign text={tried.reason} max={1_000} />
        </p>
      </Card>
    );
  const { inScope } = tried.outcome;
  return (
    <Card id="trial" title={title}>
      <p>
        <strong>
          {inScope === true && 'In scope, if assigned to the application.'}
          {inScope === false && 'Not in scope.'}
          {inScope === 'unknown' && 'Not known: such an object keeps what it has.'}
        </strong>
      </p>
      <ul class="plain">
        {tried.clauses.map(({ place, words, result, fact }) => (
          <li>
            {place} <Foreign text={words} max={500} />: <Tag tone={TONES[`${result}`]}>{RESULTS[`${result}`]}</Tag>{' '}
            <small class="soft">
              <Foreign text={fact} max={300} />
            </small>
          </li>
        ))}
      </ul>
    </Card>
  );
}
