import { z } from 'zod';
import { DeletionThresholdError } from '../../core/errors';
import { capital, heldRemoval } from '../../core/held-words';
import { type Ended, provisionOnDemand, type SubjectResult } from '../../engine/on-demand/on-demand';
import { planRow } from '../../engine/preview/plan-object';
import { subjectBody } from '../../functions/on-demand-steps';
import { clip } from '../../html';
import type { PlanRow } from '../../ports/plan-store';
import type { ObjectKey } from '../../ports/stored';
import { ActForm, NumberToType, typedWrong } from '../components/form';
import { Card, Change, Notice, type Station, StepsLine, Table } from '../components/parts';
import { counted, Foreign, type Tone } from '../components/text';
import { type ActResult, type Ask, addressOfObject, type ConsolePage, defineAct, type View } from '../model';
import * as refusals from '../refusals';
import { keyOf } from './person';

/** Azure cuts a call off after 230 s; a person waits for less. */
const DRY_RUN_MS = 20_000;
const BUDGET_MS = 120_000;

/** Runs the object through every step; with `dryRun` nothing is written. */
async function provision(
  ask: Ask,
  key: ObjectKey,
  dryRun: boolean,
): Promise<{ readonly result: SubjectResult; readonly held: readonly string[] }> {
  const { results, heldByBrake } = await provisionOnDemand(ask.app.deps, {
    subjects: [key.id],
    objectType: key.type,
    dryRun,
    operator: ask.operator,
    budgetMs: dryRun ? DRY_RUN_MS : BUDGET_MS,
  });
  const [result] = results;
  if (!result) throw new Error('One subject has one result');
  return { result, held: heldByBrake };
}

/** What would be done, as a row of a plan: its digest stands for exactly that. */
const rowOf = (ask: Ask, key: ObjectKey, { item, removal, outcome }: Ended): PlanRow =>
  planRow(ask.app.deps, key, { item, loss: removal, outcome });

async function show(ask: Ask): Promise<View> {
  const key = keyOf(ask);
  if (!key) return refusals.notFound('There is no person or group with this id.');
  const { result, held } = await provision(ask, key, true);
  const back = addressOfObject(key);
  if (result.kind === 'notImported') return notPossible(back, result.result.reason);
  if (result.kind === 'later') return notPossible(back, `The other side asks to wait: ${result.reason}`);
  const row = rowOf(ask, key, result);
  const body = subjectBody(
    ask.app.deps,
    { subjects: [key.id], objectType: key.type, dryRun: true, operator: ask.operator, budgetMs: 0 },
    result,
  );
  return {
    title: row.name || key.id,
    main: (
      <>
        <p>
          <a href={back}>Back to {row.name ? <Foreign text={row.name} max={80} /> : 'the object'}</a>
        </p>
        <section class="card" aria-labelledby="h-dry">
          <h2 id="h-dry">What would be done now</h2>
          <p class="soft">This was a dry run: Entra ID and Zendesk were read, and nothing was written.</p>
          <StepsLine stations={body.steps.map(stationOf)} />
          <p>
            <Foreign text={row.reason} max={800} />
          </p>
          {row.warnings.map((warning) => (
            <p class="soft">
              <Foreign text={warning} max={400} />
            </p>
          ))}
        </section>
        {row.changes.length > 0 && (
          <Card id="changes" title={`Changes (${row.changes.length})`}>
            <Table
              rows={row.changes}
              columns={[
                { head: 'Attribute', cell: ({ displayName }) => <code>{clip(displayName, 80)}</code> },
                { head: 'Change', cell: ({ oldValue, newValue }) => <Change from={oldValue} to={newValue} /> },
              ]}
            />
          </Card>
        )}
        <Confirm ask={ask} row={row} held={held} />
      </>
    ),
  };
}

const STATION_TONES: Readonly<Record<string, Tone>> = { success: 'good', warning: 'warn', failure: 'bad', skipped: 'none' };

const stationOf = (step: { readonly title: string; readonly status: string; readonly description: string }): Station => ({
  name: step.title,
  tone: STATION_TONES[step.status] ?? 'none',
  word: capital(step.status),
  text: <Foreign text={step.description} max={500} />,
});

