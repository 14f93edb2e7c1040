import { targetId } from '../../../src/core/model';
import { planGroupBack, planUserBack } from '../../../src/core/plan-back';
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
    // A later failure has written nothing that is known.
    const notDone = entry({ changeId: 'd', provisioningStatusInfo: failed, modifiedProperties: name });
    expect(wayOf(name, [notDone]).values).toHaveLength(1);
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
