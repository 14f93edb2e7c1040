import { continueApply, startApply } from '../../src/engine/preview/apply-plan';
import { continuePlan } from '../../src/engine/preview/make-plan';
import { createUndo } from '../../src/engine/undo/make-undo';
import { OLGA, Undoing } from './support/undoing';
import { World } from './support/world';

const options = { owner: 'operator', budgetMs: 600_000 };

/** A company in which one cycle does a bit of everything: disables, renames, moves an address, changes a role, creates, and moves members. */
async function aBusyCycle(): Promise<{ world: World; undoing: Undoing; cycleId: string; before: unknown }> {
  const world = new World({ settings: { deprovisionUsers: 'DowngradeAndSuspend', deletionThreshold: 500 } });
  const { directory } = world;
  const [agent, admin] = ['Agent', 'Admin'].map((name) =>
    directory.addAppRole({ displayName: name, value: name.toLowerCase(), isEnabled: true }),
  );
  const group = directory.addGroup({ displayName: 'Helpdesk' });
  directory.assign(group, agent);
  const person = (name: string) => {
    const mail = `${name}@contoso.com`;
    const id = directory.addUser({ displayName: name, mail, userPrincipalName: mail, accountEnabled: true });
    return { id, assignment: directory.assign(id, agent) };
  };
  const [leaver, renamed, mover, raised] = ['leaver', 'renamed', 'mover', 'raised'].map(person);
  for (const one of [leaver, renamed, mover]) if (one) directory.addMember(group, one.id);
  await world.round();
  const before = world.snapshot();
  if (!leaver || !renamed || !mover || !raised) throw new Error('nobody there');
  directory.updateUser(leaver.id, { accountEnabled: false });
  directory.updateUser(renamed.id, { displayName: 'Renamed', mail: 'other@contoso.com' });
  directory.removeMember(group, mover.id);
  directory.addMember(group, raised.id);
  directory.assign(raised.id, admin);
  for (const one of [...directory.assignments.values()]) {
    if (one.principalId === raised.id && one.appRoleId === agent) directory.unassign(one.id);
  }
  const made = directory.addUser({
    displayName: 'made',
    mail: 'made@contoso.com',
    userPrincipalName: 'made@contoso.com',
    accountEnabled: true,
  });
  directory.assign(made, agent);
  const { cycleId } = await world.round();
  return { world, undoing: new Undoing(world), cycleId, before };
}

/** What is there at the end: Zendesk, what is held, and what the log tells of the undo. */
async function endOf(world: World): Promise<unknown> {
  const holds: unknown[] = [];
  for await (const page of world.deps().holds.list())
    holds.push(...page.map(({ key, way, isLast }) => [key.id, way === null, isLast]));
  const { entries } = await world.deps().log.query({}, 1_000);
  const told = entries
    .filter(
      ({ initiatedBy, provisioningSteps }) =>
        initiatedBy.id === OLGA.id && !provisioningSteps.some(({ name }) => name === 'JobOperation'),
    )
    .map(({ sourceIdentity, provisioningAction, provisioningStatusInfo, modifiedProperties }) =>
      JSON.stringify([sourceIdentity.id, provisioningAction, provisioningStatusInfo.status, modifiedProperties]),
    );
  const escrows: unknown[] = [];
  for await (const page of world.deps().escrows.list()) escrows.push(...page.map(({ key, code }) => [key.id, code]));
  return { zendesk: world.snapshot(), holds, told: told.sort(), escrows };
}

/** Plans and applies the undo; the whole of it is killed once, before its n-th port call. Returns whether it was. */
async function undone(kill: number): Promise<{ world: World; wasKilled: boolean }> {
  const { world, undoing, cycleId } = await aBusyCycle();
  let calls = 0;
  let left = kill;
  /** One function call, killed where its turn comes, and then made again, some minutes later. */
  const call = async (run: () => Promise<unknown>, tries = 3): Promise<void> => {
    for (let at = 0; at < tries; at += 1) {
      calls = 0;
      const counted = async (): Promise<void> => {
        const inner = world.hook;
        world.hook = (name) => {
          calls += 1;
          return inner?.(name);
        };
        await run();
      };
      const isDead = await world.killedAt(left < 0 ? Number.POSITIVE_INFINITY : left, counted);
      world.hook = undefined;
      left = isDead ? -1 : left < 0 ? left : left - calls;
      if (!isDead) return;
      world.nowMs += 300_000;
    }
  };
  const planId = async (): Promise<string> => (await undoing.plans.list())[0]?.planId ?? '';
  await call(async () => {
    if ((await undoing.plans.list()).length === 0) await createUndo(undoing.planning(), OLGA, cycleId, undefined);
  });
  await call(async () => continuePlan(undoing.planning(), await planId(), options));
  await call(async () => startApply(undoing.planning(), await planId(), OLGA, true));
  await call(async () => continueApply(undoing.planning(), await planId(), options));
  for (let items = 0; world.queue.messages.length > 0 && items < 100; items += 1) {
    const message = world.queue.messages.shift();
    if (!message) break;
    world.nowMs += message.delayMs + 10;
    // A message whose call was killed comes back by itself.
    await call(() => world.work(message.item), 1);
  }
  await world.drain();
  return { world, wasKilled: left === -1 };
}

describe('undo › killed', () => {
  it('undisturbed, everything is as it was but what was created', async () => {
    const { before } = await aBusyCycle();
    const { world } = await undone(Number.POSITIVE_INFINITY);
    interface Zendesk {
      readonly users: readonly { readonly externalId: string; readonly name: string; readonly suspended: boolean }[];
      readonly groups: readonly { readonly members: readonly string[] }[];
    }
    const [{ users, groups }, was] = [world.snapshot() as Zendesk, before as Zendesk];
    expect(users.filter(({ name }) => name !== 'made')).toEqual(was.users);
    expect(users.find(({ name }) => name === 'made')?.suspended).toBe(true);
    // Zendesk puts every agent into a group by itself.
    const madeId = users.find(({ name }) => name === 'made')?.externalId;
    expect(groups.map(({ members, ...group }) => ({ ...group, members: members.filter((id) => id !== madeId) }))).toEqual(
      was.groups,
    );
  });

  it('before any port call of planning, applying or carrying it out, and called again: the same end', async () => {
    const expected = await endOf((await undone(Number.POSITIVE_INFINITY)).world);
    let kills = 0;
    for (let at = 0; ; at += 1) {
      const { world, wasKilled } = await undone(at);
      if (!wasKilled) break;
      kills += 1;
      expect([at, await endOf(world)]).toEqual([at, expected]);
    }
    expect(kills).toBeGreaterThan(200);
  });
});
