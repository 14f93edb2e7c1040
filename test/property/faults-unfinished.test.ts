import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlteredError, RejectedError, ThrottledError, UnauthorizedError, UnavailableError } from '../../src/core/errors';
import type { SourceId, TargetId } from '../../src/core/model';
import { forgetEscrow } from '../../src/engine/control/escrow-control';
import { restartJob } from '../../src/engine/control/restart';
import { unlinkOne } from '../../src/engine/control/unlink';
import { allowDeletes } from '../../src/engine/cycle/release-staged';
import { aCompany, aPerson } from '../builders/people';
import { Killed, schemaOf, type World } from './support/world';

const OPERATOR = { type: 'application', id: '', displayName: 'test' } as const;

/** Lets the next call of a method go through, and loses its answer. */
function loseAnswer(world: World, method: string, error: Error): void {
  world.target.hook = (moment, called) => {
    if (moment !== 'after' || called !== method) return;
    world.target.hook = undefined;
    throw error;
  };
}

const lastEntry = async (world: World, id: SourceId) => (await world.deps().log.query({ sourceId: id }, 1)).entries[0];

describe('what an earlier try had written, and could not store', () => {
  it('a suspension with its answer lost, and the person back before the next try: let in again', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const id = users[0]?.id as SourceId;
    loseAnswer(world, 'updateUser', new UnavailableError('target', 'connection lost'));
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(true);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('a suspension with the seat given back, and the process dead: a return restores role and access', async () => {
    const { world, directory, agents, roles } = aCompany(
      { agents: 1 },
      { settings: { deprovisionUsers: 'DowngradeAndSuspend' } },
    );
    await world.round();
    const id = agents[0]?.id as SourceId;
    loseAnswer(world, 'updateUser', new Killed('after the write'));
    directory.unassign(agents[0]?.assignment ?? '');
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
    ['unlinked', (world, id) => unlinkOne(world.deps(), OPERATOR, { type: 'user', id })],
    ['every link forgotten', (world) => restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'restart')],
  ];

  it.each(breaks)('%s: the creation is told all the same, and once', async (_name, breakPair) => {
    const { world, users } = aCompany({ users: 1 });
    const id = users[0]?.id as SourceId;
    await world.cycle();
    world.hook = (name) => {
      if (name === 'provisioningLog.record') throw new Killed();
    };
    const [message] = world.queue.messages;
    if (!message) throw new Error('nothing to do');
    await expect(world.work(message.item)).rejects.toThrow(Killed);
    world.hook = undefined;
    expect(world.accountOf(id)).toBeDefined();
    await breakPair(world, id);
    await world.drain();
    await world.round();
    const { entries } = await world.deps().log.query({ sourceId: id }, 10);
    expect(entries.filter(({ provisioningAction }) => provisioningAction === 'create')).toHaveLength(1);
    expect((await world.deps().links.read({ type: 'user', id }))?.value).toMatchObject({
      link: { createdByUs: true },
      claim: null,
    });
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
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const id = users[0]?.id as SourceId;
      world.target.hook = (moment, method) => {
        if (moment === 'before' && method === 'updateUser') throw refusal;
      };
      directory.unassign(users[0]?.assignment ?? '');
      await world.cycle();
      const [message] = world.queue.messages.splice(0);
      if (!message) throw new Error('no message');
      await world.work(message.item);
      world.target.hook = undefined;
      const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
      if (account) account.suspended = true;
      for (let more = 0; more < 2; more += 1) {
        world.nowMs += 7 * 3600_000;
        await world.round();
      }
      const actions = (await world.deps().log.query({ sourceId: id }, 100)).entries
        .filter(({ provisioningStatusInfo: { status } }) => status === 'success')
        .map(({ provisioningAction }) => provisioningAction);
      expect(actions).toEqual(['create']);
      directory.assign(id, roles.user);
      await world.round();
      expect(world.accountOf(id)?.suspended).toBe(true);
    },
  );

  it.each([
    ['may not be ended for want of a credential', new UnauthorizedError('target', '401', { isUnwritten: true })],
    ['have to wait for their end', new ThrottledError('target', 1_000, '429', { isUnwritten: true })],
  ])('a suspension whose sessions %s was written, and is ours to lift', async (_, refusal) => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const id = users[0]?.id as SourceId;
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'endSessions') throw refusal;
    };
    directory.unassign(users[0]?.assignment ?? '');
    await world.cycle();
    const [message] = world.queue.messages.splice(0);
    if (!message) throw new Error('no message');
    await world.work(message.item);
    expect(world.accountOf(id)?.suspended).toBe(true);
    world.target.hook = undefined;
    world.nowMs += 7 * 3600_000;
    directory.assign(id, roles.user);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('a suspension beside a role of which Zendesk makes something else is told, ends the sessions, and is ours to lift', async () => {
    const { world, directory, agents, roles } = aCompany(
      { agents: 2 },
      { settings: { deprovisionUsers: 'DowngradeAndSuspend' } },
    );
    await world.round();
    const [ann] = agents;
    const id = ann?.id as SourceId;
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    let ended = 0;
    world.target.hook = (moment, method) => {
      if (method === 'endSessions' && moment === 'after') ended += 1;
      if (method !== 'updateUser' || moment !== 'after' || !account) return;
      account.role = { role: 'agent', customRoleId: null };
      throw new AlteredError('role', 'Zendesk stored the role agent where end-user was asked for');
    };
    directory.unassign(ann?.assignment ?? '');
    await world.round();
    expect(ended).toBe(1);
    expect(world.accountOf(id)).toMatchObject({ suspended: true, role: { role: 'agent' } });
    world.target.hook = undefined;
    directory.assign(id, roles.agent);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    const { entries } = await world.deps().log.query({ sourceId: id }, 100);
    const steps = entries.flatMap(({ provisioningSteps }) => provisioningSteps.map(({ description }) => description));
    expect(steps.filter((step) => step.includes('What it had written: account suspended'))).toHaveLength(1);
  });

  it('a name beside an organization that Zendesk refuses is told', async () => {
    const text = readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8').replace(
      '"organization", "source": null',
      '"organization", "source": { "type": "Attribute", "expression": "[companyName]" }',
    );
    const { world, directory, users } = aCompany({ users: 1 }, { schema: schemaOf(text) });
    await world.round();
    const id = users[0]?.id as SourceId;
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    directory.updateUser(id, { displayName: 'Renamed', companyName: 'Acme' });
    world.target.hook = (moment, method) => {
      if (method !== 'updateUser' || moment !== 'before' || !account) return;
      account.name = 'Renamed';
      throw new RejectedError('organization', 'There is no such organization');
    };
    await world.round();
    world.target.hook = undefined;
    world.nowMs += 7 * 3600_000;
    await world.round();
    const told = (await lastEntry(world, id))?.modifiedProperties.map(({ displayName }) => displayName);
    expect(told?.sort()).toEqual(['name', 'organization']);
  });

  it('a refused suspension is one removal, however often it is tried', async () => {
    const { world, directory, users } = aCompany(
      { users: 3 },
      { settings: { deletionThreshold: 1, deletionThresholdPercent: 100 } },
    );
    await world.round();
    let isRefused = true;
    world.target.hook = (moment, method) => {
      if (isRefused && moment === 'before' && method === 'updateUser') throw new RejectedError('suspended', 'no');
    };
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    isRefused = false;
    for (let tries = 0; tries < 3; tries += 1) {
      world.nowMs += 6 * 3600_000;
      await world.round();
    }
    expect(world.accountOf(users[0]?.id as SourceId)?.suspended).toBe(true);
  });
});

