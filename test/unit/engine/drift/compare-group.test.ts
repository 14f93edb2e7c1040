import { createHash } from 'node:crypto';
import type { SourceId, SourceObject, TargetGroup, TargetId } from '../../../../src/core/model';
import { targetId } from '../../../../src/core/model';
import { readRules } from '../../../../src/engine/decide/due';
import { compareGroup, memberId } from '../../../../src/engine/drift/compare-group';
import type { Compared } from '../../../../src/engine/drift/compare-user';
import { aCompany } from '../../../builders/people';
import type { FakeGroup } from '../../../fakes/target-account';
import { schemaOf } from '../../../property/support/world';
import { mappingText } from '../../../simulation/rules/rules';

const AGENT = { role: 'agent', customRoleId: null } as const;

/** A group in sync with three agents in it. @param seeded true where Zendesk had one of its name before */
async function inSync(options: { readonly seeded?: boolean; readonly keepsGroups?: boolean; readonly text?: string } = {}) {
  const text = options.text ?? (options.keepsGroups ? mappingText('keepsGroups') : undefined);
  const company = aCompany({ agents: 3 }, text ? { schema: schemaOf(text) } : {});
  const { world, directory, roles, agents } = company;
  if (options.seeded) world.target.seedGroup('Sales');
  const id = directory.addGroup({ displayName: 'Sales' });
  const assignment = directory.assign(id, roles.agent);
  for (const { id: agent } of agents) directory.addMember(id, agent);
  await world.round();
  await world.round();
  const deps = world.deps();
  const key = { type: 'group', id } as const;
  const link = async () => (await deps.links.read(key))?.value.link ?? never();
  const row = world.target.groups.get((await link()).targetId) as FakeGroup;
  const source = async (over: Partial<SourceObject>) => {
    const object = (await deps.space.readObject(key))?.value ?? never();
    await deps.space.writeObject({ ...object, ...over }, '*');
  };
  const compare = async (over?: Partial<TargetGroup> | 'gone'): Promise<Compared> => {
    const how = { deps: world.deps(), rules: await readRules(deps), cycleId: 'c', deadlineMs: Number.POSITIVE_INFINITY };
    return compareGroup(how, await link(), over === 'gone' ? undefined : { ...row, ...over });
  };
  const join = async (name: string, externalId: string | null = null) => {
    const user = world.target.seedUser({ name, email: `${name}@zendesk.example`, role: AGENT, externalId });
    await world.target.addMembership(user.id, row.id);
    return user;
  };
  const takeOut = (agent: SourceId) => {
    const account = world.accountOf(agent)?.id;
    for (const one of world.target.memberships.values())
      if (one.userId === account && one.groupId === row.id) world.target.memberships.delete(one.id);
  };
  return { ...company, id, key, assignment, deps, link, row, source, compare, join, takeOut };
}
const never = (): never => {
  throw new Error('not there');
};

