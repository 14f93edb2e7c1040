import type { Remedy, Step } from '../../core/quarantine-advice';
import type { SampleObject } from '../../engine/job/notify-samples';
import type { Progress } from '../../engine/queries/read-status-progress';
import type { StatusView } from '../../engine/queries/status-view';
import type { Verdict } from '../../engine/queries/verdict';
import { clip } from '../../html';
import { addressOf } from '../model';
import { Card } from './parts';
import { Foreign, Named, readable, Since, When } from './text';

interface VerdictProps {
  readonly verdict: Verdict;
  readonly view: StatusView;
  readonly names: ReadonlyMap<string, string>;
}

/** How the job stands in one sentence, why, and what a person does about it. */
export function VerdictPanel({ verdict, view, names }: VerdictProps) {
  const { quarantine } = view.status;
  return (
    <section class={`verdict ${verdict.tone}`} aria-labelledby="h-verdict" data-say={`${verdict.word}: ${verdict.headline}`}>
      <p class="word">{verdict.word}</p>
      <h2 id="h-verdict">{verdict.headline}</h2>
      <p>
        <Foreign text={readable(verdict.explanation, names, view.now)} max={600} />
      </p>
      {quarantine?.failingRequest !== undefined && quarantine.failingRequest !== quarantine.message && (
        <p>
          The request that failed: <code>{clip(quarantine.failingRequest, 300)}</code>
        </p>
      )}
      {verdict.steps.length > 0 && (
        <>
          <h3>What to do</h3>
          <ol>
            {verdict.steps.map((step) => (
              <StepItem step={step} />
            ))}
          </ol>
        </>
      )}
      {quarantine && (
        <p class="soft">
          In quarantine <Since at={quarantine.seriesBegan} now={view.now} />; {quarantine.reason}, <code>{quarantine.code}</code>.
        </p>
      )}
      {quarantine && quarantine.samples.length > 0 && <Samples objects={quarantine.samples} names={names} now={view.now} />}
    </section>
  );
}

const StepItem = ({ step: { text, remedy } }: { readonly step: Step }) => (
  <li>
    {text} {remedy && <Place remedy={remedy} />}
  </li>
);

/** Where in the console an act of the API is found. */
function Place({ remedy: { path } }: { readonly remedy: Remedy }) {
  if (path === '/api/job/allow-deletes') return <a href={addressOf('held')}>Open the held removals</a>;
  if (path === '/api/job/restart') return <a href={addressOf('restart')}>Open Restart</a>;
  if (path === '/api/test-connection') return <a href={addressOf('connection')}>Open Connection</a>;
  if (path.startsWith('/api/plan')) return <a href={addressOf('plans')}>Open Plans</a>;
  return <a href={`${addressOf('')}#acts`}>See the actions below</a>;
}

interface SamplesProps {
  readonly objects: readonly SampleObject[];
  readonly names: VerdictProps['names'];
  readonly now: Date;
}

const Samples = ({ objects, names, now }: SamplesProps) => (
  <details>
    <summary>Some of the objects</summary>
    <ul class="plain">
      {objects.map(({ sourceId, changeId, reason }) => (
        <li>
          {changeId === null ? (
            <Named name={names.get(sourceId)} id={sourceId} />
          ) : (
            <a href={addressOf('log', { change: changeId })}>
              <Named name={names.get(sourceId)} id={sourceId} />
            </a>
          )}
          {reason !== null && (
            <>
              : <Foreign text={readable(reason, names, now)} />
            </>
          )}
        </li>
      ))}
    </ul>
  </details>
);

const PHASES: Readonly<Record<Progress['phase'], string>> = {
  assignments: 'Reading the assignments',
  groups: 'Reading the groups',
  users: 'Reading the users',
  scoping: 'Deciding who is in scope',
  brake: 'Counting removals',
  finish: 'Handing the work over',
  exporting: 'Writing to Zendesk',
};

/** How far the work under way has come. */
export function ProgressCard({ view }: { readonly view: StatusView }) {
  const { progress, job, cycles } = view.status;
  if (!progress) return null;
  const { completed, total, isTotalFinal, phase, kind, startedAt } = progress;
  // A bar that moves would say otherwise.
  const standsStill = job.paused || cycles.some(({ cycle }) => cycle.cycleId === progress.cycleId && cycle.error !== null);
  if (!isTotalFinal && standsStill)
    return (
      <Card id="progress" title="A cycle has been stopped">
        <p>
          The {kind} cycle that began <When at={startedAt} now={view.now} /> was stopped while it was{' '}
          {PHASES[phase].toLowerCase()}. It continues there{' '}
          {view.nextRunAt === null ? (
            'when the job runs again'
          ) : (
            <>
              with the next run, <When at={view.nextRunAt} now={view.now} />
            </>
          )}
          .
        </p>
      </Card>
    );
  const percent = total === 0 ? 0 : Math.floor((completed / total) * 100);
  return (
    <Card id="progress" title={PHASES[phase]}>
      <progress aria-labelledby="h-progress" max={Math.max(1, total)} value={isTotalFinal ? completed : undefined}>
        {percent} %
      </progress>
      <p>
        {isTotalFinal ? (
          <>
            {completed} of {total} objects, {percent} %
            {progress.estimatedEndAt !== null && (
              <>
                ; estimated end <When at={progress.estimatedEndAt} now={view.now} />
              </>
            )}
          </>
        ) : (
          <>
            {progress.imported} changed objects read so far, {total} to look at, {completed} done
          </>
        )}
        . The {kind} cycle began <When at={startedAt} now={view.now} />.
      </p>
    </Card>
  );
}
