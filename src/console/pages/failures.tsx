import type { Child } from 'hono/jsx';
import { z } from 'zod';
import { concurrently, STORAGE_CONCURRENCY } from '../../engine/concurrently';
import { retryEscrow } from '../../engine/control/escrow-control';
import { readNames } from '../../engine/read-names';
import { clip } from '../../html';
import type { Escrow } from '../../ports/escrow-store';
import { ActForm, TickAll } from '../components/form';
import { Card, Empty, Table } from '../components/parts';
import { counted, Foreign, Named, When } from '../components/text';
import { chosenObjects, TickObject } from '../components/tick';
import { type Ask, addressOf, addressOfObject, defineAct } from '../model';

/** Failures on one page, to be ticked. */
const PAGE = 50;
/** Failures looked at in one go; beyond that a count is "at least". */
const COUNTED = 5_000;

/**
 * Stored failures, to be tried again together.
 * @param code only those with this code; empty for all
 * @param next where the list continues
 */
export async function failures(ask: Ask, code: string, next: (after: string) => string): Promise<Child> {
  const all: Escrow[] = [];
  let seen = 0;
  for await (const rows of ask.app.deps.escrows.list()) {
    seen += rows.length;
    all.push(...rows.filter((row) => code === '' || row.code === code));
    if (seen >= COUNTED) break;
  }
  const from = Math.max(0, Number.parseInt(ask.query.get('after') ?? '0', 10) || 0);
  const rows = all.slice(from, from + PAGE);
  const names = await readNames(
    ask.app.deps,
    rows.map(({ key }) => key),
  );
  const caption = `${from + 1} to ${from + rows.length} of ${seen >= COUNTED ? 'at least ' : ''}${all.length}.`;
  const canTry = ask.can('Operate');
  const table = <Failures rows={rows} names={names} caption={caption} canTry={canTry} now={ask.now} />;
  return (
    <Card id="list" title={code === '' ? 'Failed' : `Failed with ${clip(code, 80)}`}>
      {rows.length === 0 && <Empty>Nothing has failed that waits for another try.</Empty>}
      {rows.length > 0 && !canTry && table}
      {rows.length > 0 && canTry && (
        <ActForm ask={ask} act="tryAgain" label="Try the selected objects again now" hidden={{ code }}>
          <p>
            Each is tried by itself, without waiting for its next try. Correct first what the failure names. Nothing is taken away
            by it.
          </p>
          <TickAll name="objects" />
          {table}
        </ActForm>
      )}
      {from + rows.length < all.length && (
        <p class="pages">
          <a rel="next" href={next(String(from + PAGE))}>
            More
          </a>
        </p>
      )}
    </Card>
  );
}

interface FailuresProps {
  readonly rows: readonly Escrow[];
  readonly names: ReadonlyMap<string, string>;
  readonly caption: string;
  readonly canTry: boolean;
  readonly now: Date;
}

const Failures = ({ rows, names, caption, canTry, now }: FailuresProps) => (
  <Table
    rows={rows}
    caption={caption}
    columns={[
      {
        head: 'Object',
        cell: ({ key }) => (
          <>
            {canTry && <TickObject of={key} label={names.get(key.id) ?? key.id} />}
            <a href={addressOfObject(key)}>
              <Named name={names.get(key.id)} id={key.id} />
            </a>
          </>
        ),
      },
      {
        head: 'What is wrong',
        cell: ({ code, reason, detail, changeId }) => (
          <>
            <a class="fail" href={addressOf('log', { change: changeId })}>
              {code}
            </a>
            : <Foreign text={reason} max={300} />
            {detail !== undefined && (
              <div>
                Zendesk’s own words:{' '}
                <q>
                  <Foreign text={detail} max={300} />
                </q>
              </div>
            )}
          </>
        ),
      },
      { head: 'What to do', cell: ({ recommendedAction }) => recommendedAction },
      {
        head: 'Next try',
        width: 'tight',
        cell: ({ nextAttemptAt }) => <When at={nextAttemptAt} now={now} none="when it changes in Entra ID" />,
      },
    ]}
  />
);

/** The ticked failures are tried again now. */
export const tryAgain = defineAct({
  role: 'Operate',
  fields: z.strictObject({ objects: chosenObjects(PAGE), code: z.string().max(320).default('') }),
  summary: ({ objects }) => `try ${counted(objects.length, 'failed object')} again`,
  run: async ({ app, operator }, { objects, code }) => {
    const to = addressOf('people', { show: 'failed', code });
    if (objects.length === 0) return { kind: 'refused', text: 'Nothing was selected, so nothing was done.', to };
    const cycles = await concurrently(objects, STORAGE_CONCURRENCY, (key) => retryEscrow(app.deps, operator, key));
    const queued = cycles.filter((cycleId) => cycleId !== undefined).length;
    const gone = objects.length - queued;
    const rest = gone > 0 ? ` ${counted(gone, 'failure')} had been tried again or forgotten meanwhile.` : '';
    if (queued === 0) return { kind: 'refused', text: `Nothing was done.${rest}`, to };
    const text = `${counted(queued, 'object')} ${queued === 1 ? 'is' : 'are'} in the queue and tried now. Who succeeds leaves this list: reload it.${rest}`;
    return { kind: 'done', text, to };
  },
});
