import type { Json } from './route';
import { COUNT, FLAG, listOf, object, oneOf, TEXT, TEXT_OR_NULL } from './schema-kit';

const JOB_STATUS = oneOf('Active', 'Paused', 'Quarantine');

/** What is done on demand, planned, or done with the job. */
export const ACTION_SCHEMAS: Readonly<Record<string, Json>> = {
  OnDemandRequest: object(
    {
      subjects: {
        ...listOf({ type: 'string', minLength: 1, maxLength: 320 }),
        minItems: 1,
        maxItems: 100,
        description: 'Entra object ids, UPNs, e-mail addresses, or names of groups.',
      },
      dryRun: { ...FLAG, default: false },
      objectType: oneOf('user', 'group'),
    },
    'dryRun',
    'objectType',
  ),
  OnDemand: object({
    cycleId: { ...TEXT_OR_NULL, description: 'The cycle of the log entries; null for a dry run.' },
    dryRun: FLAG,
    value: listOf(object({ subject: TEXT, key: object({ result: TEXT }), steps: listOf({ type: 'object' }) })),
  }),
  PlanRequest: object({ schema: { type: 'object', description: 'Another synchronizationSchema to plan with.' } }, 'schema'),
  PlanApplyRequest: object({ allowDeletes: FLAG }, 'allowDeletes'),
  Plan: object(
    {
      id: TEXT,
      status: TEXT,
      createdDateTime: TEXT,
      expiresDateTime: TEXT,
      completedDateTime: TEXT_OR_NULL,
      schema: object({ hash: TEXT, isInForce: FLAG }),
      progress: object({ phase: TEXT, objects: COUNT }),
      counts: { type: 'object' },
      heldByBrake: listOf({ type: 'object' }),
      value: { ...listOf({ type: 'object' }), description: 'Object by object, with old and new values.' },
      refused: { ...listOf({ type: 'object' }), description: 'After applying: what has changed since, or is held.' },
      '@odata.nextLink': TEXT,
    },
    'value',
    'refused',
    '@odata.nextLink',
  ),
  JobPauseRequest: object({ items: { ...oneOf('finish', 'stop'), default: 'finish' } }, 'items'),
  JobChange: object({ status: JOB_STATUS, changed: FLAG, items: oneOf('finish', 'stop') }, 'items'),
  JobRestartRequest: object(
    {
      criteria: object({ resetScope: { ...TEXT, maxLength: 400 } }, 'resetScope'),
      confirm: { ...FLAG, default: false },
    },
    'criteria',
    'confirm',
  ),
  JobRestart: object({ resetScope: TEXT, isOn: FLAG }),
  JobRun: object(
    { outcome: oneOf('completed', 'running', 'notRun'), cycleId: TEXT, reason: TEXT, objects: COUNT },
    'cycleId',
    'reason',
    'objects',
  ),
  ObjectRequest: object({ objectType: oneOf('user', 'group'), sourceId: { ...TEXT, format: 'uuid' } }),
  EscrowRetry: object({ enqueued: FLAG, cycleId: TEXT }),
  EscrowForgotten: object({ forgotten: FLAG }),
  Unlinked: object({ unlinked: FLAG, targetId: TEXT_OR_NULL }),
  AllowDeletesRequest: object({ cycleId: { ...TEXT, format: 'uuid' } }, 'cycleId'),
  AllowDeletes: object({ released: COUNT, cycles: listOf({ type: 'object' }), leftQuarantine: FLAG, status: JOB_STATUS }),
};
