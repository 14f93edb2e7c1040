import { readFileSync } from 'node:fs';
import { AlreadyExistsError, RejectedError, UnavailableError, UnexpectedResponseError } from '../../src/core/errors';
import type { SourceId, TargetId } from '../../src/core/model';
import { unlinkOne } from '../../src/engine/control/unlink';
import type { JobSettings } from '../../src/engine/job-settings';
import { aCompany, aPerson } from '../builders/people';
import { schemaOf, type World } from './support/world';

/** Somebody with an account. */
async function anEmployee(settings: Partial<JobSettings> = {}) {
  const company = aCompany({ users: 2 }, { settings });
  await company.world.round();
  const [ann] = company.users;
  if (!ann) throw new Error('nobody');
  return { ...company, ann };
}

/** The answer to the next call of a method is lost; the call itself happens. */
function losesAnswer(world: World, method: string): void {
  const before = world.target.hook;
  world.target.hook = (moment, name, args) => {
    if (moment !== 'after' || name !== method) return before?.(moment, name, args);
    world.target.hook = before;
    throw new UnavailableError('target', 'The answer was lost');
  };
}

/** Carries out the next message, killed just after a call of a name. @returns the message, as it is hidden until it comes back */
async function killedAfter(world: World, name: string, times = 1) {
  const message = world.queue.messages.shift();
  if (!message) throw new Error('no message');
  let isDead = false;
  let left = times;
  world.hook = (call) => {
    if (isDead) throw new Error('killed');
    if (call === name) left -= 1;
    isDead = left === 0;
  };
  await world.work(message.item).catch(() => undefined);
  world.hook = undefined;
  expect(isDead).toBe(true);
  world.queue.messages.length = 0;
  return message;
}

const entriesOf = async (world: World, id: SourceId) =>
  (await world.deps().log.query({ sourceId: id }, 100)).entries.filter(({ provisioningStatusInfo: { status } }) =>
    ['success', 'warning'].includes(status),
  );
const actionsOf = async (world: World, id: SourceId): Promise<readonly string[]> =>
  (await entriesOf(world, id)).map(({ provisioningAction }) => provisioningAction);
const stepsOf = async (world: World, id: SourceId): Promise<string> =>
  (await entriesOf(world, id)).flatMap((entry) => entry.provisioningSteps.map(({ description }) => description)).join('\n');

