import { ConfigError } from '../../core/errors';
import type { PlanHeader } from '../../ports/plan-store';
import type { EngineDeps } from '../deps';
import { type ActiveMappings, changeJob, type JobState, type RunningCycle, readJob, STATE_KEYS } from '../job/job-state';
import { AT_ONCE, activeVersion, versionInUse } from '../job/mappings-in-use';
import { FILE_VERSION, withMappings } from '../mappings';
import { type Initiator, initiatorOf } from '../record/log-entry';
import { recordOnce } from '../record/operation-entry';
import { PLAN_EXPIRES_MS, type Planning } from './planning';

/** What somebody asks for who activates a version of the mappings. */
export interface ActivateRequest {
  /** 0 is the file. */
  readonly version: number;
  readonly why: string;
  /** The plan that shows what the version would do. Needed where that removes anything. */
  readonly planId?: string | undefined;
  /** Needed where the plan removes anything: the operator has seen that. What is above the threshold is held all the same. */
  readonly allowDeletes?: boolean | undefined;
  /** The version that is active as far as the operator knows; with another one nothing is changed. */
  readonly replaces?: number | undefined;
}

/** What became of it. */
export type ActivateAnswer =
  | { readonly kind: 'active'; readonly job: JobState; readonly changed: boolean }
  | { readonly kind: 'notFound' }
  /** Another version is active than the operator thought. */
  | { readonly kind: 'superseded'; readonly reason: string }
  /** The plan is missing, or what it removes was not agreed to. `plan` is the one to look at. */
  | { readonly kind: 'planNeeded'; readonly reason: string; readonly plan: PlanHeader | null };

/** Another version was activated between the look and the change. */
class Superseded extends Error {
  constructor(readonly job: JobState) {
    super();
  }
}

/**
 * Activates a version of the mappings: the next cycle begins with it, an initial one where it decides anything differently, behind the
 * brake. Going back is the same with an older version. Of two at once one wins, and the other is told. Idempotent.
 * @throws ConfigError when the version cannot be used
 */
export async function activateMappings(
  planning: Planning,
  operator: Initiator,
  request: ActivateRequest,
): Promise<ActivateAnswer> {
  const { deps } = planning;
  const { version } = request;
  const { value: before } = await readJob(deps.state);
  const replaced = activeVersion(before);
  if (request.replaces !== undefined && request.replaces !== replaced && version !== replaced)
    return { kind: 'superseded', reason: supersededBy(before) };
  if (version === replaced) {
    if (before.mappings) await record(deps, before.mappings);
    return { kind: 'active', job: before, changed: false };
  }
  if (version !== FILE_VERSION && !(await deps.mappings.store.read(version))) return { kind: 'notFound' };
  const { schema } = await deps.mappings.load(version);
  const refusal = refusalOf(await activationNeed(planning, version), request);
  if (refusal) return refusal;
  const mappings: ActiveMappings = {
    version,
    hash: schema.hash,
    since: deps.clock().toISOString(),
    by: operator.displayName || operator.id,
    byId: operator.type === 'user' ? operator.id : '',
    why: request.why,
    replaced,
    planId: request.planId ?? null,
    fileHash: deps.mappings.file.schema.hash,
    changeId: deps.newId(),
  };
  const atOnce = await isUsedAtOnce(deps, before);
  try {
    const job = await changeJob(deps.state, (now) => {
      if (now.mappings?.changeId !== before.mappings?.changeId) throw new Superseded(now);
      // What stood still for want of mappings is tried again with the next tick.
      const isStopped = now.quarantine?.code === 'PROV_CONFIG_INVALID';
      return {
        ...now,
        mappings,
        ...(atOnce && { mappingsInUse: { version, cycleId: AT_ONCE } }),
        ...(isStopped && { runNow: true }),
      };
    });
    await record(deps, mappings);
    return { kind: 'active', job, changed: true };
  } catch (error) {
    if (error instanceof Superseded) return { kind: 'superseded', reason: supersededBy(error.job) };
    throw error;
  }
}

function supersededBy({ mappings }: JobState): string {
  if (!mappings) return 'The mapping file is active: nobody has activated another version. Look at it, and ask again.';
  return `Version ${mappings.version} is active: ${mappings.by} activated it at ${mappings.since}. Look at it, and ask again.`;
}

/** Before the first cycle nothing uses mappings yet; and what cannot be used is used by nobody. Else the next cycle takes them into use. */
async function isUsedAtOnce(deps: EngineDeps, job: JobState): Promise<boolean> {
  if (await hasNeverRun(deps, job)) return true;
  return (await hashOf(deps, versionInUse(job))) === undefined;
}

