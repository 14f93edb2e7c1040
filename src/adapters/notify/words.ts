import { credentialAdvice } from '../../core/credential-end';
import { WHILE_HELD } from '../../core/held-words';
import type { DayCount, Notice, NoticeSample } from '../../core/notice';
import { quarantineAdvice, RUN_NOW, type Step } from '../../core/quarantine-advice';
import type { NoticeLinks, PagePart } from './links';

/** A notice in plain words, for whatever channel carries it. */
export interface NoticeWords {
  /** One line. */
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly steps: readonly Step[];
  readonly samples: readonly NoticeSample[];
  /** How many objects there are besides the samples. */
  readonly more: number;
  /** Where on the status page to read on. */
  readonly part: PagePart;
  /** How to find the log entries of the whole notice: an OData filter; undefined where the samples say it all. */
  readonly filter: string | undefined;
}

const TRY_AGAIN: Step = {
  text: 'Correct what each object names. It is tried again when it changes in Entra ID, and by itself at growing intervals.',
};

/** Says what happened and what to do. Pure. @param account The Zendesk subdomain */
export function wordsOf(notice: Notice, account: string): NoticeWords {
  const prefix = `[Zendesk provisioning ${account}]`;
  switch (notice.kind) {
    case 'failures': {
      const { newFailures, failures, solved } = notice;
      const codes = Object.entries(notice.byCode).sort(([, a], [, b]) => b - a);
      const isReminder = newFailures === 0;
      const still = failures - newFailures;
      return {
        subject: isReminder
          ? `${prefix} ${objects(failures)} still could not be provisioned`
          : `${prefix} ${objects(newFailures)} could not be provisioned`,
        paragraphs: [
          isReminder
            ? `${objects(failures)} failed again in the last cycle. Everything else was provisioned.`
            : `${objects(newFailures)} failed for the first time${still > 0 ? `, and ${still} more failed again` : ''}. Everything else was provisioned.`,
          ...(solved > 0 ? [`Since the last notice ${objects(solved)} of those that it named could be provisioned.`] : []),
          ...(codes.length > 1 || failures > 1
            ? [`By code: ${codes.map(([code, count]) => `${count} × ${code}`).join(', ')}.`]
            : []),
          ...(notice.held === undefined ? [] : [notice.held]),
          'The same object is reported at most once a day.',
        ],
        steps: [TRY_AGAIN],
        samples: notice.samples,
        more: failures - notice.samples.length,
        part: 'failures',
        filter: `cycleId eq '${notice.cycleId}' and status eq 'failure'`,
      };
    }
    case 'quarantine': {
      const { headline, steps } = quarantineAdvice(notice.reason, notice.code);
      return {
        subject: `${prefix} Quarantine${notice.hasChanged ? ', for another reason' : ''}: ${headline}`,
        paragraphs: [
          `${headline}.`,
          notice.message,
          ...(notice.failingRequest === undefined || notice.failingRequest === notice.message
            ? []
            : [`The request that failed: ${notice.failingRequest}`]),
          `Reason ${notice.reason}, code ${notice.code}. The next attempt is at ${notice.nextAttempt}.`,
        ],
        steps,
        samples: notice.samples,
        more: 0,
        part: 'verdict',
        filter: undefined,
      };
    }
    case 'brake': {
      const { headline, steps } = quarantineAdvice('TooManyDeletes', 'PROV_DELETIONS_STAGED', notice.held);
      return {
        subject: `${prefix} ${headline}`,
        paragraphs: [`${headline}. None of them has been carried out.`, WHILE_HELD, notice.message],
        steps,
        samples: notice.samples,
        more: 0,
        part: 'staged',
        filter: "action eq 'stagedDelete'",
      };
    }
    case 'stuck':
      return {
        subject: `${prefix} Nothing has been provisioned for a day, though ${objects(notice.waiting)} wait`,
        paragraphs: [
          `${objects(notice.waiting)} of a cycle wait to be carried out, and none of them has been since ${notice.since}. People who should have lost access may still have it.`,
        ],
        steps: [
          {
            text: 'Run Test Connection: does Zendesk respond, or does it ask the app to wait?',
            remedy: { method: 'POST', path: '/api/test-connection' },
          },
          { text: 'Check in Azure that the function provisionObject is enabled and runs without errors.' },
        ],
        samples: [],
        more: 0,
        part: 'warnings',
        filter: undefined,
      };
    case 'test':
      return {
        subject: `${prefix} This is a test`,
        paragraphs: [`Notices arrive. ${notice.by} wanted to know.`],
        steps: [],
        samples: [],
        more: 0,
        part: 'verdict',
        filter: undefined,
      };
    case 'drift': {
      const { compared, differing, reported, isRepaired, planId } = notice;
      const codes = Object.entries(notice.byCode).sort(([, a], [, b]) => b - a);
      return {
        subject: `${prefix} ${objects(differing)} changed in Zendesk`,
        paragraphs: [
          `${objects(compared)} were compared with what Entra ID says; ${differing} of them differ.`,
          `By finding: ${codes.map(([code, count]) => `${count} × ${code}`).join(', ')}.`,
          isRepaired
            ? 'What can be repaired is being repaired now, as far as the deletion threshold allows.'
            : 'Nothing was changed.',
          ...(reported > 0
            ? [`${objects(reported)} are only reported: roles, suspensions by others and members are left as they are.`]
            : []),
        ],
        steps: [
          { text: `Read what differs, object by object: GET /api/plan/${planId}.` },
          ...(isRepaired
            ? []
            : [{ text: 'To repair it, apply that plan within a day, or make another one.', remedy: applyOf(planId) }]),
        ],
        samples: notice.samples,
        more: differing - notice.samples.length,
        part: 'drift',
        filter: undefined,
      };
    }
    case 'seats': {
      const { waiting, used, bought, cycleId } = notice;
      return {
        subject: `${prefix} Agent seats are missing: ${waiting === 1 ? '1 person waits' : `${waiting} people wait`}`,
        paragraphs: [
          `${used} of ${bought} agent seats are used. The others got the free ones in the order of their object ids in Entra ID; ${waiting === 1 ? '1 person waits' : `${waiting} people wait`}.`,
          'People who wait keep the account and everything else that it has, and are tried again with every cycle.',
        ],
        steps: [
          { text: 'See who holds a seat without need: GET /api/accounts (suspended agents, agents who never signed in).' },
          { text: 'Free seats there, or buy more in Zendesk and set AGENT_SEATS.' },
        ],
        samples: [],
        more: 0,
        part: 'failures',
        filter: `cycleId eq '${cycleId}' and skipReason eq 'AwaitingSeat'`,
      };
    }
    case 'accounts': {
      const { accounts, seatsUsed, seatsBought, byFinding } = notice;
      const seats =
        seatsBought === null ? `${seatsUsed} agent seats are used.` : `${seatsUsed} of ${seatsBought} agent seats are used.`;
      const found = Object.entries(byFinding).filter(([, count]) => count > 0);
      return {
        subject: `${prefix} Report of ${accounts} agents and admins`,
        paragraphs: [
          seats,
          found.length === 0
            ? 'Nothing stands out.'
            : `What stands out: ${found.map(([finding, count]) => `${count} × ${finding}`).join(', ')}.`,
        ],
        steps: [{ text: 'Read it account by account: GET /api/accounts, as CSV with format=csv.' }],
        samples: [],
        more: 0,
        part: 'facts',
        filter: undefined,
      };
    }
    case 'switchedOff':
      return {
        subject: `${prefix} Provisioning has been switched off after four weeks in quarantine`,
        paragraphs: [
          `The job has been in quarantine since ${notice.since} (${notice.reason}) and is now paused: nothing is provisioned any more.`,
          notice.message,
        ],
        steps: [
          { text: 'Correct the cause; the status page and Test Connection say what it is.' },
          { text: 'Then start the job again.', remedy: { method: 'POST', path: '/api/job/start' } },
        ],
        samples: [],
        more: 0,
        part: 'verdict',
        filter: undefined,
      };
    case 'credentialEnds': {
      const { on, daysLeft } = notice.credential;
      return {
        subject: `${prefix} The Zendesk credential ${daysLeft > 0 ? `ends on ${on}` : 'has ended'}`,
        paragraphs: [credentialAdvice(notice.credential)],
        steps: [{ text: 'docs/setup.md says how to create a new one, and docs/deploy.md how to put it into the vault.' }],
        samples: [],
        more: 0,
        part: 'warnings',
        filter: undefined,
      };
    }
    case 'accountsDue': {
      const { deletions, erasures } = notice;
      const what = [
        ...(deletions.length > 0 ? [`${accounts(total(deletions))} will be deleted`] : []),
        ...(erasures.length > 0 ? [`${accounts(total(erasures))} will be erased permanently`] : []),
      ].join(', and ');
      return {
        subject: `${prefix} Within a week ${what}`,
        paragraphs: [
          'The people have left, and the days that are set after leaving will have passed. Before anything happens, a cycle counts the accounts, and the brake holds them where they are too many.',
          ...(deletions.length > 0 ? [`To be deleted: ${byDay(deletions)}.`] : []),
          ...(erasures.length > 0 ? [`To be erased permanently: ${byDay(erasures)}.`] : []),
        ],
        steps: [
          {
            text: 'People who return in Entra ID keep their accounts. To keep one all the same, name its Zendesk id in PROTECTED_USERS; to keep all of them, remove OFFBOARD_DELETE_AFTER_DAYS and OFFBOARD_ERASE_AFTER_DAYS, or set more days.',
          },
        ],
        samples: [],
        more: 0,
        part: 'verdict',
        filter: undefined,
      };
    }
    case 'recovered':
      return {
        subject: `${prefix} Provisioning has recovered`,
        paragraphs: [
          `The quarantine (${notice.reason}) that began at ${notice.since} is over. Cycles run on schedule again; waiting work continues by itself.`,
        ],
        steps: [{ text: 'You do not have to do anything. To see the next cycle now, start one.', remedy: RUN_NOW }],
        samples: [],
        more: 0,
        part: 'verdict',
        filter: undefined,
      };
  }
}

