import type { ProvisioningLogEntry } from '../record';

/** Comparisons between a property and a value. */
export const COMPARISONS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const;

/** Functions of a property and a text. */
export const TEXT_FUNCTIONS = ['contains', 'startswith', 'endswith'] as const;

/** What can be asked of a property: what Microsoft Graph's list documents, and the rest of OData that scripts use. */
export type LogOperator = (typeof COMPARISONS)[number] | (typeof TEXT_FUNCTIONS)[number];

const OPERATORS_OF: Readonly<Record<LogProperty['kind'], readonly LogOperator[]>> = {
  text: ['eq', 'ne', ...TEXT_FUNCTIONS],
  word: ['eq', 'ne', ...TEXT_FUNCTIONS],
  instant: COMPARISONS,
  number: COMPARISONS,
};

/** A property of a log entry that a filter may ask for. */
export interface LogProperty {
  /** As an entry spells it, with `/` between the levels. */
  readonly name: string;
  /** `text` is compared with case, as Microsoft documents it; `word` (ids, codes, enumerations) without; an `instant` in ms. */
  readonly kind: 'text' | 'word' | 'instant' | 'number';
  /** The only values there are; undefined when there is no such list. */
  readonly values?: readonly string[];
  /** Null where the entry has none. */
  read(entry: ProvisioningLogEntry): string | number | null;
}

const STATUSES = ['success', 'warning', 'failure', 'skipped'] as const;
const ACTIONS = ['create', 'update', 'delete', 'stagedDelete', 'disable', 'other'] as const;
const IDENTITY_TYPES = ['User', 'Group', 'ServicePrincipal'] as const;
const INITIATORS = ['system', 'user', 'application'] as const;

/**
 * What a filter may ask for, by the name in an entry. The last two are ours.
 * @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list
 */
export const LOG_PROPERTIES: readonly LogProperty[] = [
  { name: 'id', kind: 'word', read: (entry) => entry.id },
  { name: 'activityDateTime', kind: 'instant', read: (entry) => Date.parse(entry.activityDateTime) },
  { name: 'tenantId', kind: 'word', read: (entry) => entry.tenantId },
  { name: 'jobId', kind: 'word', read: (entry) => entry.jobId },
  { name: 'changeId', kind: 'word', read: (entry) => entry.changeId },
  { name: 'cycleId', kind: 'word', read: (entry) => entry.cycleId },
  { name: 'provisioningAction', kind: 'word', values: ACTIONS, read: (entry) => entry.provisioningAction },
  { name: 'durationInMilliseconds', kind: 'number', read: (entry) => entry.durationInMilliseconds },
  {
    name: 'provisioningStatusInfo/status',
    kind: 'word',
    values: STATUSES,
    read: (entry) => entry.provisioningStatusInfo.status,
  },
  { name: 'sourceSystem/displayName', kind: 'text', read: (entry) => entry.sourceSystem.displayName },
  { name: 'targetSystem/displayName', kind: 'text', read: (entry) => entry.targetSystem.displayName },
  {
    name: 'sourceIdentity/identityType',
    kind: 'word',
    values: IDENTITY_TYPES,
    read: (entry) => entry.sourceIdentity.identityType,
  },
  {
    name: 'targetIdentity/identityType',
    kind: 'word',
    values: IDENTITY_TYPES,
    read: (entry) => entry.targetIdentity.identityType,
  },
  { name: 'sourceIdentity/id', kind: 'word', read: (entry) => entry.sourceIdentity.id },
  { name: 'targetIdentity/id', kind: 'word', read: (entry) => entry.targetIdentity.id },
  { name: 'sourceIdentity/displayName', kind: 'text', read: (entry) => entry.sourceIdentity.displayName },
  { name: 'targetIdentity/displayName', kind: 'text', read: (entry) => entry.targetIdentity.displayName },
  { name: 'servicePrincipal/id', kind: 'word', read: (entry) => entry.servicePrincipal.id },
  { name: 'servicePrincipal/displayName', kind: 'text', read: (entry) => entry.servicePrincipal.displayName },
  { name: 'initiatedBy/id', kind: 'word', read: (entry) => entry.initiatedBy.id },
  { name: 'initiatedBy/displayName', kind: 'text', read: (entry) => entry.initiatedBy.displayName },
  { name: 'initiatedBy/initiatorType', kind: 'word', values: INITIATORS, read: (entry) => entry.initiatedBy.initiatorType },
  { name: 'skipReason', kind: 'word', read: (entry) => entry.skipReason },
  { name: 'errorCode', kind: 'word', read: (entry) => entry.provisioningStatusInfo.errorInformation?.errorCode ?? null },
];

/** Other spellings that are in use, in lower case: older names of Microsoft's, and short ones of ours. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['action', 'provisioningAction'],
  ['status', 'provisioningStatusInfo/status'],
  ['statusinfo/status', 'provisioningStatusInfo/status'],
  ['provisioningstatusinfo/errorinformation/errorcode', 'errorCode'],
]);

const byName = new Map(LOG_PROPERTIES.map((property) => [property.name.toLowerCase(), property]));

/** Every name that a filter may use, in the order of the documentation. */
export const LOG_PROPERTY_NAMES: readonly string[] = [
  ...LOG_PROPERTIES.map((property) => property.name),
  'action',
  'status',
  'statusInfo/status',
];

/** The property of that name; without case, because Microsoft's own page spells `cycleid` and the entries `cycleId`. */
export function findLogProperty(name: string): LogProperty | undefined {
  const lower = name.toLowerCase();
  return byName.get(ALIASES.get(lower)?.toLowerCase() ?? lower);
}

/** The comparisons that a property takes. */
export const operatorsOf = (property: LogProperty): readonly LogOperator[] => OPERATORS_OF[property.kind];
