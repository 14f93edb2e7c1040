import { z } from 'zod';
import { readJob } from '../../engine/job/job-state';
import { activeVersion } from '../../engine/job/mappings-in-use';
import { type ActivationNeed, activateMappings, activationNeed } from '../../engine/preview/activate-mappings';
import { continuePlan, createPlan } from '../../engine/preview/make-plan';
import { compareMappings, readMappings, type VersionRead } from '../../engine/queries/read-mappings';
import { json } from '../../functions/http';
import type { PlanHeader } from '../../ports/plan-store';
import { ActForm, NumberToType, TextField, typedWrong } from '../components/form';
import { Differences, MappingTables, versionAddress, versionName } from '../components/mappings';
import { Card, Facts, Notice } from '../components/parts';
import { PLANNED } from '../components/plan-parts';
import { counted, Foreign, Tag, When } from '../components/text';
import { type ActResult, type Ask, addressOf, type ConsoleDownload, type ConsolePage, defineAct, type View } from '../model';
import { WHY } from './mappings';

/** Within a call; the timer continues with a plan that takes longer. */
const PLAN_BUDGET_MS = 60_000;
const PLANNING_REFRESH_SECONDS = 5;

const VERSION = z.coerce.number().int().min(0).max(999_999_999);

/** The version in the address of a page; undefined where there is none of that number. @throws ConfigError when it cannot be used */
export async function versionOf({ app, params }: Ask): Promise<VersionRead | undefined> {
  const number = VERSION.safeParse(params['version']);
  return number.success ? readMappings(app.deps, number.data) : undefined;
}

/** What a page says of a version that is not there. */
export const noSuchVersion: View = {
  title: 'No such version',
  status: 404,
  main: (
    <p>
      There is no version of this number. <a href={addressOf('mappings')}>All versions</a>
    </p>
  ),
};

async function show(ask: Ask): Promise<View> {
  const found = await versionOf(ask);
  if (!found) return noSuchVersion;
  const { version, stored, active } = found.listed;
  const from = VERSION.safeParse(ask.query.get('from') ?? '').data ?? Math.max(0, version - 1);
  const different = version === from ? undefined : await compareMappings(ask.app.deps, version, from);
  const need = active ? undefined : await activationNeed(ask.app.planning, version);
  const replaces = activeVersion((await readJob(ask.app.deps.state)).value);
  const isPlanning = need?.kind === 'noPlan' && need.begun !== undefined;
  return {
    title: versionName(version),
    ...(isPlanning && { refreshSeconds: PLANNING_REFRESH_SECONDS }),
    main: (
      <>
        <Facts
          facts={[
            ['State', active ? <Tag tone="good">active</Tag> : <Tag tone="none">{version === 0 ? 'not active' : 'draft'}</Tag>],
            ['Stored', stored ? <When at={stored.storedAt} now={ask.now} /> : 'comes with the deployment'],
            ['By', <Foreign text={stored?.storedBy ?? 'the deployment'} max={80} />],
            ['Why', <Foreign text={stored?.why || '–'} max={500} />],
            ['Hash', <code>{found.listed.hash}</code>],
          ]}
        />
        {different && (
          <Card id="different" title={`Different from ${from === 0 ? 'the file (version 0)' : `version ${from}`}`}>
            <Differences list={different} />
            <form method="get" action={ask.here} class="acts">
              <div class="field">
                <label for="from">Compare with version</label>
                <input id="from" class="short" name="from" type="text" inputmode="numeric" value={String(from)} maxlength={9} />
              </div>
              <button type="submit" class="second">
                Compare
              </button>
            </form>
          </Card>
        )}
        {need && <Activation ask={ask} version={version} need={need} replaces={replaces} />}
        <Ignored found={found} />
        <MappingTables schema={found.read.schema} version={version} canEdit={ask.can('Operate')} />
        <p>
          <a class="button second" href={`${versionAddress(version)}/file`}>
            Download
          </a>
        </p>
      </>
    ),
  };
}

