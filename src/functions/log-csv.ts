import type { ProvisioningLogEntry } from '../core/record';
import { type Cell, timeCell } from './csv';

/** The three parts of a CSV download, as the portal has them, joined by the change id. @see https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs */
export const CSV_PARTS = ['logs', 'steps', 'properties'] as const;

/** One of {@link CSV_PARTS}. */
export type CsvPart = (typeof CSV_PARTS)[number];

interface PartDefinition {
  /** Without ending. */
  readonly fileName: string;
  readonly columns: readonly string[];
  rows(entry: ProvisioningLogEntry): readonly (readonly Cell[])[];
}

const ids = ({ changeId, cycleId }: ProvisioningLogEntry): readonly Cell[] => [changeId, cycleId];

const PARTS: Readonly<Record<CsvPart, PartDefinition>> = {
  logs: {
    fileName: 'ProvisioningLogs',
    columns: [
      ...['changeId', 'cycleId', 'activityDateTime', 'jobId', 'provisioningAction', 'status', 'skipReason', 'errorCode'],
      ...['errorReason', 'errorDetails', 'recommendedAction', 'identityType', 'sourceId', 'sourceDisplayName'],
      ...['sourceUserPrincipalName', 'sourceMail', 'targetId', 'targetDisplayName', 'durationInMilliseconds'],
      ...['initiatedBy', 'attempts'],
    ],
    rows: (entry) => {
      const { sourceIdentity, targetIdentity } = entry;
      const { status, errorInformation } = entry.provisioningStatusInfo;
      const detail = (name: string): Cell =>
        Object.hasOwn(sourceIdentity.details, name) ? (sourceIdentity.details[name] ?? null) : null;
      return [
        [
          ...ids(entry),
          timeCell(entry.activityDateTime),
          entry.jobId,
          entry.provisioningAction,
          status,
          entry.skipReason,
          errorInformation?.errorCode ?? null,
          errorInformation?.reason ?? null,
          errorInformation?.additionalDetails ?? null,
          errorInformation?.recommendedAction ?? null,
          sourceIdentity.identityType,
          sourceIdentity.id,
          sourceIdentity.displayName,
          detail('userPrincipalName'),
          detail('mail'),
          targetIdentity.id,
          targetIdentity.displayName,
          entry.durationInMilliseconds,
          entry.initiatedBy.displayName,
          entry.attempts,
        ],
      ];
    },
  },
  steps: {
    fileName: 'ProvisioningLogs_ProvisioningSteps',
    columns: ['changeId', 'cycleId', 'number', 'name', 'provisioningStepType', 'status', 'description', 'details'],
    rows: (entry) =>
      entry.provisioningSteps.map((step, index) => [
        ...ids(entry),
        index + 1,
        step.name,
        step.provisioningStepType,
        step.status,
        step.description,
        JSON.stringify(step.details),
      ]),
  },
  properties: {
    fileName: 'ProvisioningLogs_ModifiedProperties',
    columns: ['changeId', 'cycleId', 'displayName', 'oldValue', 'newValue'],
    rows: (entry) => entry.modifiedProperties.map((one) => [...ids(entry), one.displayName, one.oldValue, one.newValue]),
  },
};

/** The name of a part's file, without ending. */
export const csvFileName = (part: CsvPart): string => PARTS[part].fileName;

/** The names of a part's columns. */
export const csvColumns = (part: CsvPart): readonly string[] => PARTS[part].columns;

/** The lines of some entries; empty when they have none of that part. */
export const csvRows = (part: CsvPart, entries: readonly ProvisioningLogEntry[]): readonly (readonly Cell[])[] =>
  entries.flatMap((entry) => PARTS[part].rows(entry));
