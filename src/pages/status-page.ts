import { withNames } from '../core/held-words';
import type { Step } from '../core/quarantine-advice';
import { absolute } from '../core/time-words';
import type { SampleObject } from '../engine/job/notify-samples';
import type { Progress } from '../engine/queries/read-status-progress';
import { type Verdict, verdictOf } from '../engine/queries/verdict';
import { clip, foreign, type Html, html } from '../html';
import { cyclesSection } from './cycles-section';
import { failuresSection, named, stagedSection } from './failure-sections';
import { logFilter } from './links';
import type { Page } from './page';
import { personSection } from './person-section';
import { REFRESH_SCRIPT } from './script';
import type { StatusPageView } from './status-page-view';
import { when } from './when';

const BUSY_REFRESH_SECONDS = 3;
const IDLE_REFRESH_SECONDS = 15;

/** The status page: what is wrong and what to do comes first, then what is under way, what failed, and what was done. */
export function statusPage(view: StatusPageView): Page {
  const verdict = verdictOf(view);
  return {
    title: `${verdict.word} – Zendesk provisioning ${view.account}`,
    subtitle: html`${view.account}.zendesk.com, from the Entra tenant <code>${view.tenantId}</code>`,
    main: html`${live('verdict', verdictSection(verdict, view))}
${live('progress', progressSection(view))}
${live('staged', stagedSection(view))}
${live('failures', failuresSection(view))}
${live('warnings', warningsSection(view))}
${live('cycles', cyclesSection(view))}
${live('facts', factsSection(view))}
${personSection(view)}`,
    footer: html`Version ${view.version}. Times are UTC; page written at ${absolute(view.now.toISOString(), view.now)}.`,
    refreshSeconds: view.status.progress ? BUSY_REFRESH_SECONDS : IDLE_REFRESH_SECONDS,
    script: REFRESH_SCRIPT,
  };
}

/** A part that refreshes in place. It is there even while it is empty, so that what comes later has a place to go. */
const live = (id: string, part: Html): Html => html`<div data-live id="${id}">${part}</div>`;

function verdictSection(verdict: Verdict, view: StatusPageView): Html {
  const { quarantine } = view.status;
  return html`<section class="verdict ${verdict.tone}" aria-labelledby="h-verdict" data-say="${verdict.word}: ${verdict.headline}">
<p class="word">${verdict.word}</p>
<h2 id="h-verdict">${verdict.headline}</h2>
<p>${foreign(verdict.explanation, 600)}</p>
${
  // A message that is about the request names it already.
  quarantine?.failingRequest !== undefined &&
  quarantine.failingRequest !== quarantine.message &&
  html`<p>The request that failed: <code>${clip(quarantine.failingRequest, 300)}</code></p>`
}
${verdict.steps.length > 0 && html`<h3>What to do</h3><ol>${verdict.steps.map(stepItem)}</ol>`}
${
  quarantine &&
  html`<p class="soft">In quarantine since ${when(quarantine.seriesBegan, view.now)}; ${quarantine.reason}, <code>${quarantine.code}</code>.</p>`
}
${quarantine && quarantine.samples.length > 0 && samples(quarantine.samples, view)}
</section>`;
}

const stepItem = ({ text, remedy }: Step): Html =>
  html`<li>${text}${remedy && html` <code>${remedy.method} ${remedy.path}</code>${remedy.body && html` with <code>${remedy.body}</code>`}`}</li>`;

const samples = (objects: readonly SampleObject[], view: StatusPageView): Html =>
  html`<details><summary>Some of the objects</summary><ul class="plain">${objects.map(
    ({ sourceId, changeId, reason }) =>
      html`<li>${
        changeId === null
          ? named(view, sourceId)
          : html`<a href="${view.links.logs(logFilter.change(changeId))}">${named(view, sourceId)}</a>`
      }${reason !== null && html`: ${foreign(withNames(reason, view.names))}`}</li>`,
  )}</ul></details>`;

const PHASES: Readonly<Record<Progress['phase'], string>> = {
  assignments: 'Reading the assignments',
  groups: 'Reading the groups',
  users: 'Reading the users',
  scoping: 'Deciding who is in scope',
  brake: 'Counting removals',
  finish: 'Handing the work over',
  exporting: 'Writing to Zendesk',
};

