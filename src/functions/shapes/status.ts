import { z } from 'zod';
import { REMOVAL_KINDS } from '../../core/brake';
import { QUARANTINE_REASONS } from '../../core/quarantine';
import { WARNING_CODES } from '../../engine/queries/status-view';
import { Escrow, SettingFault, StagedDeletion } from './failure';
import { Hold } from './holds';
import { count, flag, instant, named, text } from './kit';

const CYCLE_KIND = z.enum(['initial', 'incremental', 'onDemand', 'release', 'apply']);
const LOG_URL = text.describe('Leads to the log entry, on this app.');

/** How the app is, for a monitor. @see https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06 */
export const Health = named(
  'Health',
  z.object({
    status: z.enum(['pass', 'warn', 'fail']),
    version: text.describe('Of the app.'),
    serviceId: text,
    output: text.describe('Why it is not pass, in one sentence.').optional(),
  }),
);

const Remedy = named(
  'Remedy',
  z.object({ method: z.literal('POST'), path: text, body: text.describe('The JSON to send.').optional() }),
);

const Warning = named(
  'Warning',
  z.object({
    code: z.enum(WARNING_CODES),
    setting: text.describe('The setting, the place in the schema or the permission that it is about; empty for none.'),
    problem: text.describe('What deserves a look, and what to do.'),
  }),
);

const SynchronizationError = named('SynchronizationError', z.object({ code: text, message: text, tenantActionable: flag }));

const TaskExecution = named(
  'TaskExecution',
  z.object({
    activityIdentifier: text.describe('The id of the cycle.'),
    countEntitled: count,
    countEntitledForProvisioning: count,
    countEscrowed: count,
    countEscrowedRaw: count,
    countExported: count,
    countExports: count,
    countImported: count,
    countImportedDeltas: count,
    countImportedReferenceDeltas: count,
    error: SynchronizationError.nullable(),
    state: z.enum(['Succeeded', 'Failed', 'EntryLevelErrors']),
    timeBegan: instant,
    timeEnded: instant.nullable(),
  }),
);

const Quarantine = named(
  'Quarantine',
  z.object({
    currentBegan: instant,
    error: SynchronizationError,
    nextAttempt: instant,
    reason: z.enum(QUARANTINE_REASONS),
    seriesBegan: instant,
    seriesCount: count,
    message: text,
    failingRequest: text.nullable(),
    sampleObjects: z.array(
      z.object({
        sourceId: text,
        name: text.nullable(),
        changeId: text.nullable(),
        code: text.nullable(),
        reason: text.nullable(),
        detail: text.nullable().describe("Zendesk's own words, redacted."),
        action: text.nullable(),
        logUrl: LOG_URL.nullable(),
      }),
    ),
  }),
);

const Progress = z.object({ completedUnits: count, totalUnits: count, units: text, progressObservationDateTime: instant });

/** The job, as Graph has it. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus */
export const SynchronizationStatus = named(
  'SynchronizationStatus',
  z.object({
    code: z.enum(['NotRun', 'Active', 'Paused', 'Quarantine']),
    countSuccessiveCompleteFailures: count,
    escrowsPruned: flag,
    lastExecution: TaskExecution.nullable(),
    lastSuccessfulExecution: TaskExecution.nullable(),
    lastSuccessfulExecutionWithExports: TaskExecution.nullable(),
    progress: z.array(Progress),
    quarantine: Quarantine.nullable(),
    steadyStateFirstAchievedTime: instant.nullable(),
    steadyStateLastAchievedTime: instant.nullable(),
    synchronizedEntryCountByType: z.array(z.object({ key: z.enum(['User', 'Group', 'Membership']), value: count })),
    troubleshootingUrl: text.nullable(),
  }),
);

