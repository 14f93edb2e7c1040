import { z } from 'zod';
import { plainRemoval, REMOVAL_KINDS } from '../../core/brake';
import { capital } from '../../core/held-words';
import { continueApply, startApply } from '../../engine/preview/apply-plan';
import { cancelPlan } from '../../engine/preview/plan-slot';
import { PLAN_EXPIRES_MS } from '../../engine/preview/planning';
import { RequestProblem } from '../../functions/http';
import { isHeld, seatsAfter } from '../../functions/plan-body';
import { planCsv } from '../../functions/plan-csv';
import { MAX_CHOSEN } from '../../functions/shapes/plan';
import { clip } from '../../html';
import { isPlanMark, type PlanHeader, type PlanRow, type PlanSeats } from '../../ports/plan-store';
import { ActForm, NumberToType, typedWrong } from '../components/form';
import { Card, Change, Empty, Facts, Live, Notice, Table } from '../components/parts';
import { counted, Foreign, Tag, type Tone, When } from '../components/text';
import {
  type ActResult,
  type Ask,
  addressOf,
  addressOfObject,
  type ConsoleDownload,
  type ConsolePage,
  defineAct,
  type View,
} from '../model';
import * as refusals from '../refusals';
import { actingOn, PLAN_KINDS, PLAN_STATES } from './plans';

const PAGE = 50;
const BUSY_REFRESH_SECONDS = 5;
/** A person waits for the answer; the timer continues what is left. */
const BUDGET_MS = 8_000;

const planIdOf = ({ params }: Ask): string => (params['id'] ?? '').toLowerCase();

async function headerOf(ask: Ask): Promise<PlanHeader | undefined> {
  const id = planIdOf(ask);
  return z.guid().safeParse(id).success ? (await ask.app.planning.plans.read(id))?.value : undefined;
}

const noPlan = () => refusals.notFound('There is no such plan. Plans are kept for seven days.');

async function show(ask: Ask): Promise<View> {
  const header = await headerOf(ask);
  if (!header) return noPlan();
  const which = ask.query.get('include') === 'all' ? 'all' : 'acting';
  const after = ask.query.get('after') ?? undefined;
  if (after !== undefined && !isPlanMark(after)) return noPlan();
  const { rows, next } = await ask.app.planning.plans.rows(header.planId, which, PAGE, after);
  const isMoving = header.state === 'planning' || header.state === 'applying';
  return {
    title: PLAN_KINDS[header.kind],
    ...(isMoving && { refreshSeconds: BUSY_REFRESH_SECONDS }),
    main: (
      <>
        <Live id="state">
          <State ask={ask} header={header} />
        </Live>
        <Live id="counts">
          <Counts header={header} />
        </Live>
        <Decide ask={ask} header={header} />
        <Rows ask={ask} header={header} rows={rows} which={which} next={next} />
      </>
    ),
  };
}

