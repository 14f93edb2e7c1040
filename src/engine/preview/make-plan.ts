import type { RemovalKind } from '../../core/brake';
import { beginCycle, next } from '../../core/cycle-state';
import { ConfigError, ProvisioningError } from '../../core/errors';
import type { AppRoleAssignment, SourceApplication, SourceId } from '../../core/model';
import type { ProvisioningSchema } from '../../core/schema/model';
import { readSchema } from '../../core/schema/read';
import type { PlanBrake, PlanHeader, PlanRow } from '../../ports/plan-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { overThreshold } from '../cycle/weigh-removals';
import { ancestryOf } from '../decide/ancestry';
import type { EngineDeps } from '../deps';
import { type CycleContext, CycleInterrupted } from '../import/cycle-context';
import { FollowedGroups } from '../import/followed-groups';
import { importAssignments, loadAssignments } from '../import/import-assignments';
import { importGroups } from '../import/import-groups';
import { importUsers } from '../import/import-users';
import { lookAtApplication } from '../import/read-application';
import { groupAttributes } from '../import/schema-needs';
import { scopeContext } from '../import/scope-changes';
import { type RunningCycle, readJob, STATE_KEYS } from '../job/job-state';
import { type Lease, takeLease } from '../job/lease';
import { activeVersion, withMappingsInUse } from '../job/mappings-in-use';
import { requireSameSystems } from '../job/same-systems';
import { FILE_VERSION, withSchema } from '../mappings';
import type { Initiator } from '../record/log-entry';
import { planObject, planRow } from './plan-object';
import { noSeats, withSeats } from './plan-seats';
import { notePlanFailure, type PlanBegun, takeSlot } from './plan-slot';
import { copySpace, planState } from './plan-space';
import { PLAN_LEASE, type Planning, type PlanOptions } from './planning';

/** Plans older than this are removed when a new one is made. */
const PLAN_KEPT_MS = 7 * 24 * 3600_000;

/** Objects planned between two saves: few enough to fit into the time of a call when Zendesk is slow. */
const PLANNED_AT_ONCE = 64;

/** What to plan with: a version of the mappings, or others that are not stored. */
export type PlannedMappings = { readonly version: number } | { readonly schema: ProvisioningSchema; readonly text: string };

/**
 * Begins a plan: what an initial cycle would do now, object by object. Nothing but the plan is written. One at a time.
 * @param asked undefined: with the active mappings.
 * @throws ConfigError when that version of the mappings cannot be used
 */
export async function createPlan(
  planning: Planning,
  operator: Initiator,
  asked: PlannedMappings | undefined,
): Promise<PlanBegun> {
  const { deps, plans } = planning;
  const now = deps.clock();
  await removeOldPlans(planning);
  const planId = deps.newId();
  const { value: job } = await readJob(deps.state);
  const sent = asked && 'text' in asked ? asked : undefined;
  const version = asked && 'version' in asked ? asked.version : activeVersion(job);
  const { schema } = sent ?? (await deps.mappings.load(version));
  const isForOther = asked !== undefined && schema.hash !== (job.mappings?.hash ?? deps.mappings.file.schema.hash);
  if (sent) await plans.writeSchema(planId, sent.text);
  const header: PlanHeader = {
    planId,
    kind: 'cycle',
    createdAt: now.toISOString(),
    createdBy: operator.displayName,
    ...(operator.id !== '' && { createdById: operator.id }),
    state: 'planning',
    schemaHash: schema.hash,
    ...(!sent && { schemaVersion: version }),
    isForOtherSchema: isForOther,
    phase: 'copy',
    cycle: newPlanCycle(planId, schema, now),
    objects: 0,
    counts: {},
    removals: {},
    brake: [],
    endedAt: null,
    error: null,
    application: null,
  };
  return takeSlot(planning, header);
}

