import type { Deprovisioning } from '../../../src/core/deprovision';
import {
  areTicketsDue,
  dayStepOf,
  dueAt,
  fateOfLeaver,
  isErasureDue,
  isStepDue,
  type Leaving,
  type LeavingRules,
  leavingSteps,
  leftBefore,
  receiverText,
} from '../../../src/core/leaving';
import { sourceId, targetId } from '../../../src/core/model';
import { DAY_MS } from '../../../src/core/time';

const LEFT = '2026-06-01T12:00:00.000Z';
const afterDays = (days: number, ms = 0): Date => new Date(Date.parse(LEFT) + days * DAY_MS + ms);
const aLeaving = (leaving: Partial<Leaving> = {}): Leaving => ({
  sourceId: sourceId('00000000-0000-4000-8000-000000000001'),
  targetId: targetId(7),
  leftAt: LEFT,
  createdByUs: true,
  tickets: null,
  deletedAt: null,
  ...leaving,
});
const LEAVE: LeavingRules = { offboardTickets: { kind: 'leave' } };
const DAYS: LeavingRules = { ...LEAVE, offboardDeleteAfterDays: 30, offboardEraseAfterDays: 90 };
const TICKETS: LeavingRules = { ...DAYS, offboardTickets: { kind: 'group', name: 'Tier 2' } };
const HANDED = { to: 'group:Tier 2', count: 3, isComplete: true };

describe('isStepDue', () => {
  it.each([
    ['the day before', 'delete', {}, DAYS, afterDays(30, -1), false],
    ['on the day', 'delete', {}, DAYS, afterDays(30), true],
    ['long after', 'delete', {}, DAYS, afterDays(400), true],
    ['a clock before the departure', 'delete', {}, DAYS, afterDays(-3), false],
    ['not set', 'delete', {}, LEAVE, afterDays(4000), false],
    ['an account that was there before', 'delete', { createdByUs: false }, DAYS, afterDays(400), false],
    ['deleted already', 'delete', { deletedAt: LEFT }, DAYS, afterDays(400), false],
    ['erased before it is deleted', 'erase', {}, DAYS, afterDays(400), false],
    ['deleted, the day before', 'erase', { deletedAt: LEFT }, DAYS, afterDays(90, -1), false],
    ['deleted, on the day', 'erase', { deletedAt: LEFT }, DAYS, afterDays(90), true],
    ['deleted, not set', 'erase', { deletedAt: LEFT }, { ...LEAVE, offboardDeleteAfterDays: 30 }, afterDays(4000), false],
    ['deleted, an account that was there before', 'erase', { deletedAt: LEFT, createdByUs: false }, DAYS, afterDays(400), false],
  ] as const)('%s', (_, step, leaving, rules, now, expected) => {
    expect(isStepDue(step, aLeaving(leaving), rules, now)).toBe(expected);
  });

  it('goes by the settings as they are now', () => {
    expect(dueAt('delete', aLeaving(), DAYS)).toEqual(afterDays(30));
    expect(dueAt('delete', aLeaving(), { ...DAYS, offboardDeleteAfterDays: 60 })).toEqual(afterDays(60));
    expect(leftBefore('delete', DAYS, afterDays(30))).toEqual(new Date(LEFT));
    expect(leftBefore('erase', LEAVE, afterDays(30))).toBeUndefined();
    expect([aLeaving(), aLeaving({ deletedAt: LEFT }), aLeaving({ createdByUs: false })].map(dayStepOf)).toEqual([
      'delete',
      'erase',
      null,
    ]);
  });
});