describe('a group that is compared', () => {
  it('is the same while nobody has changed it', async () => {
    expect(await (await inSync()).compare()).toEqual({ kind: 'same' });
  });

  it('is left out while nothing is known of it, or not whether it is in scope', async () => {
    const { compare, deps, key, row, source, world } = await inSync();
    row.name = 'By hand';
    await source({ entitlements: [{ assignmentId: 'a', appRoleId: 'not listed', path: [] }] });
    const calls: string[] = [];
    world.hook = (name) => void calls.push(name);
    expect(await compare()).toEqual({ kind: 'skipped' });
    await deps.space.removeObject(key);
    expect(await compare()).toEqual({ kind: 'skipped' });
    expect(calls).not.toContain('target.listGroupMemberships');
  });

  it('that was renamed is named, and may be brought back', async () => {
    const { compare, id } = await inSync();
    expect(await compare({ name: 'By hand', updatedAt: '2026-01-04T10:00:00Z' })).toMatchObject({
      row: {
        ...{
          key: { id },
          outcome: 'planned',
          action: 'update',
          code: 'Renamed',
          changes: [{ displayName: 'name', oldValue: 'By hand' }],
        },
        drift: { codes: ['Renamed'], lastChangedAt: '2026-01-04T10:00:00Z', reported: [] },
      },
    });
    expect(await compare({ name: 'By hand' })).toHaveProperty('row.drift.lastChangedAt', null);
  });

  it('of which another attribute was changed', async () => {
    const described = JSON.parse(mappingText('shipped'));
    const { attributeMappings } = described.synchronizationRules[0].objectMappings[1];
    const at = attributeMappings.findIndex((one: { targetAttributeName: string }) => one.targetAttributeName === 'description');
    attributeMappings.splice(at < 0 ? 1 : at, at < 0 ? 0 : 1, {
      targetAttributeName: 'description',
      source: { type: 'Attribute', expression: '[displayName]' },
    });
    const { compare, takeOut, agents } = await inSync({ text: JSON.stringify(described) });
    expect(await compare()).toEqual({ kind: 'same' });
    expect(await compare({ description: 'By hand' })).toMatchObject({ row: { drift: { codes: ['Changed'] } } });
    expect(await compare({ description: 'By hand', name: 'By hand' })).toMatchObject({
      row: { drift: { codes: ['Renamed', 'Changed'] } },
    });
    takeOut(agents[0]?.id ?? never());
    expect(await compare({ description: 'By hand' })).toMatchObject({ row: { drift: { codes: ['MembersRemoved', 'Changed'] } } });
  });

  it('that is gone is made again', async () => {
    const { compare, row } = await inSync();
    row.deleted = true;
    expect(await compare('gone')).toMatchObject({
      row: {
        ...{ outcome: 'planned', action: 'create', code: 'GroupDeleted', targetId: row.id },
        digest: createHash('sha256').update(`gone group ${row.id}`).digest('hex'),
        drift: { codes: ['GroupDeleted'], lastChangedAt: null, reported: [] },
      },
    });
  });

  it('of which nothing can be mapped is a failure', async () => {
    const { compare, source } = await inSync();
    await source({ attributes: { securityEnabled: true, displayName: '' } });
    expect(await compare()).toMatchObject({ row: { outcome: 'failed' } });
  });

  it('that is held, or never touched, is left out', async () => {
    const { compare, world, deps, key } = await inSync();
    const { fingerprintOf } = await import('../../../../src/engine/decide/held');
    const object = (await deps.space.readObject(key))?.value ?? never();
    await deps.holds.put([
      {
        ...{
          key,
          source: fingerprintOf(deps, object),
          planId: 'p',
          cycleId: 'c',
          heldBy: { type: 'user', id: 'op', displayName: '' },
        },
        ...{ heldAt: world.deps().clock().toISOString(), name: '', way: null, allows: null, isLast: false },
      },
    ]);
    expect(await compare({ name: 'By hand' })).toEqual({ kind: 'skipped' });
  });
});

describe('a group that nothing asks for any more', () => {
  it('is named where the mapping keeps it', async () => {
    const { compare, source, row } = await inSync({ keepsGroups: true });
    await source({ entitlements: [] });
    expect(await compare({ updatedAt: '2026-01-04T10:00:00Z' })).toMatchObject({
      row: {
        outcome: 'skipped',
        code: 'GroupUnasked',
        name: row.name,
        drift: { lastChangedAt: '2026-01-04T10:00:00Z', reported: [] },
      },
    });
    await source({ entitlements: [], attributes: { securityEnabled: true } });
    expect(await compare()).toHaveProperty('row.name', row.name);
    expect(await compare('gone')).toEqual({ kind: 'skipped' });
  });

  it('is named as Entra ID calls it', async () => {
    const { compare, source } = await inSync({ keepsGroups: true });
    await source({ entitlements: [] });
    expect(await compare({ name: 'By hand' })).toHaveProperty('row.name', 'Sales');
  });

  it('waits for a cycle where that deletes it', async () => {
    const { compare, source } = await inSync();
    await source({ entitlements: [] });
    expect(await compare()).toEqual({ kind: 'skipped' });
  });

  it('is nobody’s business where it was there before', async () => {
    const { compare, source } = await inSync({ seeded: true, keepsGroups: true });
    await source({ entitlements: [] });
    expect(await compare()).toEqual({ kind: 'skipped' });
  });
});

