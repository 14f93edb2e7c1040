import { AlreadyExistsError, LicenseLimitError, RejectedError } from '../../src/core/errors';
import type { NewTargetUser } from '../../src/ports/target-connector';
import { aNewcomer } from '../builders/people';
import { arrives, createdBefore, givesUp, HAS_NOT_ENDED, soon } from './support/late-requests';
import { actionsOf, entriesOf, lastEntry } from './support/told';
import { schemaOf } from './support/world';

describe('a background job that does its work after its caller has given it up', () => {
  it.each([
    ['', 0],
    [', by a clock six minutes ahead', 6 * 60_000],
  ])('a creation, and the person gone before it comes: no access is left%s', async (_, aheadMs) => {
    const { world, directory, id, assignment } = aNewcomer();
    givesUp(world, 'createUser');
    await world.round();
    directory.unassign(assignment);
    const item = await soon(world);
    world.nowMs += aheadMs;
    await world.work(item);
    world.nowMs -= aheadMs;
    arrives(world, id);
    await world.drain();
    await world.rounds(2);
    expect(world.rowOf(id).suspended).toBe(true);
  });

  it.each([
    ['refused', new RejectedError('name', 'not a name')],
    ['refused as taken', new AlreadyExistsError('email', 'taken')],
    ['without a free seat', new LicenseLimitError('no seat')],
  ])(
    'a creation that is %s at the second try, before the first one comes: no access is left, and it is told',
    async (_, error) => {
      for (const goes of [true, false]) {
        const { world, directory, id, assignment } = aNewcomer();
        givesUp(world, 'createUser');
        await world.round();
        givesUp(world, 'createUser', error);
        await world.work(await soon(world));
        expect(world.accountOf(id)).toBeUndefined();
        world.target.hook = undefined;
        arrives(world, id);
        if (goes) directory.unassign(assignment);
        else world.nowMs += 25 * 60 * 60_000;
        await world.rounds(3);
        expect(world.rowOf(id).suspended).toBe(goes);
        expect(await world.linkOf(id)).toMatchObject({ createdByUs: true });
        expect(await actionsOf(world, id, ['success'])).toEqual([goes ? 'disable' : 'create']);
      }
    },
  );

  it.each([
    ['comes', 'admin', 'user'],
    ['never comes', 'admin', 'user'],
    ['comes', 'agent', 'admin'],
  ] as const)('a creation that %s, as %s, and the person changed to %s before: has that role', async (comes, was, is) => {
    const { world, directory, id, assignment, roles } = aNewcomer();
    directory.unassign(assignment);
    const first = directory.assign(id, roles[was]);
    givesUp(world, 'createUser');
    await world.round();
    directory.unassign(first);
    directory.assign(id, roles[is]);
    const comesNow = () => world.accountOf(id) ?? arrives(world, id, { role: { role: was, customRoleId: null } });
    // At the latest between the look at the account and a creation of it.
    world.target.hook = (moment, method) => {
      if (comes === 'comes' && moment === 'before' && method === 'createUser') comesNow();
    };
    await world.work(await soon(world));
    world.target.hook = undefined;
    if (comes === 'comes') comesNow();
    await world.drain();
    await world.round();
    expect(world.rowOf(id).role.role).toBe(is === 'user' ? 'end-user' : is);
    expect(await actionsOf(world, id)).toEqual(is === 'user' && comes === 'comes' ? ['update', 'create'] : ['create']);
  });

  const WORDS = ['user', 'agent', 'admin'] as const;
  const TRIPLES = WORDS.flatMap((one) => WORDS.flatMap((two) => WORDS.map((three) => [one, two, three] as const)));
  it.each(TRIPLES)(
    'three creations in a row, as %s, %s and %s: the last of them is the role, whichever comes, and whenever',
    async (...words) => {
      const wrong: string[] = [];
      for (const comes of [0, 1, 2]) {
        for (const afterMinutes of [3, 8]) {
          const { world, directory, id, assignment: first, roles } = aNewcomer();
          let assignment = first;
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
            if (!one || world.accountOf(id) || world.nowMs < one.atMs + afterMinutes * 60_000) return;
            if (world.nowMs > one.atMs + 10 * 60_000) return;
            const { name, email, externalId, role } = one.user;
            world.target.seedUser({ name, email, externalId, role });
          };
          world.hook = arrive;
          for (const word of words) {
            directory.unassign(assignment);
            assignment = directory.assign(id, roles[word]);
            const { nowMs } = world;
            await world.cycle();
            world.nowMs = nowMs + 60_000;
            await world.drain();
            world.nowMs += 4 * 60_000;
            arrive();
          }
          await world.rounds(3);
          const is = world.rowOf(id).role.role;
          const entries = await entriesOf(world, id);
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
    const { world, directory, id } = aNewcomer();
    world.schema = schemaOf(text);
    directory.updateUser(id, { department: 'Planned' });
    givesUp(world, 'createUser');
    await world.round();
    directory.updateUser(id, { department: 'Sales' });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') arrives(world, id, { suspended: true });
    };
    await world.work(await soon(world));
    world.target.hook = undefined;
    if (!world.accountOf(id)) arrives(world, id, { suspended: true });
    await world.drain();
    await world.round();
    expect(world.rowOf(id).suspended).toBe(false);
  });

  it('a creation by a background job that was given up, and that is done before the single request: told as created by us', async () => {
    const { world, id } = aNewcomer();
    createdBefore(world);
    await world.round();
    expect((await actionsOf(world, id)).filter((action) => action === 'create')).toEqual(['create']);
    expect(await world.linkOf(id)).toMatchObject({ createdByUs: true });
  });

  it('an account that a background job took over, and that was there before: adopted, not created by us', async () => {
    const { world, id } = aNewcomer();
    createdBefore(world, new AlreadyExistsError('external_id', 'There before the job', { maker: 'others' }));
    await world.round();
    expect((await lastEntry(world, id))?.provisioningAction).toBe('update');
    expect(await world.linkOf(id)).toMatchObject({ createdByUs: false });
  });
});
