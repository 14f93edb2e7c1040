import type { TargetRole } from '../../../src/core/model';
import { targetId } from '../../../src/core/model';
import { continued, planDelete, planDisable, planGroup, planUser, roleText } from '../../../src/core/plan';
import type { AttributeChange, Plan } from '../../../src/core/plan-model';
import { aLink, anAccount, aZendeskGroup } from '../../builders/objects';

const ROLES: Record<string, TargetRole> = {
  end: { role: 'end-user', customRoleId: null },
  agent: { role: 'agent', customRoleId: null },
  light: { role: 'agent', customRoleId: targetId(42) },
  admin: { role: 'admin', customRoleId: null },
};
const role = (name: string): TargetRole | null => (name === '' ? null : (ROLES[name] ?? null));
const changed = (attribute: string, newValue = 'new', oldValue: string | null = 'old'): AttributeChange => ({
  attribute,
  oldValue,
  newValue,
  redacted: false,
});
const wanting = (wanted: string, suspended: boolean | null = null, changes: readonly AttributeChange[] = []) => ({
  changes,
  role: role(wanted),
  suspended,
});

describe('planUser › no account', () => {
  it.each([
    ['', 'end'],
    ['end', 'end'],
    ['light', 'light'],
    ['admin', 'admin'],
  ])('role wanted %j › created as %s', (wanted, expected) => {
    const plan = planUser({ wanted: wanting(wanted), current: null, link: null, mayDeprovision: false });
    expect(plan).toMatchObject({ action: 'create', targetId: null, role: role(expected), adopts: false });
  });

  it('changes are sorted, the role and a wanted suspension among them', () => {
    const wanted = wanting('agent', true, [changed('phone'), changed('email')]);
    const plan = planUser({ wanted, current: null, link: null, mayDeprovision: false });
    expect(plan.changes.map(({ attribute }) => attribute)).toEqual(['email', 'phone', 'role', 'suspended']);
  });
});

describe('planUser › role of a linked account', () => {
  it.each([
    // wanted, current, settled, mayDeprovision → written
    ['', 'agent', 'agent', true, ''],
    ['agent', 'agent', 'end', true, ''],
    ['agent', 'end', 'end', false, 'agent'],
    ['admin', 'agent', 'agent', false, 'admin'],
    ['end', 'admin', 'end', true, ''],
    ['end', 'agent', 'agent', true, 'end'],
    ['end', 'agent', 'agent', false, ''],
    ['agent', 'admin', 'admin', false, 'agent'],
    ['light', 'agent', 'agent', false, 'light'],
    ['end', 'agent', '', true, 'end'],
  ])('wanted %j, is %s, settled %j, brake %s › writes %j', (wanted, current, settled, mayDeprovision, expected) => {
    const plan = planUser({
      wanted: wanting(wanted),
      current: anAccount({ role: ROLES[current] as TargetRole }),
      link: aLink({ settledRole: role(settled) }),
      mayDeprovision,
    });
    expect(plan.role).toEqual(role(expected));
    expect(plan.changes.map(({ attribute }) => attribute)).toEqual(expected === '' ? [] : ['role']);
    expect(plan.notes.length).toBe(wanted === 'end' && expected === '' && settled !== 'end' ? 1 : 0);
  });
});

describe('planUser › adoption', () => {
  it.each([
    ['agent', 'end', 'agent'],
    ['admin', 'agent', 'admin'],
    ['end', 'agent', ''],
    ['agent', 'admin', ''],
    ['light', 'agent', ''],
    ['agent', 'agent', ''],
    ['', 'admin', ''],
  ])('wanted %j, is %s › writes %j: never lowered, with or without the brake', (wanted, current, expected) => {
    for (const mayDeprovision of [true, false]) {
      const plan = planUser({
        wanted: wanting(wanted),
        current: anAccount({ role: ROLES[current] as TargetRole }),
        link: null,
        mayDeprovision,
      });
      expect(plan).toMatchObject({ action: 'update', adopts: true, role: role(expected) });
    }
  });
});

