import type { Json } from './route';
import { COUNT, FLAG, listOf, object, oneOf, TEXT, TEXT_OR_NULL } from './schema-kit';

const JOB_STATUS = oneOf('Active', 'Paused', 'Quarantine');

/** What is asked for on demand, of plans, and of the job; and what the job answers. */
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
  PlanRequest: object({ schema: { type: 'object', description: 'Another synchronizationSchema to plan with.' } }, 'schema'),
  PlanApplyRequest: object({ allowDeletes: FLAG }, 'allowDeletes'),
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
  JobRestart: object({
    resetScope: { ...TEXT, description: 'What was reset.' },
    isOn: { ...FLAG, description: 'False: PROVISIONING_STATUS is Off, and no cycle will follow.' },
    escrowsForgotten: COUNT,
    linksCleared: COUNT,
    deletionsReleased: COUNT,
    leftQuarantine: FLAG,
  }),
  JobRun: object(
    {
      outcome: oneOf('completed', 'running', 'notRun'),
      cycleId: TEXT,
      kind: oneOf('initial', 'incremental'),
      reason: { ...TEXT, description: 'Why it did not run.' },
      objects: COUNT,
      phase: oneOf('assignments', 'groups', 'users', 'scoping', 'brake', 'finish'),
      next: { ...TEXT, description: 'How it goes on.' },
    },
    'cycleId',
    'kind',
    'phase',
    'next',
    'reason',
    'objects',
  ),
  ObjectRequest: object({ objectType: oneOf('user', 'group'), sourceId: { ...TEXT, format: 'uuid' } }),
  EscrowRetry: object({ enqueued: FLAG, cycleId: TEXT }),
  EscrowForgotten: object({ forgotten: FLAG }),
  Unlinked: object({ unlinked: FLAG, targetId: TEXT_OR_NULL }),
  AllowDeletesRequest: object({ cycleId: { ...TEXT, format: 'uuid' } }, 'cycleId'),
  AllowDeletes: object({
    released: COUNT,
    cycles: listOf(
      object({
        stagedBy: { ...TEXT, description: 'The cycle that had staged them.' },
        cycleId: { ...TEXT, description: 'The cycle under which they are carried out.' },
        released: COUNT,
        kept: { ...COUNT, description: 'Objects that could not be read just now and stay held.' },
      }),
    ),
    leftQuarantine: FLAG,
    status: JOB_STATUS,
  }),
};
