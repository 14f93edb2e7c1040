import { targetId } from '../../src/core/model';
import { type CustomRole, isSameRole, resolveRole } from '../../src/core/role';

const customRoles: readonly CustomRole[] = [
  { id: '101', name: 'Light agent', roleType: 1 },
  { id: '102', name: 'Billing Team', roleType: 0 },
  { id: '103', name: 'Team lead', roleType: 0 },
  { id: '104', name: 'Agent', roleType: 0 },
  { id: '105', name: 'Twin', roleType: 0 },
  { id: '106', name: 'twin', roleType: 0 },
  { id: '107', name: 'Admin', roleType: 4 },
];

describe('role › one name', () => {
  it.each([
    ['User', 'end-user', null],
    ['user', 'end-user', null],
    ['end-user', 'end-user', null],
    ['End user', 'end-user', null],
    ['ENDUSER', 'end-user', null],
    ['Agent', 'agent', null],
    [' agent ', 'agent', null],
    ['Admin', 'admin', null],
    ['administrator', 'admin', null],
    ['Light agent', 'agent', '101'],
    ['light-agent', 'agent', '101'],
    ['LIGHT_AGENT', 'agent', '101'],
    ['billing team', 'agent', '102'],
    ['Billing-Team', 'agent', '102'],
    ['102', 'agent', '102'],
    ['104', 'agent', '104'],
    ['107', 'admin', null],
    ['Twin', 'agent', '105'],
    ['twin', 'agent', '106'],
  ])('%j is %s with custom role %s', (text, role, customRoleId) => {
    const expected = { kind: 'role', role: { role, customRoleId } };
    expect(resolveRole(text, null, customRoles)).toEqual(expected);
    expect(resolveRole(text, text, customRoles)).toEqual(expected);
    expect(resolveRole(null, text, customRoles)).toEqual(expected);
  });

  it.each([['Astronaut'], ['999'], ['TWIN'], ['constructor'], ['__proto__'], ['msiam_access']])(
    '%j names nothing: unknown, with what there is',
    (text) => {
      expect(resolveRole(text, text, customRoles)).toEqual({
        kind: 'unknown',
        wanted: text,
        available: ['User', 'Agent', 'Admin', 'Light agent', 'Billing Team', 'Team lead', 'Twin', 'twin'],
      });
    },
  );

  it.each([[null], [''], ['  ']])('%j is no role at all', (text) => {
    expect(resolveRole(text, text, customRoles)).toEqual({ kind: 'unmapped' });
  });

  it('light agent in an account without light agents is unknown', () => {
    expect(resolveRole('Light agent', null, customRoles.slice(1))).toMatchObject({ kind: 'unknown' });
  });

  it('a numeric id is believed where the account lists no custom roles', () => {
    expect(resolveRole('agent', '102', [])).toEqual({ kind: 'role', role: { role: 'agent', customRoleId: '102' } });
  });

  it('a hostile name is quoted short', () => {
    const result = resolveRole('x'.repeat(65_536), null, customRoles);
    expect(result.kind === 'unknown' && result.wanted.length).toBeLessThan(110);
  });
});

describe('role › role and custom_role_id go out as one pair', () => {
  it.each([
    ['agent', 'Team lead', 'agent', '103'],
    ['Billing Team', null, 'agent', '102'],
    ['Billing Team', 'agent', 'agent', '102'],
    ['Billing Team', 'Team lead', 'agent', '103'],
    ['light agent', '101', 'agent', '101'],
    ['end-user', 'Team lead', 'end-user', null],
    ['end-user', '103', 'end-user', null],
    ['end-user', 'nonsense', 'end-user', null],
    ['admin', 'Team lead', 'admin', null],
  ])('role %j with custom role %j is %s with %s', (role, custom, expected, customRoleId) => {
    expect(resolveRole(role, custom, customRoles)).toEqual({ kind: 'role', role: { role: expected, customRoleId } });
  });

  it.each([
    ['nonsense', 'Team lead', 'nonsense'],
    ['agent', 'nonsense', 'nonsense'],
  ])('role %j with custom role %j is unknown, never half of it', (role, custom, wanted) => {
    expect(resolveRole(role, custom, customRoles)).toMatchObject({ kind: 'unknown', wanted });
  });

  it('an administrator is the same whatever system role Zendesk shows', () => {
    expect(isSameRole({ role: 'admin', customRoleId: targetId('107') }, { role: 'admin', customRoleId: null })).toBe(true);
    expect(isSameRole({ role: 'agent', customRoleId: targetId('102') }, { role: 'agent', customRoleId: null })).toBe(false);
    expect(isSameRole({ role: 'agent', customRoleId: null }, { role: 'end-user', customRoleId: null })).toBe(false);
  });
});
