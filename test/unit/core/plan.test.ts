import type { TargetRole } from '../../../src/core/model';
import { targetId } from '../../../src/core/model';
import {
  planDelete,
  planDisable,
  planGroup,
  planGroupOut,
  planUser,
  planUserOut,
  roleText,
  SUSPENDED_BY_OTHERS,
} from '../../../src/core/plan';
import { aDesired } from '../../builders/desired';
import { aLink, anAccount, aZendeskGroup } from '../../builders/objects';

const ROLES: Record<string, TargetRole> = {
  end: { role: 'end-user', customRoleId: null },
  agent: { role: 'agent', customRoleId: null },
  light: { role: 'agent', customRoleId: targetId(42) },
  admin: { role: 'admin', customRoleId: null },
};
const role = (name: string): TargetRole | null => (name === '' ? null : (ROLES[name] ?? null));
const wanting = (wanted: string, suspended: boolean | null = null, attributes: Record<string, string> = {}) =>
  aDesired(attributes, { role: role(wanted), suspended });

/** Nothing but access and seat. */
const AT_ONCE = { tickets: null, isSeatCounted: false } as const;

describe('planUser › no account', () => {
  it.each([
    ['', 'end'],
    ['end', 'end'],
    ['light', 'light'],
    ['admin', 'admin'],
  ])('role wanted %j › created as %s', (wanted, expected) => {
    const plan = planUser({ desired: wanting(wanted), current: null, link: null });
    expect(plan).toMatchObject({ action: 'create', targetId: null, role: role(expected), adopts: false });
  });

  it('changes are sorted, the role and a wanted suspension among them', () => {
    const desired = wanting('agent', true, { phone: '+49 1', email: 'ann@contoso.com' });
    const plan = planUser({ desired, current: null, link: null });
    expect(plan.changes.map(({ attribute }) => attribute)).toEqual(['email', 'phone', 'role', 'suspended']);
  });
});

describe('planUser › role of a linked account', () => {
  it.each([
    // wanted, current, settled → written, counted
    ['', 'agent', 'agent', '', []],
    ['agent', 'agent', 'end', '', []],
    ['agent', 'end', 'end', 'agent', []],
    ['admin', 'agent', 'agent', 'admin', []],
    ['end', 'admin', 'end', '', []],
    ['end', 'agent', 'agent', 'end', ['agentDowngrade']],
    ['end', 'admin', 'agent', 'end', ['agentDowngrade']],
    ['agent', 'admin', 'admin', 'agent', []],
    ['light', 'agent', 'agent', 'light', []],
    ['end', 'agent', '', 'end', ['agentDowngrade']],
  ])('wanted %j, is %s, settled %j › writes %j, counted as %j', (wanted, current, settled, expected, counted) => {
    const plan = planUser({
      desired: wanting(wanted),
      current: anAccount({ role: ROLES[current] as TargetRole }),
      link: aLink({ settledRole: role(settled) }),
    });
    expect(plan.role).toEqual(role(expected));
    expect(plan.changes.map(({ attribute }) => attribute)).toEqual(expected === '' ? [] : ['role']);
    expect(plan.removals.map(({ kind }) => kind)).toEqual(counted);
  });
});

describe('planUser › an account that was only found again', () => {
  it.each([
    ['end', 'agent', '', '', []],
    ['agent', 'end', '', 'agent', []],
    ['end', 'agent', 'agent', 'end', ['agentDowngrade']],
  ])(
    'wanted %j, is %s, settled %j › writes %j: lowered only where it is known what was said before',
    (wanted, current, settled, expected, counted) => {
      const link = aLink({ exportedVersion: 0, settledRole: role(settled) });
      const plan = planUser({ desired: wanting(wanted), current: anAccount({ role: ROLES[current] as TargetRole }), link });
      expect(plan).toMatchObject({ adopts: false, role: role(expected) });
      expect(plan.removals.map(({ kind }) => kind)).toEqual(counted);
    },
  );

  it('a suspension by somebody else stays', () => {
    const link = aLink({ exportedVersion: 0, settledRole: null });
    expect(planUser({ desired: wanting('', false), current: anAccount({ suspended: true }), link }).changes).toEqual([]);
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
  ])('wanted %j, is %s › writes %j: never lowered', (wanted, current, expected) => {
    const plan = planUser({ desired: wanting(wanted), current: anAccount({ role: ROLES[current] as TargetRole }), link: null });
    expect(plan).toMatchObject({ action: 'update', adopts: true, role: role(expected), removals: [] });
    const isLower = wanted !== '' && expected === '' && wanted !== current;
    expect(plan.notes).toHaveLength(isLower ? 1 : 0);
  });

  it.each([
    ['end', 'agent', 'agent', 'end', ['agentDowngrade']],
    ['agent', 'admin', 'admin', 'agent', []],
    ['end', 'agent', 'end', '', []],
    ['agent', 'admin', null, '', []],
  ])('wanted %j, is %s, was made by an earlier try as %j › writes %j', (wanted, current, made, expected, counted) => {
    const writtenAs = made === null ? null : role(made);
    const account = anAccount({ role: ROLES[current] as TargetRole });
    const plan = planUser({ desired: wanting(wanted), current: account, link: null, writtenAs });
    expect(plan.role).toEqual(role(expected));
    expect(plan.removals.map(({ kind }) => kind)).toEqual(counted);
  });
});

