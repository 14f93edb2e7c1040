import type { SourceId } from '../../src/core/model';
import { DAY_MS } from '../../src/core/time';
import { readLeaversAhead } from '../../src/engine/job/leavers-ahead';
import { explainObject } from '../../src/engine/queries/explain-object';
import { anEmployee } from '../builders/people';
import { ALL, aDesk, annHasLeft, disable, enable, laterBy, leavingOf, ticketsIn, ticketsOf, toldOf } from './support/leaving';
import type { World } from './support/world';

describe('leaving › in order', () => {
  it('access, tickets, groups, seat, and after the days the account', async () => {
    const desk = await aDesk();
    const { world, ann, account } = desk;
    const order: string[] = [];
    world.hook = (name) => {
      if (/^target\.(updateUser|endSessions|handOverTickets|deleteUser|eraseUser)$/.test(name)) order.push(name.slice(7));
    };
    disable(desk, ann);
    await world.round();
    expect(order).toEqual(['updateUser', 'endSessions', 'handOverTickets', 'updateUser']);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    expect(ticketsIn(world, 'Tier 2')).toBe(3);
    expect(world.target.endedSessions).toEqual([account.id]);
    const [left] = await toldOf(world, ann);
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
    expect(world.target.erased).toEqual([account.id]);
    expect(await leavingOf(world, ann)).toBeUndefined();
    const told = (await toldOf(world, ann)).map(({ provisioningAction }) => provisioningAction);
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
    const desk = await annHasLeft({ deprovisionUsers: 'Suspend', offboardTickets: { kind: 'unassign' } });
    const { world, ann, account } = desk;
    expect(ticketsOf(world, account.id)).toBe(0);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    world.target.seedTickets(account.id, 1);
    await world.dueInitial();
    await world.round();
    expect(ticketsOf(world, account.id)).toBe(1);
    enable(desk, ann);
    await world.round();
    disable(desk, ann);
    await world.round();
    expect(ticketsOf(world, account.id)).toBe(0);
  });

  it('whoever was suspended before the setting came hands the tickets over with the cycle that brings it', async () => {
    const { world, ann } = await annHasLeft({ deprovisionUsers: 'Suspend' });
    expect(ticketsIn(world, 'Tier 2')).toBe(0);
    world.settings = { ...world.settings, ...ALL };
    await world.rounds(2);
    expect(ticketsIn(world, 'Tier 2')).toBe(3);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
  });

  it('tickets that went before a try was cut off are told as a change where the seat stays after all, and take no access', async () => {
    const { world, ann } = await annHasLeft({ deprovisionUsers: 'Suspend' });
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
    const told = (await toldOf(world, ann)).map((entry) => [
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
    expect(ticketsIn(world, 'Tier 2')).toBe(600);
    expect(await leavingOf(world, ann)).toMatchObject({ tickets: { count: 600, isComplete: false } });
    const next = world.queue.messages.shift();
    expect(next?.item.sourceId).toBe(bob);
    if (next) await world.work(next.item);
    expect(world.accountOf(bob)?.suspended).toBe(true);
    await world.drain();
    expect(ticketsIn(world, 'Tier 2')).toBe(10_000);
    expect(world.target.writes.get('handOverTickets')).toBe(10_000);
    expect(world.accountOf(ann)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    expect((await toldOf(world, ann)).filter(({ provisioningAction }) => provisioningAction === 'disable')).toHaveLength(1);
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
    const [entry] = await toldOf(world, ann);
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
    await world.rounds(2);
    expect(ticketsIn(world, 'Tier 2')).toBe(3);
    await laterBy(world, 1);
    expect(world.accountOf(ann)).toBeUndefined();
  });
});

describe('leaving › told beforehand', () => {
  it('the status counts by day what comes within a week, and a notice says so once a week', async () => {
    const company = await anEmployee(ALL, { users: 4 });
    const { world, users } = company;
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
    const desk = await annHasLeft();
    const { world, ann } = desk;
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