describe('nothing is forgotten in silence', () => {
  it('a stored failure that an operator forgets is tried with the next cycle', async () => {
    const { world, users } = aCompany({ users: 1 });
    const id = users[0]?.id as SourceId;
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'no');
    };
    await world.round();
    world.target.hook = undefined;
    await forgetEscrow(world.deps(), OPERATOR, { type: 'user', id });
    await world.round();
    expect(world.accountOf(id)).toBeDefined();
  });

  it.each([
    ['oldest', () => 0],
    ['newest', (count: number) => count - 1],
  ] as const)(
    'a removal that an operator has let go and Zendesk refuses: the failure stays, %s item first',
    async (_order, pick) => {
      const { world, directory, roles } = aCompany({}, { settings: { deletionThreshold: 1 } });
      const groups = ['One', 'Two'].map((displayName) => directory.addGroup({ displayName }));
      const assignments = groups.map((group) => directory.assign(group, roles.agent));
      await world.round();
      for (const assignment of assignments) directory.unassign(assignment);
      await world.round();
      world.target.hook = (moment, method) => {
        if (moment === 'before' && method === 'deleteGroup') throw new RejectedError('base', 'a default group');
      };
      await allowDeletes(world.deps(), OPERATOR, 'all');
      await world.drain(pick);
      const failing = async () =>
        Promise.all(groups.map(async (id) => (await world.deps().escrows.read({ type: 'group', id }))?.code));
      const [first, second] = await failing();
      expect([first, second]).toEqual(['UnprocessableEntity', 'UnprocessableEntity']);
      for (let more = 0; more < 3; more += 1) {
        world.nowMs += 24 * 3600_000;
        await world.round(pick);
        expect(await failing()).toEqual([first, second]);
      }
    },
  );

  it('a group that somebody deleted in Zendesk, then unassigned: the log does not claim a deletion', async () => {
    const { world, directory, roles } = aCompany({});
    const group = directory.addGroup({ displayName: 'Sales' });
    const assignment = directory.assign(group, roles.agent);
    await world.round();
    const there = world.target.groups.get(world.groupNamed('Sales')?.id as TargetId);
    if (there) there.deleted = true;
    directory.unassign(assignment);
    await world.round();
    expect(await lastEntry(world, group)).toMatchObject({ provisioningAction: 'other', skipReason: 'RedundantExport' });
    expect((await world.deps().links.read({ type: 'group', id: group }))?.value.link ?? null).toBeNull();
  });

  it('somebody leaves just before a restart forgets the links: access ends all the same', async () => {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.round();
    const [leaver] = users;
    directory.unassign(leaver?.assignment ?? '');
    expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    await world.round();
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, false]);
  });

  it('a membership that Zendesk refuses is seen, and tried again', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, agents[0]?.id ?? '');
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'addMembership') throw new RejectedError('user_id', 'no');
    };
    await world.round();
    const escrows = [];
    for await (const page of world.deps().escrows.list()) escrows.push(...page);
    expect(escrows.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([expect.stringContaining('could not be put into group')]),
    );
    world.target.hook = undefined;
    world.nowMs += 7 * 3600_000;
    await world.round();
    expect(world.membersOf(world.groupNamed('Sales')?.id as TargetId)).toHaveLength(1);
    for await (const page of world.deps().escrows.list()) expect(page).toEqual([]);
  });
});

