import { continued, type Evidence, groupEvidence, proved, userEvidence, withProved } from '../../../src/core/continued';
import { targetId } from '../../../src/core/model';
import { OPEN_TICKETS } from '../../../src/core/plan';
import type { AttributeChange, Plan } from '../../../src/core/plan-model';
import { aLink, anAccount, aZendeskGroup } from '../../builders/objects';

const changed = (
  attribute: string,
  newValue: string | boolean = 'new',
  oldValue: string | boolean | null = 'old',
): AttributeChange => ({
  attribute,
  oldValue,
  newValue,
  redacted: false,
});
const aChange = (attribute: string): AttributeChange => ({ attribute, oldValue: null, newValue: 'x', redacted: false });
const plan = (action: Plan['action'], changes: readonly AttributeChange[] = [], adopts = false): Plan => ({
  action,
  targetId: targetId(7),
  changes,
  role: null,
  adopts,
  notes: [],
  removals: [],
});

describe('proved: maybe written is not written', () => {
  const nobody = userEvidence(undefined, 'u1', false);
  const ours = userEvidence(anAccount(), 'U1', false);
  const theirs = userEvidence(anAccount({ externalId: null }), 'u1', false);
  const foreignGroup = groupEvidence(aZendeskGroup(), false);
  it.each([
    ['nothing earlier', undefined, ours, undefined],
    ['a creation, and nobody is there', plan('create'), nobody, undefined],
    ['a creation, and the account carries our id', plan('create'), ours, 'create'],
    ['a creation, and an account of somebody else is there', plan('create'), theirs, undefined],
    [
      'a creation, and our link names the account',
      plan('create'),
      userEvidence(anAccount({ externalId: null }), 'u1', true),
      'create',
    ],
    ['a creation of a group, and one of that name is there', plan('create'), foreignGroup, undefined],
    ['a creation of a group that is linked', plan('create'), groupEvidence(aZendeskGroup(), true), 'create'],
    ['a deletion, and the account is gone', plan('delete'), nobody, 'delete'],
    ['a deletion, and the account is there', plan('delete'), ours, undefined],
    ['a deletion, and another account is in its place', plan('delete'), { ...theirs, isReplaced: true }, 'delete'],
    ['a creation, and what was linked before it is gone', plan('create'), { ...ours, isReplaced: true }, 'create'],
    [
      'a suspension, and a suspended account is in its place',
      plan('disable', [changed('suspended', true, false)]),
      { ...userEvidence(anAccount({ suspended: true }), null, false), isReplaced: true },
      undefined,
    ],
    ['a group let go, and the link is gone', plan('other'), groupEvidence(undefined, false), 'other'],
    ['a group let go, and the link is there', plan('other'), groupEvidence(undefined, true), undefined],
    [
      'a suspension that stands',
      plan('disable', [changed('suspended', true, false)]),
      userEvidence(anAccount({ suspended: true }), null, true),
      'disable',
    ],
    ['a suspension that does not stand', plan('disable', [changed('suspended', true, false)]), ours, undefined],
    [
      'a suspension that was linked, and that somebody has lifted since',
      plan('disable', [changed('suspended', true, false)]),
      { ...userEvidence(anAccount(), null, true), wasSuspended: true },
      'disable',
    ],
    [
      'a suspension that was linked, of an account that somebody has deleted since',
      plan('disable', [changed('suspended', true, false)]),
      { ...nobody, wasSuspended: true },
      'disable',
    ],
    [
      'a suspension that was not linked, of an account that is gone',
      plan('disable', [changed('suspended', true, false)]),
      nobody,
      undefined,
    ],
    [
      'a new name that was linked and does not stand',
      plan('update', [changed('name', 'Anna')]),
      { ...ours, wasSuspended: true },
      undefined,
    ],
    [
      'a suspension lifted that was linked and does not stand',
      plan('update', [changed('suspended', false, true)]),
      { ...userEvidence(anAccount({ suspended: true }), null, true), wasSuspended: true },
      undefined,
    ],
    [
      'of a suspension only a lower role that keeps the seat',
      plan('disable', [changed('suspended', true, false), changed('role', 'agent', 'admin')]),
      userEvidence(anAccount({ role: { role: 'agent', customRoleId: null } }), null, true),
      'update',
    ],
    ['a new name that does not stand', plan('update', [changed('name', 'Anna')]), ours, undefined],
    ['memberships alone tell for themselves', plan('update'), ours, undefined],
    ['an adoption without a change', plan('update', [], true), ours, 'update'],
    ['an adoption of an account that is gone', plan('update', [], true), nobody, undefined],
  ] as [string, Plan | undefined, Evidence, string | undefined][])('%s › %4$s', (_name, earlier, evidence, expected) => {
    expect(proved(earlier, evidence)?.action).toBe(expected);
  });

  it('of several changes those are told that stand', () => {
    const role = { role: 'agent', customRoleId: null } as const;
    const earlier = {
      ...plan('update', [changed('email', 'ann@contoso.com'), changed('name', 'Anna'), changed('role', 'agent', 'end-user')]),
      role,
    };
    const told = proved(earlier, userEvidence(anAccount(), 'u1', true));
    expect(told).toMatchObject({ changes: [changed('email', 'ann@contoso.com')], role: null });
  });

  it('a role that stands is told, beside a change that does not; so is the removal that one of them carries', () => {
    const role = { role: 'end-user', customRoleId: null } as const;
    const changes = [changed('name', 'Ann'), changed('role', 'end-user', 'agent'), changed('suspended', true, false)];
    const removals = [{ kind: 'userDisable' as const, attributes: ['role', 'suspended'] }];
    const told = proved({ ...plan('disable', changes), role, removals }, userEvidence(anAccount(), 'u1', true));
    expect(told).toMatchObject({ changes: changes.slice(0, 2), role, removals });
  });

  it.each([
    ['the tickets alone', [], 'agent', 'update'],
    ['a name besides', [changed('name', 'Ann')], 'agent', 'update'],
    ['the seat besides', [], 'end-user', 'disable'],
  ] as const)('a departure of which %s stands is told as what it has taken', (_name, more, role, action) => {
    const changes = [...more, aChange(OPEN_TICKETS), changed('role', 'end-user', 'agent')];
    const seen = userEvidence(anAccount({ suspended: true, role: { role, customRoleId: null } }), null, true);
    const told = proved(plan('disable', changes), { ...seen, current: { ...seen.current, [OPEN_TICKETS]: 'x' } });
    expect(told?.action).toBe(action);
    expect(told?.changes).toHaveLength(more.length + (role === 'agent' ? 1 : 2));
  });

  it('a plan that an older version has stored is read as well', () => {
    const { removals: _, ...old } = plan('update', [changed('name', 'Ann')]);
    expect(proved(old as Plan, userEvidence(anAccount(), 'u1', true))?.removals).toEqual([]);
  });

  it('an adoption of which nothing stands has written no role, and taken nothing away', () => {
    const role = { role: 'end-user', customRoleId: null } as const;
    const removals = [{ kind: 'agentDowngrade', attributes: ['role'] }] as const;
    const earlier: Plan = { ...plan('update', [changed('role', 'end-user', 'agent')], true), role, removals };
    const agent = anAccount({ role: { role: 'agent', customRoleId: null } });
    expect(proved(earlier, userEvidence(agent, 'other', false))).toEqual({ ...earlier, changes: [], role: null, removals: [] });
  });
});

