import { ENTRA_ERROR_CODE, RECOMMENDED_ACTION } from '../../core/advice';
import { AlreadyExistsError, ownWordsOf, type ProvisioningError, RejectedError } from '../../core/errors';
import type { AttributeValue, ObjectType, SourceObject, TargetId, WorkItem } from '../../core/model';
import type { AttributeChange } from '../../core/plan-model';
import type {
  ErrorInformation,
  ModifiedProperty,
  ProvisionedIdentity,
  ProvisioningLogEntry,
  ProvisioningStatus,
  ProvisioningSystem,
} from '../../core/record';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import type { EngineDeps } from '../deps';
import type { Initiator } from './initiator';
import type { Outcome, Subject } from './outcome';

export type { Initiator } from './initiator';

/** Whoever was noted as a name and, for a person, an object id. */
export const initiatorOf = (displayName: string, id: string): Initiator => ({
  type: id === '' ? 'application' : 'user',
  id,
  displayName,
});

/** The provisioning cycle itself, as initiator. */
export const THE_CYCLE: Initiator = { type: 'system', id: '', displayName: 'Zendesk provisioning' };

/** The id of the job in log entries: of the shape that Entra's own Zendesk jobs have. */
export const jobId = (deps: EngineDeps): string =>
  `zendesk.${deps.settings.tenantId.replaceAll('-', '')}.${deps.settings.servicePrincipalId}`;

/** The log entry of a work item that ended. Values that a mapping redacts are printed as `[Redact]`. */
export function entryOf(
  deps: EngineDeps,
  item: WorkItem,
  outcome: Exclude<Outcome, { kind: 'deferred' }>,
  startedAt: Date,
  initiator: Initiator = outcome.subject.initiator ?? THE_CYCLE,
): ProvisioningLogEntry {
  const plan = 'plan' in outcome ? outcome.plan : undefined;
  return {
    ...frame(deps, item, startedAt, initiator),
    provisioningAction: plan && plan.action !== 'none' ? plan.action : 'other',
    sourceIdentity: identityOf(item, outcome.subject),
    targetIdentity: targetIdentity(item.objectType, outcome.subject),
    provisioningStatusInfo: {
      status: statusOf(outcome),
      errorInformation: outcome.kind === 'failed' ? errorInformation(outcome.error) : null,
    },
    provisioningSteps: outcome.subject.steps,
    modifiedProperties: modifiedProperties(plan?.changes ?? [], outcome.subject.names),
    skipReason: outcome.kind === 'skipped' ? outcome.skipReason : null,
  };
}

/** The log entry of an object that the brake holds. */
export function stagedEntry(
  deps: EngineDeps,
  row: StagedDeletion,
  reason: string,
  known: { readonly source: SourceObject | undefined; readonly targetId: TargetId | undefined },
): ProvisioningLogEntry {
  const ids = { cycleId: row.cycleId, changeId: row.changeId };
  return {
    ...frame(deps, ids, deps.clock(), THE_CYCLE),
    provisioningAction: 'stagedDelete',
    sourceIdentity: sourceIdentity(row.key.type, row.key.id, known.source),
    targetIdentity: { id: known.targetId ?? '', displayName: '', identityType: identityType(row.key.type), details: {} },
    provisioningStatusInfo: { status: 'warning', errorInformation: null },
    provisioningSteps: [
      {
        name: 'EntrySynchronizationScoping',
        provisioningStepType: 'scoping',
        status: 'warning',
        description: `${row.reason} Held by the brake: ${reason}`,
        details: { kind: row.kind, count: String(row.count) },
      },
    ],
    modifiedProperties: [],
    skipReason: null,
  };
}

function frame(deps: EngineDeps, item: Pick<WorkItem, 'cycleId' | 'changeId'>, startedAt: Date, initiator: Initiator) {
  return {
    id: item.changeId,
    activityDateTime: startedAt.toISOString(),
    tenantId: deps.settings.tenantId,
    jobId: jobId(deps),
    cycleId: item.cycleId,
    changeId: item.changeId,
    durationInMilliseconds: Math.max(0, deps.clock().getTime() - startedAt.getTime()),
    initiatedBy: { id: initiator.id, displayName: initiator.displayName, initiatorType: initiator.type },
    servicePrincipal: { id: deps.settings.servicePrincipalId, displayName: 'Zendesk' },
    sourceSystem: system(deps.settings.tenantId, 'Microsoft Entra ID'),
    targetSystem: system(deps.settings.subdomain, 'Zendesk'),
    attempts: 1,
  };
}