describe('fateOfLeaver', () => {
  const DISABLE: Deprovisioning = { kind: 'disable', downgrades: true };
  const NOTHING: Deprovisioning = { kind: 'nothing', skipReason: 'ActionDisabled', reason: 'r' };
  const gone = { isSuspended: true, isAgent: false };
  it.each([
    ['as many days as set', DISABLE, {}, gone, DAYS, true, afterDays(30), 'delete'],
    ['fewer', DISABLE, {}, gone, DAYS, true, afterDays(29), 'disable'],
    ['the mapping does not delete', DISABLE, {}, gone, DAYS, false, afterDays(300), 'disable'],
    ['can sign in again', DISABLE, {}, { ...gone, isSuspended: false }, DAYS, true, afterDays(300), 'disable'],
    ['tickets wait', DISABLE, {}, { ...gone, isAgent: true }, TICKETS, true, afterDays(300), 'disable'],
    [
      'tickets are handed over',
      DISABLE,
      { tickets: HANDED },
      { ...gone, isAgent: true },
      TICKETS,
      true,
      afterDays(300),
      'delete',
    ],
    ['left alone by the settings', NOTHING, {}, gone, DAYS, true, afterDays(300), 'nothing'],
    ['deleted by the settings', { kind: 'delete' } as const, {}, gone, DAYS, true, afterDays(0), 'delete'],
    ['there before this app', DISABLE, { createdByUs: false }, gone, DAYS, true, afterDays(300), 'disable'],
  ] as const)('%s', (_, fate, leaving, account, rules, mayDelete, now, expected) => {
    const facts = { fate, leaving: aLeaving(leaving), account, rules: { ...rules, actions: { delete: mayDelete } }, now };
    expect(fateOfLeaver(facts).kind).toBe(expected);
    expect(fateOfLeaver({ ...facts, leaving: null })).toEqual(fate);
  });

  it('erases only what this app has deleted, and only where the mapping deletes', () => {
    const leaving = aLeaving({ deletedAt: LEFT });
    const rules = { ...DAYS, actions: { delete: true } };
    expect(isErasureDue({ leaving, rules, now: afterDays(90) })).toBe(true);
    expect(isErasureDue({ leaving: null, rules, now: afterDays(90) })).toBe(false);
    expect(isErasureDue({ leaving, rules: { ...rules, actions: { delete: false } }, now: afterDays(90) })).toBe(false);
  });
});

describe('areTicketsDue', () => {
  it.each([
    ['an agent who has just left', true, null, TICKETS, true],
    ['an agent of whom some are left', true, { ...HANDED, isComplete: false }, TICKETS, true],
    ['an agent of whom none are left', true, HANDED, TICKETS, false],
    ['an end user', false, null, TICKETS, false],
    ['they are left', true, null, DAYS, false],
  ] as const)('%s', (_, isAgent, tickets, rules, expected) => {
    expect(areTicketsDue({ isAgent }, aLeaving({ tickets }), rules)).toBe(expected);
  });

  it('the receiver as the setting spells it', () => {
    const all = [
      { kind: 'leave' },
      { kind: 'unassign' },
      { kind: 'group', name: 'A b' },
      { kind: 'user', email: 'a@b.c' },
    ] as const;
    expect(all.map(receiverText)).toEqual(['Leave', 'Unassign', 'group:A b', 'user:a@b.c']);
  });
});

describe('leavingSteps', () => {
  const states = (...facts: Parameters<typeof leavingSteps>) =>
    Object.fromEntries(leavingSteps(...facts).map(({ step, state }) => [step, state]));
  const downgrade = { ...TICKETS, deprovisionUsers: 'DowngradeAndSuspend' };
  it('in their order, each after the one before it', () => {
    const agent = { isSuspended: true, isAgent: true };
    expect(leavingSteps(aLeaving(), agent, downgrade, afterDays(0)).map(({ step }) => step)).toEqual([
      'access',
      'tickets',
      'seat',
      'delete',
      'erase',
    ]);
    expect(states(aLeaving(), agent, downgrade, afterDays(0))).toEqual({
      access: 'done',
      tickets: 'due',
      seat: 'waits',
      delete: 'waits',
      erase: 'waits',
    });
    expect(states(aLeaving({ tickets: HANDED }), agent, downgrade, afterDays(31))).toEqual({
      access: 'done',
      tickets: 'done',
      seat: 'due',
      delete: 'due',
      erase: 'waits',
    });
    expect(states(aLeaving({ tickets: HANDED, deletedAt: LEFT }), agent, downgrade, afterDays(91))).toEqual({
      access: 'done',
      tickets: 'done',
      seat: 'done',
      delete: 'done',
      erase: 'due',
    });
  });

  it('what the settings leave out is off', () => {
    const suspend = { ...LEAVE, deprovisionUsers: 'Suspend' };
    expect(states(aLeaving(), { isSuspended: true, isAgent: true }, suspend, afterDays(900))).toEqual({
      access: 'done',
      tickets: 'off',
      seat: 'off',
      delete: 'off',
      erase: 'off',
    });
    expect(states(aLeaving({ createdByUs: false }), { isSuspended: false, isAgent: false }, downgrade, afterDays(900))).toEqual({
      access: 'due',
      tickets: 'done',
      seat: 'done',
      delete: 'off',
      erase: 'off',
    });
  });
});