describe('withProved: what was written belongs to the link', () => {
  const agent = { role: 'agent', customRoleId: null } as const;
  it.each([
    ['nothing earlier', undefined, false, null],
    ['a suspension', plan('disable', [changed('name'), changed('suspended', true, false)]), true, null],
    ['a suspension lifted', plan('update', [changed('suspended', false, true)]), false, null],
    ['a text that reads like one', plan('update', [changed('name', 'suspended')]), false, null],
    ['a role', { ...plan('update', [changed('role', 'agent')]), role: agent }, false, agent],
  ] as [string, Plan | undefined, boolean, unknown][])('%s', (_name, earlier, disabledByUs, settledRole) => {
    expect(withProved(aLink({ settledRole: null }), earlier)).toMatchObject({ disabledByUs, settledRole });
  });

  it('what the link said already stays', () => {
    const link = aLink({ disabledByUs: true, settledRole: agent });
    expect(withProved(link, plan('update', [changed('name')]))).toEqual(link);
  });
});

describe('continued', () => {
  it.each([
    ['nothing earlier', undefined, plan('update'), 'update'],
    ['created, now nothing to do', plan('create'), plan('none'), 'create'],
    ['created, now adopted', plan('create'), plan('update', [], true), 'create'],
    ['created, now disabled', plan('create'), plan('disable'), 'disable'],
    ['deleted, now created', plan('delete'), plan('create'), 'create'],
    ['disabled, now nothing to do', plan('disable'), plan('none'), 'disable'],
    [
      'disabled, now suspended anew',
      plan('disable', [changed('suspended', true, false)]),
      { ...plan('disable', [changed('suspended', true, false)]), notes: ['anew'] },
      'disable',
    ],
    ['disabled, now updated', plan('disable'), plan('update'), 'update'],
    ['disabled, now the seat', plan('disable'), plan('disable'), 'disable'],
    ['disabled, now the tickets', plan('disable'), plan('update', [aChange(OPEN_TICKETS)]), 'disable'],
    ['tickets, now the seat', plan('update', [aChange(OPEN_TICKETS)]), plan('disable', [changed('role', 'end-user')]), 'disable'],
    ['tickets, now more of them', plan('update', [aChange(OPEN_TICKETS)]), plan('update', [aChange(OPEN_TICKETS)]), 'update'],
    ['disabled, now tickets and a name', plan('disable'), plan('update', [aChange(OPEN_TICKETS), aChange('name')]), 'update'],
  ] as [string, Plan | undefined, Plan, string][])('%s › told as %4$s', (_name, earlier, now, expected) => {
    expect(continued(earlier, now).action).toBe(expected);
  });

  it('a suspension is anew only where both suspend, whatever else they change', () => {
    const suspension = changed('suspended', true, false);
    const seat = changed('role', 'end-user', 'agent');
    for (const [first, then] of [
      [[suspension, seat], [suspension]],
      [[suspension], [suspension, seat]],
    ] as const) {
      const now = plan('disable', then);
      expect(continued(plan('disable', first), now)).toBe(now);
    }
    const both = (first: AttributeChange, then: AttributeChange) =>
      continued(plan('disable', [first]), plan('disable', [then]))
        .changes.map(({ attribute }) => attribute)
        .sort();
    expect(both(suspension, seat)).toEqual(['role', 'suspended']);
    expect(both(seat, suspension)).toEqual(['role', 'suspended']);
  });

  it('tickets that were handed over are told with the seat that follows them, not with a return', () => {
    const tickets = plan('update', [aChange(OPEN_TICKETS)]);
    const seat = plan('disable', [changed('role', 'end-user', 'agent')]);
    expect(continued(tickets, seat).changes).toEqual([...tickets.changes, ...seat.changes]);
    const back = plan('update', [changed('suspended', false, true)]);
    expect(continued(tickets, back)).toBe(back);
  });

  it('two updates are told as one, from the first old value to the last new one', () => {
    const earlier = plan('update', [changed('email', 'b', 'a'), changed('phone', '2', '1')]);
    const told = continued(earlier, plan('update', [changed('email', 'c', 'b'), changed('name', 'y', 'x')]));
    expect(told.changes).toEqual([changed('email', 'c', 'a'), changed('name', 'y', 'x'), changed('phone', '2', '1')]);
  });
});
