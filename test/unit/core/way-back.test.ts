import { targetId } from '../../../src/core/model';
import { ownedTagsBack, planGroupBack, planUserBack } from '../../../src/core/plan-back';
import type { ProvisioningLogEntry } from '../../../src/core/record';
import { type WayBack, wayBackOf } from '../../../src/core/way-back';
import { anAccount, aZendeskGroup } from '../../builders/objects';
import { logEntry } from '../../contract/storage/log-entry';

const GROUP = '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1';
const change = (displayName: string, oldValue: string | null, newValue: string | null) => ({ displayName, oldValue, newValue });
const entry = (over: Partial<ProvisioningLogEntry>): ProvisioningLogEntry => ({
  ...logEntry('y', 'c'),
  provisioningAction: 'update',
  modifiedProperties: [],
  ...over,
});
const operation = {
  provisioningStepType: 'processing' as const,
  name: 'JobOperation',
  status: 'success' as const,
  description: 'An operator did something.',
  details: {},
};
const failed = { status: 'failure' as const, errorInformation: null };
const skipped = { status: 'skipped' as const, errorInformation: null };
const name = [change('name', 'Ann', 'Bob')];

describe('reading the way back out of an entry', () => {
  test.each([
    ['skipped', { provisioningStatusInfo: skipped, modifiedProperties: name }, 'nothing'],
    ['held by the brake', { provisioningAction: 'stagedDelete' as const }, 'nothing'],
    ['nothing written', {}, 'nothing'],
    ['an update', { modifiedProperties: name }, 'wayBack'],
    ['a creation', { provisioningAction: 'create' as const, modifiedProperties: name }, 'wayBack'],
    ['a deletion', { provisioningAction: 'delete' as const }, 'lost'],
    ['let go', { provisioningAction: 'other' as const }, 'lost'],
    ['a failure', { provisioningStatusInfo: failed, modifiedProperties: name }, 'lost'],
    [
      'a failure before anything was planned',
      { provisioningStatusInfo: failed, provisioningAction: 'other' as const },
      'nothing',
    ],
  ])('%s: %s', (_, over, kind) => {
    expect(wayBackOf(entry(over), []).kind).toBe(kind);
  });

  const wayOf = (
    properties: ProvisioningLogEntry['modifiedProperties'],
    later: readonly ProvisioningLogEntry[] = [],
  ): WayBack => {
    const undoing = wayBackOf(entry({ modifiedProperties: properties }), later);
    if (undoing.kind !== 'wayBack') throw new Error(undoing.kind);
    return undoing.way;
  };

  it('memberships are told by their ids, whatever the name says', () => {
    const way = wayOf([
      change('groups', null, `Evil (11111111-2222-4333-8444-555555555555) (${GROUP})`),
      change('groups', GROUP, null),
      change('groups', null, 'and 3 more'),
    ]);
    expect([way.leave, way.join, way.lost.map(({ attribute }) => attribute)]).toEqual([[GROUP], [GROUP], ['groups']]);
  });

  it('what the log does not hold whole is lost, and what a later entry has written', () => {
    const later = entry({ changeId: 'd', cycleId: 'z', modifiedProperties: [change('phone', '1', '2')] });
    const way = wayOf(
      [
        change('notes', '[Redact]', '[Redact]'),
        change('details', `${'x'.repeat(1_000)}…`, 'y'),
        change('phone', '0', '1'),
        ...name,
      ],
      [later],
    );
    expect(way.values.map(({ attribute }) => attribute)).toEqual(['name']);
    expect(way.lost).toEqual([
      { attribute: 'notes', reason: 'the mapping keeps its values out of the log' },
      { attribute: 'details', reason: 'the log does not hold the whole value' },
      { attribute: 'phone', reason: 'changed again by cycle z' },
    ]);
    // An operator's act on the job has written nothing of the object, whatever other steps tell of it.
    const steps = [operation, { ...operation, name: 'Import' }];
    expect(wayOf(name, [entry({ modifiedProperties: name, provisioningSteps: steps })]).values).toHaveLength(1);
    // A later failure has written nothing that is known.
    const notDone = entry({ changeId: 'd', provisioningStatusInfo: failed, modifiedProperties: name });
    expect(wayOf(name, [notDone]).values).toHaveLength(1);
  });
});

