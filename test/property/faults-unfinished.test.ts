import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlteredError, RejectedError, ThrottledError, UnauthorizedError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { aCompany, aNewcomer, anEmployee } from '../builders/people';
import { SUSPENDED, timesSaid } from './support/cut-off';
import { fails, losesAnswer } from './support/faults';
import { only } from './support/only';
import { restart, unlinks } from './support/operator';
import { takeFirst } from './support/queue';
import { actionsOf, lastEntry } from './support/told';
import { Killed, schemaOf, type World } from './support/world';

describe('what an earlier try had written, and could not store', () => {
  it('a suspension with its answer lost, and the person back before the next try: let in again', async () => {
    const { world, directory, roles, id, assignment } = await anEmployee();
    losesAnswer(world, 'updateUser');
    directory.unassign(assignment);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(true);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('a suspension with the seat given back, and the process dead: a return restores role and access', async () => {
    const { world, directory, roles, id, assignment } = await anEmployee(
      { deprovisionUsers: 'DowngradeAndSuspend' },
      { agents: 1 },
    );
    losesAnswer(world, 'updateUser', new Killed('after the write'));
    directory.unassign(assignment);
    await world.cycle();
    await world.drain(undefined, (error) => error instanceof Killed);
    expect(world.accountOf(id)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    directory.assign(id, roles.agent);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });
});

describe('a pair that is broken before its last change is in the log', () => {
  const breaks: readonly (readonly [string, (world: World, id: SourceId) => Promise<unknown>])[] = [
    ['unlinked', unlinks],
    ['every link forgotten', restart],
  ];

  it.each(breaks)('%s: the creation is told all the same, and once', async (_name, breakPair) => {
    const { world, id } = aNewcomer();
    await world.cycle();
    world.hook = (name) => {
      if (name === 'provisioningLog.record') throw new Killed();
    };
    await expect(world.work(only(world.queue.messages).item)).rejects.toThrow(Killed);
    world.hook = undefined;
    expect(world.accountOf(id)).toBeDefined();
    await breakPair(world, id);
    await world.drain();
    await world.round();
    expect((await actionsOf(world, id)).filter((action) => action === 'create')).toHaveLength(1);
    expect(await world.pairOf(id)).toMatchObject({ link: { createdByUs: true }, claim: null });
  });
});

describe('what was refused was not written', () => {
  it.each([
    ['refused', new RejectedError('suspended', 'no')],
    ['for which the credential was refused', new UnauthorizedError('target', '401', { isUnwritten: true })],
    ['that had to wait', new ThrottledError('target', 1_000, '429', { isUnwritten: true })],
  ])(
    'a suspension %s, and an admin who suspends by hand: it is the admin’s, and a return does not lift it',
    async (_, refusal) => {
      const { world, directory, roles, id, assignment, account } = await anEmployee();
      fails(world, 'updateUser', refusal);
      directory.unassign(assignment);
      await world.cycle();
      await world.work(takeFirst(world).item);
      world.target.hook = undefined;
      account.suspended = true;
      for (let more = 0; more < 2; more += 1) await world.later(7);
      expect(await actionsOf(world, id, ['success'])).toEqual(['create']);
      directory.assign(id, roles.user);
      await world.round();
      expect(world.accountOf(id)?.suspended).toBe(true);
    },
  );

  it.each([
    ['may not be ended for want of a credential', new UnauthorizedError('target', '401', { isUnwritten: true })],
    ['have to wait for their end', new ThrottledError('target', 1_000, '429', { isUnwritten: true })],
  ])('a suspension whose sessions %s was written, and is ours to lift', async (_, refusal) => {
    const { world, directory, roles, id, assignment } = await anEmployee();
    fails(world, 'endSessions', refusal);
    directory.unassign(assignment);
    await world.cycle();
    await world.work(takeFirst(world).item);
    expect(world.accountOf(id)?.suspended).toBe(true);
    world.target.hook = undefined;
    world.nowMs += 7 * 3600_000;
    directory.assign(id, roles.user);
    await world.rounds(2);
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('a suspension beside a role of which Zendesk makes something else is told, ends the sessions, and is ours to lift', async () => {
    const settings = { deprovisionUsers: 'DowngradeAndSuspend' } as const;
    const { world, directory, roles, id, assignment, account } = await anEmployee(settings, { agents: 2 });
    let ended = 0;
    world.target.hook = (moment, method) => {
      if (method === 'endSessions' && moment === 'after') ended += 1;
      if (method !== 'updateUser' || moment !== 'after') return;
      account.role = { role: 'agent', customRoleId: null };
      throw new AlteredError('role', 'Zendesk stored the role agent where end-user was asked for');
    };
    directory.unassign(assignment);
    await world.round();
    expect(ended).toBe(1);
    expect(world.accountOf(id)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    world.target.hook = undefined;
    directory.assign(id, roles.agent);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    expect(await timesSaid(world, id, SUSPENDED)).toBe(1);
  });

  it('a name beside an organization that Zendesk refuses is told', async () => {
    const text = readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8').replace(
      '"organization", "source": null',
      '"organization", "source": { "type": "Attribute", "expression": "[companyName]" }',
    );
    const { world, directory, id } = aNewcomer();
    world.schema = schemaOf(text);
    await world.round();
    const account = world.rowOf(id);
    directory.updateUser(id, { displayName: 'Renamed', companyName: 'Acme' });
    world.target.hook = (moment, method) => {
      if (method !== 'updateUser' || moment !== 'before') return;
      account.name = 'Renamed';
      throw new RejectedError('organization', 'There is no such organization');
    };
    await world.round();
    world.target.hook = undefined;
    await world.later(7);
    const told = (await lastEntry(world, id))?.modifiedProperties.map(({ displayName }) => displayName);
    expect(told?.sort()).toEqual(['name', 'organization']);
  });

  it('a refused suspension is one removal, however often it is tried', async () => {
    const { world, directory, id, assignment } = await anEmployee(
      { deletionThreshold: 1, deletionThresholdPercent: 100 },
      { users: 3 },
    );
    let isRefused = true;
    world.target.hook = (moment, method) => {
      if (isRefused && moment === 'before' && method === 'updateUser') throw new RejectedError('suspended', 'no');
    };
    directory.unassign(assignment);
    await world.round();
    isRefused = false;
    for (let tries = 0; tries < 3; tries += 1) await world.later(6);
    expect(world.accountOf(id)?.suspended).toBe(true);
  });
});

describe('a slow try that ends after a later one has failed', () => {
  it('leaves the failure stored: what is new of the object is tried again', async () => {
    const { world, directory, hire } = aCompany({});
    const ann = hire('ann');
    world.target.seedUser({ name: 'Ann', email: 'old@contoso.com', externalId: ann });
    const other = world.target.seedUser({ name: 'Other', email: 'ann.new@contoso.com' });
    await world.cycle();
    const failures = () => world.deps().escrows.read({ type: 'user', id: ann });
    world.hook = async (name) => {
      if (name !== 'target.updateUser') return;
      world.hook = undefined;
      directory.updateUser(ann, { mail: 'ann.new@contoso.com' });
      await world.round();
      expect(await failures()).toMatchObject({ code: 'DuplicateTargetEntries' });
    };
    await world.drain();
    expect(world.accountOf(ann)?.email).toBe('ann@contoso.com');
    expect(await failures()).toMatchObject({ code: 'DuplicateTargetEntries' });
    other.email = 'other@contoso.com';
    await world.later(48);
    expect(world.accountOf(ann)?.email).toBe('ann.new@contoso.com');
    expect(await failures()).toBeUndefined();
  });
});
