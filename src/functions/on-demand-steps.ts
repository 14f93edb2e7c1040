import type { ProvisioningError } from '../core/errors';
import { asGraphEntry } from '../core/graph-entry';
import type { AttributeValue } from '../core/model';
import type { ProvisioningStep } from '../core/record';
import type { EngineDeps } from '../engine/deps';
import type { Ended, OnDemandRequest, SubjectResult } from '../engine/on-demand/on-demand';
import { entryOf, errorInformation } from '../engine/record/log-entry';
import type { Body } from './http';
import type { OnDemandStep, OnDemandSubject } from './shapes/on-demand';

type Step = Body<typeof OnDemandStep>;

/** The first step; shown only when it fails. */
export const connectionStep = (error: ProvisioningError): Step => ({
  step: 1,
  name: 'testConnection',
  title: 'Test connection',
  status: 'failure',
  description: error.message,
  details: { code: error.code },
});

/** What became of one subject, with the content of Graph's answer to `provisionOnDemand`. */
export function subjectBody(deps: EngineDeps, request: OnDemandRequest, result: SubjectResult): Body<typeof OnDemandSubject> {
  const { subject } = result;
  if (result.kind === 'notImported') {
    const isUnknown = result.result.kind === 'unknown';
    const errorCode = isUnknown ? 'PROV_SOURCE_UNAVAILABLE' : 'PROV_SOURCE_NOT_FOUND';
    const details = { errorCode, errorMessage: result.result.reason };
    return { subject, key: { result: 'Failure', details }, steps: [importFailed(result.result.reason)], value: null };
  }
  if (result.kind === 'later') {
    const details = { errorCode: null, errorMessage: result.reason, retryAfterSeconds: Math.ceil(result.retryAfterMs / 1000) };
    const key = { result: result.isEnqueued ? 'Enqueued' : 'NotDone', details } as const;
    return { subject, key, steps: [], value: { changeId: result.item.changeId, cycleId: result.item.cycleId } };
  }
  const entry = asGraphEntry(entryOf(deps, result.item, result.outcome, result.startedAt, request.operator));
  const failure = result.outcome.kind === 'failed' ? errorInformation(result.outcome.error) : undefined;
  return {
    subject,
    key: {
      result: failure ? 'Failure' : result.outcome.kind === 'skipped' ? 'Skipped' : 'Success',
      details: failure ? { errorCode: failure.errorCode, errorMessage: failure.reason } : null,
    },
    steps: stepsOf(deps, result),
    value: {
      action: entry.provisioningAction,
      changeId: entry.changeId,
      modifiedProperties: entry.modifiedProperties,
      provisioningSteps: entry.provisioningSteps,
      statusInfo: entry.provisioningStatusInfo,
      skipReason: entry.skipReason,
      sourceIdentity: entry.sourceIdentity,
      targetIdentity: entry.targetIdentity,
    },
  };
}

const importFailed = (description: string): Step => ({
  step: 2,
  name: 'import',
  title: 'Import',
  status: 'failure',
  description,
  details: {},
});

const TYPE_OF: Readonly<Record<ProvisioningStep['provisioningStepType'], 2 | 3 | 4 | 5>> = {
  import: 2,
  scoping: 3,
  matching: 4,
  processing: 5,
  referenceResolution: 5,
  export: 5,
};
const NAMES = {
  2: ['import', 'Import'],
  3: ['scope', 'Determine if in scope'],
  4: ['match', 'Match between source and target'],
  5: ['action', 'Perform action'],
} as const;

function stepsOf(deps: EngineDeps, ended: Ended): readonly Step[] {
  const { subject } = ended.outcome;
  const steps: Step[] = [];
  for (const step of [2, 3, 4, 5] as const) {
    const told = subject.steps.filter((one) => TYPE_OF[one.provisioningStepType] === step);
    if (told.length === 0) continue;
    const [name, title] = NAMES[step];
    steps.push({
      step,
      name,
      title,
      status: worst(told),
      description: told.map((one) => one.description).join(' '),
      details: { ...Object.assign({}, ...told.map((one) => one.details)), ...detailsOf(deps, ended, step) },
    });
  }
  return steps;
}

const ORDER = ['failure', 'warning', 'skipped', 'success'] as const;
const worst = (steps: readonly ProvisioningStep[]): Step['status'] =>
  ORDER.find((status) => steps.some((one) => one.status === status)) ?? 'success';

function detailsOf(deps: EngineDeps, { outcome, removal }: Ended, step: 2 | 3 | 4 | 5): Record<string, unknown> {
  const { source, scope } = outcome.subject;
  if (!source) return {};
  if (step === 2) return { deleted: source.deleted, properties: plain(source.attributes) };
  if (step === 3) {
    const roles = scope?.kind === 'in' ? scope.roles : [];
    return {
      'Active in the source system':
        source.deleted === 'no' && (source.type === 'group' || source.attributes['accountEnabled'] === true),
      'Assigned to the application': source.entitlements.length > 0,
      'Scope sync all': deps.settings.scope === 'All',
      'Has the required role': roles.length > 0,
      roles: roles.map(({ role, entitlement }) => ({ role: role.value ?? role.displayName, through: entitlement.path })),
      reason: scope?.reason ?? '',
    };
  }
  if (step === 4) return { targetId: outcome.subject.targetId ?? null, targetName: outcome.subject.targetName ?? null };
  return removal ? { removal: removal.kind, count: removal.count } : {};
}

/** Names come from outside: the copy has no prototype, and JSON prints it as any object. */
const plain = (attributes: Readonly<Record<string, AttributeValue>>): Record<string, AttributeValue> =>
  Object.assign(Object.create(null) as Record<string, AttributeValue>, attributes);