describe('what was written and cut off before its log entry', () => {
  it('a deletion whose answer was lost is told once, also if the process is killed between its entry and the end of its claim', async () => {
    const { world, directory, ann } = await anEmployee({ hardDeletedUsers: 'Delete' });
    directory.hardDeleteUser(ann.id);
    await world.cycle();
    losesAnswer(world, 'deleteUser');
    await world.drain();
    expect(await actionsOf(world, ann.id)).toEqual(['create']);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    // The next cycle's item comes before the message that was under way.
    await world.round();
    world.queue.messages.push(hidden);
    await world.round();
    expect((await actionsOf(world, ann.id)).filter((action) => action === 'delete')).toEqual(['delete']);
  });

  /** A deletion that has failed, and an account that somebody deletes in Zendesk so much later, before it is tried again. */
  async function deletedByHandAfter(minutes: number) {
    const { ann, ...company } = await anEmployee({ hardDeletedUsers: 'Delete' });
    const { world, directory } = company;
    const account = world.target.users.get(world.accountOf(ann.id)?.id as TargetId);
    directory.hardDeleteUser(ann.id);
    await world.cycle();
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'deleteUser') throw new UnexpectedResponseError('target', 'A page');
    };
    await world.drain();
    world.target.hook = undefined;
    world.nowMs += minutes * 60_000;
    Object.assign(account ?? {}, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    world.nowMs += 24 * 3600_000;
    return { ...company, ann };
  }

  it.each([
    ['after it had long failed, is not', 13, ['create']],
    ['while it may have been under way, by any clock, is', 11, ['delete', 'create']],
  ])('an account that somebody else deletes after a deletion of ours, %s told as ours', async (_when, minutes, told) => {
    const { world, ann } = await deletedByHandAfter(minutes);
    await world.round();
    expect(await actionsOf(world, ann.id)).toEqual(told);
    expect((await world.deps().links.read({ type: 'user', id: ann.id }))?.value.claim ?? null).toBeNull();
    expect(await world.deps().escrows.read({ type: 'user', id: ann.id })).toBeUndefined();
  });

  it('a suspension that the next item lifts again is a step of its entry', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    losesAnswer(world, 'updateUser');
    await world.drain();
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    directory.assign(ann.id, roles.user);
    await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
    expect(await actionsOf(world, ann.id)).toEqual(['update', 'create']);
    expect(await stepsOf(world, ann.id)).toContain('cut off before its log entry. What it had written: account suspended.');
  });

  it('a suspension is told although its person has come back and left again before the account could be let in', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    losesAnswer(world, 'updateUser');
    await world.drain();
    const again = directory.assign(ann.id, roles.user);
    await world.cycle();
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'updateUser') throw new UnavailableError('target', '503');
    };
    await world.drain();
    world.target.hook = undefined;
    directory.unassign(again);
    world.nowMs += 3600_000;
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    expect(await actionsOf(world, ann.id)).toEqual(['disable', 'create']);
    expect((await world.deps().links.read({ type: 'user', id: ann.id }))?.value).toMatchObject({ claim: null });
    directory.assign(ann.id, roles.user);
    await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
  });

  it.each([
    ['who is suspended anew by later items, is told as well', 'out', ['disable', 'disable', 'create'], 0],
    ['who is suspended anew by the same message, is told as well', 'again', ['disable', 'create'], 1],
    ['who is back by then, is told', 'back', ['disable', 'create'], 0],
  ])('a suspension that somebody lifts before its entry, of somebody %s', async (_, what, actions, steps) => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    // The claim, and the link with the suspension.
    const hidden = await killedAfter(world, 'linkStore.write', 2);
    Object.assign(world.target.users.get(world.accountOf(ann.id)?.id as TargetId) ?? {}, { suspended: false });
    if (what === 'again') world.queue.messages.push(hidden);
    else world.nowMs += 3600_000;
    if (what === 'back') directory.assign(ann.id, roles.user);
    if (what === 'out') directory.updateUser(ann.id, { accountEnabled: false });
    await world.drain();
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(what !== 'back');
    expect(await actionsOf(world, ann.id)).toEqual(actions);
    expect((await stepsOf(world, ann.id)).split('What it had written: account suspended.').length - 1).toBe(steps);
    const link = (await world.deps().links.read({ type: 'user', id: ann.id }))?.value.link;
    expect(link).toMatchObject({ disabledByUs: what !== 'back' });
  });

  it.each([
    ['is gone when its message comes back', false, ['disable', 'create']],
    ['is made again for whoever returns', true, ['create', 'create']],
  ])('a suspension is told, though somebody deletes the account before its entry, and it %s', async (_, isBack, actions) => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    // The claim, and the link with the suspension.
    const hidden = await killedAfter(world, 'linkStore.write', 2);
    Object.assign(world.target.users.get(world.accountOf(ann.id)?.id as TargetId) ?? {}, { active: false });
    if (isBack) directory.assign(ann.id, roles.user);
    else world.queue.messages.push(hidden);
    world.nowMs += 3600_000;
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(await actionsOf(world, ann.id)).toEqual(actions);
    const steps = (await stepsOf(world, ann.id)).split('What it had written: account suspended.').length - 1;
    expect(steps).toBe(isBack ? 1 : 0);
    expect((await world.deps().links.read({ type: 'user', id: ann.id }))?.value.claim ?? null).toBeNull();
  });

  it.each(['back', 'back and gone again'])(
    'a suspension is told, though somebody deletes the account before its entry, and nobody is to be made for its person, who is %s',
    async (what) => {
      const { world, directory, roles, ann } = await anEmployee();
      directory.unassign(ann.assignment);
      await world.cycle();
      // The claim, and the link with the suspension.
      await killedAfter(world, 'linkStore.write', 2);
      Object.assign(world.target.users.get(world.accountOf(ann.id)?.id as TargetId) ?? {}, { active: false });
      const { users } = world.schema;
      world.schema = { ...world.schema, users: { ...users, actions: { ...users.actions, create: false } } };
      const again = directory.assign(ann.id, roles.user);
      world.nowMs += 3600_000;
      await world.round();
      expect(await actionsOf(world, ann.id)).toEqual(['disable', 'create']);
      if (what !== 'back') directory.unassign(again);
      for (let more = 0; more < 2; more += 1) await world.round();
      expect(await actionsOf(world, ann.id)).toEqual(['disable', 'create']);
      expect((await world.deps().links.read({ type: 'user', id: ann.id }))?.value.claim ?? null).toBeNull();
    },
  );

  it('a deletion on its day is told, though nobody is to be made for its person, who is back before its entry', async () => {
    const { world, directory, roles, ann } = await anEmployee({ offboardDeleteAfterDays: 1 });
    directory.unassign(ann.assignment);
    await world.round();
    world.nowMs += 25 * 3600_000;
    await world.cycle();
    await killedAfter(world, 'target.deleteUser (answer)');
    const { users } = world.schema;
    world.schema = { ...world.schema, users: { ...users, actions: { ...users.actions, create: false } } };
    directory.assign(ann.id, roles.user);
    world.nowMs += 3600_000;
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(await actionsOf(world, ann.id)).toEqual(['delete', 'disable', 'create']);
    expect(await world.deps().links.read({ type: 'user', id: ann.id })).toBeUndefined();
  });

  it.each([
    ['somebody else deletes the account long after', 'gone'],
    ['the account is there, and nothing is known of the scope', 'unknown'],
  ])('a deletion that was not written is not told, though nobody is to be made for its person, where %s', async (_, what) => {
    const { world, directory, roles, ann } = await anEmployee({ offboardDeleteAfterDays: 1 });
    directory.unassign(ann.assignment);
    await world.round();
    const account = world.target.users.get(world.accountOf(ann.id)?.id as TargetId);
    world.nowMs += 25 * 3600_000;
    await world.cycle();
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'deleteUser') throw new UnexpectedResponseError('target', 'A page');
    };
    await world.drain();
    world.target.hook = undefined;
    world.nowMs += 13 * 60_000;
    if (what === 'gone') Object.assign(account ?? {}, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    const { users } = world.schema;
    world.schema = { ...world.schema, users: { ...users, actions: { ...users.actions, create: false } } };
    directory.assign(ann.id, roles.user);
    await world.cycle();
    if (what === 'unknown') {
      const { space } = world.deps();
      const row = (await space.readObject({ type: 'user', id: ann.id }))?.value;
      if (row) await space.writeObject({ ...row, attributes: { ...row.attributes, accountEnabled: null } }, '*');
    }
    await world.drain();
    expect(await actionsOf(world, ann.id)).toEqual(['disable', 'create']);
  });

  it.each(['agent', 'user'] as const)(
    'an admin whose creation was cut off, who leaves and is back as %s: is not left an admin',
    async (role) => {
      const { world, directory, roles } = aCompany({ users: 1 });
      await world.round();
      world.target.seedUser({ name: 'Admin', email: 'admin@contoso.com', role: { role: 'admin', customRoleId: null } });
      const ann = aPerson(world, 'ann');
      const assignment = directory.assign(ann, roles.admin);
      await world.cycle();
      losesAnswer(world, 'createUser');
      await world.drain();
      expect(world.accountOf(ann)).toMatchObject({ role: { role: 'admin' } });
      directory.unassign(assignment);
      await world.round();
      // Found and linked; the next cycle would count what it is to lose.
      expect(await actionsOf(world, ann)).toEqual(['create']);
      expect(world.accountOf(ann)?.suspended).toBe(false);
      directory.assign(ann, roles[role]);
      for (let more = 0; more < 3; more += 1) await world.round();
      expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: role === 'user' ? 'end-user' : role } });
    },
  );

  /** How often the log says that somebody was suspended: as the action of an entry, or as a step of it. */
  const suspensionsTold = async (world: World, id: SourceId): Promise<number> =>
    (await actionsOf(world, id)).filter((action) => action === 'disable').length +
    (await stepsOf(world, id)).split('What it had written: account suspended.').length -
    1;

  it.each([
    ['somebody hired again takes the account over', 'rehired'],
    ['an operator unlinks it', 'unlinked'],
    ['somebody lifts it and an operator unlinks it, once it is on record', 'lifted'],
  ])('a suspension is told, wherever its item is killed, also where %s before the item comes back', async (_, what) => {
    const wrong: string[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, roles, ann } = await anEmployee();
      const account = world.target.users.get(world.accountOf(ann.id)?.id as TargetId);
      directory.hardDeleteUser(ann.id);
      await world.cycle();
      const [message] = world.queue.messages.splice(0);
      if (!message || !account) throw new Error('nothing to suspend');
      wasKilled = await world.killedAt(call, () => world.work(message.item));
      const isSuspended = account.suspended;
      const isKnown = (await world.deps().links.read({ type: 'user', id: ann.id }))?.value.link?.disabledByUs === true;
      world.queue.messages.length = 0;
      world.nowMs += 20 * 60_000;
      if (what === 'rehired') {
        const fresh = aPerson(world, 'user0');
        directory.assign(fresh, roles.user);
        await world.cycle();
        await world.drain();
        expect(account).toMatchObject({ externalId: fresh, suspended: false });
      } else if (what === 'lifted') account.suspended = false;
      if (what !== 'rehired')
        await unlinkOne(world.deps(), { type: 'application', id: '', displayName: 'test' }, { type: 'user', id: ann.id });
      world.queue.messages.push(message);
      await world.drain();
      for (let more = 0; more < 2; more += 1) await world.round();
      const told = await suspensionsTold(world, ann.id);
      if (told !== ((what === 'lifted' ? isKnown : isSuspended) ? 1 : 0)) wrong.push(`${call}: ${told}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(['updateUser', 'endSessions'])(
    'the suspension of whom Zendesk does not delete is told and its sessions end, also where the answer to %s was lost',
    async (method) => {
      const { world, directory, ann } = await anEmployee({ hardDeletedUsers: 'Delete' });
      const id = world.accountOf(ann.id)?.id as TargetId;
      const key = { type: 'user', id: ann.id } as const;
      world.target.openTickets.add(id);
      directory.hardDeleteUser(ann.id);
      await world.cycle();
      losesAnswer(world, method);
      await world.drain();
      expect(world.target.users.get(id)).toMatchObject({ suspended: true, active: true });
      for (let more = 0; more < 2; more += 1) {
        world.target.endedSessions.length = 0;
        world.nowMs += 24 * 3600_000;
        await world.round();
        expect(world.target.endedSessions).toEqual([id]);
        expect((await world.deps().links.read(key))?.value.link).toMatchObject({ disabledByUs: true });
      }
      world.target.openTickets.delete(id);
      world.nowMs += 24 * 3600_000;
      await world.round();
      expect(await actionsOf(world, ann.id)).toEqual(['delete', 'create']);
      expect(await stepsOf(world, ann.id)).toContain('What it had written: account suspended.');
      expect((await world.deps().links.read(key))?.value ?? null).toBeNull();
    },
  );

  it.each([
    ['before its entry', 'linkStore.write', 4, 'What it had written: account suspended.'],
    ['after it', 'provisioningLog.record', 1, 'it is suspended meanwhile.'],
  ])(
    'the suspension of whom Zendesk does not delete is told once by a process that was killed %s',
    async (_, name, times, told) => {
      for (const next of ['the message', 'another item']) {
        const { world, directory, ann } = await anEmployee({ hardDeletedUsers: 'Delete' });
        const id = world.accountOf(ann.id)?.id as TargetId;
        world.target.openTickets.add(id);
        directory.hardDeleteUser(ann.id);
        await world.cycle();
        const hidden = await killedAfter(world, name, times);
        if (next === 'the message') world.queue.messages.push(hidden);
        world.nowMs += 24 * 3600_000;
        await world.round();
        if (next !== 'the message') await world.work({ ...hidden.item, changeId: 'another' });
        const { entries } = await world.deps().log.query({ sourceId: ann.id, statuses: ['failure'] }, 100);
        const steps = entries.map((entry) => entry.provisioningSteps.map(({ description }) => description).join('\n'));
        expect(steps.filter((text) => text.includes(told)).length).toBeGreaterThan(0);
        expect(steps.filter((text) => text.includes('suspended meanwhile') && text.includes('account suspended.'))).toEqual([]);
        if (name !== 'linkStore.write') expect(steps.filter((text) => text.includes('account suspended.'))).toEqual([]);
      }
    },
  );

  it('a suspension that two items in a row are to lift is lifted by the second, where the first was cut off', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    losesAnswer(world, 'updateUser');
    await world.drain();
    directory.assign(ann.id, roles.user);
    await world.cycle();
    // Claimed, and killed before the account is let in.
    const hidden = await killedAfter(world, 'linkStore.write');
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    world.queue.messages.push(hidden);
    await world.drain();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
    expect(await stepsOf(world, ann.id)).toContain('What it had written: account suspended.');
  });

  it.each([
    ['refused', new RejectedError('name', 'refused')],
    ['an address that is taken', new AlreadyExistsError('email', 'taken')],
  ])('a suspension is told and lifted, also where what the next item writes is %s', async (_, refusal) => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    losesAnswer(world, 'updateUser');
    await world.drain();
    directory.assign(ann.id, roles.user);
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'updateUser') throw refusal;
    };
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    world.target.hook = undefined;
    world.nowMs += 24 * 3600_000;
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
    expect(await actionsOf(world, ann.id)).toEqual(['update', 'create']);
    expect(await stepsOf(world, ann.id)).toContain('cut off before its log entry. What it had written: account suspended.');
  });

  it('a creation is told, and the account is ours, also where Zendesk refuses what the next item is to write', async () => {
    const { world, directory, roles } = await anEmployee();
    const hire = directory.addUser({ displayName: 'Hire', mail: 'hire@contoso.com', userPrincipalName: 'hire@contoso.com' });
    directory.assign(hire, roles.user);
    await world.cycle();
    losesAnswer(world, 'createUser');
    await world.drain();
    directory.updateUser(hire, { displayName: 'Renamed' });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'updateUser') throw new RejectedError('name', 'refused');
    };
    for (let more = 0; more < 2; more += 1) await world.round();
    world.target.hook = undefined;
    world.nowMs += 24 * 3600_000;
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(hire)).toMatchObject({ name: 'Renamed' });
    expect(await actionsOf(world, hire)).toEqual(['create']);
    expect((await world.deps().links.read({ type: 'user', id: hire }))?.value.link).toMatchObject({ createdByUs: true });
  });

  it('a deletion that is followed by a new account is a step of its entry', async () => {
    const { world, directory, roles, users } = await anEmployee({ offboardDeleteAfterDays: 30 });
    const ann = users[0] as { id: SourceId; assignment: string };
    directory.unassign(ann.assignment);
    await world.round();
    world.nowMs += 31 * 24 * 3600_000;
    await world.cycle();
    losesAnswer(world, 'deleteUser');
    await world.drain();
    directory.assign(ann.id, roles.user);
    await world.round();
    expect(world.accountOf(ann.id)).toMatchObject({ active: true });
    expect(await stepsOf(world, ann.id)).toContain('What it had written: account deleted.');
  });

  it('a creation that somebody deletes before its entry is a step of the one that makes it again', async () => {
    const { world, directory, roles } = await anEmployee();
    const hire = directory.addUser({ displayName: 'Hire', mail: 'hire@contoso.com', userPrincipalName: 'hire@contoso.com' });
    directory.assign(hire, roles.user);
    await world.cycle();
    let isKilled = false;
    world.hook = (call) => {
      if (call === 'provisioningLog.record' && !isKilled) {
        isKilled = true;
        throw new Error('killed');
      }
    };
    await world.drain(undefined, () => {
      Object.assign(world.target.users.get(world.accountOf(hire)?.id ?? ('' as never)) ?? {}, { active: false });
      return true;
    });
    expect(isKilled).toBe(true);
    expect(world.accountOf(hire)).toMatchObject({ active: true });
    expect(await stepsOf(world, hire)).toContain('What it had written: account created.');
  });

  it('a suspension by a message that was handed out again after its entry is still ours to lift', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.updateUser(ann.id, { displayName: 'Renamed' });
    await world.cycle();
    const [message] = world.queue.messages;
    if (!message) throw new Error('no message');
    await world.drain();
    // The message was not taken off the queue in time: it comes again, and finds more to do.
    directory.unassign(ann.assignment);
    await world.cycle();
    const [leaving] = world.queue.messages.splice(0);
    losesAnswer(world, 'updateUser');
    await world.work({ ...message.item, allows: leaving?.item.allows ?? null });
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    directory.assign(ann.id, roles.user);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
  });

  it('a creation whose entry was written is told once, where its message comes again and finds more to do', async () => {
    const { world, directory, roles } = await anEmployee();
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    directory.updateGroup(team, { displayName: 'Renamed' });
    await world.cycle();
    world.queue.messages.splice(0, world.queue.messages.length, hidden);
    await world.drain();
    expect(world.groupNamed('Renamed')).toBeDefined();
    expect(await actionsOf(world, team)).toEqual(['create']);
    const exports = (await stepsOf(world, team)).split('\n').filter((step) => step.startsWith('Zendesk group '));
    expect(exports).toEqual(['Zendesk group created.', 'Zendesk group updated.']);
  });

  it('a suspension whose entry was written is told once, where its message comes again for somebody who is back', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    directory.assign(ann.id, roles.user);
    await world.cycle();
    world.queue.messages.splice(0, world.queue.messages.length, hidden);
    await world.drain();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
    expect(await actionsOf(world, ann.id)).toEqual(['disable', 'create']);
    expect(await stepsOf(world, ann.id)).not.toContain('cut off');
  });

  it('what was cut off is told once, where the entry that has it as a step is followed by the same message', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    losesAnswer(world, 'updateUser');
    await world.drain();
    directory.assign(ann.id, roles.user);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    directory.updateUser(ann.id, { displayName: 'Renamed' });
    await world.cycle();
    world.queue.messages.splice(0, world.queue.messages.length, hidden);
    await world.drain();
    expect(world.accountOf(ann.id)).toMatchObject({ suspended: false, name: 'Renamed' });
    expect((await stepsOf(world, ann.id)).split('What it had written: account suspended.')).toHaveLength(2);
  });

  it('an account that is deleted after its entry, and made again by the same message, is told as made twice', async () => {
    const { world, directory, roles } = await anEmployee();
    const hire = directory.addUser({ displayName: 'Hire', mail: 'hire@contoso.com', userPrincipalName: 'hire@contoso.com' });
    directory.assign(hire, roles.user);
    await world.cycle();
    const [message] = world.queue.messages;
    if (!message) throw new Error('no message');
    await world.drain();
    Object.assign(world.target.users.get(world.accountOf(hire)?.id ?? ('' as never)) ?? {}, { active: false });
    world.queue.messages.push(message);
    // Made, linked, and killed before its entry.
    const hidden = await killedAfter(world, 'linkStore.write', 2);
    world.queue.messages.push(hidden);
    await world.drain();
    expect(world.accountOf(hire)).toMatchObject({ active: true });
    expect((await stepsOf(world, hire)).split('Account created.')).toHaveLength(3);
  });

  it('a change that is made after the entry of the same message, and cut off, is told', async () => {
    const { world, directory, ann } = await anEmployee();
    directory.updateUser(ann.id, { displayName: 'Renamed' });
    await world.cycle();
    const [message] = world.queue.messages;
    if (!message) throw new Error('no message');
    await world.drain();
    Object.assign(world.target.users.get(world.accountOf(ann.id)?.id ?? ('' as never)) ?? {}, { name: 'By hand' });
    directory.updateUser(ann.id, { mail: 'ann.new@contoso.com' });
    await world.cycle();
    world.queue.messages.splice(0, world.queue.messages.length, message);
    const hidden = await killedAfter(world, 'linkStore.write', 2);
    world.queue.messages.push(hidden);
    await world.drain();
    expect(world.accountOf(ann.id)).toMatchObject({ name: 'Renamed', email: 'ann.new@contoso.com' });
    const changed = (await entriesOf(world, ann.id)).flatMap(({ modifiedProperties }) => modifiedProperties);
    expect(changed.map(({ newValue }) => newValue)).toContain('ann.new@contoso.com');
  });

  it('a suspension that the same message makes again after its entry, and whose answer is lost, is still ours to lift', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    const [message] = world.queue.messages;
    if (!message) throw new Error('no message');
    await world.drain();
    const again = directory.assign(ann.id, roles.user);
    await world.round();
    directory.unassign(again);
    await world.cycle();
    const [leaving] = world.queue.messages.splice(0);
    const repeated = { ...message.item, allows: leaving?.item.allows ?? null };
    losesAnswer(world, 'updateUser');
    await world.work(repeated);
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    await world.work(repeated);
    directory.assign(ann.id, roles.user);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
  });

  it('a group that was made, and that is to be left alone by then, is told as made', async () => {
    const schema = JSON.parse(readFileSync('provisioning-schema.json', 'utf8'));
    schema.synchronizationRules[0].objectMappings[1].flowTypes = 'Add,Update';
    const { world, directory, roles } = aCompany({}, { schema: schemaOf(JSON.stringify(schema)) });
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    await world.cycle();
    await killedAfter(world, 'target.listGroupMemberships');
    expect(world.groupNamed('Team')).toBeDefined();
    directory.updateGroup(team, { securityEnabled: false });
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.groupNamed('Team')).toBeDefined();
    expect(await actionsOf(world, team)).toEqual(['create']);
  });

  it('a group that was made and has got a member by then is told as made with that member, by one of two items', async () => {
    const schema = JSON.parse(readFileSync('provisioning-schema.json', 'utf8'));
    schema.synchronizationRules[0].objectMappings[1].flowTypes = 'Add,Update';
    const { world, directory, roles, agents } = aCompany({ agents: 1 }, { schema: schemaOf(JSON.stringify(schema)) });
    const ann = agents[0]?.id as SourceId;
    await world.round();
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    directory.addMember(team, ann);
    await world.cycle();
    world.queue.messages.sort((a, b) => a.item.objectType.localeCompare(b.item.objectType));
    const hidden = await killedAfter(world, 'linkStore.putMembership');
    expect(world.membersOf(world.groupNamed('Team')?.id as TargetId)).toEqual([ann]);
    directory.updateGroup(team, { securityEnabled: false });
    await world.cycle();
    const next = world.queue.messages.find(({ item }) => item.sourceId === team);
    if (!next) throw new Error('no message');
    world.queue.messages.length = 0;
    let isBegun = false;
    world.hook = async (name) => {
      // Both items are at it at the same time: the one that was cut off, and the next cycle's.
      if (name !== 'target.getGroup' || isBegun) return;
      isBegun = true;
      await world.work(next.item);
    };
    await world.work(hidden.item).catch(() => undefined);
    world.hook = undefined;
    for (let more = 0; more < 2; more += 1) await world.round();
    const [entry, ...others] = await entriesOf(world, team);
    expect(others).toEqual([]);
    expect(entry?.provisioningAction).toBe('create');
    expect(entry?.modifiedProperties.map(({ displayName }) => displayName)).toContain('members');
  });

  it('a creation is told although its person is skipped from then on', async () => {
    const { world, directory, users } = aCompany({ users: 1 }, { settings: { deprovisionUsers: 'Nothing' } });
    const [ann] = users;
    if (!ann) throw new Error('nobody');
    await world.cycle();
    // The claim, and the link.
    await killedAfter(world, 'linkStore.write', 2);
    directory.unassign(ann.assignment);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
    expect(await actionsOf(world, ann.id)).toEqual(['create']);
    expect((await world.deps().links.read({ type: 'user', id: ann.id }))?.value).toMatchObject({ claim: null });
  });

  it('a suspension whose person is skipped from then on is told, and is still ours to lift', async () => {
    const { world, directory, roles, ann } = await anEmployee();
    directory.unassign(ann.assignment);
    await world.cycle();
    losesAnswer(world, 'updateUser');
    await world.drain();
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    world.settings = { ...world.settings, deprovisionUsers: 'Nothing' };
    for (let more = 0; more < 2; more += 1) await world.round();
    expect([...(await actionsOf(world, ann.id))].sort()).toEqual(['create', 'disable']);
    directory.assign(ann.id, roles.user);
    await world.round();
    expect(world.accountOf(ann.id)?.suspended).toBe(false);
  });

  it('a group that somebody else deletes while this app is about to is not told as deleted by it', async () => {
    const { world, directory, roles } = await anEmployee();
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    await world.round();
    directory.deleteGroup(team);
    world.target.hook = (moment, method) => {
      const group = world.groupNamed('Team');
      if (moment === 'before' && method === 'deleteGroup' && group) Object.assign(group, { deleted: true });
    };
    await world.round();
    expect(world.groupNamed('Team')).toBeUndefined();
    expect(await actionsOf(world, team)).toEqual(['create']);
    expect((await world.deps().links.read({ type: 'group', id: team }))?.value ?? null).toBeNull();
  });
});

describe('what was cut off, and is kept by a try that gives up before it has begun', () => {
  it('is told once: somebody whose suspension had no answer returns, changes just then, and has left again by the next try', async () => {
    const { world, directory, ann } = await anEmployee();
    directory.updateUser(ann.id, { accountEnabled: false });
    await world.cycle();
    await killedAfter(world, 'target.updateUser (answer)');
    directory.updateUser(ann.id, { accountEnabled: true });
    world.nowMs += 3_600_000;
    await world.cycle();
    const key = { type: 'user', id: ann.id } as const;
    const { space } = world.deps();
    const row = (await space.readObject(key))?.value;
    world.hook = (name) => {
      if (name !== 'linkStore.write' || !row) return;
      world.hook = undefined;
      void space.writeObject({ ...row, version: row.version + 1 }, '*');
    };
    const message = world.queue.messages.shift();
    if (!message) throw new Error('nothing to do');
    await world.work(message.item);
    world.queue.messages.length = 0;
    expect(world.accountOf(ann.id)?.suspended).toBe(true);
    directory.updateUser(ann.id, { accountEnabled: false });
    await world.round();
    expect([...(await actionsOf(world, ann.id))].sort()).toEqual(['create', 'disable']);
    expect((await stepsOf(world, ann.id)).match(/An earlier try was cut off/g)).toBeNull();
  });
});
