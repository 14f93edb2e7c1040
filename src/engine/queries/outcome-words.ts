import type { ProvisioningLogEntry, ProvisioningStep } from '../../core/record';

type StepType = ProvisioningStep['provisioningStepType'];

/** Attributes named in one line; more are counted. */
const NAMED = 6;

/**
 * What an entry of the log did, in a sentence or two: why it failed or was skipped, else how the object was found where that matters, what
 * was written, and which attributes. Pure.
 */
export function outcomeWords(entry: ProvisioningLogEntry): string {
  const { status, errorInformation } = entry.provisioningStatusInfo;
  if (errorInformation) return errorInformation.reason;
  const of = (type: StepType): string | undefined =>
    entry.provisioningSteps.filter((step) => step.provisioningStepType === type).at(-1)?.description;
  if (status === 'skipped') {
    const skipped = entry.provisioningSteps.filter((step) => step.status === 'skipped').at(-1)?.description;
    return skipped ?? of('processing') ?? of('scoping') ?? '';
  }
  const planned = of('processing') ?? of('scoping') ?? '';
  const done = of('export');
  if (done === undefined) return [planned, of('referenceResolution')].filter(Boolean).join(' ');
  const isAdopted = /\badopted\b/.test(planned);
  const how = isAdopted ? `Adopted: ${of('matching') ?? ''}` : '';
  return [how, done, changed(entry), of('referenceResolution')].filter(Boolean).join(' ');
}

function changed({ modifiedProperties, provisioningAction }: ProvisioningLogEntry): string {
  if (provisioningAction !== 'update') return '';
  const names = [...new Set(modifiedProperties.map(({ displayName }) => displayName))];
  if (names.length === 0) return '';
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `Changed: ${names.slice(0, NAMED).join(', ')}${more}.`;
}
