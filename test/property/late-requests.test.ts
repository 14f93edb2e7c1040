import { AlreadyExistsError, LicenseLimitError, RejectedError, UnavailableError } from '../../src/core/errors';
import type { SourceId, TargetId } from '../../src/core/model';
import type { NewTargetUser } from '../../src/ports/target-connector';
import { aCompany } from '../builders/people';
import { only } from './support/only';
import { schemaOf, type World } from './support/world';

const lastEntry = async (world: World, id: SourceId) => (await world.deps().log.query({ sourceId: id }, 1)).entries[0];

describe('a background job that does its work after its caller has given it up', () => {
  const HAS_NOT_ENDED = new UnavailableError('target', 'A background job of Zendesk has not ended');

  /** The next call of a method is given up with nothing done yet. */
  function givesUp(world: World, method: string, error: Error = HAS_NOT_ENDED): void {
    world.target.hook = (moment, called) => {
      if (moment !== 'before' || called !== method) return;
      world.target.hook = undefined;
      throw error;
    };
  }

  const rowOf = (world: World, id: SourceId) => {
    const row = world.target.users.get(world.accountOf(id)?.id as TargetId);
    if (!row) throw new Error('no account');
    return row;
  };
  /** The next cycle, five minutes after the one before. @returns the item that it asks for */
  async function soon(world: World) {
    const { nowMs } = world;
    await world.cycle();
    world.nowMs = nowMs + 5 * 60_000;
    const [message] = world.queue.messages.splice(0);
    if (!message) throw new Error('nothing to do');
    return message.item;
  }

  const actionsOf = async (world: World, id: SourceId) =>
    (await world.deps().log.query({ sourceId: id, statuses: ['success'] }, 10)).entries.map((entry) => entry.provisioningAction);

  it('a suspension, and the person back before it comes: let in again', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    givesUp(world, 'updateUser');
    directory.unassign(user.assignment);
    await world.round();
    directory.assign(user.id, roles.user);
    await world.work(await soon(world));
    expect(world.queue.messages).toHaveLength(1);
    rowOf(world, user.id).suspended = true;
    await world.drain();
    expect(rowOf(world, user.id).suspended).toBe(false);
  });

  describe('and that was asked for a second time meanwhile, and done', () => {
    /** The request that was given up is made again by the item's next try, done, and told; five minutes have gone since. */
    async function doneBy(world: World) {
      const message = await soon(world);
      await world.work(message);
      expect(world.queue.messages).toHaveLength(0);
      world.nowMs += 60_000;
    }
    /** What a cycle asks for now is tried, waits, and is done once the first request has come. */
    async function waitsFor(world: World, comes: () => void) {
      await world.work(await soon(world));
      expect(world.queue.messages).toHaveLength(1);
      comes();
      await world.drain();
      for (let more = 0; more < 2; more += 1) await world.round();
    }

    it('a suspension, and the person back: let in again', async () => {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.unassign(user.assignment);
      await world.round();
      await doneBy(world);
      const row = rowOf(world, user.id);
      expect(row.suspended).toBe(true);
      directory.assign(user.id, roles.user);
      await waitsFor(world, () => {
        row.suspended = true;
      });
      expect(row.suspended).toBe(false);
      expect(await actionsOf(world, user.id)).toEqual(['update', 'disable', 'create']);
    });

    it('a return, and the person gone: suspended again', async () => {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      directory.unassign(user.assignment);
      await world.round();
      givesUp(world, 'updateUser');
      const again = directory.assign(user.id, roles.user);
      await world.round();
      await doneBy(world);
      const row = rowOf(world, user.id);
      expect(row.suspended).toBe(false);
      directory.unassign(again);
      await waitsFor(world, () => {
        row.suspended = false;
      });
      expect(row.suspended).toBe(true);
    });

    it('a role, and the person without it: lowered again', async () => {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.unassign(user.assignment);
      const raised = directory.assign(user.id, roles.agent);
      await world.round();
      await doneBy(world);
      const row = rowOf(world, user.id);
      expect(row.role.role).toBe('agent');
      directory.unassign(raised);
      directory.assign(user.id, roles.user);
      await waitsFor(world, () => {
        row.role = { role: 'agent', customRoleId: null };
      });
      expect(row.role.role).toBe('end-user');
    });

    it.each([
      ['a name', { displayName: 'First' }, { displayName: 'Second' }, { name: 'First' }, { name: 'Second' }],
      [
        'an address',
        { mail: '1@contoso.com' },
        { mail: '2@contoso.com' },
        { email: '1@contoso.com' },
        { email: '2@contoso.com' },
      ],
    ])('%s, and the person has another one: has that again', async (_, first, second, late, wanted) => {
      const { world, directory, users } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.updateUser(user.id, first);
      await world.round();
      await doneBy(world);
      const row = rowOf(world, user.id);
      expect(row).toMatchObject(late);
      directory.updateUser(user.id, second);
      await waitsFor(world, () => Object.assign(row, late));
      expect(row).toMatchObject(wanted);
    });

    it('a suspension, and the account taken over by the person hired again: let in again', async () => {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.unassign(user.assignment);
      await world.round();
      await doneBy(world);
      const row = rowOf(world, user.id);
      directory.hardDeleteUser(user.id);
      const again = directory.addUser({
        displayName: 'user0',
        mail: 'user0@contoso.com',
        userPrincipalName: 'user0@contoso.com',
      });
      directory.assign(again, roles.user);
      const { nowMs } = world;
      await world.cycle();
      world.nowMs = nowMs + 5 * 60_000;
      for (const { item } of world.queue.messages.splice(0)) await world.work(item);
      expect(row).toMatchObject({ suspended: true, externalId: user.id });
      row.suspended = true;
      await world.drain();
      for (let more = 0; more < 2; more += 1) await world.round();
      expect(row).toMatchObject({ suspended: false, externalId: again });
    });

    it('whoever is to have just that waits for nothing', async () => {
      const { world, directory, users } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.unassign(user.assignment);
      await world.round();
      await doneBy(world);
      directory.updateUser(user.id, { accountEnabled: false });
      await world.work(await soon(world));
      expect(world.queue.messages).toHaveLength(0);
    });

    it('nobody waits for what was seen to have come', async () => {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      world.target.hook = (moment, method) => {
        if (moment !== 'after' || method !== 'updateUser') return;
        world.target.hook = undefined;
        throw HAS_NOT_ENDED;
      };
      directory.unassign(user.assignment);
      await world.round();
      await doneBy(world);
      expect(await actionsOf(world, user.id)).toEqual(['disable', 'create']);
      directory.assign(user.id, roles.user);
      await world.work(await soon(world));
      expect(rowOf(world, user.id).suspended).toBe(false);
    });

    it('a return waits no longer than the first request can take', async () => {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.unassign(user.assignment);
      await world.round();
      await doneBy(world);
      world.nowMs += 20 * 60_000;
      directory.assign(user.id, roles.user);
      await world.work(await soon(world));
      expect(rowOf(world, user.id).suspended).toBe(false);
      expect((await world.deps().links.read({ type: 'user', id: user.id }))?.value.link).not.toHaveProperty('mayCome');
    });
  });

  it('a role, and the person without it before it comes: lowered again', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    givesUp(world, 'updateUser');
    directory.unassign(user.assignment);
    const raised = directory.assign(user.id, roles.agent);
    await world.round();
    directory.unassign(raised);
    directory.assign(user.id, roles.user);
    await world.work(await soon(world));
    expect(world.queue.messages).toHaveLength(1);
    rowOf(world, user.id).role = { role: 'agent', customRoleId: null };
    await world.drain();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(rowOf(world, user.id).role).toEqual({ role: 'end-user', customRoleId: null });
    expect(await actionsOf(world, user.id)).toEqual(['update', 'create']);
  });

  it.each([
    ['comes', 'user', 'end-user'],
    ['never comes', 'agent', 'agent'],
  ] as const)('a role, and the person gone before it %s: suspended at once, and back as %s', async (comes, word, role) => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    givesUp(world, 'updateUser');
    directory.unassign(user.assignment);
    const raised = directory.assign(user.id, roles.agent);
    await world.round();
    directory.unassign(raised);
    await world.work(await soon(world));
    expect(rowOf(world, user.id).suspended).toBe(true);
    if (comes === 'comes') rowOf(world, user.id).role = { role: 'agent', customRoleId: null };
    directory.assign(user.id, roles[word]);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(rowOf(world, user.id)).toMatchObject({ suspended: false, role: { role, customRoleId: null } });
  });

  it.each([
    ['', 0],
    [', by a clock six minutes ahead', 6 * 60_000],
  ])('a creation, and the person gone before it comes: no access is left%s', async (_, aheadMs) => {
    const { world, directory, users } = aCompany({ users: 1 });
    const user = only(users);
    givesUp(world, 'createUser');
    await world.round();
    directory.unassign(user.assignment);
    const item = await soon(world);
    world.nowMs += aheadMs;
    await world.work(item);
    world.nowMs -= aheadMs;
    world.target.seedUser({ name: 'user0', email: 'user0@contoso.com', externalId: user.id });
    await world.drain();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(rowOf(world, user.id).suspended).toBe(true);
  });

  it.each([
    ['refused', new RejectedError('name', 'not a name')],
    ['refused as taken', new AlreadyExistsError('email', 'taken')],
    ['without a free seat', new LicenseLimitError('no seat')],
  ])(
    'a creation that is %s at the second try, before the first one comes: no access is left, and it is told',
    async (_, error) => {
      for (const goes of [true, false]) {
        const { world, directory, users } = aCompany({ users: 1 });
        const user = only(users);
        givesUp(world, 'createUser');
        await world.round();
        givesUp(world, 'createUser', error);
        await world.work(await soon(world));
        expect(world.accountOf(user.id)).toBeUndefined();
        world.target.hook = undefined;
        world.target.seedUser({ name: 'user0', email: 'user0@contoso.com', externalId: user.id });
        if (goes) directory.unassign(user.assignment);
        else world.nowMs += 25 * 60 * 60_000;
        for (let more = 0; more < 3; more += 1) await world.round();
        expect(rowOf(world, user.id).suspended).toBe(goes);
        expect((await world.deps().links.read({ type: 'user', id: user.id }))?.value.link).toMatchObject({ createdByUs: true });
        expect(await actionsOf(world, user.id)).toEqual([goes ? 'disable' : 'create']);
      }
    },
  );

  it.each([
    ['comes', 'admin', 'user'],
    ['never comes', 'admin', 'user'],
    ['comes', 'agent', 'admin'],
  ] as const)('a creation that %s, as %s, and the person changed to %s before: has that role', async (comes, was, is) => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    const user = only(users);
    directory.unassign(user.assignment);
    const first = directory.assign(user.id, roles[was]);
    givesUp(world, 'createUser');
    await world.round();
    directory.unassign(first);
    directory.assign(user.id, roles[is]);
    const arrives = () =>
      world.accountOf(user.id) ??
      world.target.seedUser({
        name: 'user0',
        email: 'user0@contoso.com',
        externalId: user.id,
        role: { role: was, customRoleId: null },
      });
    // At the latest between the look at the account and a creation of it.
    world.target.hook = (moment, method) => {
      if (comes === 'comes' && moment === 'before' && method === 'createUser') arrives();
    };
    await world.work(await soon(world));
    world.target.hook = undefined;
    if (comes === 'comes') arrives();
    await world.drain();
    await world.round();
    expect(rowOf(world, user.id).role.role).toBe(is === 'user' ? 'end-user' : is);
    const { entries } = await world.deps().log.query({ sourceId: user.id }, 10);
    const told = entries.filter((entry) => entry.provisioningStatusInfo.status !== 'failure').reverse();
    expect(told.map((entry) => entry.provisioningAction)).toEqual(
      is === 'user' && comes === 'comes' ? ['create', 'update'] : ['create'],
    );
  });

  const WORDS = ['user', 'agent', 'admin'] as const;
  const TRIPLES = WORDS.flatMap((one) => WORDS.flatMap((two) => WORDS.map((three) => [one, two, three] as const)));
  it.each(TRIPLES)(
    'three creations in a row, as %s, %s and %s: the last of them is the role, whichever comes, and whenever',
    async (...words) => {
      const wrong: string[] = [];
      for (const comes of [0, 1, 2]) {
        for (const afterMinutes of [3, 8]) {
          const { world, directory, users, roles } = aCompany({ users: 1 });
          const user = only(users);
          let assignment = user.assignment;
          const asked: { readonly user: NewTargetUser; readonly atMs: number }[] = [];
          const beforeCall = world.target.hook;
          world.target.hook = (moment, method, args) => {
            if (moment === 'before' && method === 'createUser' && asked.length < 3) {
              asked.push({ user: args[0] as NewTargetUser, atMs: world.nowMs });
              throw HAS_NOT_ENDED;
            }
            return beforeCall?.(moment, method, args);
          };
          const arrive = () => {
            const one = asked[comes];
            if (!one || world.accountOf(user.id) || world.nowMs < one.atMs + afterMinutes * 60_000) return;
            if (world.nowMs > one.atMs + 10 * 60_000) return;
            const { name, email, externalId, role } = one.user;
            world.target.seedUser({ name, email, externalId, role });
          };
          world.hook = arrive;
          for (const word of words) {
            directory.unassign(assignment);
            assignment = directory.assign(user.id, roles[word]);
            const { nowMs } = world;
            await world.cycle();
            world.nowMs = nowMs + 60_000;
            await world.drain();
            world.nowMs += 4 * 60_000;
            arrive();
          }
          for (let more = 0; more < 3; more += 1) await world.round();
          const is = rowOf(world, user.id).role.role;
          const { entries } = await world.deps().log.query({ sourceId: user.id, statuses: ['success', 'warning'] }, 10);
          const told = entries.filter((entry) => entry.provisioningAction === 'create').length;
          const saidOf = ({ modifiedProperties }: (typeof entries)[number]) =>
            modifiedProperties.find(({ displayName }) => displayName === 'role')?.newValue;
          const said = entries.map(saidOf).find((value) => value !== undefined && value !== null);
          const wanted = words[2] === 'user' ? 'end-user' : words[2];
          if (is !== wanted || told !== 1 || !said?.includes(wanted))
            wrong.push(`${comes} after ${afterMinutes}: ${is}, told ${told}, as ${said}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it('a creation that comes, suspended by the mapping, and the person no longer to be so: has access', async () => {
    const shipped = { type: 'Attribute', expression: '[IsSoftDeleted]' };
    const byDepartment = { type: 'Function', expression: 'Switch([department], "False", "Planned", "True")' };
    const text = JSON.stringify(schemaOf().raw).replace(JSON.stringify(shipped), JSON.stringify(byDepartment));
    const { world, directory, users } = aCompany({ users: 1 }, { schema: schemaOf(text) });
    const user = only(users);
    directory.updateUser(user.id, { department: 'Planned' });
    givesUp(world, 'createUser');
    await world.round();
    directory.updateUser(user.id, { department: 'Sales' });
    const account = { name: 'user0', email: 'user0@contoso.com', externalId: user.id, suspended: true };
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') world.target.seedUser(account);
    };
    await world.work(await soon(world));
    world.target.hook = undefined;
    if (!world.accountOf(user.id)) world.target.seedUser(account);
    await world.drain();
    await world.round();
    expect(rowOf(world, user.id).suspended).toBe(false);
  });

  it.each([
    ['comes', [['disable', 'create'], true]],
    ['never comes', [['create'], false]],
  ] as const)(
    'a suspension that waits for a cycle to count it by now, and %s: it is told where it was written',
    async (comes, end) => {
      const { world, directory, users } = aCompany({ users: 1 });
      await world.round();
      const user = only(users);
      givesUp(world, 'updateUser');
      directory.unassign(user.assignment);
      const item = await soon(world);
      await world.work(item);
      world.nowMs += 2 * 60_000;
      await world.work({ ...item, changeId: 'another', allows: null });
      // Nothing waits for the request before it is counted.
      expect((await world.deps().staged.read({ type: 'user', id: user.id }))?.state).toBe('candidate');
      if (comes === 'comes') rowOf(world, user.id).suspended = true;
      await world.drain();
      expect([await actionsOf(world, user.id), rowOf(world, user.id).suspended]).toEqual(end);
    },
  );

  it('a return, and the person gone again before it comes: no access is left', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    directory.unassign(user.assignment);
    await world.round();
    givesUp(world, 'updateUser');
    const again = directory.assign(user.id, roles.user);
    await world.round();
    directory.unassign(again);
    await world.work(await soon(world));
    rowOf(world, user.id).suspended = false;
    await world.drain();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(rowOf(world, user.id).suspended).toBe(true);
  });

  it.each([
    ['comes', 'user0'],
    ['comes', 'Once more'],
    ['never comes', 'Once more'],
    ['has come', 'Once more'],
  ])('a name, and the person called something else before it %s: %s', async (comes, name) => {
    const { world, directory, users } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    const before = rowOf(world, user.id).name;
    givesUp(world, 'updateUser');
    directory.updateUser(user.id, { displayName: 'Renamed' });
    await world.round();
    const wanted = name === 'user0' ? before : name;
    if (comes === 'has come') rowOf(world, user.id).name = 'Renamed';
    directory.updateUser(user.id, { displayName: wanted });
    await world.work(await soon(world));
    expect(world.queue.messages).toHaveLength(comes === 'has come' ? 0 : 1);
    if (comes === 'comes') rowOf(world, user.id).name = 'Renamed';
    await world.drain();
    expect(rowOf(world, user.id).name).toBe(wanted);
  });

  it.each([
    ['is refused: the next one is written at once', false, 'corrected@contoso.com'],
    ['is refused after one that may come: the next one waits', true, 'user0@contoso.com'],
  ])('an address that %s', async (_, isGivenUpBefore, address) => {
    const { world, directory, users } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    directory.updateUser(user.id, { mail: 'mistyped@contoso.com' });
    if (isGivenUpBefore) {
      givesUp(world, 'updateUser');
      await world.work(await soon(world));
    }
    givesUp(world, 'updateUser', new RejectedError('email', 'not an address'));
    await world.work(await soon(world));
    directory.updateUser(user.id, { mail: 'corrected@contoso.com' });
    await world.work(await soon(world));
    expect(rowOf(world, user.id).email).toBe(address);
    await world.drain();
    expect(rowOf(world, user.id).email).toBe('corrected@contoso.com');
  });

  it('a name that may come keeps nobody who has left from losing access, nor who is back from having it', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    givesUp(world, 'updateUser');
    directory.updateUser(user.id, { displayName: 'Renamed' });
    await world.round();
    directory.unassign(user.assignment);
    await world.work(await soon(world));
    expect(rowOf(world, user.id).suspended).toBe(true);
    directory.assign(user.id, roles.user);
    await world.round();
    expect(rowOf(world, user.id)).toMatchObject({ suspended: false, name: 'Renamed' });
  });

  it.each(['Suspend', 'DowngradeAndSuspend'] as const)(
    'a departure (%s) keeps its claim however long its job takes',
    async (how) => {
      const { world, directory, agents } = aCompany({ agents: 1 }, { settings: { deprovisionUsers: how } });
      await world.round();
      const agent = only(agents);
      const endsAfterMs: number[] = [];
      world.target.hook = async (moment, called, [, , onWaiting]) => {
        if (moment !== 'before' || called !== 'updateUser') return;
        world.nowMs += 100_000;
        (onWaiting as (() => void) | undefined)?.();
        for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
        const row = await world.deps().links.read({ type: 'user', id: agent.id });
        endsAfterMs.push((row?.value.claim?.untilMs ?? 0) - world.nowMs);
      };
      directory.unassign(agent.assignment);
      await world.round();
      expect(endsAfterMs).toEqual([110_000]);
    },
  );

  it('one that never comes keeps nobody waiting for longer than twenty minutes: clocks may be ten apart', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const user = only(users);
    givesUp(world, 'updateUser');
    directory.unassign(user.assignment);
    await world.round();
    directory.assign(user.id, roles.user);
    const beganMs = world.nowMs;
    await world.work(await soon(world));
    expect(world.queue.messages).toHaveLength(1);
    await world.drain();
    expect(world.nowMs - beganMs).toBeLessThan(21 * 60_000);
    expect(rowOf(world, user.id).suspended).toBe(false);
    expect(await actionsOf(world, user.id)).toEqual(['create']);
  });

  it('a creation by a background job that was given up, and that is done before the single request: told as created by us', async () => {
    const { world, users } = aCompany({ users: 1 });
    const id = users[0]?.id as SourceId;
    world.target.hook = (moment, method, [user]) => {
      if (moment !== 'before' || method !== 'createUser') return;
      world.target.hook = undefined;
      const { name, email, externalId } = user as { name: string; email: string; externalId: string };
      world.target.seedUser({ name, email, externalId });
    };
    await world.round();
    const created = (await world.deps().log.query({ sourceId: id }, 10)).entries.filter(
      ({ provisioningAction }) => provisioningAction === 'create',
    );
    expect(created).toHaveLength(1);
    expect((await world.deps().links.read({ type: 'user', id }))?.value.link).toMatchObject({ createdByUs: true });
  });

  it('an account that a background job took over, and that was there before: adopted, not created by us', async () => {
    const { world, users } = aCompany({ users: 1 });
    const id = users[0]?.id as SourceId;
    world.target.hook = (moment, method, [user]) => {
      if (moment !== 'before' || method !== 'createUser') return;
      world.target.hook = undefined;
      const { name, email, externalId } = user as { name: string; email: string; externalId: string };
      world.target.seedUser({ name, email, externalId });
      throw new AlreadyExistsError('external_id', 'There before the job', { maker: 'others' });
    };
    await world.round();
    expect((await lastEntry(world, id))?.provisioningAction).toBe('update');
    expect((await world.deps().links.read({ type: 'user', id }))?.value.link).toMatchObject({ createdByUs: false });
  });
});

describe('a worker that is slow to record what it wrote', () => {
  it.each([
    ['at once: that one waits', 0, 'first'],
    ['minutes later: that one tells it', 3 * 60_000, 'another'],
  ] as const)('another item finds it %s; a creation is told once', async (_when, passMs, teller) => {
    const { world, users } = aCompany({ users: 1 });
    const id = users[0]?.id as SourceId;
    await world.cycle();
    const [message] = world.queue.messages.splice(0);
    if (!message) throw new Error('nothing to do');
    let isReserved = false;
    let isFound = false;
    world.hook = async (name) => {
      isReserved ||= name === 'linkStore.reserveTarget';
      if (!isReserved || isFound || name !== 'linkStore.read') return;
      isFound = true;
      await world.work({ ...message.item, changeId: 'another' });
      world.nowMs += passMs;
      if (passMs > 0) await world.work({ ...message.item, changeId: 'another' });
    };
    await world.work(message.item);
    world.hook = undefined;
    expect(isFound).toBe(true);
    await world.drain();
    const created = (await world.deps().log.query({ sourceId: id }, 10)).entries.filter(
      ({ provisioningAction }) => provisioningAction === 'create',
    );
    expect(created.map(({ changeId }) => (changeId === 'another' ? changeId : 'first'))).toEqual([teller]);
    expect(await world.deps().log.read(message.item.cycleId, message.item.changeId)).toBeDefined();
  });

  it.each([
    ['for a minute, and it was slow before: it tells it', 60_000, ['first']],
    ['for two minutes: another item tells it', 2 * 60_000, ['another']],
  ] as const)('after its last look at its row stalls %s', async (_, stallsMs, tellers) => {
    for (const end of ['create', 'disable', 'delete'] as const) {
      const { world, directory, users } = aCompany({ users: 1 }, { settings: { hardDeletedUsers: 'Delete' } });
      const user = only(users);
      if (end !== 'create') await world.round();
      if (end === 'disable') directory.unassign(user.assignment);
      if (end === 'delete') directory.hardDeleteUser(user.id);
      await world.cycle();
      const [message] = world.queue.messages.splice(0);
      if (!message) throw new Error('nothing to do');
      const another = { ...message.item, changeId: 'another' };
      let [writtenAfter, looks] = [0, 0];
      world.hook = async (name) => {
        if (/^target\.(create|update|delete)User \(answer\)$/.test(name)) {
          // One that took so long may have been waited for.
          world.nowMs += 50_000;
          writtenAfter += 1;
        }
        if (writtenAfter === 1 && name === 'linkStore.read') looks += 1;
        else if (looks > 0) {
          [writtenAfter, looks] = [2, 0];
          await world.work(another);
          world.nowMs += stallsMs;
          await world.work(another);
        }
      };
      await world.work(message.item);
      world.hook = undefined;
      expect(writtenAfter).toBe(2);
      await world.drain();
      const told = (await world.deps().log.query({ sourceId: user.id, statuses: ['success'] }, 10)).entries.filter(
        ({ provisioningAction }) => provisioningAction === end,
      );
      expect(told.map(({ changeId }) => (changeId === 'another' ? changeId : 'first'))).toEqual(tellers);
    }
  });

  it.each([0, 6 * 60_000])('is waited for by an item whose clock is %d ms ahead', async (aheadMs) => {
    const { world, users } = aCompany({ users: 1 });
    await world.cycle();
    const [message] = world.queue.messages.splice(0);
    if (!message) throw new Error('nothing to do');
    let isFound = false;
    world.hook = async (name) => {
      if (name !== 'provisioningLog.record' || isFound) return;
      isFound = true;
      world.nowMs += aheadMs;
      await world.work({ ...message.item, changeId: 'another' });
      world.nowMs -= aheadMs;
    };
    await world.work(message.item);
    expect(isFound).toBe(true);
    world.hook = undefined;
    await world.drain();
    expect((await world.deps().log.query({ sourceId: only(users).id, statuses: ['success'] }, 10)).entries).toHaveLength(1);
  });

  it('a group is told by the worker that still adds its members, not by another item that comes by', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    await world.round();
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, agents[0]?.id ?? '');
    await world.cycle();
    const at = world.queue.messages.findIndex(({ item }) => item.sourceId === group);
    const [message] = world.queue.messages.splice(at, 1);
    if (!message) throw new Error('nothing to do');
    let isFound = false;
    world.hook = async (name) => {
      if (name !== 'linkStore.putMembership' || isFound) return;
      isFound = true;
      world.nowMs += 60_000;
      await world.work({ ...message.item, changeId: 'another' });
    };
    await world.work(message.item);
    world.hook = undefined;
    expect(isFound).toBe(true);
    await world.drain();
    const created = (await world.deps().log.query({ sourceId: group }, 10)).entries.filter(
      ({ provisioningAction }) => provisioningAction === 'create',
    );
    expect(created.map(({ changeId }) => changeId)).toEqual([message.item.changeId]);
  });
});
