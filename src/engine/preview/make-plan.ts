import { beginCycle, type CycleEvent, next } from '../../core/cycle-state';
import { ConfigError } from '../../core/errors';
import type { SourceApplication } from '../../core/model';
import type { ProvisioningSchema } from '../../core/schema/model';
import { readSchema } from '../../core/schema/read';
import type { PlanHeader } from '../../ports/plan-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { ancestryOf } from '../decide/ancestry';
import type { EngineDeps } from '../deps';
import { type CycleContext, CycleInterrupted } from '../import/cycle-context';
import { FollowedGroups } from '../import/followed-groups';
import { HeldAssignments } from '../import/held-assignments';
import { importAssignments, loadAssignments } from '../import/import-assignments';
import { importGroups } from '../import/import-groups';
import { importUsers } from '../import/import-users';
import { lookAtApplication } from '../import/read-application';
import { groupAttributes } from '../import/schema-needs';
import { scopeContext } from '../import/scope-changes';
import { type RunningCycle, readJob, STATE_KEYS } from '../job/job-state';
import { takeLease } from '../job/lease';
import { activeVersion, withMappingsInUse } from '../job/mappings-in-use';
import { requireSameSystems } from '../job/same-systems';
import { FILE_VERSION, withSchema } from '../mappings';
import type { Initiator } from '../record/log-entry';
import { countsWith, newPlan, PlanDraft } from './plan-draft';
import { planObject, planRow } from './plan-object';
import { noSeats, withSeats } from './plan-seats';
import { type PlanBegun, takeSlot } from './plan-slot';
import { copySpace, planState } from './plan-space';
import { PLAN_LEASE, type Planning, type PlanOptions } from './planning';

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
  const planId = deps.newId();
  const { value: job } = await readJob(deps.state);
  const sent = asked && 'text' in asked ? asked : undefined;
  const version = asked && 'version' in asked ? asked.version : activeVersion(job);
  const { schema } = sent ?? (await deps.mappings.load(version));
  if (sent) await plans.writeSchema(planId, sent.text);
  const header = newPlan(deps, 'cycle', operator, {
    planId,
    schemaHash: schema.hash,
    ...(!sent && { schemaVersion: version }),
    isForOtherSchema: asked !== undefined && schema.hash !== (job.mappings?.hash ?? deps.mappings.file.schema.hash),
    phase: 'copy',
    cycle: newPlanCycle(planId, schema, deps.clock()),
  });
  return takeSlot(planning, header);
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
        else await new PlanRun(new PlanDraft(planning, lease, stored), deadlineMs).run();
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
    readonly draft: PlanDraft,
    readonly deadlineMs: number,
  ) {
    const { deps, shadow } = draft.planning;
    const silent = { send: async () => undefined };
    this.#deps = { ...deps, space: shadow, state: planState(deps.state), notifier: silent };
  }

  run(): Promise<void> {
    return this.draft.stretch(async () => {
      const { deps, shadow } = this.draft.planning;
      await requireSameSystems(deps);
      this.#deps = withSchema(this.#deps, await this.#schema());
      const application = await lookAtApplication(deps);
      await this.#deps.state.write(STATE_KEYS.application, application, '*');
      await this.#deps.target.describe(true);
      const context = this.#context(application);
      if (this.draft.header.phase === 'copy') {
        await copySpace(deps.space, shadow, () => context.fence());
        await this.draft.save({ phase: 'import' });
      }
      await this.#import(context);
      if (this.draft.header.phase === 'objects') await this.#planAll(context);
    });
  }

  /** @throws ConfigError when they are not those that the plan began with: halves made with different mappings do not make a plan */
  async #schema(): Promise<ProvisioningSchema> {
    const { planId, schemaVersion, schemaHash } = this.draft.header;
    const { deps, plans } = this.draft.planning;
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
    if (this.draft.header.phase === 'import') await this.draft.save({ phase: 'objects' });
  }

  async #planAll(context: CycleContext): Promise<void> {
    const { deps, plans } = this.draft.planning;
    const { planId } = this.draft.header;
    const scoping = scopeContext(context);
    for (;;) {
      const state = context.cycle();
      if (state.phase !== 'scoping') break;
      const waiting = await this.#deps.space.listDirty(state.scopedAfter ?? undefined);
      const keys = waiting.slice(0, PLANNED_AT_ONCE);
      const last = keys.at(-1);
      if (!last) break;
      const planned = await concurrently(keys, STORAGE_CONCURRENCY, async (key) => {
        const object = await planObject(scoping, planId, key, this.deadlineMs);
        return {
          row: planRow(this.#deps, key, object),
          seat: object.outcome.kind === 'planned' ? object.outcome.seat : undefined,
        };
      });
      const { header } = this.draft;
      const { seats, rows } = withSeats(header.seats ?? (await noSeats(deps)), planned);
      await plans.putRows(planId, rows);
      await this.#saveCycle({ kind: 'scoped', last, count: keys.length }, { ...countsWith(header, rows), seats });
    }
    await this.draft.finish();
  }

  #context(application: SourceApplication): CycleContext {
    return {
      deps: this.#deps,
      application,
      assignments: new HeldAssignments(),
      ancestry: ancestryOf(this.#deps),
      groups: new FollowedGroups(this.#deps.space, this.#cycle.groupGeneration),
      cycle: () => this.#cycle,
      save: (event) => this.#saveCycle(event),
      fence: async () => {
        await this.draft.save({});
        if (await this.#isTimeUp()) throw new CycleInterrupted();
      },
      hold: () => this.draft.lease.renew(),
      isTimeUp: () => this.#isTimeUp(),
      // The copy of the connector space goes as a whole, with its marks.
      clearDirty: async () => undefined,
      close: async () => undefined,
    };
  }

  async #saveCycle(event: CycleEvent, found: Partial<PlanHeader> = {}): Promise<void> {
    await this.draft.save({ ...found, cycle: next(this.#cycle, event) });
    if (await this.#isTimeUp()) throw new CycleInterrupted();
  }

  async #isTimeUp(): Promise<boolean> {
    await this.draft.lease.renew();
    return this.#deps.clock().getTime() >= this.deadlineMs;
  }

  get #cycle(): RunningCycle {
    return this.draft.header.cycle as RunningCycle;
  }
}