describe('planUser › suspension', () => {
  it.each([
    // wanted, is, link: none | theirs | ours → what changes
    [true, false, 'theirs', true],
    [true, false, 'none', true],
    [true, true, 'ours', undefined],
    [false, true, 'ours', false],
    [false, true, 'theirs', undefined],
    [false, true, 'none', false],
    [null, true, 'none', undefined],
    [null, true, 'ours', false],
    [null, true, 'theirs', undefined],
    [null, false, 'ours', undefined],
  ] as const)('wanted %s, is %s, link %s › %s', (wanted, suspended, link, expected) => {
    const plan = planUser({
      desired: wanting('', wanted),
      current: anAccount({ suspended }),
      link: link === 'none' ? null : aLink({ disabledByUs: link === 'ours' }),
    });
    expect(plan.changes.find(({ attribute }) => attribute === 'suspended')?.newValue).toBe(expected);
    expect(plan.removals).toEqual(expected === true ? [{ kind: 'userDisable', attributes: ['suspended'] }] : []);
    if (expected === true) expect(plan.action).toBe('disable');
  });

  it.each([
    [true, false],
    [false, undefined],
    [undefined, undefined],
  ])('taken over from a former self, disabled by us: %s › %s', (wasDisabledByUs, expected) => {
    const plan = planUser({
      desired: wanting('', null),
      current: anAccount({ suspended: true }),
      link: null,
      ...(wasDisabledByUs !== undefined && { wasDisabledByUs }),
    });
    expect(plan.changes.find(({ attribute }) => attribute === 'suspended')?.newValue).toBe(expected);
  });

  it.each([
    [false, undefined],
    [true, false],
  ])('in the place of an account that is gone, disabled by us: %s › %s', (wasDisabledByUs, expected) => {
    const plan = planUser({
      desired: wanting('', false),
      current: anAccount({ suspended: true }),
      link: null,
      takesPlace: true,
      wasDisabledByUs,
    });
    expect(plan.changes.find(({ attribute }) => attribute === 'suspended')?.newValue).toBe(expected);
    if (!wasDisabledByUs) expect(plan.notes).toContain(SUSPENDED_BY_OTHERS);
  });

  it('nothing differs › no action, the same bytes each time', () => {
    const input = { desired: wanting('end', false), current: anAccount(), link: aLink() };
    expect(planUser(input).action).toBe('none');
    expect(JSON.stringify(planUser(input))).toBe(JSON.stringify(planUser(input)));
  });

  it('a suspension and a seat lost at once are two removals', () => {
    const plan = planUser({
      desired: wanting('end', true),
      current: anAccount({ role: ROLES.agent as TargetRole }),
      link: aLink({ settledRole: role('agent') }),
    });
    expect(plan.removals.map(({ kind }) => kind)).toEqual(['userDisable', 'agentDowngrade']);
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
    const plan = planDisable(anAccount({ role: ROLES[current] as TargetRole, suspended }), { ...AT_ONCE, downgrades });
    expect(plan.changes.map(({ attribute }) => attribute)).toEqual(attributes);
    expect(plan.action).toBe(attributes.length > 0 ? 'disable' : 'none');
    expect(plan.role).toEqual(written === null ? null : ROLES[written]);
    // Whoever is suspended already can only lose the seat.
    const counted =
      attributes.length === 0 ? [] : [{ kind: suspended ? 'agentDowngrade' : 'userDisable', attributes: expect.anything() }];
    expect(plan.removals).toEqual(counted);
    for (const { attributes: carried } of plan.removals) expect([...carried].sort()).toEqual(attributes);
  });
});

describe('planGroup, planDelete, roleText', () => {
  const theirs = aZendeskGroup();
  it.each([
    ['no group', null, false, 'Sales', 'create', false],
    ['linked, differs', theirs, true, 'Marketing', 'update', false],
    ['linked, the same', theirs, true, 'Sales', 'none', false],
    ['not linked, the same: adopted', theirs, false, 'Sales', 'update', true],
  ] as const)('%s', (_name, current, isLinked, name, action, adopts) => {
    const link = isLinked ? aLink({ type: 'group' }) : null;
    expect(planGroup({ desired: aDesired({ name }), current, link })).toMatchObject({ action, adopts, removals: [] });
  });

  it('a deletion names its target, changes nothing and is counted as one', () => {
    expect(planUserOut({ kind: 'delete' }, anAccount(), AT_ONCE)).toMatchObject({
      action: 'delete',
      targetId: '7',
      changes: [],
      removals: [{ kind: 'userDelete', attributes: [] }],
    });
    expect(planGroupOut({ kind: 'delete' }, aLink({ type: 'group' }))).toMatchObject({
      action: 'delete',
      removals: [{ kind: 'groupDelete', attributes: [] }],
    });
    expect(planDelete(targetId(5), 'userDelete').targetId).toBe('5');
    expect(roleText(ROLES.light as TargetRole)).toBe('agent (custom role 42)');
  });

  it('a group that was there before is let go: nothing is removed', () => {
    expect(planGroupOut({ kind: 'letGo' }, aLink({ type: 'group' }))).toMatchObject({ action: 'other', removals: [] });
  });
});
