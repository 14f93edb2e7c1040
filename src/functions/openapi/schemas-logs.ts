import { type Json, ref } from './route';
import { COUNT, FLAG, INSTANT, listOf, mapOf, object, oneOf, orNull, TEXT, TEXT_OR_NULL } from './schema-kit';

const STATUS = oneOf('success', 'warning', 'failure', 'skipped');
const STEP = oneOf('import', 'scoping', 'matching', 'processing', 'referenceResolution', 'export');

/** The log's entries, and the explanation of one object. @see https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary */
export const LOG_SCHEMAS: Readonly<Record<string, Json>> = {
  LogList: object({ '@odata.context': TEXT, value: listOf(ref('LogEntry')), '@odata.nextLink': TEXT }, '@odata.nextLink'),
  LogEntry: object({
    id: TEXT,
    activityDateTime: INSTANT,
    tenantId: TEXT,
    jobId: TEXT,
    cycleId: TEXT,
    changeId: TEXT,
    provisioningAction: oneOf('create', 'update', 'delete', 'stagedDelete', 'disable', 'other'),
    durationInMilliseconds: COUNT,
    initiatedBy: object({ id: TEXT, displayName: TEXT, initiatorType: oneOf('system', 'user', 'application') }),
    servicePrincipal: object({ id: TEXT, displayName: TEXT }),
    sourceSystem: ref('ProvisioningSystem'),
    targetSystem: ref('ProvisioningSystem'),
    sourceIdentity: ref('ProvisionedIdentity'),
    targetIdentity: ref('ProvisionedIdentity'),
    provisioningStatusInfo: ref('ProvisioningStatusInfo'),
    provisioningSteps: listOf(ref('ProvisioningStep')),
    modifiedProperties: listOf(ref('ModifiedProperty')),
    attempts: { ...COUNT, description: 'How often the same work item was carried out.' },
    skipReason: TEXT_OR_NULL,
  }),
  ProvisioningStatusInfo: object({ status: STATUS, errorInformation: orNull('ErrorInformation') }),
  ProvisioningStep: object({ name: TEXT, provisioningStepType: STEP, status: STATUS, description: TEXT, details: mapOf(TEXT) }),
  ModifiedProperty: object({ displayName: TEXT, oldValue: TEXT_OR_NULL, newValue: TEXT_OR_NULL }),
  ProvisioningSystem: object({ id: TEXT, displayName: TEXT, details: mapOf(TEXT) }),
  ProvisionedIdentity: object({
    id: TEXT,
    displayName: TEXT,
    identityType: oneOf('User', 'Group', 'ServicePrincipal'),
    details: mapOf(TEXT),
  }),
  Explanation: object({
    provisioningStatus: oneOf('On', 'Off'),
    answer: { ...TEXT, description: 'The answer in one or two sentences.' },
    subject: object({
      type: oneOf('user', 'group'),
      id: TEXT,
      displayName: TEXT_OR_NULL,
      userPrincipalName: TEXT_OR_NULL,
      mail: TEXT_OR_NULL,
      deleted: oneOf('no', 'soft', 'hard'),
      isImported: { ...FLAG, description: 'False: no cycle has read it yet, so it was read from Entra ID just now.' },
    }),
    link: orNull('Link'),
    scope: object({
      decision: oneOf('in', 'out', 'unknown'),
      reason: TEXT,
      cause: TEXT_OR_NULL,
      skipReason: TEXT_OR_NULL,
      role: TEXT_OR_NULL,
      path: {
        ...listOf(object({ id: TEXT, displayName: TEXT_OR_NULL })),
        description: 'The groups between object and assignment, nearest first; empty for a direct assignment.',
      },
    }),
    lastError: {
      anyOf: [
        object({ activityDateTime: INSTANT, cycleId: TEXT, changeId: TEXT, errorInformation: ref('ErrorInformation') }),
        { type: 'null' },
      ],
    },
    escrow: orNull('Escrow'),
    stagedDeletion: orNull('StagedDeletion'),
    heldBecause: { ...TEXT_OR_NULL, description: 'Why nothing moves at present: the job is paused or in quarantine.' },
    log: listOf(ref('LogEntry')),
  }),
  Link: object({
    type: oneOf('user', 'group'),
    sourceId: TEXT,
    targetId: TEXT,
    createdByUs: FLAG,
    settledRole: { anyOf: [object({ role: TEXT, customRoleId: TEXT_OR_NULL }), { type: 'null' }] },
    isAgent: FLAG,
    disabledByUs: FLAG,
    ownedTags: listOf(TEXT),
    exportedVersion: { type: 'integer' },
  }),
};