/** Removes the plans that are kept no longer. */
export async function removeOldPlans({ deps, plans }: Pick<Planning, 'deps' | 'plans'>): Promise<void> {
  const now = deps.clock().getTime();
  for (const old of await plans.list()) if (now - Date.parse(old.createdAt) > PLAN_KEPT_MS) await plans.remove(old.planId);
}

function newPlanCycle(planId: string, schema: ProvisioningSchema, now: Date): RunningCycle {
  return beginCycle({
    format: 2,
    cycleId: planId,
    kind: 'initial',
    why: 'A plan.',
    startedAt: now.toISOString(),
    groupSelect: groupAttributes(schema).join(','),
    groupGeneration: planId,
    usersFull: true,
    userSelect: schema.users.sourceAttributes.join(','),
    imported: 0,
    evaluated: 0,
    staged: 0,
    unknowns: 0,
  });
}

/** Continues with a plan as far as it gets. Returns it as it is afterwards; undefined when there is none. Safe to repeat. */
export async function continuePlan(planning: Planning, planId: string, options: PlanOptions): Promise<PlanHeader | undefined> {
  const { deps, plans } = planning;
  const lease = await takeLease(deps.state, PLAN_LEASE, options.owner, deps.clock, deps.sleep);
  if (lease) {
    try {
      const stored = await plans.read(planId);
      if (stored?.value.state === 'planning') {
        const deadlineMs = deps.clock().getTime() + options.budgetMs;
        const parts = planning.kinds?.[stored.value.kind];
        if (parts) await parts.make({ ...planning, deps: await withMappingsInUse(deps) }, lease, stored, deadlineMs);
        else await new PlanRun(planning, lease, stored.value, stored.etag, deadlineMs).run();
      }
    } finally {
      await lease.release();
    }
  }
  return (await plans.read(planId))?.value;
}

/** One stretch of work on a plan. */
class PlanRun {
  #deps: EngineDeps;

  constructor(
    readonly planning: Planning,
    readonly lease: Lease,
    private header: PlanHeader,
    private etag: string,
    readonly deadlineMs: number,
  ) {
    const { deps, shadow } = planning;
    const silent = { send: async () => undefined };
    this.#deps = { ...deps, space: shadow, state: planState(deps.state), notifier: silent };
  }

  async run(): Promise<void> {
    try {
      await requireSameSystems(this.planning.deps);
      this.#deps = withSchema(this.#deps, await this.#schema());
      const application = await lookAtApplication(this.planning.deps);
      await this.#deps.state.write(STATE_KEYS.application, application, '*');
      await this.#deps.target.describe(true);
      const context = this.#context(application);
      if (this.header.phase === 'copy') {
        await copySpace(this.planning.deps.space, this.planning.shadow, () => context.fence());
        await this.#save({ phase: 'import' });
      }
      await this.#import(context);
      if (this.header.phase === 'objects') await this.#planAll(context);
    } catch (error) {
      if (error instanceof CycleInterrupted) return;
      if (!(error instanceof ProvisioningError)) throw error;
      await notePlanFailure(this.planning, this.header.planId, error);
    }
  }

