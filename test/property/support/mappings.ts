import type { SourceId } from '../../../src/core/model';
import { storeMappings } from '../../../src/engine/control/store-mappings';
import { readJob } from '../../../src/engine/job/job-state';
import { type ActivateRequest, activateMappings } from '../../../src/engine/preview/activate-mappings';
import { continuePlan, createPlan } from '../../../src/engine/preview/make-plan';
import type { Planning } from '../../../src/engine/preview/planning';
import { aCompany } from '../../builders/people';
import { makePlans, makeShadow } from '../../simulation/ports/plans';
import { only } from './only';
import { schemaOf, type World } from './world';

const SHIPPED = schemaOf();
export const ANN = { type: 'user', id: 'aaaaaaaa-0000-4000-8000-00000000000a', displayName: 'Ann Admin' } as const;
export const BOB = { type: 'user', id: 'aaaaaaaa-0000-4000-8000-00000000000b', displayName: 'Bob Admin' } as const;

interface File {
  readonly synchronizationRules: readonly {
    readonly objectMappings: readonly {
      readonly sourceObjectName: string;
      scope?: unknown;
      readonly attributeMappings: Attribute[];
    }[];
  }[];
}
interface Attribute {
  readonly targetAttributeName: string;
  source: { readonly expression: string };
}

/** The shipped mappings, changed for users. */
function edited(edit: (user: File['synchronizationRules'][number]['objectMappings'][number]) => void): string {
  const file = structuredClone(SHIPPED.raw) as File;
  const user = file.synchronizationRules[0]?.objectMappings.find(({ sourceObjectName }) => /user/i.test(sourceObjectName));
  if (!user) throw new Error('the shipped file has no mapping of users');
  edit(user);
  return JSON.stringify(file);
}

/** Names of people as an expression gives them. */
export const named = (expression: string): string =>
  edited(({ attributeMappings }) => {
    const name = attributeMappings.find(({ targetAttributeName }) => targetAttributeName === 'name');
    if (name) name.source = { expression };
  });
export const LOUD = named('ToUpper([displayName])');
export const QUIET = named('ToLower([displayName])');
/** Nobody but the department of sales. */
export const SALES = edited((user) => {
  user.scope = {
    groups: [{ clauses: [{ sourceOperandName: 'department', operatorName: 'EQUALS', targetOperand: { values: ['Sales'] } }] }],
  };
});

export const planningOf = (world: World): Planning => {
  const found = plannings.get(world) ?? { plans: makePlans(), shadow: makeShadow() };
  plannings.set(world, found);
  return { deps: world.deps(), ...found };
};
const plannings = new WeakMap<World, Omit<Planning, 'deps'>>();

/** Stores mappings as a draft. @returns its version */
export async function stored(world: World, text: string): Promise<number> {
  const answer = await storeMappings(world.deps(), ANN, text, 'a test');
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer.problems));
  return answer.version.version;
}

/** Makes a plan of a version. @returns its id */
export async function planned(world: World, version: number): Promise<string> {
  const planning = planningOf(world);
  const begun = await createPlan(planning, ANN, { version });
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  const plan = await continuePlan(planning, begun.header.planId, { owner: 'plan', budgetMs: 600_000 });
  expect(plan?.state).toBe('planned');
  return begun.header.planId;
}

export const activate = (
  world: World,
  version: number,
  more: Partial<ActivateRequest> = {},
  operator: typeof ANN | typeof BOB = ANN,
) => activateMappings(planningOf(world), operator, { version, why: 'a test', ...more });

/** Plans a version, or one that it stores, agrees to what that removes, and puts it in force. */
export async function inForce(world: World, given: number | string): Promise<void> {
  const version = typeof given === 'string' ? await stored(world, given) : given;
  const planId = await planned(world, version);
  expect(await activate(world, version, { planId, allowDeletes: true })).toMatchObject({ kind: 'active', changed: true });
}

export const nameOf = (world: World, id: SourceId): string | undefined => world.accountOf(id)?.name;
export const job = async (world: World) => (await readJob(world.deps().state)).value;

/** Calls of ports by name while something is done. */
export async function callsOf(world: World, run: () => Promise<unknown>): Promise<readonly string[]> {
  const calls: string[] = [];
  world.hook = (name) => void calls.push(name);
  await run();
  world.hook = undefined;
  return calls;
}

/** Ann Lee, and others where there are to be more, whom no cycle has seen. */
export function company(people = 1) {
  const made = aCompany({ users: people });
  const { id } = only(made.users);
  made.directory.updateUser(id, { displayName: 'Ann Lee' });
  return { ...made, id };
}

/** The same, with an account for everybody. */
export async function inService(people = 1) {
  const made = company(people);
  await made.world.round();
  return made;
}

/** The same, once Ann is called otherwise and a cycle has asked for that: its items wait. */
export async function renamed() {
  const made = await inService();
  made.directory.updateUser(made.id, { displayName: 'Ann Other' });
  await made.world.cycle();
  return made;
}

/** The entries of the log that say something. */
export async function saidOf(world: World, words: string) {
  const { entries } = await world.deps().log.query({}, 1_000);
  return entries.filter(({ provisioningSteps }) => provisioningSteps.some(({ description }) => description.includes(words)));
}