const Ignored = ({ found: { read } }: { readonly found: VersionRead }) =>
  read.ignored.length === 0 ? null : (
    <Card id="ignored" title="Parts that are not used as they stand">
      <ul class="plain">
        {read.ignored.slice(0, 50).map(({ name, reason }) => (
          <li>
            <Foreign text={name} max={120} />: <Foreign text={reason} max={300} />
          </li>
        ))}
      </ul>
    </Card>
  );

interface ActivationProps {
  readonly ask: Ask;
  readonly version: number;
  readonly need: ActivationNeed;
  /** The version that is active now. */
  readonly replaces: number;
}

/** What a version would do, as far as that is known, and the act that makes the next cycle begin with it. */
function Activation({ ask, version, need, replaces }: ActivationProps) {
  return (
    <Card id="activate" title={version === 0 ? 'Go back to the file' : 'Activate it'}>
      {need.kind === 'noPlan' && <NoPlan begun={need.begun} />}
      {need.kind === 'plan' && <Planned ask={ask} plan={need.plan} removals={need.removals} />}
      {need.kind === 'nothing' && (
        <p>No plan is needed: nothing has been provisioned yet, or this version decides the same as the one in use.</p>
      )}
      <div class="acts">
        {ask.can('Operate') && !(need.kind === 'noPlan' && need.begun) && (
          <details open={need.kind === 'noPlan'}>
            <summary>{need.kind === 'plan' ? 'Plan it again' : 'Plan it'}</summary>
            <ActForm ask={ask} act="plan" label="Make the plan" tone={need.kind === 'plan' ? 'second' : undefined}>
              <p>
                Reads all of Entra ID and compares with Zendesk, object by object, as the first cycle with this version would.
                Writes nothing.
              </p>
            </ActForm>
          </details>
        )}
        {need.kind !== 'noPlan' && ask.can('Approve') && <Activate ask={ask} version={version} need={need} replaces={replaces} />}
      </div>
      {!ask.can('Approve') && <p class="soft">To activate it, you need the role Provisioning.Approve.</p>}
    </Card>
  );
}

const NoPlan = ({ begun }: { readonly begun: PlanHeader | undefined }) =>
  begun ? (
    <Notice tone="busy">
      <p>
        Its plan is being made: {counted(begun.objects, 'object')} looked at so far.{' '}
        <a href={addressOf(`plans/${begun.planId}`)}>The plan</a>
      </p>
    </Notice>
  ) : (
    <p>Nobody knows yet what this version would do: there is no plan of it from the last 24 hours. Make one first.</p>
  );

function Planned({ ask, plan, removals }: { readonly ask: Ask; readonly plan: PlanHeader; readonly removals: number }) {
  const names = Object.entries(plan.counts).flatMap(([action, count]) =>
    count > 0 ? [[PLANNED[action] ?? action, count] as const] : [],
  );
  return (
    <>
      <p>
        What the next cycle would do with it, planned <When at={plan.endedAt ?? plan.createdAt} now={ask.now} />:{' '}
        <a href={addressOf(`plans/${plan.planId}`)}>object by object</a>.
      </p>
      <Facts facts={[...names, ['Removals among them', removals] as const]} />
      {plan.brake.length > 0 && (
        <Notice tone="warn">
          <p>The brake would hold: {plan.brake.map(({ reason }) => reason).join(' ')}</p>
        </Notice>
      )}
    </>
  );
}

function Activate({ ask, version, need, replaces }: ActivationProps) {
  const removals = removalsOf(need);
  const hidden = {
    replaces: String(replaces),
    removals: String(removals),
    planId: need.kind === 'plan' ? need.plan.planId : '',
  };
  return (
    <details open={removals === 0}>
      <summary>Activate</summary>
      <ActForm
        ask={ask}
        act="activate"
        label={`Activate version ${version}`}
        tone={removals > 0 ? 'danger' : undefined}
        hidden={hidden}
      >
        <p>
          The next cycle begins with it and looks at everybody.{' '}
          {removals > 0 ? `It takes something away ${counted(removals, 'time')}.` : 'It takes nothing away.'} What is above the
          deletion threshold is held until somebody allows it.
        </p>
        {removals > 0 && <NumberToType id="typed" count={removals} what="removals in the plan" />}
        <TextField id="activate-why" name="why" label="Reason, for the list of versions and the log" />
      </ActForm>
    </details>
  );
}