  /** @throws ConfigError when they are not those that the plan began with: halves made with different mappings do not make a plan */
  async #schema(): Promise<ProvisioningSchema> {
    const { planId, schemaVersion, schemaHash } = this.header;
    const { deps, plans } = this.planning;
    const text = await plans.readSchema(planId);
    const sent = text === undefined ? undefined : readSchema(text);
    const schema = sent?.ok ? sent.schema : (await deps.mappings.load(schemaVersion ?? FILE_VERSION)).schema;
    if (schema.hash === schemaHash) return schema;
    throw new ConfigError([{ setting: 'mappings', problem: 'they have changed since the plan was begun. Make a new one' }]);
  }

  async #import(context: CycleContext): Promise<void> {
    if (context.cycle().phase === 'assignments') await importAssignments(context);
    else await loadAssignments(context);
    if (context.cycle().phase === 'groups') await importGroups(context);
    if (context.cycle().phase === 'users') await importUsers(context);
    if (this.header.phase === 'import') await this.#save({ phase: 'objects' });
  }

  async #planAll(context: CycleContext): Promise<void> {
    const { plans } = this.planning;
    const scoping = scopeContext(context);
    for (;;) {
      const state = context.cycle();
      if (state.phase !== 'scoping') break;
      const waiting = await this.#deps.space.listDirty(state.scopedAfter ?? undefined);
      const keys = waiting.slice(0, PLANNED_AT_ONCE);
      const last = keys.at(-1);
      if (!last) break;
      const planned = await concurrently(keys, STORAGE_CONCURRENCY, async (key) => {
        const object = await planObject(scoping, this.header.planId, key, this.deadlineMs);
        return {
          row: planRow(this.#deps, key, object),
          seat: object.outcome.kind === 'planned' ? object.outcome.seat : undefined,
        };
      });
      const { seats, rows } = withSeats(this.header.seats ?? (await noSeats(this.planning.deps)), planned);
      await plans.putRows(this.header.planId, rows);
      this.header = { ...this.header, ...countsWith(this.header, rows), seats };
      await context.save({ kind: 'scoped', last, count: keys.length });
    }
    const brake = await brakeOf(this.planning.deps, this.header);
    await this.#save({ state: 'planned', phase: 'done', brake, endedAt: this.#deps.clock().toISOString(), error: null });
  }

  #context(application: SourceApplication): CycleContext {
    const assignments = new Map<SourceId, readonly AppRoleAssignment[]>();
    return {
      deps: this.#deps,
      application,
      assignments,
      ancestry: ancestryOf(this.#deps),
      groups: new FollowedGroups(this.#deps.space, this.#cycle.groupGeneration),
      cycle: () => this.#cycle,
      save: async (event) => {
        await this.#save({ cycle: next(this.#cycle, event) });
        if (await this.#isTimeUp()) throw new CycleInterrupted();
      },
      fence: async () => {
        await this.#save({});
        if (await this.#isTimeUp()) throw new CycleInterrupted();
      },
      isTimeUp: () => this.#isTimeUp(),
      // The copy of the connector space goes as a whole, with its marks.
      clearDirty: async () => undefined,
      close: async () => undefined,
    };
  }

  async #isTimeUp(): Promise<boolean> {
    await this.lease.renew();
    return this.#deps.clock().getTime() >= this.deadlineMs;
  }

  get #cycle(): RunningCycle {
    return this.header.cycle as RunningCycle;
  }

  async #save(change: Partial<PlanHeader>): Promise<void> {
    await this.lease.renew();
    const next = { ...this.header, ...change };
    this.etag = await this.planning.plans.write(next, this.etag);
    this.header = next;
  }
}

/** What of a plan's removals the brake would hold. */
export async function brakeOf(deps: EngineDeps, { removals }: PlanHeader): Promise<readonly PlanBrake[]> {
  const held = await overThreshold(deps, new Map(Object.entries(removals) as [RemovalKind, number][]));
  return [...held].map(([kind, reason]) => ({ kind, count: removals[kind] ?? 0, reason }));
}

/** The counts of a plan with more of its objects. */
export function countsWith(header: PlanHeader, rows: readonly PlanRow[]): Pick<PlanHeader, 'objects' | 'counts' | 'removals'> {
  const counts: Record<string, number> = { ...header.counts };
  const removals: Partial<Record<RemovalKind, number>> = { ...header.removals };
  for (const row of rows) {
    const name = row.outcome === 'planned' ? row.action : row.outcome;
    counts[name] = (counts[name] ?? 0) + 1;
    if (row.removal) removals[row.removal.kind] = (removals[row.removal.kind] ?? 0) + row.removal.count;
  }
  return { objects: header.objects + rows.length, counts, removals };
}
