import { z } from 'zod';
import { settleDrift } from '../../engine/drift/drift-check';
import { createDrift } from '../../engine/drift/drift-run';
import { continuePlan, createPlan } from '../../engine/preview/make-plan';
import type { PlanBegun } from '../../engine/preview/plan-slot';
import type { Planning } from '../../engine/preview/planning';
import type { PlanHeader } from '../../ports/plan-store';
import { ActForm } from '../components/form';
import { Card, Empty, Live, Table } from '../components/parts';
import { counted, Foreign, Tag, type Tone, When } from '../components/text';
import { type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';

const BUSY_REFRESH_SECONDS = 5;
const IDLE_REFRESH_SECONDS = 60;
/** A person waits for the answer; the timer continues what is left. */
const BUDGET_MS = 8_000;

/** How a plan stands. */
export const PLAN_STATES: Readonly<Record<PlanHeader['state'], readonly [tone: Tone, word: string, sentence: string]>> = {
  planning: ['busy', 'Being made', 'This plan is being made'],
  planned: ['busy', 'Ready', 'This plan is ready. None of it has been applied'],
  failed: ['bad', 'Failed', 'This plan could not be made'],
  applying: ['busy', 'Being applied', 'This plan is being applied'],
  applied: ['good', 'Applied', 'This plan has been applied'],
};

/** What a plan was made from. */
export const PLAN_KINDS: Readonly<Record<PlanHeader['kind'], string>> = {
  cycle: 'What a cycle would do',
  undo: 'Undo of a cycle',
  drift: 'What differs in Zendesk',
};

async function show(ask: Ask): Promise<View> {
  const plans = [...(await ask.app.planning.plans.list())].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const atWork = plans.find(({ state }) => state === 'planning' || state === 'applying');
  return {
    refreshSeconds: atWork ? BUSY_REFRESH_SECONDS : IDLE_REFRESH_SECONDS,
    main: (
      <>
        <Card id="make" title="Make a plan">
          <p>
            A plan says what a full cycle would do now, object by object, with old and new values. Nothing is written to Zendesk.
            Plans can be applied for 24 hours, and are kept for seven days.
          </p>
          {atWork ? (
            <p>
              One plan at a time: <a href={addressOf(`plans/${atWork.planId}`)}>a plan</a> is{' '}
              {PLAN_STATES[atWork.state][1].toLowerCase()}.
            </p>
          ) : ask.can('Operate') ? (
            <div class="acts">
              <ActForm ask={ask} act="make" label="Plan a cycle" />
              <details>
                <summary>Compare with Zendesk</summary>
                <ActForm ask={ask} act="compare" label="Compare with Zendesk">
                  <p>
                    Compares every provisioned account and group with what Entra ID says, and lists what was changed in Zendesk.
                    Applying it brings that back; roles, suspensions by others and members added in Zendesk are only reported.
                  </p>
                </ActForm>
              </details>
            </div>
          ) : (
            <p class="soft">To make one, you need the role Provisioning.Operate.</p>
          )}
        </Card>
        <Live id="plans">
          <Card id="plans" title="Plans">
            {plans.length === 0 ? <Empty>There are no plans yet.</Empty> : <Plans plans={plans} now={ask.now} />}
          </Card>
        </Live>
      </>
    ),
  };
}

const Plans = ({ plans, now }: { readonly plans: readonly PlanHeader[]; readonly now: Date }) => (
  <Table
    rows={plans}
    columns={[
      {
        head: 'Made',
        cell: ({ planId, createdAt }) => (
          <a href={addressOf(`plans/${planId}`)}>
            <When at={createdAt} now={now} />
          </a>
        ),
      },
      {
        head: 'Of what',
        cell: ({ kind, isForOtherSchema }) => `${PLAN_KINDS[kind]}${isForOtherSchema ? ', with other mappings' : ''}`,
      },
      { head: 'By', cell: ({ createdBy }) => <Foreign text={createdBy} max={80} /> },
      {
        head: 'State',
        cell: ({ state, brake }) => (
          <>
            <Tag tone={PLAN_STATES[state][0]}>{PLAN_STATES[state][1]}</Tag>{' '}
            {brake.length > 0 && <Tag tone="warn">above the threshold</Tag>}
          </>
        ),
      },
      { head: 'Objects', isNumber: true, cell: ({ objects }) => objects },
      { head: 'Would act on', cell: ({ counts }) => counted(actingOn(counts), 'object') },
    ]}
  />
);

/** What is counted in a plan and never acted on. */
const NOT_ACTING: ReadonlySet<string> = new Set(['unchanged', 'skipped', 'failed', 'reported', 'waiting']);

/** How many objects a plan would act on. */
export const actingOn = (counts: PlanHeader['counts']): number =>
  Object.entries(counts).reduce((sum, [action, count]) => (NOT_ACTING.has(action) ? sum : sum + count), 0);

/** Makes a plan as far as a person waits for it. */
export async function made(planning: Planning, begin: () => Promise<PlanBegun>): Promise<ActResult> {
  const begun = await begin();
  if (begun.kind === 'busy')
    return {
      kind: 'refused',
      text: `Another plan is ${begun.state === 'planning' ? 'being made' : 'being applied'}: one at a time.`,
      to: addressOf(`plans/${begun.planId}`),
    };
  const { planId } = begun.header;
  const header = await continuePlan(planning, planId, { owner: planning.deps.newId(), budgetMs: BUDGET_MS });
  await settleDrift(planning);
  const text =
    header?.state === 'planning'
      ? 'The plan was begun; it continues by itself, and this page shows how far it is.'
      : 'The plan was made.';
  return { kind: 'done', text, to: addressOf(`plans/${planId}`) };
}

/** All plans, and making one. */
export const plansPage: ConsolePage = {
  path: 'plans',
  title: 'Plans',
  nav: { label: 'Plans', order: 50 },
  role: 'Read',
  show,
  acts: {
    make: defineAct({
      role: 'Operate',
      fields: z.strictObject({}),
      summary: () => 'make a plan',
      run: ({ app: { planning }, operator }) => made(planning, () => createPlan(planning, operator, undefined)),
    }),
    compare: defineAct({
      role: 'Operate',
      fields: z.strictObject({}),
      summary: () => 'compare with Zendesk',
      run: ({ app: { planning }, operator }) => made(planning, () => createDrift(planning, operator, false)),
    }),
  },
};
