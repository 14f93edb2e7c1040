import { z } from 'zod';
import { capital, heldRemoval, idsIn, WHILE_HELD } from '../../core/held-words';
import { sourceId } from '../../core/model';
import { dropStaged } from '../../engine/control/drop-staged';
import { allowDeletes } from '../../engine/cycle/release-staged';
import { readNames } from '../../engine/read-names';
import { MAX_CHOSEN } from '../../functions/shapes/plan';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { ActForm, NumberToType, TickAll, TypedNumber, typedWrong } from '../components/form';
import { Card, Empty, Table } from '../components/parts';
import { counted, Foreign, Named, readable, Since, When } from '../components/text';
import { Tick } from '../components/tick';
import { type ActResult, type Ask, addressOf, addressOfObject, type ConsolePage, defineAct, type View } from '../model';

/** Removals that a page lists, to be ticked. */
const PAGE = 50;
/** Rows looked at in one go; beyond that a count is "at least". */
const COUNTED = 5_000;

/** The cycle that first held it, by which it is let go. */
const cycleOf = ({ heldIn, cycleId }: StagedDeletion): string => heldIn ?? cycleId;

/** Everything that is held, in key order, up to a bound. */
async function readHeld({ app }: Ask): Promise<{ readonly rows: readonly StagedDeletion[]; readonly isWhole: boolean }> {
  const rows: StagedDeletion[] = [];
  let seen = 0;
  for await (const page of app.deps.staged.list()) {
    seen += page.length;
    rows.push(...page.filter(({ state }) => state === 'staged'));
    if (seen >= COUNTED) return { rows, isWhole: false };
  }
  return { rows, isWhole: true };
}

async function show(ask: Ask): Promise<View> {
  const { rows, isWhole } = await readHeld(ask);
  if (rows.length === 0)
    return {
      main: (
        <Card id="held" title="Nothing is held">
          <Empty>
            The brake holds no removal. It does when one cycle would take more away than the deletion threshold allows.
          </Empty>
        </Card>
      ),
    };
  const cause = ask.query.get('cause') ?? '';
  const chosen = cause === '' ? rows : rows.filter((row) => `${row.kind} ${row.reason}` === cause);
  const from = Math.max(0, Number.parseInt(ask.query.get('from') ?? '0', 10) || 0);
  const page = chosen.slice(from, from + PAGE);
  const mentioned = idsIn([...new Set(rows.map(({ reason }) => reason))].slice(0, 100)).map((id) => ({
    type: 'group' as const,
    id: sourceId(id),
  }));
  const names = await readNames(ask.app.deps, [...page.map(({ key }) => key), ...mentioned]);
  return {
    main: (
      <>
        <section class="verdict bad" aria-labelledby="h-held">
          <p class="word">The brake is on</p>
          <h2 id="h-held">
            {isWhole ? '' : 'At least '}
            {counted(rows.length, 'removal')} {rows.length === 1 ? 'waits' : 'wait'} for your decision
          </h2>
          <p>None of them has been carried out. {WHILE_HELD}</p>
        </section>
        <Causes rows={rows} names={names} asked={cause} now={ask.now} />
        <Whole ask={ask} rows={rows} />
        <Some ask={ask} rows={page} names={names} total={chosen.length} from={from} cause={cause} />
      </>
    ),
  };
}

interface Listed {
  readonly rows: readonly StagedDeletion[];
  readonly names: ReadonlyMap<string, string>;
}