function State({ ask, header }: { readonly ask: Ask; readonly header: PlanHeader }) {
  const [usual, word, sentence] = PLAN_STATES[header.state];
  const tone = header.state === 'planned' && header.brake.length > 0 ? 'warn' : usual;
  const { application } = header;
  return (
    <section class={`verdict ${tone}`} aria-labelledby="h-plan" data-say={`${word}: ${sentence}`}>
      <p class="word">{word}</p>
      <h2 id="h-plan">{sentence}</h2>
      <p>
        Made <When at={header.createdAt} now={ask.now} /> by <Foreign text={header.createdBy} max={80} />.{' '}
        {counted(header.objects, 'object')} looked at{header.state === 'planning' ? ' so far' : ''}.
      </p>
      {header.isForOtherSchema && (
        <p>Made with mappings that were not in use. To apply it, put them into use first and make a new plan.</p>
      )}
      {header.error && (
        <p>
          <code>{header.error.code}</code>: <Foreign text={header.error.message} max={500} />
        </p>
      )}
      {header.brake.map(({ reason }) => (
        <p>
          <strong>Above the deletion threshold:</strong> {reason}
        </p>
      ))}
      {application && (
        <p>
          {counted(application.enqueued, 'object')} handed over, {application.refused} refused because they have changed since,{' '}
          {application.held} held by the brake. <a href={addressOf('log', { cycle: application.cycleId })}>What became of them</a>
        </p>
      )}
    </section>
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  create: 'To create',
  update: 'To update',
  disable: 'To disable',
  delete: 'To delete',
  unchanged: 'In sync already',
  skipped: 'Skipped',
  failed: 'Would fail',
  reported: 'Only reported',
  waiting: 'Left to cycles',
};

function Counts({ header }: { readonly header: PlanHeader }) {
  const order = Object.keys(ACTIONS);
  const counts = Object.entries(header.counts).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const removals = REMOVAL_KINDS.flatMap((kind) =>
    (header.removals[kind] ?? 0) > 0 ? [[capital(plainRemoval(kind)), header.removals[kind] ?? 0] as const] : [],
  );
  return (
    <Card id="counts" title="What it would do">
      <Facts facts={counts.map(([action, count]) => [ACTIONS[action] ?? action, count] as const)} />
      {removals.length > 0 && (
        <>
          <h3>Of these, access taken away</h3>
          <Facts facts={removals} />
        </>
      )}
      {header.seats && header.seats.needed + header.seats.freed > 0 && <SeatFacts seats={header.seats} />}
    </Card>
  );
}

/** The agent seats before and after, and whether they are enough. */
const SeatFacts = ({ seats }: { readonly seats: PlanSeats }) => (
  <>
    <h3>Agent seats</h3>
    {seats.missing > 0 && (
      <Notice tone="warn">
        {counted(seats.missing, 'seat is', 'seats are')} missing: these people wait, in the order of their object ids.
      </Notice>
    )}
    <Facts
      facts={[
        ['Used now', seats.before],
        ['Used afterwards', seatsAfter(seats)],
        ['Bought', seats.bought ?? 'AGENT_SEATS is not set'],
        ['Needed by this plan', seats.needed],
        ['Given back by it', seats.freed],
      ]}
    />
  </>
);

/** Removals that the brake would hold. */
const heldCount = ({ brake }: PlanHeader): number => brake.reduce((sum, { count }) => sum + count, 0);

function Decide({ ask, header }: { readonly ask: Ask; readonly header: PlanHeader }) {
  const { state } = header;
  if (!ask.can('Operate')) return null;
  if (state === 'planning' || state === 'applying')
    return (
      <Card id="cancel" title="Stop it">
        <ActForm ask={ask} act="cancel" label="Stop this plan" tone="second">
          <p>
            {state === 'planning' ? 'Nothing has been written.' : 'What is in the queue already is carried out; nothing more is.'}
          </p>
        </ActForm>
      </Card>
    );
  const acting = actingOn(header.counts);
  if (state !== 'planned' || header.isForOtherSchema) return null;
  if (acting === 0) return <Empty>There is nothing to apply: no object would be changed.</Empty>;
  if (ask.now.getTime() - Date.parse(header.createdAt) > PLAN_EXPIRES_MS)
    return <Empty>It is older than 24 hours and can be applied no more. Make a new one.</Empty>;
  if (header.kind === 'undo' && !ask.can('Approve'))
    return <p class="soft">To take this cycle back, you need the role Provisioning.Approve.</p>;
  const held = heldCount(header);
  const removals = Object.values(header.removals).reduce((sum, count) => sum + (count ?? 0), 0);
  return (
    <Card id="apply" title="Do exactly this">
      <p>
        Each object is planned once more first. What has changed since is refused and listed; everything else is carried out as
        you see it.
        {removals > 0 && ` Access is taken away ${removals} times.`}
      </p>
      <div class="acts">
        <ActForm ask={ask} act="apply" label={held > 0 ? `Apply without the ${held} held removals` : `Apply all ${acting}`} />
        {held > 0 && ask.can('Approve') && (
          <details>
            <summary>Apply with the held removals</summary>
            <ActForm ask={ask} act="applyWithRemovals" label={`Apply all, ${held} removals included`} tone="danger">
              <p>They are above the deletion threshold: a cycle would hold them.</p>
              <NumberToType id="typed" count={held} what="held removals" />
            </ActForm>
          </details>
        )}
      </div>
      {held > 0 && !ask.can('Approve') && (
        <p class="soft">To include the held removals, you need the role Provisioning.Approve.</p>
      )}
    </Card>
  );
}

const ROW_TONES: Readonly<Record<string, Tone>> = { create: 'good', update: 'busy', disable: 'bad', delete: 'bad' };

interface RowsProps {
  readonly ask: Ask;
  readonly header: PlanHeader;
  readonly rows: readonly PlanRow[];
  readonly which: 'acting' | 'all';
  readonly next: string | undefined;
}

function Rows({ ask, header, rows, which, next }: RowsProps) {
  const role = header.kind === 'undo' ? 'Approve' : 'Operate';
  const canTick = header.state === 'planned' && !header.isForOtherSchema && ask.can(role) && which === 'acting';
  const table =
    rows.length === 0 ? (
      <Empty>{header.state === 'planning' ? 'Nothing yet.' : 'Nothing to do.'}</Empty>
    ) : (
      <RowTable header={header} rows={rows} canTick={canTick} />
    );
  return (
    <Card id="objects" title="Object by object">
      <p>
        {which === 'acting' ? (
          <a href={`${ask.here}?include=all`}>Show also those for which nothing would be done</a>
        ) : (
          <a href={ask.here}>Show only those that would be acted on</a>
        )}
        {' · '}
        <a href={`${ask.here}/csv?include=${which}`}>As CSV</a>
      </p>
      {canTick && rows.length > 0 ? (
        <ActForm ask={ask} act="applyTicked" label="Apply what is ticked">
          <p>
            <button type="button" class="second" data-tick-all="ids" hidden>
              Tick all on this page, or none
            </button>
          </p>
          {table}
          <p>
            Only what is ticked on this page is applied; the rest of the plan is not. What takes access away needs the number of
            such objects typed here.
          </p>
          <div class="field">
            <label for="typed-ticked">Number of ticked objects that lose access (empty for none)</label>
            <input
              id="typed-ticked"
              class="short"
              name="typed"
              type="text"
              inputmode="numeric"
              pattern="[0-9]*"
              maxlength={9}
              autocomplete="off"
            />
          </div>
        </ActForm>
      ) : (
        table
      )}
      {next !== undefined && (
        <p class="pages">
          <a rel="next" href={`${ask.here}?${new URLSearchParams({ ...(which === 'all' && { include: 'all' }), after: next })}`}>
            More objects
          </a>
        </p>
      )}
    </Card>
  );
}

const RowTable = ({
  header,
  rows,
  canTick,
}: {
  readonly header: PlanHeader;
  readonly rows: readonly PlanRow[];
  readonly canTick: boolean;
}) => (
  <Table
    rows={rows}
    columns={[
      {
        head: 'Object',
        cell: (row) => (
          <>
            {canTick && row.outcome === 'planned' && (
              <>
                <input
                  type="checkbox"
                  name="ids"
                  value={row.key.id}
                  id={`tick-${row.key.id}`}
                  aria-label={`Choose ${clip(row.name || row.key.id, 80)}`}
                />{' '}
              </>
            )}
            <a href={addressOfObject(row.key)}>
              <Foreign text={row.name || row.key.id} max={80} />
            </a>{' '}
            <small class="soft">{row.key.type}</small>
          </>
        ),
      },
      {
        head: 'Action',
        cell: (row) => (
          <>
            <Tag tone={row.outcome === 'failed' ? 'bad' : row.outcome === 'planned' ? (ROW_TONES[row.action] ?? 'none') : 'none'}>
              {row.outcome === 'planned' ? row.action : row.drift ? 'reported' : row.outcome}
            </Tag>{' '}
            {row.removal && <Tag tone="bad">takes access away</Tag>}{' '}
            {isHeld(header, row) && <Tag tone="warn">held by the brake</Tag>}{' '}
            {row.applied !== null && <Tag tone={row.applied === 'enqueued' ? 'good' : 'warn'}>{row.applied}</Tag>}
          </>
        ),
      },
      {
        head: 'Changes',
        cell: ({ changes, drift }) =>
          changes.length + (drift?.reported.length ?? 0) === 0 ? (
            '–'
          ) : (
            <>
              {changes.map((one) => (
                <div>
                  <code>{clip(one.displayName, 80)}</code>: <Change from={one.oldValue} to={one.newValue} />
                </div>
              ))}
              {drift?.reported.map((one) => (
                <div>
                  <Tag tone="none">only reported</Tag> <code>{clip(one.displayName, 80)}</code>:{' '}
                  <Foreign text={one.oldValue ?? '(none)'} max={120} /> in Zendesk,{' '}
                  <Foreign text={one.newValue ?? '(none)'} max={120} /> in Entra ID
                </div>
              ))}
            </>
          ),
      },
      { head: 'Why', cell: ({ refusal, reason }) => <Foreign text={refusal ?? reason} max={400} /> },
    ]}
  />
);

async function apply(ask: Ask, allowDeletes: boolean | undefined, only?: readonly string[]): Promise<ActResult> {
  const { planning } = ask.app;
  const id = planIdOf(ask);
  const begun = await startApply(planning, id, ask.operator, allowDeletes, only);
  if (begun.kind === 'notFound') return { kind: 'refused', text: 'There is no such plan any more.' };
  if (begun.kind !== 'applying') return { kind: 'refused', text: begun.reason };
  const header = (await continueApply(planning, id, { owner: planning.deps.newId(), budgetMs: BUDGET_MS })) ?? begun.header;
  const { application } = header;
  const sums = application
    ? `${application.enqueued} handed over, ${application.refused} refused, ${application.held} held.`
    : '';
  return {
    kind: 'done',
    text: header.state === 'applied' ? `The plan was applied: ${sums}` : `It is being applied and continues by itself: ${sums}`,
  };
}

/** Whether somebody else made the plan: then whoever applies it is the second person already. */
const isOwn = async (ask: Ask): Promise<boolean> => {
  const header = await headerOf(ask);
  return header?.createdById === undefined || header.createdById === ask.principal.id;
};

/** Taking something back is a decision of its own, as a removal is. */
function mayNotApply(ask: Ask, header: PlanHeader | undefined): ActResult | undefined {
  if (header?.kind !== 'undo' || ask.can('Approve')) return undefined;
  return { kind: 'refused', text: 'To take a cycle back, you need the role Provisioning.Approve. Nothing was done.' };
}

const NO_FIELDS = z.strictObject({});
const Ids = z
  .union([z.string(), z.array(z.string())])
  .transform((ids) => [ids].flat())
  .pipe(z.array(z.guid()).max(MAX_CHOSEN));

/** The ticked objects that would lose access; undefined while the plan is not there. */
async function losing(ask: Ask, ids: readonly string[]): Promise<number | undefined> {
  const header = await headerOf(ask);
  if (!header) return undefined;
  let after: string | undefined;
  let count = 0;
  do {
    const page = await ask.app.planning.plans.rows(header.planId, 'acting', 1_000, after);
    count += page.rows.filter(
      ({ key, removal, outcome }) => outcome === 'planned' && removal !== null && ids.includes(key.id),
    ).length;
    after = page.next;
  } while (after !== undefined);
  return count;
}

/** One plan: what it says, object by object, and applying it. */
export const planPage: ConsolePage = {
  path: 'plans/:id',
  title: 'Plan',
  role: 'Read',
  show,
  acts: {
    apply: defineAct({
      role: 'Operate',
      fields: NO_FIELDS,
      summary: () => 'apply a plan, without what the brake would hold',
      run: async (ask) => {
        const header = await headerOf(ask);
        return mayNotApply(ask, header) ?? apply(ask, header?.brake.length ? false : undefined);
      },
    }),
    applyWithRemovals: defineAct({
      role: 'Approve',
      fields: z.strictObject({ typed: z.string().max(20) }),
      takesTwo: (_, ask) => isOwn(ask),
      summary: ({ typed }) => `apply a plan with ${typed} removals above the threshold`,
      run: async (ask, { typed }) => {
        const header = await headerOf(ask);
        if (!header) return { kind: 'refused', text: 'There is no such plan any more.' };
        const wrong = typedWrong(typed, heldCount(header));
        return wrong === undefined ? apply(ask, true) : { kind: 'refused', text: wrong };
      },
    }),
    applyTicked: defineAct({
      role: 'Operate',
      fields: z.strictObject({ ids: Ids.default([]), typed: z.string().max(20).default('') }),
      takesTwo: async ({ ids }, ask) => ((await losing(ask, ids)) ?? 0) > 0 && (await isOwn(ask)),
      summary: ({ ids }) => `apply ${counted(ids.length, 'object')} of a plan`,
      run: async (ask, { ids, typed }) => {
        const only = ids.map((id) => id.toLowerCase());
        if (only.length === 0) return { kind: 'refused', text: 'Nothing was ticked, so nothing was done.' };
        const header = await headerOf(ask);
        const lost = await losing(ask, only);
        if (!header || lost === undefined) return { kind: 'refused', text: 'There is no such plan any more.' };
        const refused = mayNotApply(ask, header);
        if (refused) return refused;
        if (lost > 0 && !ask.can('Approve'))
          return {
            kind: 'refused',
            text: `${lost} of these lose access, which needs the role Provisioning.Approve. Nothing was done.`,
          };
        const wrong = lost > 0 ? typedWrong(typed, lost) : undefined;
        return wrong === undefined
          ? apply(ask, header.brake.length > 0 ? lost > 0 : undefined, only)
          : { kind: 'refused', text: wrong };
      },
    }),
    cancel: defineAct({
      role: 'Operate',
      fields: NO_FIELDS,
      summary: () => 'stop a plan',
      run: async (ask) => {
        const header = await cancelPlan(ask.app.planning, planIdOf(ask), ask.operator);
        if (!header) return { kind: 'refused', text: 'There is no such plan any more.' };
        return { kind: 'done', text: 'The plan was stopped. What it had handed over already is carried out.' };
      },
    }),
  },
};

/** A plan as CSV. */
export const planCsvDownload: ConsoleDownload = {
  path: 'plans/:id/csv',
  role: 'Read',
  send: async (ask) => {
    const header = await headerOf(ask);
    if (!header) throw new RequestProblem('NotFound', 'There is no such plan. Plans are kept for seven days.');
    return planCsv(ask.app.planning.plans, header, ask.query.get('include') === 'all' ? 'all' : 'acting', undefined);
  },
};