const plan = defineAct({
  role: 'Operate',
  fields: z.strictObject({}),
  summary: () => 'plan a version of the mappings',
  run: async (ask): Promise<ActResult> => {
    const found = await versionOf(ask);
    if (!found) return { kind: 'refused', text: 'There is no such version any more.', to: addressOf('mappings') };
    const { planning } = ask.app;
    const { version } = found.listed;
    const begun = await createPlan(planning, ask.operator, { version });
    if (begun.kind === 'busy')
      return {
        kind: 'refused',
        text: `Plan ${begun.planId} is still ${begun.state === 'planning' ? 'being made' : 'being applied'}. One at a time.`,
      };
    const { planId } = begun.header;
    const made = await continuePlan(planning, planId, { owner: planning.deps.newId(), budgetMs: PLAN_BUDGET_MS });
    const to = versionAddress(version);
    if (made?.state === 'failed')
      return { kind: 'refused', text: `The plan could not be made: ${made.error?.message ?? ''}`, to };
    const text =
      made?.state === 'planned'
        ? 'The plan is made. Look at its numbers below.'
        : 'The plan is being made; this page follows it.';
    return { kind: 'done', text, to };
  },
});

async function needOf(ask: Ask): Promise<ActivationNeed> {
  const found = await versionOf(ask);
  return found ? activationNeed(ask.app.planning, found.listed.version) : { kind: 'nothing' };
}

const removalsOf = (need: ActivationNeed): number => (need.kind === 'plan' ? need.removals : 0);

const activate = defineAct({
  role: 'Approve',
  fields: z.strictObject({
    why: WHY,
    typed: z.string().max(9).default(''),
    replaces: z.coerce.number().int().min(0),
    removals: z.coerce.number().int().min(0),
    planId: z.string().max(36),
  }),
  // By what the plan says, not by what the form says of it.
  takesTwo: async (_fields, ask) => removalsOf(await needOf(ask)) > 0,
  summary: ({ removals }) =>
    removals > 0
      ? `activate a version of the mappings, which takes something away ${counted(removals, 'time')}`
      : 'activate a version of the mappings',
  run: async (ask, { why, typed, replaces, planId }): Promise<ActResult> => {
    const found = await versionOf(ask);
    if (!found) return { kind: 'refused', text: 'There is no such version any more.', to: addressOf('mappings') };
    const { version } = found.listed;
    const removals = removalsOf(await needOf(ask));
    const wrong = removals > 0 ? typedWrong(typed, removals) : undefined;
    if (wrong !== undefined) return { kind: 'refused', text: wrong };
    const agreed = removals > 0 && { planId, allowDeletes: true };
    const done = await activateMappings(ask.app.planning, ask.operator, { version, why, replaces, ...agreed });
    switch (done.kind) {
      case 'active':
        return {
          kind: 'done',
          text: done.changed
            ? `${versionName(version)} is active: the next cycle begins with it. To go back, activate version ${replaces} again.`
            : `${versionName(version)} was active already.`,
          to: addressOf('mappings'),
        };
      case 'notFound':
        return { kind: 'refused', text: 'There is no such version any more.', to: addressOf('mappings') };
      case 'superseded':
      case 'planNeeded':
        return { kind: 'refused', text: done.reason };
    }
  },
});

/** One version of the mappings: what is in it, what is different, what it would do, and the act that activates it. */
export const mappingVersionPage: ConsolePage = {
  path: 'mappings/:version',
  title: 'A version of the mappings',
  role: 'Read',
  worksWithoutMappings: true,
  show,
  acts: { plan, activate },
};

/** A version as a file, as `PUT /api/schema` and an upload take it. */
export const mappingFile: ConsoleDownload = {
  path: 'mappings/:version/file',
  role: 'Read',
  send: async (ask) => {
    const isActive = ask.params['version'] === 'active';
    const found = isActive ? await readMappings(ask.app.deps) : await versionOf(ask);
    if (!found) return json({ detail: 'There is no version of this number.' }, 404);
    const name = `mappings-${found.listed.version}.json`;
    return {
      status: 200,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
      body: JSON.stringify(found.read.schema.raw, null, 2),
    };
  },
};