describe('planUser › suspension', () => {
  it.each([
    // wanted, is, link: none | theirs | ours, brake → what changes
    [true, false, 'theirs', true, true],
    [true, false, 'theirs', false, undefined],
    [true, true, 'ours', true, undefined],
    [false, true, 'ours', false, false],
    [false, true, 'theirs', true, undefined],
    [false, true, 'none', false, false],
    [null, true, 'none', true, undefined],
    [null, true, 'ours', true, false],
    [null, false, 'ours', true, undefined],
  ] as const)('wanted %s, is %s, link %s, brake %s › %s', (wanted, suspended, link, mayDeprovision, expected) => {
    const plan = planUser({
      wanted: wanting('', wanted),
      current: anAccount({ suspended }),
      link: link === 'none' ? null : aLink({ disabledByUs: link === 'ours' }),
      mayDeprovision,
    });
    expect(plan.changes.find(({ attribute }) => attribute === 'suspended')?.newValue).toBe(expected);
    if (expected === true) expect(plan.action).toBe('disable');
  });

  it('nothing differs › no action, the same bytes each time', () => {
    const input = { wanted: wanting('end', false), current: anAccount(), link: aLink(), mayDeprovision: true };
    expect(planUser(input).action).toBe('none');
    expect(JSON.stringify(planUser(input))).toBe(JSON.stringify(planUser(input)));
  });
});

describe('planDisable', () => {
  it.each([
    [false, 'agent', false, ['suspended'], null],
    [true, 'agent', false, ['role', 'suspended'], 'end'],
    [true, 'admin', true, ['role'], 'end'],
    [true, 'end', false, ['suspended'], null],
    [false, 'agent', true, [], null],
    [true, 'end', true, [], null],
  ] as const)('downgrades %s, is %s, suspended %s › %j', (downgrades, current, suspended, attributes, written) => {
    const plan = planDisable(anAccount({ role: ROLES[current] as TargetRole, suspended }), downgrades);
    expect(plan.changes.map(({ attribute }) => attribute)).toEqual(attributes);
    expect(plan.action).toBe(attributes.length > 0 ? 'disable' : 'none');
    expect(plan.role).toEqual(written === null ? null : ROLES[written]);
  });
});

describe('planGroup, planDelete, roleText', () => {
  const theirs = aZendeskGroup();
  it.each([
    ['no group', null, false, [changed('name')], 'create', false],
    ['linked, differs', theirs, true, [changed('name')], 'update', false],
    ['linked, the same', theirs, true, [], 'none', false],
    ['not linked, the same: adopted', theirs, false, [], 'update', true],
  ] as const)('%s', (_name, current, isLinked, changes, action, adopts) => {
    expect(planGroup(changes, current, isLinked ? aLink({ type: 'group' }) : null)).toMatchObject({ action, adopts });
  });

  it('a deletion names its target and changes nothing', () => {
    expect(planDelete(targetId(5))).toMatchObject({ action: 'delete', targetId: '5', changes: [] });
    expect(roleText(ROLES.light as TargetRole)).toBe('agent (custom role 42)');
  });
});

describe('continued', () => {
  const plan = (action: Plan['action'], changes: readonly AttributeChange[] = [], adopts = false): Plan => ({
    action,
    targetId: targetId(7),
    changes,
    role: null,
    adopts,
    notes: [],
  });
  it.each([
    ['nothing earlier', undefined, plan('update'), 'update'],
    ['created, now nothing to do', plan('create'), plan('none'), 'create'],
    ['created, now adopted', plan('create'), plan('update', [], true), 'create'],
    ['created, now disabled', plan('create'), plan('disable'), 'disable'],
    ['deleted, now created', plan('delete'), plan('create'), 'create'],
    ['disabled, now nothing to do', plan('disable'), plan('none'), 'disable'],
    ['disabled, now updated', plan('disable'), plan('update'), 'update'],
  ] as [string, Plan | undefined, Plan, string][])('%s › told as %4$s', (_name, earlier, now, expected) => {
    expect(continued(earlier, now).action).toBe(expected);
  });

  it('two updates are told as one, from the first old value to the last new one', () => {
    const earlier = plan('update', [changed('email', 'b', 'a'), changed('phone', '2', '1')]);
    const told = continued(earlier, plan('update', [changed('email', 'c', 'b'), changed('name', 'y', 'x')]));
    expect(told.changes).toEqual([changed('email', 'c', 'a'), changed('name', 'y', 'x'), changed('phone', '2', '1')]);
  });
});
