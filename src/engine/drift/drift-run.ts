import { ConfigError } from '../../core/errors';
import type { Link, SourceId, TargetGroup, TargetId, TargetUser } from '../../core/model';
import type { PlanRow } from '../../ports/plan-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { readRules } from '../decide/due';
import { CycleInterrupted } from '../import/cycle-context';
import { linkedCounts } from '../job/linked-counts';
import { withMappingsInUse } from '../job/mappings-in-use';
import { requireSameSystems } from '../job/same-systems';
import { countsWith, newPlan, PlanDraft } from '../preview/plan-draft';
import { type PlanBegun, takeSlot } from '../preview/plan-slot';
import type { Planning, PlanParts } from '../preview/planning';
import type { Initiator } from '../record/log-entry';
import { compareGroup } from './compare-group';
import { type Compared, type Comparing, compareUser, nameMerged } from './compare-user';
import { isWaiting } from './waiting';

/** Where a comparison stands, inside its plan. */
export interface DriftMark {
  /** As a cycle calls its steps: groups are compared first, then users. */
  readonly phase: 'groups' | 'users';
  /** The last object compared of that kind. */
  readonly after: SourceId | null;
  /** Whether it was begun by the schedule: only then it is repaired by itself. */
  readonly isScheduled: boolean;
  /** Whether gone accounts may be looked for by their address: a request for each, where the account is small. */
  readonly mayLook: boolean;
}

/** What is said of a comparison that half of the objects would have been compared by other mappings. */
const OTHER_MAPPINGS = [{ setting: 'mappings', problem: 'they have changed since the comparison was begun. Make a new one' }];

/** Accounts read with one request. @see https://developer.zendesk.com/api-reference/ticketing/users/users/#show-many-users */
const READ_AT_ONCE = 100;

/** Up to so many linked users a gone account is looked for by its address: beyond, a check stays at about one request for a hundred accounts. */
const LOOK_UP_TO = 2_000;

/**
 * Begins a comparison of every linked account and group with what Entra ID says, as a plan of kind `drift`. Nothing but the plan is written.
 * One plan at a time.
 */
export async function createDrift(planning: Planning, operator: Initiator, isScheduled: boolean): Promise<PlanBegun> {
  const deps = await withMappingsInUse(planning.deps);
  const mayLook = (await linkedCounts(deps)).users <= LOOK_UP_TO;
  const mark: DriftMark = { phase: 'groups', after: null, isScheduled, mayLook };
  return takeSlot(planning, newPlan(deps, 'drift', operator, { schemaHash: deps.schema.hash, cycle: mark }));
}

/** Plans of kind `drift`: what is different about them. */
export const driftPlans: PlanParts = {
  make: (planning, lease, begun, deadlineMs) => new DriftRun(new PlanDraft(planning, lease, begun), deadlineMs).run(),

  async planAgain({ deps, appRoles, ancestry }, { planId }, row, deadlineMs) {
    const how: Comparing = { deps, rules: { appRoles, ancestry }, cycleId: planId, deadlineMs };
    const link = (await deps.links.read(row.key))?.value.link;
    const compared: Compared = link ? await compareAlone(how, link) : { kind: 'skipped' };
    if (compared.kind === 'row') return { row: compared.row, leaving: [] };
    const reason = compared.kind === 'same' ? 'It agrees with Entra ID again.' : 'It is not provisioned any more, or held.';
    return { row: { ...row, outcome: 'unchanged', digest: '', reason }, leaving: [] };
  },
};

const compareAlone = async (how: Comparing, link: Link): Promise<Compared> =>
  link.type === 'user'
    ? compareUser(how, link, await how.deps.target.getUser(link.targetId))
    : compareGroup(how, link, await how.deps.target.getGroup(link.targetId));

/** One stretch of a comparison. What breaks off stays unfinished: half a comparison is never told as a whole one. */
class DriftRun {
  constructor(
    readonly draft: PlanDraft,
    readonly deadlineMs: number,
  ) {}

