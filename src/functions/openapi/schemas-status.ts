import { REMOVAL_KINDS } from '../../core/brake';
import { QUARANTINE_REASONS } from '../../core/quarantine';
import { WARNING_CODES } from '../../engine/queries/status-view';
import { type Json, ref } from './route';
import { COUNT, FLAG, INSTANT, INSTANT_OR_NULL, listOf, mapOf, object, oneOf, orNull, TEXT, TEXT_OR_NULL } from './schema-kit';

const CYCLE_KIND = oneOf('initial', 'incremental', 'onDemand', 'release', 'apply');
const CYCLE_STATE = oneOf('importing', 'enqueueing', 'exporting', 'succeeded', 'entryLevelErrors', 'failed');
const ERROR = object({ code: TEXT, message: TEXT });
const LOG_URL = { description: 'Leads to the log entry, on this app.' };

/** How app and job stand. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus */
export const STATUS_SCHEMAS: Readonly<Record<string, Json>> = {
  Health: object({ status: oneOf('pass', 'warn', 'fail'), version: TEXT, serviceId: TEXT }),
  Status: object({
    version: TEXT,
    provisioningStatus: oneOf('On', 'Off'),
    id: { ...TEXT, description: 'The id of the job.' },
    summary: object({
      tone: oneOf('good', 'busy', 'warn', 'bad'),
      headline: TEXT,
      explanation: TEXT,
      whatToDo: listOf(object({ text: TEXT, remedy: ref('Remedy') }, 'remedy')),
    }),
    schedule: object({
      expression: { ...TEXT, description: 'NCRONTAB, in UTC.' },
      state: oneOf('Active', 'Disabled', 'Paused'),
      nextRunAt: { ...INSTANT_OR_NULL, description: 'Null: no cycle will start by itself.' },
    }),
    status: ref('SynchronizationStatus'),
    running: { ...orNull('RunningCycle'), description: 'Null: nothing is under way.' },
    cycles: { ...listOf(ref('Cycle')), description: 'The last ten, newest first.' },
    escrows: object({
      count: COUNT,
      isCountExact: { ...FLAG, description: 'False: there are at least so many.' },
      nextAttemptAt: INSTANT_OR_NULL,
      listed: { ...listOf({ allOf: [ref('Escrow'), object({ logUrl: { ...TEXT, ...LOG_URL } })] }), maxItems: 50 },
    }),
    stagedDeletions: object({
      count: COUNT,
      isCountExact: FLAG,
      byKind: object(Object.fromEntries(REMOVAL_KINDS.map((kind) => [kind, COUNT]))),
      cycleIds: { ...listOf(TEXT), description: 'What `job/allow-deletes` takes.' },
      listed: { ...listOf({ allOf: [ref('StagedDeletion'), object({ logUrl: { ...TEXT, ...LOG_URL } })] }), maxItems: 50 },
    }),
    queueLength: { ...COUNT, description: 'Messages in the work queue, about.' },
    watchdog: object({ verdict: oneOf('well', 'overdue', 'silent'), aliveAt: INSTANT }),
    watermarkAt: { ...INSTANT_OR_NULL, description: 'When Entra ID was last read to the end.' },
    warnings: listOf(ref('Warning')),
  }),
  StatusNotConfigured: object({
    version: TEXT,
    status: object({ code: oneOf('NotConfigured') }),
    problems: { ...listOf(ref('SettingFault')), description: 'Every problem of settings and mapping file.' },
    warnings: listOf(ref('Warning')),
  }),
  Remedy: object({ method: oneOf('POST'), path: TEXT, body: { ...TEXT, description: 'The JSON to send.' } }, 'body'),
  Warning: object({
    code: oneOf(...WARNING_CODES),
    setting: { ...TEXT, description: 'The setting, the place in the schema or the permission that it is about; empty for none.' },
    problem: { ...TEXT, description: 'What deserves a look, and what to do.' },
  }),
  SynchronizationStatus: object({
    code: oneOf('NotRun', 'Active', 'Paused', 'Quarantine'),
    countSuccessiveCompleteFailures: COUNT,
    escrowsPruned: FLAG,
    lastExecution: orNull('TaskExecution'),
    lastSuccessfulExecution: orNull('TaskExecution'),
    lastSuccessfulExecutionWithExports: orNull('TaskExecution'),
    progress: listOf(object({ completedUnits: COUNT, totalUnits: COUNT, units: TEXT, progressObservationDateTime: INSTANT })),
    quarantine: orNull('Quarantine'),
    steadyStateFirstAchievedTime: INSTANT_OR_NULL,
    steadyStateLastAchievedTime: INSTANT_OR_NULL,
    synchronizedEntryCountByType: listOf(object({ key: oneOf('User', 'Group', 'Membership'), value: COUNT })),
    troubleshootingUrl: TEXT_OR_NULL,
  }),
  SynchronizationError: object({ code: TEXT, message: TEXT, tenantActionable: FLAG }),
  TaskExecution: object({
    activityIdentifier: { ...TEXT, description: 'The id of the cycle.' },
    countEntitled: COUNT,
    countEntitledForProvisioning: COUNT,
    countEscrowed: COUNT,
    countEscrowedRaw: COUNT,
    countExported: COUNT,
    countExports: COUNT,
    countImported: COUNT,
    countImportedDeltas: COUNT,
    countImportedReferenceDeltas: COUNT,
    error: orNull('SynchronizationError'),
    state: oneOf('Succeeded', 'Failed', 'EntryLevelErrors'),
    timeBegan: INSTANT,
    timeEnded: INSTANT_OR_NULL,
  }),
  Quarantine: object({
    currentBegan: INSTANT,
    error: ref('SynchronizationError'),
    nextAttempt: INSTANT,
    reason: oneOf(...QUARANTINE_REASONS),
    seriesBegan: INSTANT,
    seriesCount: COUNT,
    message: TEXT,
    failingRequest: TEXT_OR_NULL,
    sampleObjects: listOf(
      object({
        sourceId: TEXT,
        changeId: TEXT_OR_NULL,
        code: TEXT_OR_NULL,
        reason: TEXT_OR_NULL,
        action: TEXT_OR_NULL,
        logUrl: { ...TEXT_OR_NULL, ...LOG_URL },
      }),
    ),
  }),
  RunningCycle: object({
    cycleId: TEXT,
    kind: CYCLE_KIND,
    phase: oneOf('assignments', 'groups', 'users', 'scoping', 'brake', 'finish', 'exporting'),
    completed: { ...COUNT, description: 'Objects done.' },
    total: { ...COUNT, description: 'Objects of the cycle; grows until `isTotalFinal`.' },
    isTotalFinal: FLAG,
    imported: COUNT,
    startedAt: INSTANT,
    estimatedEndAt: INSTANT_OR_NULL,
    why: TEXT_OR_NULL,
  }),
  Cycle: object(
    {
      cycleId: TEXT,
      kind: CYCLE_KIND,
      state: CYCLE_STATE,
      startedAt: INSTANT,
      endedAt: { ...INSTANT_OR_NULL, description: 'When its work was all in the queue.' },
      enqueued: COUNT,
      staged: { ...COUNT, description: 'Objects that the brake held.' },
      imported: COUNT,
      unknowns: { ...COUNT, description: 'What lists lacked and could not be proved gone; nothing was changed for it.' },
      why: TEXT,
      error: { anyOf: [ERROR, { type: 'null' }] },
      counts: object({
        byOutcome: { ...mapOf(COUNT), description: 'By status and action, such as `success/create` or `skipped/other`.' },
        bySkipReason: mapOf(COUNT),
        byErrorCode: mapOf(COUNT),
        total: COUNT,
      }),
      pending: { ...COUNT, description: 'Work items not yet ended.' },
    },
    'unknowns',
  ),
  TestConnection: object({
    status: oneOf('pass', 'warn', 'fail'),
    checks: listOf(object({ name: TEXT, status: oneOf('pass', 'warn', 'fail'), tried: TEXT, result: TEXT, action: TEXT })),
  }),
};
