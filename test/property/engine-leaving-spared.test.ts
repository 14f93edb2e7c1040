import type { Link } from '../../src/core/model';
import { DAY_MS } from '../../src/core/time';
import { aCompany, anEmployee } from '../builders/people';
import { losesAnswer } from './support/faults';
import { ALL, aDesk, annHasLeft, disable, enable, laterBy, leavingOf, passes, toldOf } from './support/leaving';
import { letsGo } from './support/operator';
import { Undoing } from './support/undoing';

describe('leaving › called off by a return', () => {
  it('before the deletion: the same account is lifted, and no day comes', async () => {
    const desk = await annHasLeft();
    const { world, ann, account } = desk;
    await laterBy(world, 29);
    enable(desk, ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ id: account.id, suspended: false, role: { role: 'agent' } });
    expect(await leavingOf(world, ann)).toBeUndefined();
    await laterBy(world, 400);
    expect(world.accountOf(ann)).toMatchObject({ id: account.id, suspended: false });
  });

  it('between deletion and erasure: a new account, and the old one is not erased', async () => {
    const desk = await annHasLeft();
    const { world, ann, account } = desk;
    await laterBy(world, 31);
    expect(await leavingOf(world, ann)).toMatchObject({ targetId: account.id, deletedAt: expect.any(String) });
    enable(desk, ann);
    await world.round();
    expect(world.accountOf(ann)?.id).not.toBe(account.id);
    const [entry] = await toldOf(world, ann);
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
    const desk = await annHasLeft();
    const { world, ann } = desk;
    world.nowMs += 30 * DAY_MS;
    await world.cycle();
    expect(world.queue.messages.some(({ item }) => item.allows?.kind === 'userDelete')).toBe(true);
    enable(desk, ann);
    await world.cycle();
    await world.drain(() => world.queue.messages.length - 1);
    expect(world.accountOf(ann)?.suspended).toBe(false);
  });

  it('lifted by hand in Zendesk: access ends again, and the days begin anew', async () => {
    const { world, ann, account } = await annHasLeft();
    Object.assign(account, { suspended: false });
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
    const { world, ann, account } = desk;
    disable(desk, ann);
    const { cycleId } = await world.round();
    const undoing = new Undoing(world);
    const { header, rows } = await undoing.plan(cycleId);
    expect(JSON.stringify(rows)).toContain('tickets that were handed over stay');
    await undoing.apply(header.planId);
    expect(world.accountOf(ann)).toMatchObject({ id: account.id, suspended: false, role: { role: 'agent' } });
    expect(await leavingOf(world, ann)).toBeUndefined();
    for (let cycles = 0; cycles < 3; cycles += 1) await laterBy(world, 200);
    expect(world.accountOf(ann)).toMatchObject({ id: account.id, suspended: false });
  });
});

describe('leaving › what is never touched', () => {
  it('an account that was there before this app is never deleted or erased', async () => {
    const company = aCompany({}, { settings: ALL });
    const { world, hire } = company;
    const ann = hire('ann');
    world.target.seedUser({ name: 'Ann', email: 'ann@contoso.com' });
    await world.round();
    disable(company, ann);
    await world.round();
    for (let cycles = 0; cycles < 3; cycles += 1) await laterBy(world, 200);
    expect(world.accountOf(ann)?.suspended).toBe(true);
  });

  it('another account that has taken the place of the one left behind has days of its own, and none where it was there before', async () => {
    const { world, ann, account } = await annHasLeft();
    // Somebody makes another account of hers in Zendesk, and the app links that one.
    Object.assign(account, { externalId: null });
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
    expect(account.active).toBe(true);
  });

  it('an account that somebody else has deleted is not erased', async () => {
    const { world, ann, account } = await annHasLeft();
    Object.assign(account, { active: false });
    await laterBy(world, 31);
    await laterBy(world, 100);
    expect(world.target.erased).toEqual([]);
    expect(await leavingOf(world, ann)).toBeUndefined();
  });

  it.each([
    ['while the request is under way', 0],
    ['after the process was killed before the request', 120],
  ])('an account that somebody else deletes %s is not erased', async (_when, minutes) => {
    const desk = await annHasLeft();
    const { world, ann, account } = desk;
    passes(desk, 31);
    await world.cycle();
    world.target.hook = (moment, method) => {
      if (moment !== 'before' || method !== 'deleteUser') return;
      world.target.hook = undefined;
      if (minutes > 0) throw new Error('killed');
      Object.assign(account, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    };
    const [message] = world.queue.messages.splice(0, 1);
    if (message) await world.work(message.item).catch(() => undefined);
    if (minutes > 0) {
      passes(desk, minutes / 24 / 60);
      Object.assign(account, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    }
    for (let cycles = 0; cycles < 3; cycles += 1) await laterBy(world, 100);
    expect(account.active).toBe(false);
    expect(world.target.erased).toEqual([]);
    expect(await leavingOf(world, ann)).toBeUndefined();
  });

  it('a deletion whose answer was lost is erased in its time where Zendesk shows that the account went then', async () => {
    const desk = await annHasLeft();
    const { world, account } = desk;
    passes(desk, 31);
    await world.cycle();
    losesAnswer(world, 'deleteUser', new Error('killed'));
    await world.drain(undefined, () => true);
    await laterBy(world, 100);
    expect(world.target.erased).toEqual([account.id]);
  });

  it('PROTECTED_USERS keeps an account by its id from deletion and from erasure', async () => {
    const { world, ann, account } = await annHasLeft();
    world.settings = { ...world.settings, protectedUsers: [account.id] };
    await laterBy(world, 31);
    expect(world.accountOf(ann)).toBeDefined();
    world.settings = { ...world.settings, protectedUsers: [] };
    await world.round();
    expect(world.accountOf(ann)).toBeUndefined();
    world.settings = { ...world.settings, protectedUsers: [account.id] };
    await laterBy(world, 100);
    expect(world.target.erased).toEqual([]);
  });

  it.each([
    ['deletions', 31, 'userDelete'],
    ['erasures', 100, 'userErase'],
  ] as const)('the brake holds %s that are too many, until an operator lets them go', async (_, days, kind) => {
    const company = await anEmployee({ ...ALL, deletionThreshold: 10 }, { users: 8 });
    const { world, users } = company;
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
    await letsGo(world, 'last');
    if (kind === 'userDelete') expect(users.some(({ id }) => world.accountOf(id))).toBe(false);
    else expect(world.target.erased).toHaveLength(8);
  });
});