const RunningCycle = named(
  'RunningCycle',
  z.object({
    cycleId: text,
    kind: CYCLE_KIND,
    phase: z.enum(['assignments', 'groups', 'users', 'scoping', 'brake', 'finish', 'exporting']),
    completed: count.describe('Objects done.'),
    total: count.describe('Objects of the cycle; grows until `isTotalFinal`.'),
    isTotalFinal: flag,
    imported: count,
    startedAt: instant,
    estimatedEndAt: instant.nullable(),
    why: text.nullable(),
  }),
);

const Cycle = named(
  'Cycle',
  z.object({
    cycleId: text,
    kind: CYCLE_KIND,
    state: z.enum(['importing', 'enqueueing', 'exporting', 'succeeded', 'entryLevelErrors', 'failed']),
    startedAt: instant,
    endedAt: instant.nullable().describe('When its work was all in the queue.'),
    enqueued: count,
    staged: count.describe('Objects that the brake held.'),
    imported: count,
    unknowns: count
      .describe('What Entra ID no longer lists but is not confirmed as gone; nothing was changed for it.')
      .optional(),
    why: text,
    error: z.object({ code: text, message: text }).nullable(),
    counts: z.object({
      byOutcome: z.record(z.string(), count).describe('By status and action, such as `success/create` or `skipped/other`.'),
      bySkipReason: z.record(z.string(), count),
      byErrorCode: z.record(z.string(), count),
      total: count,
    }),
    pending: count.describe('Work items not yet ended.'),
  }),
);

const StepAhead = named(
  'StepAhead',
  z.object({
    afterDays: count.describe('As set.'),
    due: count.describe('Accounts whose day has come: a cycle counts them, and the brake may hold them.'),
    ahead: count.describe('Accounts whose day comes within 7 days.'),
    isCountExact: flag.describe('False: there are at least this many.'),
    days: z.array(z.object({ on: text, count })).describe('Those ahead by their day, such as 2026-12-04, in UTC.'),
  }),
);

