import { accountFindings } from '../../../src/core/account-findings';
import { targetId } from '../../../src/core/model';
import { planDelete, planDisable } from '../../../src/core/plan';
import { freesSeat, holdsSeat, memberHoldsSeat, seatsOf, takesSeat, withoutSeat } from '../../../src/core/seats';
import { anAccount } from '../../builders/objects';

const ROLES = [
  { id: '1', name: 'Light agent', roleType: 1 },
  { id: '3', name: 'Contributor', roleType: 3 },
  { id: '5', name: 'Advisor', roleType: 0 },
];
const role = (name: 'end-user' | 'agent' | 'admin', custom: string | null = null) => ({
  role: name,
  customRoleId: custom === null ? null : targetId(custom),
});
const agent = anAccount({ role: role('agent') });

test.each([
  ['end-user', null, false],
  ['agent', null, true],
  ['admin', null, true],
  ['agent', '1', false],
  ['agent', '3', false],
  ['agent', '5', true],
  ['agent', '99', true],
  ['admin', '1', true],
] as const)('%s with custom role %s holds a seat: %s', (name, custom, holds) => {
  expect(holdsSeat(role(name, custom), ROLES)).toBe(holds);
});

test('a light agent takes none, also where the account lists no roles', () => {
  expect(memberHoldsSeat({ role: role('agent', '1'), roleType: 1 }, [])).toBe(false);
  expect(memberHoldsSeat({ role: role('agent', '1'), roleType: null }, ROLES)).toBe(false);
  expect(memberHoldsSeat({ role: role('agent', '9'), roleType: 0 }, [])).toBe(true);
  expect(memberHoldsSeat({ role: role('admin'), roleType: 4 }, [])).toBe(true);
});

test('a plan takes a seat only where none is held, and frees one where one is', () => {
  const plan = { ...planDisable(anAccount(), { tickets: null, isSeatCounted: false, downgrades: false }), role: role('agent') };
  expect(takesSeat(plan, undefined, ROLES)).toBe(true);
  expect(takesSeat(plan, anAccount({ role: role('agent', '1') }), ROLES)).toBe(true);
  expect(takesSeat(plan, agent, ROLES)).toBe(false);
  expect(takesSeat({ role: null }, undefined, ROLES)).toBe(false);
  expect(freesSeat(planDisable(agent, { tickets: null, isSeatCounted: false, downgrades: true }), agent, ROLES)).toBe(true);
  expect(freesSeat(planDisable(agent, { tickets: null, isSeatCounted: false, downgrades: false }), agent, ROLES)).toBe(false);
  expect(freesSeat(planDelete(agent.id, 'userDelete'), agent, ROLES)).toBe(true);
  expect(freesSeat(planDelete(agent.id, 'userDelete'), anAccount(), ROLES)).toBe(false);
});

test('without its seat a plan keeps everything else', () => {
  const change = (attribute: string) => ({ attribute, oldValue: null, newValue: 'x', redacted: false });
  const plan = {
    ...planDisable(anAccount(), { tickets: null, isSeatCounted: false, downgrades: false }),
    action: 'update' as const,
    changes: [change('name'), change('role')],
    role: role('agent'),
  };
  expect(withoutSeat(plan)).toMatchObject({ action: 'update', role: null, changes: [{ attribute: 'name' }] });
  expect(withoutSeat({ ...plan, changes: [change('role')] })).toMatchObject({ action: 'none', changes: [] });
});

test('seats in numbers', () => {
  expect(seatsOf(10, 8, 3)).toEqual({ bought: 10, used: 8, needed: 11, free: 2 });
  expect(seatsOf(5, 8, 0)).toEqual({ bought: 5, used: 8, needed: 8, free: 0 });
  expect(seatsOf(undefined, 8, 1)).toEqual({ bought: null, used: 8, needed: 9, free: null });
});

describe('findings of an account', () => {
  const facts = {
    behind: 'inScope',
    holdsSeat: true,
    isServiceAccount: false,
    isProtected: false,
    now: new Date('2026-03-01'),
  } as const;
  const member = { suspended: false, lastLoginAt: '2026-02-01T00:00:00Z', createdAt: '2025-01-01T00:00:00Z' };
  test.each([
    [{}, {}, []],
    [{}, { behind: 'nobody' }, ['NobodyBehind']],
    [{}, { behind: 'nobody', isServiceAccount: true }, ['ServiceAccount']],
    [{}, { behind: 'unknown' }, []],
    [{}, { behind: 'outOfScope' }, ['OutOfScope']],
    [{ suspended: true }, {}, ['SuspendedWithSeat']],
    [{ suspended: true }, { holdsSeat: false }, []],
    [{ lastLoginAt: null }, {}, ['NeverSignedIn']],
    [{ lastLoginAt: null }, { isServiceAccount: true }, ['ServiceAccount']],
    [{ lastLoginAt: null, createdAt: '2026-02-20T00:00:00Z' }, {}, []],
    [{ lastLoginAt: null, createdAt: null }, {}, []],
    [{ lastLoginAt: null, suspended: true }, {}, ['SuspendedWithSeat']],
    [{}, { isProtected: true }, ['Protected']],
  ] as const)('%j, %j: %j', (account, more, findings) => {
    expect(accountFindings({ ...member, ...account }, { ...facts, ...more })).toEqual(findings);
  });
});
