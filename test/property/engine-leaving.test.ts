import type { Leaving } from '../../src/core/leaving';
import type { Link, SourceId, TargetId } from '../../src/core/model';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { DAY_MS } from '../../src/core/time';
import { readLeaversAhead } from '../../src/engine/job/leavers-ahead';
import type { JobSettings } from '../../src/engine/job-settings';
import { explainObject } from '../../src/engine/queries/explain-object';
import { aCompany } from '../builders/people';
import { Undoing } from './support/undoing';
import type { World } from './support/world';

type Company = ReturnType<typeof aCompany>;

/** Everything that leaving can do. */
const ALL: Partial<JobSettings> = {
  deprovisionUsers: 'DowngradeAndSuspend',
  offboardTickets: { kind: 'group', name: 'Tier 2' },
  offboardDeleteAfterDays: 30,
  offboardEraseAfterDays: 90,
};

/** Two agents and a user with their accounts; the first agent has tickets. */
async function aDesk(settings: Partial<JobSettings> = ALL, tickets = 3): Promise<Company & { readonly ann: SourceId }> {
  const company = aCompany({ agents: 2, users: 1 }, { settings });
  company.world.target.seedGroup('Tier 2');
  await company.world.round();
  const ann = company.agents[0]?.id as SourceId;
  company.world.target.seedTickets(company.world.accountOf(ann)?.id as TargetId, tickets);
  return { ...company, ann };
}

const disable = ({ directory }: Company, id: SourceId) => directory.updateUser(id, { accountEnabled: false });
const enable = ({ directory }: Company, id: SourceId) => directory.updateUser(id, { accountEnabled: true });
const leavingOf = (world: World, id: SourceId): Promise<Leaving | undefined> => world.deps().leavings.read(id);
const entriesOf = async (world: World, id: SourceId): Promise<readonly ProvisioningLogEntry[]> =>
  (await world.deps().log.query({ sourceId: id }, 100)).entries.filter(
    ({ provisioningStatusInfo }) => provisioningStatusInfo.status !== 'skipped',
  );
const inGroup = (world: World, name: string) =>
  [...world.target.tickets.values()].filter(({ group }) => group === world.groupNamed(name)?.id).length;
const assignedTo = (world: World, id: TargetId) =>
  [...world.target.tickets.values()].filter(({ assignee }) => assignee === id).length;

const passes = ({ world }: Company, days: number): void => {
  world.nowMs += days * DAY_MS;
};

async function laterBy(world: World, days: number): Promise<void> {
  world.nowMs += days * DAY_MS;
  await world.round();
}

