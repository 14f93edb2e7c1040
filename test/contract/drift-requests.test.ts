import { targetId } from '../../src/core/model';
import { createDrift, driftPlans } from '../../src/engine/drift/drift-run';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import { continuePlan } from '../../src/engine/preview/make-plan';
import type { Planning } from '../../src/engine/preview/planning';
import { THE_CYCLE } from '../../src/engine/record/log-entry';
import { aGroup, aLink, aUser } from '../builders/objects';
import { World } from '../property/support/world';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

const ACCOUNTS = 10_000;
const AGENTS = 90;
const DRIFTED = ACCOUNTS / 100;
const MOST_REQUESTS = 110;

const idOf = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}` as ReturnType<typeof aUser>['id'];
const GROUP = idOf(999_999);

let zendesk: ZendeskWorld;
afterEach(() => zendesk?.close());

/** An account of that size in sync, stored as cycles would have left it. */
async function companyInSync(): Promise<{ readonly world: World; readonly accounts: readonly number[] }> {
  zendesk = await makeZendeskWorld();
  const { seed } = zendesk.simulator;
  const world = new World();
  const role = {
    user: world.directory.addAppRole({ displayName: 'User', value: 'user' }),
    agent: world.directory.addAppRole({ displayName: 'Agent', value: 'agent' }),
  };
  const deps = world.deps();
  await deps.state.write(STATE_KEYS.application, await world.source.readApplication(), '*');
  const sales = seed.group('Sales');
  const members = [];
  const accounts: number[] = [];
  for (let at = 0; at < ACCOUNTS; at += 1) {
    const id = idOf(at);
    const isAgent = at < AGENTS;
    const email = `person${at}@contoso.com`;
    const settledRole = { role: isAgent ? ('agent' as const) : ('end-user' as const), customRoleId: null };
    const row = seed.user({ name: `Person ${at}`, email, verified: true, external_id: id, role: settledRole.role });
    const attributes = { accountEnabled: true, displayName: `Person ${at}`, mail: email, userPrincipalName: email };
    const entitlements = [{ assignmentId: `a${at}`, appRoleId: isAgent ? role.agent : role.user, path: [] }];
    await deps.space.writeObject(aUser({ id, attributes, entitlements }), null);
    const link = aLink({ sourceId: id, targetId: targetId(row.id), settledRole, isAgent });
    await deps.links.write({ type: 'user', id }, { link, claim: null }, null);
    if (isAgent) {
      seed.member(row, sales);
      members.push({ groupId: GROUP, memberId: id, memberType: 'user' as const });
      const membershipId = targetId(zendesk.simulator.state.membership(row.id, sales.id)?.id ?? 0);
      const ids = { targetGroupId: targetId(sales.id), targetUserId: targetId(row.id), membershipId };
      await deps.links.putMembership({ groupId: GROUP, userId: id, ...ids });
    }
    accounts.push(row.id);
  }
  const entitlements = [{ assignmentId: 'g', appRoleId: role.user, path: [] }];
  await deps.space.writeObject(aGroup({ id: GROUP, entitlements }), null);
  await deps.space.putMembers(members);
  const link = aLink({ type: 'group', sourceId: GROUP, targetId: targetId(sales.id), settledRole: null });
  await deps.links.write({ type: 'group', id: GROUP }, { link, claim: null }, null);
  return { world, accounts };
}

it(`${DRIFTED} of ${ACCOUNTS} accounts changed in Zendesk are found with at most ${MOST_REQUESTS} requests`, async () => {
  const { world, accounts } = await companyInSync();
  const { simulator, connector } = zendesk;
  // Spread over all of them, and of every kind that costs something: deleted ones have to be looked for.
  const changed = accounts.filter((_, at) => at % DRIFTED === DRIFTED / 2);
  changed.forEach((id, at) => {
    const row = simulator.state.users.get(id);
    if (!row) throw new Error('no account');
    if (at % 4 === 0) row.name = 'By hand';
    else if (at % 4 === 1) row.suspended = true;
    else if (at % 4 === 2) {
      row.active = false;
      simulator.state.forgetDeletedUser(row);
    } else row.role = 'agent';
  });
  const plans = makePlans();
  const deps = { ...world.deps(), target: connector };
  const planning: Planning = { deps, plans, shadow: makeShadow(), kinds: { drift: driftPlans } };
  simulator.stats.byRoute.clear();
  const before = simulator.stats.requests;
  const begun = await createDrift(planning, THE_CYCLE, false);
  if (begun.kind !== 'begun') throw new Error('busy');
  const header = await continuePlan(planning, begun.header.planId, { owner: 'test', budgetMs: 3_600_000 });
  expect(header).toMatchObject({ state: 'planned', objects: ACCOUNTS + 1, error: null });
  const { rows } = await plans.rows(begun.header.planId, 'all', 1_000);
  const found: Record<string, number> = {};
  for (const { code } of rows) found[code ?? ''] = (found[code ?? ''] ?? 0) + 1;
  expect(found).toEqual({
    Renamed: 25,
    SuspendedByOthers: 25,
    AccountDeleted: 25,
    RoleChanged: 25,
  });
  const requests = simulator.stats.requests - before;
  expect([requests <= MOST_REQUESTS, requests, [...simulator.stats.byRoute]]).toEqual([
    true,
    expect.any(Number),
    expect.anything(),
  ]);
  expect(simulator.stats.writes).toEqual([]);
});