/** What is held for one cause, told together: one unassigned group may stand for hundreds of people. */
function Causes({ rows, names, asked, now }: Listed & { readonly asked: string; readonly now: Date }) {
  const causes = new Map<string, { readonly row: StagedDeletion; readonly count: number }>();
  for (const row of rows) {
    const cause = `${row.kind} ${row.reason}`;
    causes.set(cause, { row, count: (causes.get(cause)?.count ?? 0) + 1 });
  }
  const sorted = [...causes].sort(([, a], [, b]) => b.count - a.count).slice(0, 20);
  return (
    <Card id="causes" title="Why">
      <Table
        rows={sorted}
        columns={[
          { head: 'Cause', cell: ([, { row }]) => <Foreign text={readable(row.reason, names, now)} max={400} /> },
          { head: 'What it would do', cell: ([, { row }]) => capital(heldRemoval({ ...row, count: row.count })) },
          { head: 'Objects', isNumber: true, cell: ([, { count }]) => count },
          {
            head: 'Show',
            cell: ([cause]) =>
              cause === asked ? <a href={addressOf('held')}>All</a> : <a href={addressOf('held', { cause })}>Only these</a>,
          },
        ]}
      />
    </Card>
  );
}

/** Allows everything that one cycle holds. */
function Whole({ ask, rows }: { readonly ask: Ask; readonly rows: readonly StagedDeletion[] }) {
  const byCycle = new Map<string, StagedDeletion[]>();
  for (const row of rows) byCycle.set(cycleOf(row), [...(byCycle.get(cycleOf(row)) ?? []), row]);
  if (!ask.can('Approve'))
    return <p class="soft">To decide, you need the role Provisioning.Approve. Anybody with it finds the buttons on this page.</p>;
  return (
    <Card id="all" title="Allow all removals that a cycle holds">
      {[...byCycle].slice(0, 5).map(([cycleId, held], at) => (
        <details open={byCycle.size === 1}>
          <summary>
            {counted(held.length, 'removal')}, held{' '}
            <Since at={held.map(({ stagedAt }) => stagedAt).sort()[0] ?? ''} now={ask.now} />
          </summary>
          <ActForm
            ask={ask}
            act="allowCycle"
            label={`Allow ${counted(held.length, 'removal')}`}
            tone="danger"
            hidden={{ cycleId }}
          >
            <p>
              Carries out exactly these {held.length}, once. Each is checked in Entra ID first: people who are back in scope keep
              everything. <a href={addressOf('log', { cycle: cycleId })}>What this cycle did</a>
            </p>
            <NumberToType id={`typed-${at}`} count={held.length} what="removals" />
          </ActForm>
        </details>
      ))}
    </Card>
  );
}

/** The removals one by one, to be ticked. */
function Some(props: Listed & { readonly ask: Ask; readonly total: number; readonly from: number; readonly cause: string }) {
  const { ask, rows, names, total, from, cause } = props;
  const canDecide = ask.can('Approve');
  const table = (
    <Table
      rows={rows}
      caption={`${from + 1} to ${from + rows.length} of ${total}.`}
      columns={[
        {
          head: 'Object',
          cell: ({ key }) => (
            <>
              {canDecide && <Tick name="ids" value={key.id} id={`tick-${key.id}`} label={names.get(key.id) ?? key.id} />}
              <a href={addressOfObject(key)}>
                <Named name={names.get(key.id)} id={key.id} />
              </a>
            </>
          ),
        },
        { head: 'What is held', cell: (row) => capital(heldRemoval(row)) },
        { head: 'Why', cell: ({ reason }) => <Foreign text={readable(reason, names, ask.now)} max={300} /> },
        { head: 'Since', width: 'tight', cell: ({ stagedAt }) => <When at={stagedAt} now={ask.now} /> },
      ]}
    />
  );
  return (
    <Card id="some" title="One by one">
      {canDecide ? (
        <ActForm ask={ask} act="decide" label="Apply to the selected objects" tone="danger">
          <TickAll name="ids" />
          {table}
          <fieldset>
            <legend>What to do with the selected objects</legend>
            <div class="choice">
              <input type="radio" id="what-keep" name="what" value="keep" checked />
              <label for="what-keep">
                Keep their access: cycles leave them alone until they change in Entra ID, or until you release them under{' '}
                <a href={addressOf('holds')}>Holds</a>.
              </label>
            </div>
            <div class="choice">
              <input type="radio" id="what-drop" name="what" value="drop" />
              <label for="what-drop">
                Drop for now: nothing is taken away, and people whom a later cycle finds out of scope again are counted again.
              </label>
            </div>
            <div class="choice">
              <input type="radio" id="what-allow" name="what" value="allow" />
              <label for="what-allow">Allow: the removals are carried out, once.</label>
            </div>
            <TypedNumber id="typed-some" label="To confirm, type the number of objects that you have selected" />
          </fieldset>
        </ActForm>
      ) : (
        table
      )}
      <p class="pages">
        {from > 0 && (
          <a rel="prev" href={addressOf('held', { cause, from: String(Math.max(0, from - PAGE)) })}>
            Earlier
          </a>
        )}
        {from + rows.length < total && (
          <a rel="next" href={addressOf('held', { cause, from: String(from + PAGE) })}>
            Later
          </a>
        )}
      </p>
    </Card>
  );
}

