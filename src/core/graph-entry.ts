import type { ProvisioningAction } from './plan-model';
import type { ProvisionedIdentity, ProvisioningLogEntry, ProvisioningStep } from './record';

/** The end of a step's name, by what was done. Nothing is added where nothing was. */
const ENDINGS: Readonly<Record<ProvisioningAction, string>> = {
  create: 'Add',
  update: 'Update',
  disable: 'Update',
  delete: 'Delete',
  stagedDelete: 'Delete',
  other: '',
};

/**
 * An entry as Microsoft's service prints it, for whoever reads Entra's log with scripts: steps have its names, the export says whom it was
 * about, the target says of which enterprise application it is. Pure.
 * @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list
 */
export function asGraphEntry(entry: ProvisioningLogEntry): ProvisioningLogEntry {
  const { provisioningAction, provisioningSteps, sourceIdentity, servicePrincipal, targetSystem } = entry;
  return {
    ...entry,
    targetSystem: {
      ...targetSystem,
      details: {
        ServicePrincipalId: servicePrincipal.id,
        ServicePrincipalDisplayName: servicePrincipal.displayName,
        ...targetSystem.details,
      },
    },
    provisioningSteps: provisioningSteps.map((step) => ({
      ...step,
      name: nameOf(step, provisioningAction),
      details: step.provisioningStepType === 'export' ? { ...reportable(sourceIdentity), ...step.details } : step.details,
    })),
  };
}

function nameOf({ provisioningStepType, status }: ProvisioningStep, action: ProvisioningAction): string {
  const ending = ENDINGS[action];
  switch (provisioningStepType) {
    case 'import':
      return `EntryImport${ending}`;
    case 'scoping':
      return 'EntrySynchronizationScoping';
    case 'matching':
    case 'processing':
      return `EntrySynchronization${status === 'skipped' || ending === '' ? 'Skip' : ending}`;
    case 'referenceResolution':
      return 'EntryReferenceResolution';
    case 'export':
      return `EntryExport${ending}`;
  }
}

/** By what people know the object: a person's user principal name, a group's name. */
function reportable({ details, displayName }: ProvisionedIdentity): Readonly<Record<string, string>> {
  const known = ['userPrincipalName', 'mail'].map((name) => (Object.hasOwn(details, name) ? details[name] : undefined));
  const found = [...known, displayName].find((one) => one);
  return found === undefined ? {} : { ReportableIdentifier: found };
}
