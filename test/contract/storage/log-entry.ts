import type { ProvisioningAction } from '../../../src/core/plan-model';
import type { ProvisioningLogEntry, ProvisioningStatus } from '../../../src/core/record';

/** What a test says of an entry; everything else is valid by default. */
export interface LogEntryOptions {
  readonly at?: string;
  readonly status?: ProvisioningStatus;
  readonly action?: ProvisioningAction;
  readonly skipReason?: string;
  readonly errorCode?: string | undefined;
  readonly sourceId?: string;
  readonly targetId?: string;
  readonly name?: string;
  readonly upn?: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** A log entry, valid by default. */
export function logEntry(cycleId: string, changeId: string, options: LogEntryOptions = {}): ProvisioningLogEntry {
  const system = { id: 'sys', displayName: 'System', details: {} };
  const errorInformation = options.errorCode
    ? {
        errorCode: options.errorCode,
        reason: 'because',
        additionalDetails: null,
        errorCategory: 'failure' as const,
        recommendedAction: 'look',
      }
    : null;
  return {
    id: `id-${cycleId}-${changeId}`,
    activityDateTime: options.at ?? '2026-01-15T10:00:00.000Z',
    tenantId: 'tenant',
    jobId: 'job',
    cycleId,
    changeId,
    provisioningAction: options.action ?? 'update',
    durationInMilliseconds: 12,
    initiatedBy: { id: '', displayName: 'Provisioning', initiatorType: 'system' },
    servicePrincipal: { id: 'sp', displayName: 'Zendesk' },
    sourceSystem: system,
    targetSystem: system,
    sourceIdentity: {
      id: options.sourceId ?? 'source',
      displayName: options.name ?? 'name',
      identityType: 'User',
      details: { ...options.details, ...(options.upn && { userPrincipalName: options.upn }) },
    },
    targetIdentity: { id: options.targetId ?? 'target', displayName: '', identityType: 'User', details: {} },
    provisioningStatusInfo: { status: options.status ?? 'success', errorInformation },
    provisioningSteps: [
      { name: 'export', provisioningStepType: 'export', status: options.status ?? 'success', description: 'done', details: {} },
    ],
    modifiedProperties: [{ displayName: 'name', oldValue: null, newValue: 'x' }],
    attempts: 1,
    skipReason: options.skipReason ?? null,
  };
}