describe('members', () => {
  it('taken out by hand are to come back', async () => {
    const { compare, takeOut, agents } = await inSync();
    takeOut(agents[1]?.id ?? never());
    expect(await compare()).toMatchObject({
      row: {
        outcome: 'planned',
        code: 'MembersRemoved',
        changes: [{ displayName: 'members', oldValue: null }],
        drift: { codes: ['MembersRemoved'] },
      },
    });
  });

  it('whom Entra ID has added and no cycle has put there yet were not taken out', async () => {
    const { compare, deps, id, roles, directory, world } = await inSync();
    const mail = 'new@contoso.com';
    const newcomer = directory.addUser({ displayName: 'New', mail, userPrincipalName: mail });
    directory.assign(newcomer, roles.agent);
    await world.round();
    await deps.space.putMembers([{ groupId: id, memberId: newcomer, memberType: 'user' }]);
    expect(await compare()).toMatchObject({ row: { drift: { codes: ['Changed'] }, outcome: 'planned' } });
  });

  it('who are to leave by Entra ID are left to cycles', async () => {
    const { compare, deps, id, agents } = await inSync();
    await deps.space.removeMembers([{ groupId: id, memberId: agents[0]?.id ?? never(), memberType: 'user' }]);
    expect(await compare()).toEqual({ kind: 'same' });
  });

  it('put in by hand are reported by name, and stay', async () => {
    const { compare, join } = await inSync();
    const [bo, unnamed] = [await join('Bo'), await join('')];
    const compared = await compare();
    expect(compared).toMatchObject({ row: { outcome: 'skipped', action: 'other', changes: [], code: 'MembersForeign' } });
    expect(compared).toHaveProperty('row.drift.reported', [
      { displayName: 'members', oldValue: `Bo (${bo.id})`, newValue: null },
      { displayName: 'members', oldValue: `(${unnamed.id})`, newValue: null },
    ]);
    expect(compared).toHaveProperty('row.drift.codes', ['MembersForeign']);
  });

  it('put in by hand: one alone', async () => {
    const { compare, join } = await inSync();
    await join('Bo');
    expect(await compare()).toHaveProperty('row.drift.codes', ['MembersForeign']);
  });

  it('who are in the group by Entra ID are not foreign, and who are somebody else’s are', async () => {
    const { compare, deps, agents, id, row, world, directory, roles } = await inSync();
    const own = agents[0]?.id ?? never();
    await deps.links.removeMembership({ groupId: id, userId: own });
    expect(await compare()).toEqual({ kind: 'same' });
    const mail = 'else@contoso.com';
    const stranger = directory.addUser({ displayName: 'Else', mail, userPrincipalName: mail });
    directory.assign(stranger, roles.agent);
    await world.round();
    const account = world.accountOf(stranger)?.id as TargetId;
    await world.target.addMembership(account, row.id);
    expect(await compare()).toHaveProperty('row.drift.reported', [
      { displayName: 'members', oldValue: `Else (${account})`, newValue: null },
    ]);
  });

  it('of the default group nobody is foreign: Zendesk puts every new agent there', async () => {
    const { compare, join } = await inSync();
    await join('Bo');
    expect(await compare({ isDefault: true })).toEqual({ kind: 'same' });
  });

  it.each([
    [200, undefined],
    [201, 'and 1 more'],
    [203, 'and 3 more'],
  ])('of %p strangers two hundred are named', async (count, last) => {
    const { compare, join } = await inSync();
    for (let at = 0; at < count; at += 1) await join(`Bo${at}`);
    const { row } = (await compare()) as { row: { drift: { reported: readonly { oldValue: string }[] } } };
    const names = row.drift.reported.map(({ oldValue }) => oldValue);
    expect(names[0]).toMatch(/^Bo0 \(\d+\)$/);
    expect([names.length, names[200]]).toEqual([last ? 201 : 200, last]);
  });

  it('of a mapping without members nobody is read', async () => {
    const without = JSON.parse(mappingText('shipped'));
    const groups = without.synchronizationRules[0].objectMappings[1];
    groups.attributeMappings = groups.attributeMappings.filter(
      ({ targetAttributeName: name }: { targetAttributeName: string }) => name !== 'members',
    );
    const { compare, join, world } = await inSync({ text: JSON.stringify(without) });
    await join('Bo');
    const calls: string[] = [];
    world.hook = (name) => void calls.push(name);
    expect(await compare()).toEqual({ kind: 'same' });
    expect(calls).not.toContain('target.listGroupMemberships');
  });

  it('of a group that is gone nobody is read', async () => {
    const { compare, world, row } = await inSync();
    row.deleted = true;
    const calls: string[] = [];
    world.hook = (name) => void calls.push(name);
    await compare('gone');
    expect(calls).not.toContain('target.listGroupMemberships');
  });

  it.each([
    ['Bo (7)', '7'],
    ['Bo (B.) (12345678901234567890)', '12345678901234567890'],
    ['and 3 more', undefined],
    ['(7) Bo', undefined],
    ['Bo (123456789012345678901)', undefined],
  ])('%s is the member %p', (oldValue, id) => {
    expect(memberId({ displayName: 'members', oldValue, newValue: null })).toBe(id && targetId(id));
  });
});
