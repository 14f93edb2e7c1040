import { sentence } from '../../core/advice';
import { REMOVAL_KINDS, type RemovalKind } from '../../core/brake';
import { WHILE_HELD } from '../../core/held-words';
import { quarantineAdvice, RUN_NOW, type Step } from '../../core/quarantine-advice';
import { relative } from '../../core/time-words';
import { heldWords } from '../job/held-summary';
import type { StatusView } from './status-view';

/** The state of things in one sentence, and what a person does about it. */
export interface Verdict {
  readonly tone: 'good' | 'busy' | 'warn' | 'bad';
  /** One word for the eye. */
  readonly word: string;
  readonly headline: string;
  readonly explanation: string;
  /** What to do, first step first; empty when there is nothing to do. */
  readonly steps: readonly Step[];
}

/** Sums the status up. The worst thing wins. Pure. */
export function verdictOf(view: StatusView): Verdict {
  const { status, provisioningStatus, now } = view;
  if (provisioningStatus === 'Off') {
    return {
      tone: 'warn',
      word: 'Off',
      headline: 'Provisioning is switched off',
      explanation:
        'No cycle starts. On-demand provisioning and applied plans still write to Zendesk, and what is in the queue is finished.',
      steps: [{ text: 'Set PROVISIONING_STATUS to On when Test Connection passes. Changing it restarts the app.' }],
    };
  }
  const { quarantine } = status;
  if (quarantine) {
    const { headline, steps } = quarantineAdvice(quarantine.reason, quarantine.code, heldKinds(status));
    const isBrake = quarantine.reason === 'TooManyDeletes';
    const nextIs = isBrake ? `${WHILE_HELD} The next cycle starts` : 'The next attempt is';
    const next = status.job.paused
      ? `The job is paused, too. ${pausedWords(view)}`
      : `${nextIs} ${relative(view.nextRunAt ?? quarantine.nextAttempt, now)}.`;
    return { tone: 'bad', word: 'Quarantine', headline, explanation: `${sentence(quarantine.message)} ${next}`, steps };
  }
  if (status.job.paused) {
    return {
      tone: 'warn',
      word: 'Paused',
      headline: 'The job is paused',
      explanation: pausedWords(view),
      steps: [{ text: 'Start it when you are ready.', remedy: { method: 'POST', path: '/api/job/start' } }],
    };
  }
  if (status.watch.verdict !== 'well') {
    return {
      tone: status.watch.verdict === 'silent' ? 'bad' : 'warn',
      word: 'Overdue',
      headline: 'Cycles are due but do not run',
      explanation: `Nothing has happened since ${relative(status.watch.aliveAt, now)}, although several cycles were due.`,
      steps: [
        { text: 'Check in Azure that the function app runs and that the function provisioningCycle is enabled.' },
        { text: 'Look at the function’s invocations and errors in Application Insights.' },
        { text: 'Start a cycle now.', remedy: RUN_NOW },
      ],
    };
  }
  const { stopped } = status.job;
  if (stopped) {
    return {
      tone: 'warn',
      word: 'Interrupted',
      headline: 'The last run of the cycle was stopped by an error',
      explanation: `${sentence(stopped.message)} (${stopped.code}, ${relative(stopped.at, now)}.) Nothing is lost: the next run continues where this one stopped.`,
      steps: [{ text: 'Nothing at first. If it happens again and again, look the code up in docs/errors.md.' }],
    };
  }
  return workVerdict(view);
}

function pausedWords({ status: { job, queueLength }, now }: StatusView): string {
  const by = job.pausedBy === null ? '' : ` (by: ${job.pausedBy})`;
  const who = job.pausedAt === null ? '' : ` It was paused ${relative(job.pausedAt, now)}${by}.`;
  const items = job.holdItems
    ? `It was stopped immediately: work items wait in the queue (about ${queueLength}) until it is started.`
    : 'Work items that were in the queue already are finished.';
  return `No new cycle starts. ${items}${who}`;
}

const heldKinds = ({ staged }: StatusView['status']): readonly RemovalKind[] =>
  REMOVAL_KINDS.filter((kind) => (staged.byKind[kind] ?? 0) > 0);

function workVerdict({ status, nextRunAt, now }: StatusView): Verdict {
  const { progress, escrows } = status;
  if (progress) {
    const left = progress.estimatedEndAt ? ` It should end ${relative(progress.estimatedEndAt, now)}.` : '';
    return {
      tone: 'busy',
      word: 'Running',
      headline: progress.isTotalFinal
        ? `${progress.completed} of ${progress.total} objects are done`
        : 'A cycle is reading Entra ID',
      explanation: `The ${progress.kind} cycle began ${relative(progress.startedAt, now)}.${left}`,
      steps: [],
    };
  }
  if (escrows.count > 0) {
    return {
      tone: 'warn',
      word: 'Active, with failures',
      headline: `${atLeast(escrows)} could not be provisioned; everything else is in sync`,
      explanation: escrows.nextAttemptAt
        ? `They are tried again by themselves, the first of them ${relative(escrows.nextAttemptAt, now)}.`
        : 'They are tried again when they change in Entra ID.',
      steps: [{ text: 'Look at the failures below: each says what is wrong and what to do.' }],
    };
  }
  const { holds } = status;
  if (holds.count > 0) {
    return {
      tone: 'warn',
      word: 'Active, with held objects',
      headline: `${atLeast(holds)} ${holds.count === 1 ? 'is' : 'are'} held by an operator; everything else is in sync`,
      explanation: heldWords(holds),
      steps: [
        {
          text: 'Correct the cause in Entra ID or in the mappings: people who change in Entra ID are followed again by themselves.',
        },
        {
          text: 'Then release the others. Plan a cycle first to see what it would do.',
          remedy: { method: 'POST', path: '/api/job/holds/release', body: '{"all": true}' },
        },
      ],
    };
  }
  if (status.code === 'NotRun') {
    return {
      tone: 'busy',
      word: 'Not run yet',
      headline: 'Waiting for the first cycle',
      explanation: nextRunAt ? `It starts ${relative(nextRunAt, now)}.` : 'The schedule names no time at which it would start.',
      steps: [{ text: 'To start now, run a cycle.', remedy: RUN_NOW }],
    };
  }
  return {
    tone: 'good',
    word: 'Healthy',
    headline: 'Zendesk is in sync with Entra ID',
    explanation: nextRunAt
      ? `The next cycle starts ${relative(nextRunAt, now)}.`
      : 'The schedule names no time for a next cycle.',
    steps: [],
  };
}

/** A count of objects, which may be a least one. */
export const atLeast = ({ count, isCountExact }: { readonly count: number; readonly isCountExact: boolean }): string =>
  `${isCountExact ? '' : 'At least '}${count} ${count === 1 ? 'object' : 'objects'}`;