function Confirm({ ask, row, held }: { readonly ask: Ask; readonly row: PlanRow; readonly held: readonly string[] }) {
  if (row.outcome !== 'planned')
    return (
      <Notice tone={row.outcome === 'failed' ? 'bad' : 'good'}>
        <p>{row.outcome === 'failed' ? 'It would fail, so there is nothing to carry out.' : 'There is nothing to do.'}</p>
      </Notice>
    );
  if (held.length > 0)
    return (
      <Notice tone="warn">
        <p>The brake would hold this: {held.join(' ')}</p>
      </Notice>
    );
  if (row.removal && !ask.can('Approve'))
    return (
      <Notice tone="warn">
        <p>This takes access away. It needs the role Provisioning.Approve.</p>
      </Notice>
    );
  return (
    <Card id="confirm" title="Do exactly this">
      <ActForm
        ask={ask}
        act={row.removal ? 'remove' : 'provision'}
        label="Do exactly this"
        {...(row.removal && { tone: 'danger' })}
        hidden={{ digest: row.digest }}
      >
        {row.removal ? (
          <>
            <p>
              <strong>This takes access away: {heldRemoval(row.removal)}.</strong>
            </p>
            <NumberToType id="typed" count={row.removal.count} what="removals" />
          </>
        ) : (
          <p>
            {counted(row.changes.length, 'attribute')} {row.action === 'create' ? 'of a new account' : ''} will be written. If
            anything has changed until then, nothing is written and you are told.
          </p>
        )}
      </ActForm>
    </Card>
  );
}

const notPossible = (back: string, reason: string): View => ({
  main: (
    <Notice tone="warn">
      <p>
        The dry run did not come to an end: <Foreign text={reason} max={600} />
      </p>
      <p>
        <a href={back}>Back</a>
      </p>
    </Notice>
  ),
});

/** Does what was shown, if a dry run now comes to the same; else nothing. */
async function carryOut(ask: Ask, digest: string, typed: string | undefined): Promise<ActResult> {
  const key = keyOf(ask);
  if (!key) return { kind: 'refused', text: 'There is no person or group with this id.' };
  const { result: foreseen } = await provision(ask, key, true);
  if (foreseen.kind !== 'ended')
    return { kind: 'refused', text: 'It could not be looked at again just now. Nothing was written.' };
  const row = rowOf(ask, key, foreseen);
  if (row.digest !== digest)
    return { kind: 'refused', text: 'Something has changed since: nothing was written. This is what would be done now.' };
  if (row.removal) {
    const wrong =
      typed === undefined
        ? 'This takes access away, and nobody has confirmed that. Nothing was written.'
        : typedWrong(typed, row.removal.count);
    if (wrong !== undefined) return { kind: 'refused', text: wrong };
  }
  try {
    const { result } = await provision(ask, key, false);
    return { ...outcomeOf(result), to: addressOfObject(key) };
  } catch (error) {
    if (error instanceof DeletionThresholdError) return { kind: 'refused', text: error.message };
    throw error;
  }
}

function outcomeOf(result: SubjectResult): ActResult {
  if (result.kind === 'notImported') return { kind: 'refused', text: result.result.reason };
  if (result.kind === 'later')
    return {
      kind: 'done',
      text: `It is in the queue: ${result.reason} It is tried again in ${Math.ceil(result.retryAfterMs / 1000)} s.`,
    };
  const { outcome } = result;
  if (outcome.kind === 'failed')
    return { kind: 'refused', text: `It failed: ${outcome.error.message} The failure is stored and tried again.` };
  if (outcome.kind === 'skipped') return { kind: 'done', text: 'There was nothing to do.' };
  return { kind: 'done', text: 'It was carried out. Below is how things are now.' };
}

/** One object is provisioned now: first the dry run is shown, then exactly that is done. */
export const provisionPage: ConsolePage = {
  path: 'people/:type/:id/provision',
  title: 'Provision now',
  role: 'Operate',
  show,
  acts: {
    provision: defineAct({
      role: 'Operate',
      fields: z.strictObject({ digest: z.string().max(64) }),
      summary: () => 'provision one object now, exactly as it was shown',
      run: (ask, { digest }) => carryOut(ask, digest, undefined),
    }),
    remove: defineAct({
      role: 'Approve',
      fields: z.strictObject({ digest: z.string().max(64), typed: z.string().max(20) }),
      takesTwo: () => true,
      summary: () => 'provision one object now, which takes access away',
      run: (ask, { digest, typed }) => carryOut(ask, digest, typed),
    }),
  },
};