describe('an entry that is none of a change', () => {
  it('an operation of an operator is nothing, with other steps too', () => {
    const steps = [operation, { ...operation, name: 'Import' }];
    expect(wayBackOf(entry({ modifiedProperties: name, provisioningSteps: steps }), []).kind).toBe('nothing');
    expect(wayBackOf(entry({ modifiedProperties: name, provisioningSteps: [{ ...operation, name: 'Import' }] }), []).kind).toBe(
      'wayBack',
    );
  });

  it.each([
    ['held by the brake', { provisioningAction: 'stagedDelete' as const, modifiedProperties: name }, 'nothing'],
    ['let go with something written', { provisioningAction: 'other' as const, modifiedProperties: name }, 'wayBack'],
    [
      'a failure that had planned something',
      { provisioningStatusInfo: failed, provisioningAction: 'other' as const, modifiedProperties: name },
      'lost',
    ],
    ['a failure of an update', { provisioningStatusInfo: failed }, 'lost'],
    ['a skip, whatever it tells', { provisioningStatusInfo: skipped, provisioningAction: 'create' as const }, 'nothing'],
  ])('%s: %s', (_, over, kind) => {
    expect(wayBackOf(entry(over), []).kind).toBe(kind);
  });

  it('what is deleted is named by what it is', () => {
    const reasonOf = (identityType: 'User' | 'Group'): string => {
      const deleted = entry({ provisioningAction: 'delete' });
      const undoing = wayBackOf({ ...deleted, sourceIdentity: { ...deleted.sourceIdentity, identityType } }, []);
      return undoing.kind === 'lost' ? undoing.reason : undoing.kind;
    };
    expect([reasonOf('Group'), reasonOf('User')]).toEqual([
      expect.stringContaining('deleted groups'),
      expect.stringContaining('deleted accounts'),
    ]);
  });
});

describe('memberships and creations', () => {
  const wayOfEntry = (over: Partial<ProvisioningLogEntry>, later: readonly ProvisioningLogEntry[] = []): WayBack => {
    const undoing = wayBackOf(entry(over), later);
    if (undoing.kind !== 'wayBack') throw new Error(undoing.kind);
    return undoing.way;
  };
  const OTHER = GROUP.replace('5c', '6c');

  it('who had joined leaves, who had left joins', () => {
    const way = wayOfEntry({ modifiedProperties: [change('groups', null, GROUP), change('groups', OTHER, null)] });
    expect([way.leave, way.join]).toEqual([[GROUP], [OTHER]]);
  });

  it('of a group that was created only the members are taken back', () => {
    const way = wayOfEntry({ provisioningAction: 'create', modifiedProperties: [...name, change('members', null, GROUP)] });
    expect([way.isCreation, way.values, way.leave]).toEqual([true, [], [GROUP]]);
  });

  it('a membership that a later entry has changed is lost, another one of the same kind is not', () => {
    const later = entry({ changeId: 'd', cycleId: 'z', modifiedProperties: [change('groups', GROUP, null)] });
    const way = wayOfEntry({ modifiedProperties: [change('groups', null, GROUP), change('groups', null, OTHER)] }, [later]);
    expect([way.leave, way.lost]).toEqual([[OTHER], [{ attribute: 'groups', reason: 'changed again by cycle z' }]]);
  });

  it('tickets stay with those who have them; a value that was redacted on one side is lost too', () => {
    const way = wayOfEntry({
      modifiedProperties: [
        change('open_tickets', null, 'Unassign'),
        change('phone', '[Redact]', null),
        change('notes', null, '[Redact]'),
      ],
    });
    expect(way.values).toEqual([]);
    expect(way.lost.map(({ reason }) => reason)).toEqual([
      'tickets that were handed over stay with those who have them now',
      'the mapping keeps its values out of the log',
      'the mapping keeps its values out of the log',
    ]);
  });
});