describe('leaving › in order', () => {
  it('access, tickets, groups, seat, and after the days the account', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const account = world.accountOf(ann);
    const order: string[] = [];
    world.hook = (name) => {
      if (/^target\.(updateUser|endSessions|handOverTickets|deleteUser|eraseUser)$/.test(name)) order.push(name.slice(7));
    };
    disable(desk, ann);
    await world.round();
    expect(order).toEqual(['updateUser', 'endSessions', 'handOverTickets', 'updateUser']);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    expect(inGroup(world, 'Tier 2')).toBe(3);
    expect(world.target.endedSessions).toEqual([account?.id]);
    const [left] = await entriesOf(world, ann);
    expect(left?.provisioningAction).toBe('disable');
    expect(left?.modifiedProperties.map(({ displayName, newValue }) => [displayName, newValue])).toEqual([
      ['open_tickets', 'group:Tier 2'],
      ['role', 'end-user'],
      ['suspended', 'true'],
    ]);
    expect(left?.provisioningSteps.map(({ description }) => description).join(' ')).toContain('3 open tickets handed over');
    await laterBy(world, 29);
    expect(world.accountOf(ann)).toBeDefined();
    await laterBy(world, 1);
    expect(world.accountOf(ann)).toBeUndefined();
    expect(world.target.erased).toEqual([]);
    await laterBy(world, 59);
    expect(world.target.erased).toEqual([]);
    await laterBy(world, 1);
    expect(world.target.erased).toEqual([account?.id]);
    expect(await leavingOf(world, ann)).toBeUndefined();
    const told = (await entriesOf(world, ann)).map(({ provisioningAction }) => provisioningAction);
    expect(told.filter((action) => action !== 'create')).toEqual(['delete', 'delete', 'disable']);
    const writes = world.target.writeCount();
    await laterBy(world, 100);
    expect(world.target.writeCount()).toBe(writes);
  });

  it('without tickets to hand over, account and seat change with one request', async () => {
    const desk = await aDesk({ ...ALL, offboardTickets: { kind: 'leave' } });
    const before = desk.world.target.writes.get('updateUser') ?? 0;
    disable(desk, desk.ann);
    await desk.world.round();
    expect(desk.world.target.writes.get('updateUser')).toBe(before + 1);
  });

  it('an agent who keeps the seat hands the tickets over as well, once', async () => {
    const desk = await aDesk({ deprovisionUsers: 'Suspend', offboardTickets: { kind: 'unassign' } });
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    expect(assignedTo(world, id)).toBe(0);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    world.target.seedTickets(id, 1);
    await world.dueInitial();
    await world.round();
    expect(assignedTo(world, id)).toBe(1);
    enable(desk, ann);
    await world.round();
    disable(desk, ann);
    await world.round();
    expect(assignedTo(world, id)).toBe(0);
  });

  it('whoever was suspended before the setting came hands the tickets over with the cycle that brings it', async () => {
    const desk = await aDesk({ deprovisionUsers: 'Suspend' });
    const { world, ann } = desk;
    disable(desk, ann);
    await world.round();
    expect(inGroup(world, 'Tier 2')).toBe(0);
    world.settings = { ...world.settings, ...ALL };
    await world.round();
    await world.round();
    expect(inGroup(world, 'Tier 2')).toBe(3);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
  });

  it('tickets that went before a try was cut off are told as a change where the seat stays after all, and take no access', async () => {
    const desk = await aDesk({ deprovisionUsers: 'Suspend' });
    const { world, ann } = desk;
    disable(desk, ann);
    await world.round();
    world.settings = { ...world.settings, ...ALL };
    world.target.hook = (moment, method) => {
      if (moment !== 'before' || method !== 'updateUser') return;
      world.settings = { ...world.settings, deprovisionUsers: 'Suspend' };
      throw new Error('killed');
    };
    await world.cycle();
    await world.drain(undefined, () => true);
    await world.cycle();
    await world.drain(undefined, () => true);
    world.target.hook = undefined;
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    const told = (await entriesOf(world, ann)).map((entry) => [
      entry.provisioningAction,
      entry.provisioningSteps.some(({ description }) => description.startsWith('Account open tickets handed over.')),
    ]);
    expect(told.filter(([action]) => action !== 'create')).toEqual([
      ['update', true],
      ['disable', false],
    ]);
  });

  it('ten thousand tickets take their time in stretches, and nobody waits for them', async () => {
    const desk = await aDesk(ALL, 10_000);
    const { world, ann, users } = desk;
    const bob = users[0]?.id as SourceId;
    // A hundred take ten seconds, as recorded jobs do.
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'handOverTickets') world.nowMs += 10_000;
    };
    disable(desk, ann);
    disable(desk, bob);
    await world.cycle();
    world.queue.messages.sort((a) => (a.item.sourceId === ann ? -1 : 1));
    const first = world.queue.messages.shift();
    if (first) await world.work(first.item);
    // The first call has taken access away and a part of the tickets; the other one comes next.
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    expect(inGroup(world, 'Tier 2')).toBe(600);
    expect(await leavingOf(world, ann)).toMatchObject({ tickets: { count: 600, isComplete: false } });
    const next = world.queue.messages.shift();
    expect(next?.item.sourceId).toBe(bob);
    if (next) await world.work(next.item);
    expect(world.accountOf(bob)?.suspended).toBe(true);
    await world.drain();
    expect(inGroup(world, 'Tier 2')).toBe(10_000);
    expect(world.target.writes.get('handOverTickets')).toBe(10_000);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    expect((await entriesOf(world, ann)).filter(({ provisioningAction }) => provisioningAction === 'disable')).toHaveLength(1);
  });
});