function progressSection(view: StatusPageView): Html {
  const { progress } = view.status;
  if (!progress) return html``;
  const { completed, total, isTotalFinal } = progress;
  if (!isTotalFinal && standsStill(view)) return stoppedSection(progress, view);
  const percent = total === 0 ? 0 : Math.floor((completed / total) * 100);
  return html`<section class="card" aria-labelledby="h-progress">
<h2 id="h-progress">${PHASES[progress.phase]}</h2>
<progress aria-labelledby="h-progress" max="${Math.max(1, total)}"${isTotalFinal && html` value="${completed}"`}>${percent} %</progress>
<p>${
    isTotalFinal
      ? html`${completed} of ${total} objects, ${percent} %${
          progress.estimatedEndAt !== null && html`; estimated end ${when(progress.estimatedEndAt, view.now)}`
        }`
      : html`${progress.imported} changed objects read so far, ${total} to look at, ${completed} done`
  }. The ${progress.kind} cycle began ${when(progress.startedAt, view.now)}.</p>
</section>`;
}

/** Whether the cycle that reads has been stopped: by an error, or because the job is paused. A bar that moves would say otherwise. */
const standsStill = ({ status }: StatusPageView): boolean =>
  status.job.paused || status.cycles.some(({ cycle }) => cycle.cycleId === status.progress?.cycleId && cycle.error !== null);

const stoppedSection = ({ phase, kind, startedAt }: Progress, { now, nextRunAt }: StatusPageView): Html =>
  html`<section class="card" aria-labelledby="h-progress">
<h2 id="h-progress">A cycle has been stopped</h2>
<p>The ${kind} cycle that began ${when(startedAt, now)} was stopped while it was ${PHASES[phase].toLowerCase()}. It continues there ${
    nextRunAt === null ? 'when the job runs again' : html`with the next run, ${when(nextRunAt, now)}`
  }.</p>
</section>`;

const warningsSection = ({ warnings }: StatusPageView): Html =>
  html`${
    warnings.length > 0 &&
    html`<section class="card" aria-labelledby="h-warnings"><h2 id="h-warnings">Worth a look (${warnings.length})</h2><ul class="plain">${warnings
      .slice(0, 30)
      .map(
        ({ setting, problem }) =>
          html`<li>${setting !== '' && html`<code>${clip(setting, 120)}</code> `}${foreign(problem, 600)}</li>`,
      )}</ul></section>`
  }`;

/** How the last comparison with Zendesk went, and when the next one is due. */
function driftLine({ status: { drift }, nextDriftAt, now }: StatusPageView): Html {
  const { last } = drift;
  const next = html`next ${when(nextDriftAt, now, 'none by itself')}`;
  if (!last) return html`not yet; ${next}`;
  return html`${when(last.endedAt, now)}: ${last.differing} of ${last.compared} objects differ${last.isRepaired && html`, repaired`}; ${next}`;
}

function factsSection(view: StatusPageView): Html {
  const { status, now } = view;
  const { linked } = status;
  const last = status.lastExecutions.successful;
  return html`<section class="card" aria-labelledby="h-facts"><h2 id="h-facts">In numbers</h2><dl class="facts">
<div><dt>Active users</dt><dd>${linked.userStates.active}</dd></div>
<div><dt>Suspended by this app</dt><dd>${linked.userStates.suspendedByUs}</dd></div>
<div><dt>Suspended by others</dt><dd>${linked.userStates.suspendedByOthers}</dd></div>
<div><dt>All linked users</dt><dd>${linked.users}, of them ${linked.userStates.agents} with a seat</dd></div>
<div><dt>Users held by the brake</dt><dd>${status.staged.users}</dd></div>
<div><dt>Users that failed</dt><dd>${status.escrows.users}</dd></div>
<div><dt>Linked groups</dt><dd>${linked.groups}</dd></div>
<div><dt>Group memberships</dt><dd>${linked.memberships}</dd></div>
<div><dt>Counted</dt><dd>${when(linked.countedAt, now)}</dd></div>
<div id="drift"><dt>Compared with Zendesk</dt><dd>${driftLine(view)}</dd></div>
<div><dt>Messages in the queue</dt><dd>about ${status.queueLength}</dd></div>
<div><dt>Next cycle</dt><dd>${when(view.nextRunAt, now, 'none by itself')}</dd></div>
<div><dt>Schedule (UTC)</dt><dd><code>${view.schedule}</code></dd></div>
<div><dt>Change notifications</dt><dd>${notificationsOf(view)}</dd></div>
<div><dt>Last good cycle</dt><dd>${when(last?.timeEnded ?? null, now, 'none yet')}</dd></div>
<div><dt>Provisioning</dt><dd>${view.provisioningStatus}</dd></div>
</dl></section>`;
}

const NOTIFICATIONS = {
  Off: 'off',
  Active: 'active',
  Partial: 'active in part: see the warnings',
  NotActive: 'not active: see the warnings',
} as const;

const notificationsOf = ({ changeNotifications: { state, lastNotificationAt }, now }: StatusPageView): Html =>
  html`${NOTIFICATIONS[state]}${state !== 'Off' && html`, last one ${when(lastNotificationAt, now, 'none yet')}`}`;
