import { REMOVAL_KINDS } from '../../core/brake';
import { type Json, ref } from './route';
import { COUNT, FLAG, INSTANT, INSTANT_OR_NULL, listOf, mapOf, object, oneOf, orNull, TEXT, TEXT_OR_NULL } from './schema-kit';

const STATUS = oneOf('success', 'warning', 'failure', 'skipped');
const ACTION = oneOf('create', 'update', 'delete', 'stagedDelete', 'disable', 'other');
const KIND = oneOf(...REMOVAL_KINDS);
const HELD = listOf(object({ kind: KIND, count: COUNT, reason: TEXT }));
const REMOVAL = object({ kind: KIND, count: { ...COUNT, description: 'Members of a group, else 1.' } });

/** What is provisioned on demand, and plans. @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-provisionondemand */
export const PROVISIONING_SCHEMAS: Readonly<Record<string, Json>> = {
  OnDemand: object({
    cycleId: { ...TEXT_OR_NULL, description: 'The cycle of the log entries; null for a dry run.' },
    dryRun: FLAG,
    heldByBrake: {
      ...listOf(TEXT),
      description: 'Why the brake would refuse removals that were not done; empty when it would not.',
    },
    value: { ...listOf(ref('OnDemandSubject')), description: 'One for each subject, in their order.' },
  }),
  OnDemandSubject: object({
    subject: { ...TEXT, description: 'As it was asked for.' },
    key: object({
      result: {
        ...oneOf('Success', 'Skipped', 'Failure', 'Enqueued', 'NotDone'),
        description: '`Enqueued`: it did not fit into the call and is done from the queue. `NotDone`: the same of a dry run.',
      },
      details: {
        anyOf: [
          object({ errorCode: TEXT_OR_NULL, errorMessage: TEXT, retryAfterSeconds: COUNT }, 'retryAfterSeconds'),
          { type: 'null' },
        ],
      },
    }),
    steps: {
      ...listOf(ref('OnDemandStep')),
      description: "The five steps of Entra's own page; the first only where it fails. Empty while it waits.",
    },
    value: {
      anyOf: [ref('OnDemandResult'), object({ changeId: TEXT, cycleId: TEXT }), { type: 'null' }],
      description: 'Null for who was not found; two ids for what waits.',
    },
  }),
  OnDemandStep: object({
    step: { type: 'integer', minimum: 1, maximum: 5 },
    name: oneOf('testConnection', 'import', 'scope', 'match', 'action'),
    title: TEXT,
    status: STATUS,
    description: TEXT,
    details: { type: 'object', description: 'By the kind of step: attributes read, clauses, candidates, what was written.' },
  }),
  OnDemandResult: object({
    action: ACTION,
    changeId: TEXT,
    modifiedProperties: listOf(ref('ModifiedProperty')),
    provisioningSteps: listOf(ref('ProvisioningStep')),
    statusInfo: ref('ProvisioningStatusInfo'),
    skipReason: TEXT_OR_NULL,
    sourceIdentity: ref('ProvisionedIdentity'),
    targetIdentity: ref('ProvisionedIdentity'),
  }),
  Plan: object(
    {
      id: TEXT,
      status: oneOf('planning', 'planned', 'failed', 'applying', 'applied'),
      createdDateTime: INSTANT,
      createdBy: { ...TEXT, description: 'Who asked for it.' },
      expiresDateTime: { ...INSTANT, description: 'After it the plan can no longer be applied.' },
      completedDateTime: INSTANT_OR_NULL,
      schema: object({ hash: TEXT, isInForce: FLAG }),
      progress: object({
        phase: oneOf('copy', 'import', 'objects', 'done'),
        step: TEXT_OR_NULL,
        imported: COUNT,
        objects: { ...COUNT, description: 'Objects looked at.' },
      }),
      counts: { ...mapOf(COUNT), description: 'Planned objects by action, and `unchanged`, `skipped`, `failed`.' },
      removals: { ...mapOf(COUNT), description: 'By kind of removal.' },
      heldByBrake: { ...HELD, description: 'What is above the threshold: applying then wants `allowDeletes`.' },
      error: {
        anyOf: [object({ code: TEXT, message: TEXT }), { type: 'null' }],
        description: 'Why the work stopped, or stands still for now.',
      },
      apply: orNull('PlanApplication'),
      value: { ...listOf(ref('PlanObject')), description: 'Object by object; only in answers to GET.' },
      refused: {
        ...listOf(ref('PlanObject')),
        description: 'What has changed since, or is held; only in answers to applying. The first 1,000 objects.',
      },
      '@odata.nextLink': TEXT,
    },
    'value',
    'refused',
    '@odata.nextLink',
  ),
  PlanApplication: object({
    cycleId: { ...TEXT, description: 'The cycle under which it is carried out.' },
    startedDateTime: INSTANT,
    completedDateTime: INSTANT_OR_NULL,
    enqueued: COUNT,
    refused: COUNT,
    held: COUNT,
  }),
  PlanObject: object({
    sourceIdentity: object({ id: TEXT, displayName: TEXT, identityType: oneOf('User', 'Group', 'ServicePrincipal') }),
    targetIdentity: object({ id: { ...TEXT, description: 'Empty while there is none.' } }),
    outcome: oneOf('planned', 'unchanged', 'skipped', 'failed'),
    provisioningAction: ACTION,
    heldByBrake: { ...FLAG, description: 'A cycle would stage it.' },
    modifiedProperties: listOf(ref('ModifiedProperty')),
    reason: TEXT,
    code: { ...TEXT_OR_NULL, description: 'The skip reason or error code.' },
    warnings: listOf(TEXT),
    removal: { anyOf: [REMOVAL, { type: 'null' }] },
    applied: { type: ['string', 'null'], enum: ['enqueued', 'refused', 'held', null] },
    refusal: { ...TEXT_OR_NULL, description: 'Why applying it was refused.' },
  }),
};