describe('leaving › tickets that cannot be handed over', () => {
  it.each([
    ['nobody takes them', (world: World) => void Object.assign(world.groupNamed('Tier 2') ?? {}, { deleted: true })],
    [
      'one of them is refused',
      (world: World) => void Object.assign([...world.target.tickets.values()][1] ?? {}, { isStubborn: true }),
    ],
  ])('%s: access ends all the same, the seat waits, and both are done once it works', async (_, spoil) => {
    const desk = await aDesk();
    const { world, ann } = desk;
    spoil(world);
    disable(desk, ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    expect(world.target.endedSessions).toHaveLength(1);
    const [entry] = await entriesOf(world, ann);
    expect(entry).toMatchObject({ provisioningAction: 'disable', provisioningStatusInfo: { status: 'warning' } });
    expect(entry?.modifiedProperties.map(({ displayName }) => displayName)).toEqual(['suspended']);
    const escrow = await world.deps().escrows.read({ type: 'user', id: ann });
    expect(escrow?.recommendedAction).toContain('OFFBOARD_TICKETS');
    expect(escrow?.reason).toContain('group:Tier 2');
    // Not deleted by the days while they wait.
    await laterBy(world, 31);
    expect(world.accountOf(ann)).toBeDefined();
    if (!world.groupNamed('Tier 2')) world.target.seedGroup('Tier 2');
    for (const ticket of world.target.tickets.values()) ticket.isStubborn = false;
    await world.dueInitial();
    await world.round();
    await world.round();
    expect(inGroup(world, 'Tier 2')).toBe(3);
    await laterBy(world, 1);
    expect(world.accountOf(ann)).toBeUndefined();
  });
});

describe('leaving › called off by a return', () => {
  it('before the deletion: the same account is lifted, and no day comes', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    await laterBy(world, 29);
    enable(desk, ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ id, suspended: false, role: { role: 'agent' } });
    expect(await leavingOf(world, ann)).toBeUndefined();
    await laterBy(world, 400);
    expect(world.accountOf(ann)).toMatchObject({ id, suspended: false });
  });

  it('between deletion and erasure: a new account, and the old one is not erased', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    await laterBy(world, 31);
    expect(await leavingOf(world, ann)).toMatchObject({ targetId: id, deletedAt: expect.any(String) });
    enable(desk, ann);
    await world.round();
    expect(world.accountOf(ann)?.id).not.toBe(id);
    const [entry] = await entriesOf(world, ann);
    expect(JSON.stringify(entry?.provisioningSteps)).toContain('Zendesk cannot undo');
    await laterBy(world, 400);
    expect(world.target.erased).toEqual([]);
    expect(world.accountOf(ann)?.suspended).toBe(false);
  });

  it('leaves again: the days begin anew', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    for (const step of [disable, enable, disable]) {
      world.nowMs += 20 * DAY_MS;
      step(desk, ann);
      await world.round();
    }
    await laterBy(world, 29);
    expect(world.accountOf(ann)).toBeDefined();
    await laterBy(world, 1);
    expect(world.accountOf(ann)).toBeUndefined();
  });

  it('let go already when the person comes back: nothing is taken', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    disable(desk, ann);
    await world.round();
    world.nowMs += 30 * DAY_MS;
    await world.cycle();
    expect(world.queue.messages.some(({ item }) => item.allows?.kind === 'userDelete')).toBe(true);
    enable(desk, ann);
    await world.cycle();
    await world.drain(() => world.queue.messages.length - 1);
    expect(world.accountOf(ann)?.suspended).toBe(false);
  });

  it('lifted by hand in Zendesk: access ends again, and the days begin anew', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    Object.assign(world.target.users.get(id) ?? {}, { suspended: false });
    await laterBy(world, 30);
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(true);
    await laterBy(world, 29);
    expect(world.accountOf(ann)).toBeDefined();
    await laterBy(world, 1);
    expect(world.accountOf(ann)).toBeUndefined();
  });
});