async function allow(ask: Ask, cycles: readonly (string | undefined)[], only?: ReadonlySet<string>): Promise<ActResult> {
  let [released, kept] = [0, 0];
  for (const cycleId of cycles) {
    const allowed = await allowDeletes(ask.app.deps, ask.operator, cycleId, only);
    for (const one of allowed.released) {
      released += one.released;
      kept += one.kept;
    }
  }
  const stay = kept > 0 ? ` ${kept} stay held: Entra ID did not say how they are.` : '';
  if (released === 0) return { kind: 'refused', text: `Nothing was allowed: it is not held any more.${stay}` };
  return { kind: 'done', text: `${counted(released, 'removal')} are in the queue and are carried out now.${stay}` };
}

const many = z.union([z.string(), z.array(z.string())]).transform((ids) => [ids].flat());
const Ids = many.pipe(z.array(z.guid()).max(MAX_CHOSEN));

/** What the brake holds, and the decision about it. */
export const heldPage: ConsolePage = {
  path: 'held',
  title: 'Held removals',
  nav: { label: 'Held removals', order: 60 },
  role: 'Read',
  show,
  acts: {
    allowCycle: defineAct({
      role: 'Approve',
      fields: z.strictObject({ cycleId: z.string().max(64), typed: z.string().max(20) }),
      takesTwo: () => true,
      summary: ({ typed }) => `allow ${typed} held removals`,
      run: async (ask, { cycleId, typed }) => {
        const { rows } = await readHeld(ask);
        const held = rows.filter((row) => cycleOf(row) === cycleId).length;
        if (held === 0) return { kind: 'refused', text: 'This cycle holds nothing any more: somebody has decided already.' };
        const wrong = typedWrong(typed, held);
        return wrong === undefined ? allow(ask, [cycleId]) : { kind: 'refused', text: wrong };
      },
    }),
    decide: defineAct({
      role: 'Approve',
      fields: z.strictObject({ what: z.enum(['keep', 'drop', 'allow']), ids: Ids.default([]), typed: z.string().max(20) }),
      takesTwo: ({ what }) => what === 'allow',
      summary: ({ what, ids }) =>
        `${what === 'allow' ? 'allow' : 'drop'} ${counted(ids.length, 'held removal')}${what === 'keep' ? ' and hold the objects' : ''}`,
      run: async (ask, { what, ids, typed }) => {
        if (ids.length === 0) return { kind: 'refused', text: 'Nothing was selected, so nothing was done.' };
        const only = new Set(ids.map((id) => id.toLowerCase()));
        const wrong = typedWrong(typed, only.size);
        if (wrong !== undefined) return { kind: 'refused', text: wrong };
        if (what !== 'allow') {
          const dropped = await dropStaged(ask.app.deps, ask.operator, only, what === 'keep');
          const held = what === 'keep' ? ' They keep what they have, and cycles leave them alone; see Holds.' : '';
          return { kind: 'done', text: `${counted(dropped, 'held removal')} dropped. Nothing was taken away.${held}` };
        }
        const { rows } = await readHeld(ask);
        const cycles = new Set(rows.filter(({ key }) => only.has(key.id)).map(cycleOf));
        return allow(ask, [...cycles], only);
      },
    }),
  },
};
