import { z } from 'zod';
import { continueApply, startApply } from '../../engine/preview/apply-plan';
import { cancelPlan } from '../../engine/preview/plan-slot';
import { PLAN_EXPIRES_MS } from '../../engine/preview/planning';
import { RequestProblem } from '../../functions/http';
import { planCsv } from '../../functions/plan-csv';
import { MAX_CHOSEN } from '../../functions/shapes/plan';
import { isPlanMark, type PlanHeader, type PlanRow } from '../../ports/plan-store';
import { ActForm, NumberToType, TickAll, TypedNumber, typedWrong } from '../components/form';
import { Card, Empty, Live } from '../components/parts';
import { Counts, RowTable } from '../components/plan-parts';
import { counted, Foreign, When } from '../components/text';
import { type ActResult, type Ask, addressOf, type ConsoleDownload, type ConsolePage, defineAct, type View } from '../model';
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

/** Removals that the brake would hold. */
const heldCount = ({ brake }: PlanHeader): number => brake.reduce((sum, { count }) => sum + count, 0);

/** Removals that the brake would let pass. */
const freeCount = (header: PlanHeader): number =>
  Object.values(header.removals).reduce((sum, count) => sum + (count ?? 0), 0) - heldCount(header);

function Decide({ ask, header }: { readonly ask: Ask; readonly header: PlanHeader }) {
  const { state } = header;
  if (!ask.can('Operate')) return null;
  if (state === 'planning' || state === 'applying')
    return (
      <Card id="cancel" title="Stop it">
        <ActForm ask={ask} act="cancel" label="Stop this plan" tone="second">
          <p>
            {state === 'planning'
              ? 'Nothing has been written.'
              : 'What is already in the queue is still carried out; nothing else is.'}
          </p>
        </ActForm>
      </Card>
    );
  const acting = actingOn(header.counts);
  if (state !== 'planned' || header.isForOtherSchema) return null;
  if (acting === 0) return <Empty>There is nothing to apply: no object would be changed.</Empty>;
  if (ask.now.getTime() - Date.parse(header.createdAt) > PLAN_EXPIRES_MS)
    return <Empty>It is older than 24 hours and can no longer be applied. Make a new one.</Empty>;
  if (header.kind === 'undo' && !ask.can('Approve'))
    return <p class="soft">To take this cycle back, you need the role Provisioning.Approve.</p>;
  const [held, free] = [heldCount(header), freeCount(header)];
  const mayApprove = ask.can('Approve');
  return (
    <Card id="apply" title="Do exactly this">
      <p>
        Each object is planned once more first. What has changed since is refused and listed; everything else is done as shown.
        {held + free > 0 && ` Access is taken away ${held + free} times, ${held} of them above the deletion threshold.`}
      </p>
      <div class="acts">
        {(free === 0 || mayApprove) && (
          <ActForm
            ask={ask}
            act="apply"
            label={held > 0 ? `Apply without the ${held} held removals` : `Apply all ${acting}`}
            {...(free > 0 && { tone: 'danger' as const })}
          >
            {free > 0 && <NumberToType id="typed-free" count={free} what="removals in it" />}
          </ActForm>
        )}
        {held > 0 && mayApprove && (
          <details>
            <summary>Apply with the held removals</summary>
            <ActForm ask={ask} act="applyWithRemovals" label={`Apply all, ${held + free} removals included`} tone="danger">
              <p>{held} of them are above the deletion threshold: a cycle would hold them.</p>
              <NumberToType id="typed" count={held + free} what="removals" />
            </ActForm>
          </details>
        )}
      </div>
      {held + free > 0 && !mayApprove && (
        <p class="soft">
          To take access away, you need the role Provisioning.Approve. You can apply other objects: select them below.
        </p>
      )}
    </Card>
  );
}

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
      <RowTable header={header} rows={rows} canTick={canTick} now={ask.now} />
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
        <ActForm ask={ask} act="applyTicked" label="Apply the selected objects">
          <TickAll name="ids" />
          {table}
          <p>Only the objects that you have selected on this page are applied. If any of them lose access, type how many.</p>
          <TypedNumber id="typed-ticked" label="Number of selected objects that lose access (empty for none)" required={false} />
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

const freeCountOf = (header: PlanHeader | undefined): number => (header ? freeCount(header) : 0);

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
      fields: z.strictObject({ typed: z.string().max(20).default('') }),
      takesTwo: async (_, ask) => freeCountOf(await headerOf(ask)) > 0 && (await isOwn(ask)),
      summary: ({ typed }) => (typed === '' ? 'apply a plan' : `apply a plan with ${typed} removals`),
      run: async (ask, { typed }) => {
        const header = await headerOf(ask);
        const refused = mayNotApply(ask, header);
        if (refused) return refused;
        const free = freeCountOf(header);
        if (free > 0 && !ask.can('Approve'))
          return { kind: 'refused', text: `It takes access away ${free} times, which needs the role Provisioning.Approve.` };
        const wrong = free > 0 ? typedWrong(typed, free) : undefined;
        return wrong === undefined ? apply(ask, header?.brake.length ? false : undefined) : { kind: 'refused', text: wrong };
      },
    }),
    applyWithRemovals: defineAct({
      role: 'Approve',
      fields: z.strictObject({ typed: z.string().max(20) }),
      takesTwo: (_, ask) => isOwn(ask),
      summary: ({ typed }) => `apply a plan with ${typed} removals, those above the threshold included`,
      run: async (ask, { typed }) => {
        const header = await headerOf(ask);
        if (!header) return { kind: 'refused', text: 'There is no such plan any more.' };
        const wrong = typedWrong(typed, heldCount(header) + freeCount(header));
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
        if (only.length === 0) return { kind: 'refused', text: 'Nothing was selected, so nothing was done.' };
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