describe('leaving › taken back by an operator', () => {
  it('the account is lifted, no day comes while it is held, and the tickets are named as what does not come back', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    const { cycleId } = await world.round();
    const undoing = new Undoing(world);
    const { header, rows } = await undoing.plan(cycleId);
    expect(JSON.stringify(rows)).toContain('tickets that were handed over stay');
    await undoing.apply(header.planId);
    expect(world.accountOf(ann)).toMatchObject({ id, suspended: false, role: { role: 'agent' } });
    expect(await leavingOf(world, ann)).toBeUndefined();
    for (let cycles = 0; cycles < 3; cycles += 1) await laterBy(world, 200);
    expect(world.accountOf(ann)).toMatchObject({ id, suspended: false });
  });
});

describe('leaving › told beforehand', () => {
  it('the status counts by day what comes within a week, and a notice says so once a week', async () => {
    const company = aCompany({ users: 4 }, { settings: ALL });
    const { world, users } = company;
    await world.round();
    for (const { id } of users.slice(0, 3)) {
      disable(company, id);
      await world.round();
    }
    const due = world.nowMs + 30 * DAY_MS;
    const told = () => world.notices.filter(({ kind }) => kind === 'accountsDue');
    await laterBy(world, 20);
    expect(await readLeaversAhead(world.deps())).toMatchObject({ delete: { afterDays: 30, due: 0, ahead: 0, days: [] } });
    expect(told()).toEqual([]);
    await laterBy(world, 5);
    const on = new Date(due).toISOString().slice(0, 10);
    expect(await readLeaversAhead(world.deps())).toEqual({
      delete: { afterDays: 30, due: 0, ahead: 3, isCountExact: true, days: [{ on, count: 3 }] },
      erase: { afterDays: 90, due: 0, ahead: 0, isCountExact: true, days: [] },
    });
    await laterBy(world, 1);
    expect(told()).toEqual([{ kind: 'accountsDue', deletions: [{ on, count: 3 }], erasures: [] }]);
    world.settings = { ...world.settings, offboardDeleteAfterDays: 60 };
    expect((await readLeaversAhead(world.deps())).delete).toMatchObject({ due: 0, ahead: 0 });
    world.settings = { ...world.settings, offboardDeleteAfterDays: 26 };
    await world.round();
    expect(users.slice(0, 3).some(({ id }) => world.accountOf(id))).toBe(false);
    expect(told()).toHaveLength(1);
    await laterBy(world, 58);
    expect(told().at(-1)).toMatchObject({ deletions: [], erasures: [{ on: expect.any(String), count: 3 }] });
  });

  it('explain says where somebody is, and what is to come', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    disable(desk, ann);
    await world.round();
    const result = await explainObject(world.deps(), { type: 'user', id: ann });
    const explained = result.kind === 'explained' ? result.explanation : undefined;
    expect(explained?.leaving?.steps.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'access done',
      'tickets done',
      'seat done',
      'delete waits',
      'erase waits',
    ]);
    expect(explained?.answer).toContain('The account is deleted after');
    enable(desk, ann);
    await world.round();
    const back = await explainObject(world.deps(), { type: 'user', id: ann });
    expect(back.kind === 'explained' && back.explanation.leaving).toBeNull();
  });
});