describe('planning the way back of an account', () => {
  const way = (values: WayBack['values'], over: Partial<WayBack> = {}): WayBack => ({
    ...{ cycleId: 'y', changeId: 'c', changedAt: '', targetId: targetId(1), isCreation: false },
    ...{ values, join: [], leave: [], lost: [] },
    ...over,
  });
  const value = (attribute: string, was: string | null, left: string | null) => ({ attribute, left, was });
  const account = (over = {}) => anAccount({ name: 'Bob', ...over });
  const agent = { role: 'agent' as const, customRoleId: null };

  test.each([
    ['stands as it was left', account(), [['name', 'Ann']], []],
    ['is back already', account({ name: 'Ann' }), [], []],
    ['was changed since', account({ name: 'Cid' }), [], ['name is not taken back: it was changed in Zendesk since.']],
  ])('a value that %s', (_, current, changes, notes) => {
    const plan = planUserBack(way([value('name', 'Ann', 'Bob')]), current);
    expect([plan.changes.map(({ attribute, newValue }) => [attribute, newValue]), plan.notes]).toEqual([changes, notes]);
  });

  it('access that was taken comes back and counts for nothing; access that was given is counted', () => {
    const back = planUserBack(way([value('suspended', 'false', 'true')]), account({ suspended: true }));
    expect([back.action, back.removals]).toEqual(['update', []]);
    const taken = planUserBack(way([value('suspended', 'true', 'false')]), account());
    expect([taken.action, taken.removals]).toEqual(['disable', [{ kind: 'userDisable', attributes: ['suspended'] }]]);
    const both = planUserBack(
      way([value('suspended', 'true', 'false'), value('role', 'end-user', 'agent')]),
      account({ role: agent }),
    );
    expect(both.removals).toEqual([{ kind: 'userDisable', attributes: ['suspended', 'role'] }]);
    const seat = planUserBack(way([value('role', 'end-user', 'agent')]), account({ role: agent }));
    expect([seat.role?.role, seat.removals]).toEqual(['end-user', [{ kind: 'agentDowngrade', attributes: ['role'] }]]);
  });

  it('a custom role comes back as it was; one that the log does not name does not', () => {
    const role = { role: 'agent' as const, customRoleId: targetId(42) };
    expect(planUserBack(way([value('role', 'agent (custom role 42)', 'end-user')]), account()).role).toEqual(role);
    const odd = planUserBack(way([value('role', 'owner', 'end-user')]), account());
    expect([odd.role, odd.notes]).toEqual([null, ['role is not taken back: the log does not name a role that Zendesk has.']]);
  });

  it('tags: those added go, those taken come back, others stay', () => {
    const tagged = account({ attributes: { tags: ['new', 'vip'] } });
    const plan = planUserBack(way([value('tags', 'old', 'new')]), tagged);
    expect(plan.changes).toMatchObject([{ attribute: 'tags', newValue: ['vip', 'old'] }]);
    expect(planUserBack(way([value('tags', 'old', 'new')]), account({ attributes: { tags: ['old', 'vip'] } })).changes).toEqual(
      [],
    );
  });

  it('lists with a comma inside, fields in their own type, and what cannot be emptied', () => {
    const two = planUserBack(
      way([value('organizations', '["A, B","C"]', 'D')]),
      account({ attributes: { organizations: ['D'] } }),
    );
    expect(two.changes).toMatchObject([{ newValue: ['A, B', 'C'] }]);
    const field = planUserBack(
      way([value('user_fields.vip', 'true', 'false')]),
      account({ attributes: { 'user_fields.vip': false } }),
      {
        userFields: [{ key: 'vip', type: 'checkbox' }],
      },
    );
    expect(field.changes).toMatchObject([{ newValue: true }]);
    const locale = planUserBack(way([value('locale', null, 'de')]), account({ attributes: { locale: 'de' } }));
    expect([locale.changes, locale.notes]).toEqual([
      [],
      ['locale is not taken back: it had no value before, and Zendesk does not take one away.'],
    ]);
    const id = planUserBack(way([value('external_id', null, 'x')]), account({ externalId: 'x' }));
    expect(id.changes).toMatchObject([{ attribute: 'external_id', newValue: null }]);
  });

  it('every change shows its values, and nothing is adopted', () => {
    const current = account({ attributes: { tags: ['new'] } });
    const user = planUserBack(way([value('name', 'Ann', 'Bob'), value('tags', 'old', 'new')], { isCreation: true }), current);
    const group = planGroupBack(way([value('name', 'Old', 'New')]), aZendeskGroup({ name: 'New' }));
    for (const plan of [user, group]) expect(plan.adopts).toBe(false);
    expect(user.changes.map(({ attribute, oldValue, redacted }) => [attribute, oldValue, redacted])).toEqual([
      ['name', 'Bob', false],
      ['suspended', false, false],
      ['tags', ['new'], false],
    ]);
    expect([group.action, planGroupBack(way([]), aZendeskGroup()).action]).toEqual(['update', 'none']);
  });

  it('an account that was created and is suspended already has nothing to lose', () => {
    const plan = planUserBack(way([], { isCreation: true }), account({ suspended: true }));
    expect([plan.action, plan.notes[0]]).toEqual(['none', expect.stringContaining('is suspended already')]);
  });

  it('a value that the role has no place for is left, and one of an attribute that nobody knows is not emptied', () => {
    const signature = way([value('signature', 'Best', 'x')]);
    const signed = { attributes: { signature: 'x' } };
    expect(planUserBack(signature, account({ ...signed, role: agent })).changes).toMatchObject([{ newValue: 'Best' }]);
    const left = planUserBack(signature, account(signed));
    expect([left.changes, left.notes]).toEqual([[], [expect.stringContaining('only agents have signature')]]);
    const unknown = planUserBack(way([value('shoe_size', null, '43')]), account({ attributes: { shoe_size: '43' } }));
    expect([unknown.changes, unknown.notes]).toEqual([[], [expect.stringContaining('it had no value before')]]);
  });

  it('whoever stays an end user loses no seat', () => {
    const admin = { role: 'admin' as const, customRoleId: null };
    expect(planUserBack(way([value('role', 'agent', 'admin')]), account({ role: admin })).removals).toEqual([]);
    expect(planUserBack(way([value('name', 'Ann', 'Bob')]), account({ role: agent })).removals).toEqual([]);
  });

  it('memberships that nobody knows are told of where an end user becomes an agent again, and only there', () => {
    const tells = (values: WayBack['values'], current = account()): boolean =>
      planUserBack(way(values), current).notes.some((note) => note.startsWith('Becoming an end user'));
    const back = value('role', 'agent', 'end-user');
    expect(tells([back])).toBe(true);
    expect(tells([value('name', 'Ann', 'Bob'), back])).toBe(true);
    expect(tells([value('name', 'Ann', 'Bob')], account({ role: agent }))).toBe(false);
    expect(tells([value('alias', 'x', 'end-user')], account({ role: agent }))).toBe(false);
    expect(tells([value('role', 'agent', 'admin')], account({ role: { role: 'admin', customRoleId: null } }))).toBe(false);
    expect(tells([value('role', 'end-user', 'end-user')], account({ role: agent }))).toBe(false);
  });

  it('role and suspension are compared as they are written, letter by letter', () => {
    const plan = planUserBack(way([value('role', 'Agent', 'end-user')]), account());
    expect([plan.role, plan.notes]).toEqual([null, [expect.stringContaining('does not name a role')]]);
    // Another role with the same beginning is another role.
    expect(planUserBack(way([value('role', 'agent', 'agent (custom role 4)')]), account({ role: agent })).changes).toEqual([]);
    expect(planUserBack(way([value('suspended', 'true', 'false')]), account({ suspended: true })).changes).toEqual([]);
  });

  it('fields of the account come back in their own type', () => {
    const userFields = ['integer', 'decimal', 'multiselect', 'text', 'checkbox'].map((type) => ({ key: type, type }));
    const back = (type: string, was: string | null, left: string, current: unknown) =>
      planUserBack(
        way([value(`user_fields.${type}`, was, left)]),
        account({ attributes: { [`user_fields.${type}`]: current } }),
        {
          userFields,
        },
      ).changes[0]?.newValue;
    expect(back('integer', '7', '8', 8)).toBe(7);
    expect(back('decimal', '1.5', '2.5', 2.5)).toBe(1.5);
    expect(back('multiselect', 'a, b', 'c', ['c'])).toEqual(['a', 'b']);
    expect(back('text', '7', '8', '8')).toBe('7');
    expect(back('integer', null, '8', 8)).toBeNull();
    expect(back('checkbox', 'false', 'true', true)).toBe(false);
  });

  it('a group may show itself again to nobody, and hide again', () => {
    const hide = planGroupBack(way([value('is_public', 'false', 'true')]), aZendeskGroup({ isPublic: true }));
    expect(hide.changes).toMatchObject([{ attribute: 'is_public', newValue: false }]);
    const described = planGroupBack(way([value('description', 'true', 'x')]), aZendeskGroup({ description: 'x' }));
    expect(described.changes).toMatchObject([{ attribute: 'description', newValue: 'true' }]);
  });

  it('tags: one that came and none that went, and the other way round', () => {
    const tags = (was: string | null, left: string | null, current: string[]) =>
      planUserBack(way([value('tags', was, left)]), account({ attributes: { tags: current } })).changes[0]?.newValue;
    expect(tags(null, 'new', ['new', 'vip'])).toEqual(['vip']);
    expect(tags('old', null, ['vip'])).toEqual(['vip', 'old']);
    expect(tags('old', 'old, new', ['new', 'old'])).toEqual(['old']);
  });

  it('tags that come back are owned again, those that go are not', () => {
    const plan = (oldValue: readonly string[] | null, newValue: readonly string[] | null) => ({
      ...planUserBack(way([]), account()),
      changes: [
        { attribute: 'name', oldValue: 'a', newValue: 'b', redacted: false },
        { attribute: 'tags', oldValue, newValue, redacted: false },
      ],
    });
    expect(ownedTagsBack(['new', 'kept'], plan(['new', 'kept', 'vip'], ['kept', 'vip', 'old']))).toEqual(['kept', 'old']);
    expect(ownedTagsBack(['new'], plan(['new'], null))).toEqual([]);
    expect(ownedTagsBack([], plan(null, ['old']))).toEqual(['old']);
    expect(ownedTagsBack(['b', 'a'], planUserBack(way([]), account()))).toEqual(['b', 'a']);
  });

  it('an account that was created is suspended; a group stays, and a private one stays private', () => {
    const made = planUserBack(way([], { isCreation: true }), account());
    expect([made.action, made.removals.map(({ kind }) => kind), made.notes[0]]).toEqual([
      'disable',
      ['userDisable'],
      expect.stringContaining('not deleted'),
    ]);
    const group = planGroupBack(
      way([value('name', 'Old', 'New'), value('is_public', 'true', 'false')]),
      aZendeskGroup({ name: 'New', isPublic: false }),
    );
    expect([group.changes.map(({ attribute }) => attribute), group.notes]).toEqual([
      ['name'],
      ['is_public is not taken back: a private group never becomes public again.'],
    ]);
  });
});