const applyOf = (planId: string) => ({ method: 'POST' as const, path: `/api/plan/${planId}/apply` });
const accounts = (count: number): string => (count === 1 ? '1 account' : `${count} accounts`);
const total = (days: readonly DayCount[]): number => days.reduce((sum, { count }) => sum + count, 0);
const byDay = (days: readonly DayCount[]): string => days.map(({ on, count }) => `${count} on ${on}`).join(', ');

const objects = (count: number): string => (count === 1 ? '1 object' : `${count} objects`);

/** The longest name that a notice prints, in characters. */
const MAX_NAME = 80;

/** What a notice calls an object: its name in one line without control characters, else its id. */
export function nameOf({ name, sourceId }: NoticeSample): string {
  const plain = (name ?? '').replace(/[\p{Cc}\p{Cf}\p{Surrogate}\s]+/gu, ' ').trim();
  if (plain === '') return sourceId;
  const characters = [...plain];
  return characters.length > MAX_NAME ? `${characters.slice(0, MAX_NAME).join('')}…` : plain;
}

/** The whole notice in one line, as a phone shows it: what happened, to whom, and where to read on. */
export function oneLine({ subject, samples, more, part }: NoticeWords, links: NoticeLinks): string {
  const named = samples.map((sample) => (sample.code ? `${nameOf(sample)} (${sample.code})` : nameOf(sample)));
  const who = named.length === 0 ? '' : `: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${subject}${who}. ${links.status(part)}`;
}
