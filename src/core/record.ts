import type { ProvisioningAction } from './plan-model';

/**
 * One entry of the provisioning log, in the shape of Microsoft Graph's `provisioningObjectSummary`.
 * @see https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary
 */
export interface ProvisioningLogEntry {
  readonly id: string;
  readonly activityDateTime: string;
  readonly tenantId: string;
  readonly jobId: string;
  readonly cycleId: string;
  readonly changeId: string;
  readonly provisioningAction: ProvisioningAction;
  readonly durationInMilliseconds: number;
  readonly initiatedBy: {
    readonly id: string;
    readonly displayName: string;
    readonly initiatorType: 'system' | 'user' | 'application';
  };
  readonly servicePrincipal: { readonly id: string; readonly displayName: string };
  readonly sourceSystem: ProvisioningSystem;
  readonly targetSystem: ProvisioningSystem;
  readonly sourceIdentity: ProvisionedIdentity;
  readonly targetIdentity: ProvisionedIdentity;
  readonly provisioningStatusInfo: { readonly status: ProvisioningStatus; readonly errorInformation: ErrorInformation | null };
  readonly provisioningSteps: readonly ProvisioningStep[];
  readonly modifiedProperties: readonly ModifiedProperty[];
  /** Ours: how often the same work item was carried out; a repeat adds one and erases nothing. */
  readonly attempts: number;
  /** Ours: the code of a skip (`RedundantExport`, `NotEffectivelyEntitled`, …), else null. */
  readonly skipReason: string | null;
}

/** How a work item ended. */
export type ProvisioningStatus = 'success' | 'warning' | 'failure' | 'skipped';

/** A directory on either side. */
export interface ProvisioningSystem {
  readonly id: string;
  readonly displayName: string;
  readonly details: Readonly<Record<string, string>>;
}

/** An object on either side; ids are empty while there is none. */
export interface ProvisionedIdentity {
  readonly id: string;
  readonly displayName: string;
  readonly identityType: 'User' | 'Group' | 'ServicePrincipal';
  readonly details: Readonly<Record<string, string>>;
}

/** Why something failed and what to do. */
export interface ErrorInformation {
  readonly errorCode: string;
  readonly reason: string;
  readonly additionalDetails: string | null;
  readonly errorCategory: 'failure' | 'nonServiceFailure' | 'success';
  readonly recommendedAction: string;
}

/** One of the six stages and what it found. */
export interface ProvisioningStep {
  readonly name: string;
  readonly provisioningStepType: 'import' | 'scoping' | 'matching' | 'processing' | 'referenceResolution' | 'export';
  readonly status: ProvisioningStatus;
  readonly description: string;
  readonly details: Readonly<Record<string, string>>;
}

/** One attribute before and after, as text; null where there was or is no value. */
export interface ModifiedProperty {
  readonly displayName: string;
  readonly oldValue: string | null;
  readonly newValue: string | null;
}
