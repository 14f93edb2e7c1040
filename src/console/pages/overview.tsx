import { z } from 'zod';
import { idsIn } from '../../core/held-words';
import { sourceId } from '../../core/model';
import { askForRun, pauseJob, startJob } from '../../engine/control/job-control';
import type { StatusView } from '../../engine/queries/status-view';
import { atLeast, verdictOf } from '../../engine/queries/verdict';
import { readNames } from '../../engine/read-names';
import { statusViewOf } from '../../functions/status-view';
import { Cycles } from '../components/cycles';
import { ActForm } from '../components/form';
import { LeaversAheadCard } from '../components/leaving';
import { Card, Facts, Live } from '../components/parts';
import { Foreign, readable, When } from '../components/text';
import { ProgressCard, VerdictPanel } from '../components/verdict';
import { type Act, type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';

const BUSY_REFRESH_SECONDS = 3;
const IDLE_REFRESH_SECONDS = 15;

async function show(ask: Ask): Promise<View> {
  const { view, status } = await statusViewOf(ask.app);
  const verdict = verdictOf(view);
  const mentioned = idsIn([...status.staged.listed.map(({ reason }) => reason), ...(status.quarantine?.sampleIds ?? [])]);
  const names = await readNames(
    ask.app.deps,
    mentioned.flatMap((id) => [
      { type: 'group' as const, id: sourceId(id) },
      { type: 'user' as const, id: sourceId(id) },
    ]),
  );
  return {
    refreshSeconds: view.status.progress ? BUSY_REFRESH_SECONDS : IDLE_REFRESH_SECONDS,
    main: (
      <>
        <Live id="verdict">
          <VerdictPanel verdict={verdict} view={view} names={names} />
        </Live>
        <Live id="progress">
          <ProgressCard view={view} />
        </Live>
        <Live id="acts">
          <Acts ask={ask} view={view} />
        </Live>
        <Live id="waiting">
          <Waiting view={view} />
        </Live>
        <Live id="leaving">
          <LeaversAheadCard view={view} />
        </Live>
        <Live id="warnings">
          <Warnings view={view} />
        </Live>
        <Live id="cycles">
          <Cycles cycles={view.status.cycles} now={view.now} />
        </Live>
        <Live id="numbers">
          <Numbers view={view} />
        </Live>
      </>
    ),
  };
}

/** What a person may do with the job, and what each would do. */
function Acts({ ask, view }: { readonly ask: Ask; readonly view: StatusView }) {
  const { job, queueLength, quarantine } = view.status;
  if (view.provisioningStatus === 'Off' || !ask.can('Operate'))
    return (
      <p class="soft" id="acts">
        {ask.can('Operate')
          ? 'PROVISIONING_STATUS is Off: the job can be started only by setting it to On.'
          : 'You may look at everything here. To act, you need the role Provisioning.Operate.'}
      </p>
    );
  return (
    <Card id="acts" title="Actions">
      <div class="acts">
        {(job.paused || (quarantine && quarantine.reason !== 'TooManyDeletes')) && (
          <ActForm ask={ask} act="start" label={job.paused ? 'Start the job' : 'Try again now'}>
            <p>
              {job.paused
                ? `The job continues: ${queueLength === 0 ? 'nothing waits in the queue' : `about ${queueLength} objects in the queue are worked off`}, and the next cycle starts with the next tick of the schedule.`
                : 'The next cycle does not wait for the end of the pause that the quarantine has set.'}
            </p>
          </ActForm>
        )}
        {!job.paused && (
          <details>
            <summary>Run a cycle now</summary>
            <ActForm ask={ask} act="run" label="Run a cycle now">
              <p>
                Reads what has changed in Entra ID and hands it over, without waiting for the schedule. If a cycle is running
                already, this changes nothing.
              </p>
            </ActForm>
          </details>
        )}
        {job.paused && <PausedQueue ask={ask} isHeld={job.holdItems} queueLength={queueLength} />}
        {!job.paused && (
          <details>
            <summary>Pause</summary>
            <ActForm ask={ask} act="pause" label="Pause the job" tone="second">
              <fieldset>
                <legend>
                  {queueLength === 0 ? 'Nothing is in the queue now' : `About ${queueLength} objects are in the queue`}
                </legend>
                <div class="choice">
                  <input type="radio" id="items-finish" name="items" value="finish" checked />
                  <label for="items-finish">Finish them; no new cycle begins</label>
                </div>
                <div class="choice">
                  <input type="radio" id="items-stop" name="items" value="stop" />
                  <label for="items-stop">Stop them at once: they wait in the queue until the job is started</label>
                </div>
              </fieldset>
            </ActForm>
          </details>
        )}
        <a class="button second" href={addressOf('restart')}>
          Restart …
        </a>
        <a class="button second" href={addressOf('plans')}>
          Plan a cycle …
        </a>
      </div>
    </Card>
  );
}

/** While the job is paused: lets the queue finish without a new cycle, or stops it too. */
const PausedQueue = (props: { readonly ask: Ask; readonly isHeld: boolean; readonly queueLength: number }) => {
  const { ask, isHeld, queueLength } = props;
  if (!isHeld && queueLength === 0) return null;
  const objects = queueLength === 0 ? 'nothing' : `about ${queueLength} objects`;
  return (
    <details>
      <summary>{isHeld ? 'Finish the queue' : 'Stop the queue'}</summary>
      <ActForm
        ask={ask}
        act="pause"
        label={isHeld ? 'Finish the queue, stay paused' : 'Stop the queue too'}
        tone="second"
        hidden={{ items: isHeld ? 'finish' : 'stop' }}
      >
        <p>
          {isHeld
            ? `The queue holds ${objects}: each is carried out. The job stays paused, and no new cycle begins.`
            : `The queue holds ${objects}: they wait there until the job is started.`}
        </p>
      </ActForm>
    </details>
  );
};

/** What waits for a person or for another try. */
function Waiting({ view }: { readonly view: StatusView }) {
  const { escrows, staged } = view.status;
  if (escrows.count === 0 && staged.count === 0) return null;
  const codes = Object.entries(escrows.byCode).sort(([, a], [, b]) => b - a);
  return (
    <Card id="waiting" title="Needs attention">
      {staged.count > 0 && (
        <p>
          <a href={addressOf('held')}>
            <strong>{atLeast(staged)}</strong> held by the brake
          </a>
          : none of these removals has been carried out. Look at them and decide.
        </p>
      )}
      {escrows.count > 0 && (
        <>
          <p>
            <a class="fail" href={addressOf('people', { show: 'failed' })}>
              {atLeast(escrows)} failed
            </a>
            {escrows.nextAttemptAt !== null && (
              <>
                ; the next is tried again <When at={escrows.nextAttemptAt} now={view.now} />
              </>
            )}
            .
          </p>
          <ul class="plain">
            {codes.map(([code, count]) => (
              <li>
                {count} × <a href={addressOf('people', { show: 'failed', code })}>{code}</a>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

const Warnings = ({ view: { warnings, now } }: { readonly view: StatusView }) =>
  warnings.length === 0 ? null : (
    <Card id="warnings" title={`Worth a look (${warnings.length})`}>
      <ul class="plain">
        {warnings.slice(0, 30).map(({ setting, problem }) => (
          <li>
            {setting !== '' && <code>{setting.slice(0, 120)}</code>}{' '}
            <Foreign text={readable(problem, new Map(), now)} max={600} />
          </li>
        ))}
      </ul>
    </Card>
  );

function Numbers({ view }: { readonly view: StatusView }) {
  const { status, now } = view;
  const { linked } = status;
  return (
    <Card id="numbers" title="In numbers">
      <Facts
        facts={[
          ['Active users', linked.userStates.active],
          ['Suspended by this app', linked.userStates.suspendedByUs],
          ['Suspended by others', linked.userStates.suspendedByOthers],
          ['Linked users', linked.users],
          ['Of these with an agent seat', linked.userStates.agents],
          ['Users held by the brake', status.staged.users],
          ['Users that failed', status.escrows.users],
          ['Linked groups', linked.groups],
          ['Group memberships', linked.memberships],
          ['Counts taken', <When at={linked.countedAt} now={now} />],
          ['Objects in the queue', status.queueLength === 0 ? 'none' : `about ${status.queueLength}`],
          ['Next cycle', <When at={view.nextRunAt} now={now} none="does not start by itself" />],
          ['Schedule (UTC)', <code>{view.schedule}</code>],
          ['Last successful cycle', <When at={status.lastExecutions.successful?.timeEnded ?? null} now={now} none="none yet" />],
          ['Provisioning', view.provisioningStatus],
        ]}
      />
    </Card>
  );
}

const NO_FIELDS = z.strictObject({});

/** The acts of the job need it to be on. */
const whenOn =
  <F,>(run: (ask: Ask, fields: F) => Promise<ActResult>) =>
  async (ask: Ask, fields: F): Promise<ActResult> =>
    ask.app.config.job.status === 'On'
      ? run(ask, fields)
      : { kind: 'refused', text: 'PROVISIONING_STATUS is Off. Set it to On; that alone starts the job.' };

const start: Act = defineAct({
  role: 'Operate',
  fields: NO_FIELDS,
  summary: () => 'start the job',
  run: whenOn(async ({ app, operator }) => {
    const { changed } = await startJob(app.deps, operator);
    return { kind: 'done', text: changed ? 'The job was started.' : 'The job was running already.' };
  }),
});

const pause: Act = defineAct({
  role: 'Operate',
  fields: z.strictObject({ items: z.enum(['finish', 'stop']) }),
  summary: ({ items }) => (items === 'stop' ? 'pause the job at once' : 'pause the job'),
  run: async ({ app, operator }, { items }) => {
    const { changed } = await pauseJob(app.deps, operator, items);
    const words = items === 'stop' ? 'What is in the queue waits there.' : 'What is in the queue is finished.';
    return { kind: 'done', text: changed ? `The job was paused. ${words}` : 'The job was paused in this way already.' };
  },
});

const run: Act = defineAct({
  role: 'Operate',
  fields: NO_FIELDS,
  summary: () => 'run a cycle now',
  run: whenOn(async ({ app, operator }) => {
    const asked = await askForRun(app.deps, operator);
    return asked
      ? { kind: 'done', text: 'A cycle was asked for. It begins within seconds, and this page shows how it goes.' }
      : { kind: 'refused', text: 'The job is paused. Start it first.' };
  }),
});

/** How the job stands, what to do, and the acts of the job. */
export const overviewPage: ConsolePage = {
  path: '',
  title: 'Overview',
  nav: { label: 'Overview', order: 10 },
  role: 'Read',
  show,
  acts: { start, pause, run },
};