const system = (id: string, displayName: string): ProvisioningSystem => ({ id, displayName, details: {} });

function statusOf(outcome: Exclude<Outcome, { kind: 'deferred' }>): ProvisioningStatus {
  switch (outcome.kind) {
    case 'skipped':
      return 'skipped';
    case 'failed':
      return 'failure';
    default:
      return outcome.warnings.length > 0 ? 'warning' : 'success';
  }
}

const identityType = (type: ObjectType): 'User' | 'Group' => (type === 'user' ? 'User' : 'Group');

function identityOf({ objectType, sourceId }: WorkItem, { source, stranger }: Subject): ProvisionedIdentity {
  if (!stranger) return sourceIdentity(objectType, sourceId, source);
  return { id: sourceId, displayName: stranger.principalDisplayName, identityType: stranger.principalType, details: {} };
}

function sourceIdentity(type: ObjectType, id: string, source: SourceObject | undefined): ProvisionedIdentity {
  const text = (name: string): string => {
    const value = source && Object.hasOwn(source.attributes, name) ? source.attributes[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const details: Record<string, string> = {};
  if (text('userPrincipalName')) details['userPrincipalName'] = text('userPrincipalName');
  if (text('mail')) details['mail'] = text('mail');
  return { id, displayName: text('displayName'), identityType: identityType(type), details };
}

const targetIdentity = (type: ObjectType, subject: Subject): ProvisionedIdentity => ({
  id: subject.targetId ?? '',
  displayName: subject.targetName ?? '',
  identityType: identityType(type),
  details: {},
});

/** An error as the log tells it: Entra's code where it has one, the reason in plain words, Zendesk's own words, what to do. */
export function errorInformation(error: ProvisioningError): ErrorInformation {
  const attribute = error instanceof RejectedError || error instanceof AlreadyExistsError ? error.attribute : undefined;
  return {
    errorCode: ENTRA_ERROR_CODE[error.code] ?? error.code,
    reason: error.message,
    additionalDetails: [`code ${error.code}`, attribute && `attribute ${attribute}`, ownWordsOf(error)]
      .filter(Boolean)
      .join('; '),
    errorCategory: error.code === 'PROV_BUG' ? 'failure' : 'nonServiceFailure',
    recommendedAction: RECOMMENDED_ACTION[error.code],
  };
}

const REDACTED = '[Redact]';

/** How many memberships an entry lists by name; the rest is a number. A person reads no more, and a row of the log holds no more. */
export const MEMBERS_LISTED = 200;

/** Changes that stand once for each member. */
const isMembership = ({ attribute }: AttributeChange): boolean => attribute === 'groups' || attribute === 'members';

/** The changes of an entry as text, members and groups by name with the id beside it. */
function modifiedProperties(
  changes: readonly AttributeChange[],
  names: ReadonlyMap<string, string> | undefined,
): readonly ModifiedProperty[] {
  const named = (value: AttributeValue): AttributeValue => {
    const name = typeof value === 'string' ? names?.get(value) : undefined;
    return name ? `${name} (${value})` : value;
  };
  const own = changes.filter((change) => !isMembership(change)).map(modifiedProperty);
  const memberships = changes.filter(isMembership);
  const listed = memberships
    .slice(0, MEMBERS_LISTED)
    .map((one) => modifiedProperty({ ...one, oldValue: named(one.oldValue), newValue: named(one.newValue) }));
  const rest = memberships.slice(MEMBERS_LISTED);
  const count = (what: 'newValue' | 'oldValue'): string | null => {
    const many = rest.filter((one) => one[what] !== null).length;
    return many === 0 ? null : `and ${many} more`;
  };
  const more = rest[0] && { displayName: rest[0].attribute, oldValue: count('oldValue'), newValue: count('newValue') };
  return [...own, ...listed, ...(more ? [more] : [])];
}

/** An attribute's change as text. */
export function modifiedProperty(change: AttributeChange): ModifiedProperty {
  return {
    displayName: change.attribute,
    oldValue: change.redacted && change.oldValue !== null ? REDACTED : asText(change.oldValue),
    newValue: change.redacted && change.newValue !== null ? REDACTED : asText(change.newValue),
  };
}

function asText(value: AttributeValue): string | null {
  if (value === null) return null;
  if (typeof value !== 'object') return String(value);
  // A comma inside a value would make two of it for whoever reads the list back.
  return value.some((one) => one.includes(', ')) ? JSON.stringify(value) : value.join(', ');
}