/** How the job stands. */
export const StatusOfJob = named(
  'Status',
  z.object({
    version: text,
    provisioningStatus: z.enum(['On', 'Off']),
    id: text.describe('The id of the job.'),
    summary: z.object({
      tone: z.enum(['good', 'busy', 'warn', 'bad']),
      headline: text,
      explanation: text,
      whatToDo: z.array(z.object({ text, remedy: Remedy.optional() })),
    }),
    schedule: z.object({
      expression: text.describe('NCRONTAB, in UTC.'),
      state: z.enum(['Active', 'Disabled', 'Paused']),
      nextRunAt: instant.nullable().describe('Null: no cycle will start by itself.'),
    }),
    status: SynchronizationStatus,
    paused: z
      .object({
        at: instant.nullable().describe('Null: it was paused by an older version, which did not note it.'),
        by: text.nullable(),
        items: z.enum(['finish', 'stop']).describe('Whether work items in the queue are finished, or wait.'),
      })
      .nullable()
      .describe('How the job was paused, when and by whom; null while it is not.'),
    users: z
      .object({
        linked: count.describe('active + suspendedByUs + suspendedByOthers.'),
        active: count,
        suspendedByUs: count,
        suspendedByOthers: count,
        agents: count.describe('Agents and admins among the linked ones: they hold seats.'),
        held: count.describe('Users of whom the brake holds something, now.'),
        failed: count.describe('Users whose last try failed, now.'),
        countedAt: instant.describe('When the linked ones were counted.'),
      })
      .describe('The users by their state.'),
    running: RunningCycle.nullable().describe('Null: nothing is under way.'),
    cycles: z.array(Cycle).describe('The last ten, newest first.'),
    escrows: z.object({
      count,
      isCountExact: flag.describe('False: there are at least this many.'),
      byCode: z.record(z.string(), count).describe('How many of all that were counted failed with each code.'),
      nextAttemptAt: instant.nullable(),
      listed: z.array(Escrow.extend({ logUrl: LOG_URL })).max(50),
    }),
    stagedDeletions: z.object({
      count,
      isCountExact: flag,
      byKind: z.record(z.enum(REMOVAL_KINDS), count),
      cycleIds: z.array(text).describe('What `job/allow-deletes` takes.'),
      causes: z
        .array(z.object({ kind: z.enum(REMOVAL_KINDS), reason: text, objects: count }))
        .max(20)
        .describe('What is held for the same reason, counted together; the most frequent first.'),
      listed: z.array(StagedDeletion.extend({ logUrl: LOG_URL })).max(50),
    }),
    holds: z
      .object({
        count,
        isCountExact: flag,
        waiting: count.describe('Objects that have not been taken back yet.'),
        oldestSinceDateTime: instant.nullable(),
        heldBy: z.array(text).max(5),
        listed: z.array(Hold).max(50),
      })
      .describe('What cycles leave alone after an undo; `GET /api/holds` lists all of it.'),
    drift: z
      .object({
        repair: z.enum(['Report', 'Repair']).describe('`DRIFT_REPAIR`.'),
        nextCheckAt: instant.nullable().describe('Null: none will start by itself.'),
        last: z
          .object({
            planId: text.describe('What `GET /api/plan/{id}` takes, for seven days.'),
            startedAt: instant,
            endedAt: instant,
            compared: count.describe('Accounts and groups.'),
            differing: count.describe('Objects that differ, those only reported among them.'),
            reported: count.describe('Objects that differ in what is never written: roles, suspensions by others, members.'),
            leftOut: count.describe('Objects that could not be compared, are never touched, or wait for a cycle.'),
            isRepaired: flag,
          })
          .nullable()
          .describe('The last finished comparison with Zendesk.'),
        failed: z
          .object({ planId: text, at: instant, code: text, message: text })
          .nullable()
          .describe('A later one that could not be finished: it says nothing about Zendesk.'),
      })
      .describe('Whether Zendesk still is what Entra ID says, as last compared.'),
    changeNotifications: z
      .object({
        state: z.enum(['Off', 'Active', 'Partial', 'NotActive']),
        activeUntil: instant
          .nullable()
          .describe('Until when all subscriptions are active, if nothing renews them; they are renewed daily.'),
        lastNotificationAt: instant.nullable(),
        problems: z.array(text),
      })
      .describe('Whether Microsoft Graph tells the app of changes (CHANGE_NOTIFICATIONS).'),
    leaving: z
      .object({
        deletions: StepAhead.nullable().describe('Null: OFFBOARD_DELETE_AFTER_DAYS is not set.'),
        erasures: StepAhead.nullable().describe('Null: OFFBOARD_ERASE_AFTER_DAYS is not set.'),
      })
      .describe('Accounts of people who left that are deleted, or erased permanently, now or within 7 days.'),
    queueLength: count.describe('Messages in the work queue, about.'),
    watchdog: z.object({ verdict: z.enum(['well', 'overdue', 'silent']), aliveAt: instant }),
    watermarkAt: instant.nullable().describe('When Entra ID was last read completely.'),
    mappings: z
      .object({
        version: count.describe('What the next cycle begins with; 0 is the file that PROVISIONING_SCHEMA names.'),
        hash: text,
        since: instant.nullable().describe('Null: nobody has activated a version, the file is used.'),
        by: text.nullable(),
        versionInUse: count.describe('What work items use until a cycle has taken the active version into use.'),
        hasFileChanged: flag.describe('The file was changed while another version is active: the change has no effect.'),
      })
      .describe('Which mappings are active.'),
    warnings: z.array(Warning),
  }),
);

/** The same while the settings are wrong. */
export const StatusNotConfigured = named(
  'StatusNotConfigured',
  z.object({
    version: text,
    status: z.object({ code: z.literal('NotConfigured') }),
    problems: z.array(SettingFault).describe('Every problem of settings and mapping file.'),
    warnings: z.array(Warning),
  }),
);

/** What Test Connection found, one row for each check. */
export const TestConnection = named(
  'TestConnection',
  z.object({
    status: z.enum(['pass', 'warn', 'fail']),
    checks: z.array(z.object({ name: text, status: z.enum(['pass', 'warn', 'fail']), tried: text, result: text, action: text })),
  }),
);