async function hasNeverRun({ state }: EngineDeps, job: JobState): Promise<boolean> {
  return job.lastCycleId === null && !(await state.read<RunningCycle | null>(STATE_KEYS.cycle))?.value;
}

/** The hash of a version; undefined where it cannot be used. */
async function hashOf(deps: EngineDeps, version: number): Promise<string | undefined> {
  try {
    return (await withMappings(deps, version)).schema.hash;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** What has to be looked at before a version is activated. */
export type ActivationNeed =
  | { readonly kind: 'nothing' }
  /** A plan of it has to be made; `begun` is one that is not finished yet. */
  | { readonly kind: 'noPlan'; readonly begun: PlanHeader | undefined }
  /** The newest plan of it, and how much that takes away. */
  | { readonly kind: 'plan'; readonly plan: PlanHeader; readonly removals: number };

/**
 * Says what has to be looked at first:
 *
 *   no cycle has ever run                                         │ nothing: nobody has anything yet that could be taken away
 *   it decides the same as what is in use, and no cycle is about  │
 *   to use another one (a new layout; going back in time)         │ nothing
 *   no plan of it that is finished and of today                   │ make one
 *   else                                                          │ its newest plan
 *
 * @throws ConfigError when the version cannot be used
 */
export async function activationNeed({ deps, plans }: Planning, version: number): Promise<ActivationNeed> {
  const { value: job } = await readJob(deps.state);
  const { hash } = (await deps.mappings.load(version)).schema;
  if (await hasNeverRun(deps, job)) return { kind: 'nothing' };
  const running = (await deps.state.read<RunningCycle | null>(STATE_KEYS.cycle))?.value;
  const used = new Set([versionInUse(job), ...(running ? [running.mappings ?? FILE_VERSION] : [])]);
  const hashes = await Promise.all([...used].map((one) => hashOf(deps, one)));
  if (hashes.every((one) => one === hash)) return { kind: 'nothing' };
  const nowMs = deps.clock().getTime();
  const mine = (await plans.list())
    .filter((one) => one.kind === 'cycle' && one.schemaHash === hash && one.state !== 'failed')
    .filter((one) => nowMs - Date.parse(one.createdAt) <= PLAN_EXPIRES_MS)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  const plan = mine.find((one) => one.state !== 'planning');
  if (!plan) return { kind: 'noPlan', begun: mine[0] };
  return { kind: 'plan', plan, removals: Object.values(plan.removals).reduce((sum, count) => sum + count, 0) };
}

/** Why a version is not activated yet; undefined where it may be. */
function refusalOf(
  need: ActivationNeed,
  { version, planId, allowDeletes }: ActivateRequest,
): Extract<ActivateAnswer, { kind: 'planNeeded' }> | undefined {
  if (need.kind === 'nothing') return undefined;
  if (need.kind === 'noPlan') {
    const { begun } = need;
    const reason = begun
      ? `The plan of version ${version} (${begun.planId}) is not finished yet. Wait for it, and ask again.`
      : `Nobody knows what version ${version} would do: there is no plan of it from the last 24 hours. Make one (POST /api/plan with "schemaVersion": ${version}), look at it, and ask again.`;
    return { kind: 'planNeeded', reason, plan: begun ?? null };
  }
  const { plan, removals } = need;
  const isMeant = planId?.toLowerCase() === plan.planId;
  if (removals === 0 || (isMeant && allowDeletes === true)) return undefined;
  const other = planId !== undefined && !isMeant ? `It is not plan ${planId} that counts. ` : '';
  const reason = `${other}The newest plan of version ${version} takes something away ${removals} times. Look at it, and send "planId": "${plan.planId}" and "allowDeletes": true. The cycle still holds what is above the deletion threshold.`;
  return { kind: 'planNeeded', reason, plan };
}

/** Says in the log who activated what; once, also where a call that was cut off is repeated by somebody else. */
async function record(
  deps: EngineDeps,
  { version, hash, why, by, byId, replaced, planId, changeId }: ActiveMappings,
): Promise<void> {
  await recordOnce(deps, initiatorOf(by, byId), {
    description: `Version ${version} of the mappings was activated; the next cycle begins with it.`,
    details: { version: String(version), hash, why, ...(planId !== null && { planId }) },
    changes: [{ displayName: 'mappings', oldValue: `version ${replaced}`, newValue: `version ${version}` }],
    changeId,
  });
}
