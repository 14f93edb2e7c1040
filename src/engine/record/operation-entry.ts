import type { SourceId } from '../../core/model';
import type { ModifiedProperty, ProvisioningLogEntry } from '../../core/record';
import type { ObjectKey } from '../../ports/stored';
import { changeIdFor } from '../change-id';
import type { EngineDeps } from '../deps';
import { type Initiator, jobId } from './log-entry';

/** What an operator did to the job or to one object of it. */
export interface Operation {
  /** What was done, in plain words. */
  readonly description: string;
  readonly details?: Readonly<Record<string, string>>;
  readonly changes?: readonly ModifiedProperty[];
  /** The object it was about; undefined for the job as a whole. */
  readonly subject?: ObjectKey;
  /** Where asking twice must not be told twice: the id of its entry. */
  readonly changeId?: string;
}

/** An operation has a cycle of its own: it is not a work item, so it must not count as one of another cycle. */
const cycleOf = (changeId: string): string => changeIdFor('operation', { type: 'user', id: changeId as SourceId });

/** As {@link recordOperation}, but only what is not written down yet: so whoever repeats a call that was cut off completes it. */
export async function recordOnce(
  deps: EngineDeps,
  operator: Initiator,
  operation: Operation & { changeId: string },
): Promise<void> {
  const { changeId } = operation;
  if (!(await deps.log.read(cycleOf(changeId), changeId))) await recordOperation(deps, operator, operation);
}

/** Writes down who did what to the job, as one entry (action `other`) of the provisioning log. Returns its change id. */
export async function recordOperation(deps: EngineDeps, operator: Initiator, operation: Operation): Promise<string> {
  const { settings } = deps;
  const { subject, changeId = deps.newId() } = operation;
  const identity = subject
    ? { id: subject.id, displayName: '', identityType: subject.type === 'user' ? ('User' as const) : ('Group' as const) }
    : { id: settings.servicePrincipalId, displayName: 'Provisioning job', identityType: 'ServicePrincipal' as const };
  const entry: ProvisioningLogEntry = {
    id: changeId,
    activityDateTime: deps.clock().toISOString(),
    tenantId: settings.tenantId,
    jobId: jobId(deps),
    cycleId: cycleOf(changeId),
    changeId,
    provisioningAction: 'other',
    durationInMilliseconds: 0,
    initiatedBy: { id: operator.id, displayName: operator.displayName, initiatorType: operator.type },
    servicePrincipal: { id: settings.servicePrincipalId, displayName: 'Zendesk' },
    sourceSystem: { id: settings.tenantId, displayName: 'Microsoft Entra ID', details: {} },
    targetSystem: { id: settings.subdomain, displayName: 'Zendesk', details: {} },
    sourceIdentity: { ...identity, details: {} },
    targetIdentity: { id: '', displayName: '', identityType: identity.identityType, details: {} },
    provisioningStatusInfo: { status: 'success', errorInformation: null },
    provisioningSteps: [
      {
        name: 'JobOperation',
        provisioningStepType: 'processing',
        status: 'success',
        description: operation.description,
        details: operation.details ?? {},
      },
    ],
    modifiedProperties: operation.changes ?? [],
    attempts: 1,
    skipReason: null,
  };
  await deps.log.record(entry);
  deps.logger.info('An operator acted on the job', { changeId, sourceId: subject?.id });
  return changeId;
}
