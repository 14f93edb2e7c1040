import { userDrift, writesRole } from '../../../src/core/drift';
import { SUSPENDED_BY_OTHERS } from '../../../src/core/plan';
import type { AttributeChange, Plan } from '../../../src/core/plan-model';
import { aLink, anAccount } from '../../builders/objects';

const AGENT = { role: 'agent' as const, customRoleId: null };
const change = (attribute: string, newValue: string | boolean = 'x'): AttributeChange => ({
  ...{ attribute, oldValue: null, newValue, redacted: false },
});
const planOf = (...changes: AttributeChange[]): Plan => ({
  ...{ action: 'update', targetId: null, changes, role: null, adopts: false, notes: [], removals: [] },
});

describe('what somebody has changed of an account', () => {
  const found = (plan: Plan | undefined, warnings: readonly string[] = [], isInScope = true, over = {}, account = {}) =>
    userDrift(plan, warnings, isInScope, aLink(over), anAccount(account));

  test.each([
    ['nothing', undefined, []],
    ['a plan of nothing', planOf(), []],
    ['the name', planOf(change('name')), ['Renamed']],
    ['the address', planOf(change('email')), ['Renamed']],
    ['the phone', planOf(change('phone')), ['Changed']],
    ['name and phone', planOf(change('name'), change('phone')), ['Renamed', 'Changed']],
    ['phone and name', planOf(change('phone'), change('name')), ['Renamed', 'Changed']],
    ['the role alone, which nobody writes back', planOf(change('role')), []],
    ['access that was lost', planOf(change('suspended', true)), ['Reactivated']],
    ['access that was lost, and the phone', planOf(change('suspended', true), change('phone')), ['Reactivated', 'Changed']],
    ['a suspension of ours that was lifted', planOf(change('suspended', false)), ['Changed']],
  ] as const)('%s', (_, plan, codes) => {
    expect(found(plan).codes).toEqual(codes);
    expect(found(plan).reported).toEqual([]);
  });

  it('a role is told of in scope alone, and only where it is not the settled one', () => {
    const settledRole = { settledRole: AGENT };
    expect(found(undefined, [], true, settledRole)).toEqual({
      codes: ['RoleChanged'],
      reported: [{ displayName: 'role', oldValue: 'end-user', newValue: 'agent' }],
    });
    for (const same of [
      found(undefined, [], true, settledRole, { role: AGENT }),
      found(undefined, [], false, settledRole),
      found(undefined, [], true, { settledRole: null }, { role: AGENT }),
    ])
      expect(same).toEqual({ codes: [], reported: [] });
  });

  it("somebody else's suspension is reported", () => {
    expect(found(planOf(), ['Something else.', SUSPENDED_BY_OTHERS])).toEqual({
      codes: ['SuspendedByOthers'],
      reported: [{ displayName: 'suspended', oldValue: 'true', newValue: 'false' }],
    });
  });
});

test('a role is written to an account that is there, not to one that is made', () => {
  expect(writesRole({ ...planOf(), role: AGENT })).toBe(true);
  expect(writesRole({ ...planOf(), role: AGENT, action: 'create' })).toBe(false);
  expect(writesRole({ ...planOf(), action: 'create' })).toBe(false);
  expect(writesRole(planOf())).toBe(false);
});