describe('leaving › what is never touched', () => {
  it('an account that was there before this app is never deleted or erased', async () => {
    const company = aCompany({}, { settings: ALL });
    const { world, directory, roles } = company;
    const ann = directory.addUser({ displayName: 'Ann', mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' });
    directory.assign(ann, roles.user);
    world.target.seedUser({ name: 'Ann', email: 'ann@contoso.com' });
    await world.round();
    disable(company, ann);
    await world.round();
    for (let cycles = 0; cycles < 3; cycles += 1) await laterBy(world, 200);
    expect(world.accountOf(ann)?.suspended).toBe(true);
  });

  it('another account that has taken the place of the one left behind has days of its own, and none where it was there before', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    // Somebody makes another account of hers in Zendesk, and the app links that one.
    Object.assign(world.target.users.get(id) ?? {}, { externalId: null });
    const other = world.target.seedUser({ name: 'Ann', externalId: ann, suspended: true });
    const { links } = world.deps();
    const stored = await links.read({ type: 'user', id: ann });
    const link = { ...(stored?.value.link as Link), targetId: other.id, createdByUs: false };
    await links.write({ type: 'user', id: ann }, { link, claim: null }, stored?.etag ?? null);
    for (let cycles = 0; cycles < 3; cycles += 1) {
      await world.dueInitial();
      await laterBy(world, 200);
    }
    expect(world.target.users.get(other.id)?.active).toBe(true);
    expect(world.target.users.get(id)?.active).toBe(true);
  });

  it('an account that somebody else has deleted is not erased', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    Object.assign(world.target.users.get(id) ?? {}, { active: false });
    await laterBy(world, 31);
    await laterBy(world, 100);
    expect(world.target.erased).toEqual([]);
    expect(await leavingOf(world, ann)).toBeUndefined();
  });

  it.each([
    ['while the request is under way', 0],
    ['after the process was killed before the request', 120],
  ])('an account that somebody else deletes %s is not erased', async (_when, minutes) => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const account = world.target.users.get(world.accountOf(ann)?.id as TargetId);
    disable(desk, ann);
    await world.round();
    passes(desk, 31);
    await world.cycle();
    world.target.hook = (moment, method) => {
      if (moment !== 'before' || method !== 'deleteUser') return;
      world.target.hook = undefined;
      if (minutes > 0) throw new Error('killed');
      Object.assign(account ?? {}, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    };
    const [message] = world.queue.messages.splice(0, 1);
    if (message) await world.work(message.item).catch(() => undefined);
    if (minutes > 0) {
      passes(desk, minutes / 24 / 60);
      Object.assign(account ?? {}, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    }
    for (let cycles = 0; cycles < 3; cycles += 1) await laterBy(world, 100);
    expect(account?.active).toBe(false);
    expect(world.target.erased).toEqual([]);
    expect(await leavingOf(world, ann)).toBeUndefined();
  });

  it('a deletion whose answer was lost is erased in its time where Zendesk shows that the account went then', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    passes(desk, 31);
    await world.cycle();
    world.target.hook = (moment, method) => {
      if (moment !== 'after' || method !== 'deleteUser') return;
      world.target.hook = undefined;
      throw new Error('killed');
    };
    await world.drain(undefined, () => true);
    await laterBy(world, 100);
    expect(world.target.erased).toEqual([id]);
  });

  it('PROTECTED_USERS keeps an account by its id from deletion and from erasure', async () => {
    const desk = await aDesk();
    const { world, ann } = desk;
    const { id } = world.accountOf(ann) as { id: TargetId };
    disable(desk, ann);
    await world.round();
    world.settings = { ...world.settings, protectedUsers: [id] };
    await laterBy(world, 31);
    expect(world.accountOf(ann)).toBeDefined();
    world.settings = { ...world.settings, protectedUsers: [] };
    await world.round();
    expect(world.accountOf(ann)).toBeUndefined();
    world.settings = { ...world.settings, protectedUsers: [id] };
    await laterBy(world, 100);
    expect(world.target.erased).toEqual([]);
  });

  it.each([
    ['deletions', 31, 'userDelete'],
    ['erasures', 100, 'userErase'],
  ] as const)('the brake holds %s that are too many, until an operator lets them go', async (_, days, kind) => {
    const company = aCompany({ users: 8 }, { settings: { ...ALL, deletionThreshold: 10 } });
    const { world, users } = company;
    await world.round();
    for (const { id } of users) disable(company, id);
    await world.round();
    if (kind === 'userErase') await laterBy(world, 31);
    world.settings = { ...world.settings, deletionThreshold: 5 };
    await laterBy(world, days);
    await world.round();
    const held = [];
    for await (const page of world.deps().staged.list()) held.push(...page);
    expect(held.map((row) => [row.kind, row.state])).toEqual(users.map(() => [kind, 'staged']));
    expect(world.target.erased).toEqual([]);
    if (kind === 'userDelete') expect(users.every(({ id }) => world.accountOf(id))).toBe(true);
    const { allowDeletes } = await import('../../src/engine/cycle/release-staged');
    await allowDeletes(world.deps(), { id: 'op', displayName: 'Op', initiatorType: 'user' } as never, undefined);
    await world.drain();
    if (kind === 'userDelete') expect(users.some(({ id }) => world.accountOf(id))).toBe(false);
    else expect(world.target.erased).toHaveLength(8);
  });
});