  run(): Promise<void> {
    return this.draft.stretch(async () => {
      const { deps } = this.draft.planning;
      const { planId, schemaHash } = this.draft.header;
      if (deps.schema.hash !== schemaHash) throw new ConfigError(OTHER_MAPPINGS);
      await requireSameSystems(deps);
      await deps.target.describe(true);
      const how = { deps, rules: await readRules(deps), cycleId: planId, deadlineMs: this.deadlineMs };
      if (this.#mark.phase === 'groups') await this.#groups(how);
      await this.#users(how);
      await this.#nameMerged(how);
      await this.draft.finish();
    });
  }

  /** The list tells of every live group; one that it leaves out is asked for, because a list proves little. */
  async #groups(how: Comparing): Promise<void> {
    const live = new Map<TargetId, TargetGroup>();
    for await (const page of how.deps.target.listGroups()) for (const group of page) live.set(group.id, group);
    await this.#inChunks('group', READ_AT_ONCE, async (links) => {
      const groupOf = async ({ targetId }: Link) => live.get(targetId) ?? how.deps.target.getGroup(targetId);
      return concurrently(links, STORAGE_CONCURRENCY, async (link) => compareGroup(how, link, await groupOf(link)));
    });
    await this.draft.save({ cycle: { ...this.#mark, phase: 'users', after: null } satisfies DriftMark });
  }

  async #users(how: Comparing): Promise<void> {
    const { target } = how.deps;
    await this.#inChunks('user', READ_AT_ONCE, async (links) => {
      // All at once, so that they share one request.
      const read = await Promise.all(links.map(async ({ targetId }) => [targetId, await target.getUser(targetId)] as const));
      const accounts = new Map<TargetId, TargetUser | undefined>(read);
      return concurrently(links, STORAGE_CONCURRENCY, (link) => compareUser(how, link, accounts.get(link.targetId)));
    });
  }

  async #nameMerged({ deps }: Comparing): Promise<void> {
    const { planId, counts } = this.draft.header;
    const { plans } = this.draft.planning;
    if ((counts['create'] ?? 0) === 0) return;
    for (let after: string | undefined; ; ) {
      const page = await plans.rows(planId, 'acting', READ_AT_ONCE, after);
      await plans.putRows(planId, await nameMerged(deps, page.rows, this.#mark.mayLook));
      await this.draft.save({});
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /** Links from where the comparison stands, so many at a time; the place is kept after each. */
  async #inChunks(
    type: Link['type'],
    size: number,
    compare: (links: readonly Link[]) => Promise<readonly Compared[]>,
  ): Promise<void> {
    const { deps } = this.draft.planning;
    const one = async (links: readonly Link[]): Promise<void> => {
      const last = links.at(-1);
      if (last) await this.#keep(last.sourceId, await compare(links));
    };
    let waiting: Link[] = [];
    for await (const page of deps.links.listLinks(type, this.#mark.after ?? undefined)) {
      waiting.push(...page);
      for (; waiting.length >= size; waiting = waiting.slice(size)) await one(waiting.slice(0, size));
    }
    await one(waiting);
  }

  async #keep(after: SourceId, compared: readonly Compared[]): Promise<void> {
    const { deps, plans } = this.draft.planning;
    const { header } = this.draft;
    const found = compared.flatMap((one) => (one.kind === 'row' ? [one.row] : []));
    const isLeft = await concurrently(found, STORAGE_CONCURRENCY, ({ key }) => isWaiting(deps, key));
    const rows = found.filter((_, at) => isLeft[at] !== true);
    await plans.putRows(header.planId, rows);
    const { removals, counts: named } = countsWith(header, rows, countedAs);
    const counts: Record<string, number> = { ...named };
    const add = (name: string, many: number): void => {
      if (many > 0) counts[name] = (counts[name] ?? 0) + many;
    };
    add('unchanged', compared.filter(({ kind }) => kind === 'same').length);
    add('skipped', compared.filter(({ kind }) => kind === 'skipped').length);
    add('waiting', found.length - rows.length);
    const cycle: DriftMark = { ...this.#mark, after };
    await this.draft.save({ objects: header.objects + compared.length, counts, removals, cycle });
    if (deps.clock().getTime() >= this.deadlineMs) throw new CycleInterrupted();
  }

  get #mark(): DriftMark {
    return this.draft.header.cycle as DriftMark;
  }
}

/** What is found and never repaired counts as `reported`. */
const countedAs = ({ outcome, action }: PlanRow): string =>
  outcome === 'planned' ? action : outcome === 'skipped' ? 'reported' : outcome;