describe('what comes while the brake counts', () => {
  it('a candidate that a worker leaves after the count is not let go by it', async () => {
    const { world, directory, users } = aCompany(
      { users: 4 },
      { settings: { deletionThreshold: 1, deletionThresholdPercent: 100 } },
    );
    await world.round();
    directory.unassign(users[0]?.assignment ?? '');
    const late = users[1]?.id as SourceId;
    let hasCounted = false;
    world.hook = async (name) => {
      // The first removal is about to be let go: the count is over.
      if (name !== 'workQueue.enqueue' || hasCounted) return;
      const running = await world.deps().state.read<{ cycleId: string; phase: string }>('cycle');
      if (running?.value?.phase !== 'brake') return;
      hasCounted = true;
      const key = { type: 'user', id: late } as const;
      const { cycleId } = running.value;
      await world
        .deps()
        .staged.put([
          { key, cycleId, changeId: 'late', kind: 'userDisable', count: 1, reason: 'r', state: 'candidate', stagedAt: 't' },
        ]);
    };
    await world.cycle();
    world.hook = undefined;
    expect(hasCounted).toBe(true);
    expect(world.queue.messages.map(({ item }) => item.sourceId)).not.toContain(late);
    expect((await world.deps().staged.read({ type: 'user', id: late }))?.state).toBe('candidate');
  });
});

describe('lost work items', () => {
  it('a queue that was emptied: hours later the cycle is closed, and everybody gets what was lost', async () => {
    const { world, users } = aCompany({ users: 3 });
    const { cycleId } = await world.cycle();
    world.queue.messages.splice(0);
    world.nowMs += 5 * 3600_000;
    await world.round();
    expect((await world.deps().cycles.read(cycleId))?.state).toBe('exporting');
    world.nowMs += 2 * 3600_000;
    await world.round();
    await world.round();
    expect(await world.deps().cycles.read(cycleId)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('3 work items') },
    });
    expect(users.every(({ id }) => world.accountOf(id))).toBe(true);
  });
});

describe('a list that was caught lying', () => {
  it('takes nobody’s access for want of an assignment, whatever else changed in that cycle', async () => {
    const { world, directory, roles } = aCompany({});
    const id = aPerson(world, 'both');
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.user);
    directory.addMember(group, id);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    directory.assign(id, roles.user);
    directory.updateGroup(group, { securityEnabled: false });
    world.source.switches.emptyAssignments = true;
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    world.source.switches.emptyAssignments = false;
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('delays a leaver by one cycle, and no longer', async () => {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.round();
    directory.updateUser(users[0]?.id ?? '', { displayName: 'Renamed' });
    directory.unassign(users[0]?.assignment ?? '');
    world.source.switches.emptyAssignments = true;
    await world.round();
    world.source.switches.emptyAssignments = false;
    await world.round();
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, false]);
  });
});

describe('a rehire whose mapping says nothing of suspension', () => {
  it('is let in: the former self had been suspended by this app', async () => {
    const schema = JSON.parse(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
    const [users] = schema.synchronizationRules[0].objectMappings;
    users.attributeMappings = users.attributeMappings.filter(
      ({ targetAttributeName }: { targetAttributeName: string }) => targetAttributeName !== 'suspended',
    );
    const { world, directory, users: people, roles } = aCompany({ users: 1 }, { schema: schemaOf(JSON.stringify(schema)) });
    await world.round();
    directory.hardDeleteUser(people[0]?.id ?? '');
    await world.round();
    const id = aPerson(world, 'user0');
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ suspended: false });
  });
});

describe('a slow try that ends after a later one has failed', () => {
  it('leaves the failure stored: what is new of the object is tried again', async () => {
    const { world, directory, roles } = aCompany({});
    const ann = aPerson(world, 'ann');
    directory.assign(ann, roles.user);
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
    const row = world.target.users.get(other.id);
    if (row) row.email = 'other@contoso.com';
    world.nowMs += 48 * 3600_000;
    await world.round();
    expect(world.accountOf(ann)?.email).toBe('ann.new@contoso.com');
    expect(await failures()).toBeUndefined();
  });
});