describe('leaving › restartable', () => {
  /** A day of each step, each with its cycle; some of them with a return. */
  const STORIES: Readonly<Record<string, readonly ((desk: Awaited<ReturnType<typeof aDesk>>) => void)[]>> = {
    'to the end': [(desk) => disable(desk, desk.ann), (desk) => passes(desk, 30), (desk) => passes(desk, 60)],
    'and back before the deletion': [(desk) => disable(desk, desk.ann), (desk) => enable(desk, desk.ann)],
    'and back after it': [(desk) => disable(desk, desk.ann), (desk) => passes(desk, 30), (desk) => enable(desk, desk.ann)],
  };

  /** What there is in the end, and what the log tells of it. */
  async function stateOf(world: World, ann: SourceId): Promise<unknown> {
    const told = (await entriesOf(world, ann)).map(({ provisioningAction, modifiedProperties }) => [
      provisioningAction,
      modifiedProperties.map(({ displayName, newValue }) => `${displayName}=${newValue}`),
    ]);
    const row = await leavingOf(world, ann);
    return {
      zendesk: world.snapshot(),
      tickets: [...world.target.tickets.values()],
      hasEndedSessions: world.target.endedSessions.length > 0,
      erased: world.target.erased.length,
      told,
      leaving: row && { ...row, leftAt: '', deletedAt: row.deletedAt === null ? null : '' },
    };
  }

  async function play(story: string, settings: Partial<JobSettings>, kill?: number): Promise<unknown> {
    const desk = await aDesk(settings, 3);
    const { world, ann } = desk;
    for (const step of STORIES[story] ?? []) {
      step(desk);
      world.nowMs += 20 * 60_000;
      let isDone = false;
      for (let tries = 0; !isDone; tries += 1) {
        await world.killedAt(tries === 0 && kill !== undefined ? kill : Number.POSITIVE_INFINITY, async () => {
          isDone = (await world.tick()).kind === 'completed';
        });
        world.nowMs += 120_000;
      }
      for (let calls = 0; world.queue.messages.length > 0; calls += 1) {
        const message = world.queue.messages.shift();
        if (!message) break;
        world.nowMs += message.delayMs + 120_000;
        await world.killedAt(calls < 3 && kill !== undefined ? kill : Number.POSITIVE_INFINITY, () => world.work(message.item));
      }
      await world.drain();
    }
    return stateOf(world, ann);
  }

  it.each([
    ...Object.keys(STORIES).map((story) => [story, ALL, 90] as const),
    ['and back before the deletion', { ...ALL, offboardTickets: { kind: 'leave' } }, 60],
  ] as const)('killed at every single port call of every call of timer and queue: %s', async (story, settings, calls) => {
    const expected = await play(story, settings);
    const wrong: number[] = [];
    for (let at = 0; at < calls; at += 1) {
      try {
        expect(await play(story, settings, at)).toEqual(expected);
      } catch (error) {
        if (wrong.length === 0) console.error(at, error);
        wrong.push(at);
      }
    }
    expect(wrong).toEqual([]);
  });
});
