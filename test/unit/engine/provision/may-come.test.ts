import { StaleStateError } from '../../../../src/core/errors';
import type { Attributes, Link, TargetId } from '../../../../src/core/model';
import type { Plan } from '../../../../src/core/plan-model';
import { keepingInMind, mayComeTo, openOf, requireNothingLate } from '../../../../src/engine/provision/may-come';

const NOW = Date.parse('2026-01-05T08:00:00Z');
const MINUTE = 60_000;
const plan = (action: Plan['action'], targetId: string | null): Plan => ({
  action,
  targetId: targetId as TargetId | null,
  changes: [],
  role: null,
  adopts: false,
  notes: [],
  removals: [],
});
const rowOf = (asked: Plan, minutesAgo: number | undefined, linkedTo?: string) => ({
  link: linkedTo === undefined ? null : ({ targetId: linkedTo } as unknown as Link),
  claim: {
    untilMs: 0,
    changeId: 'a',
    cycleId: 'b',
    plan: asked,
    ...(minutesAgo !== undefined && { sinceMs: NOW - minutesAgo * MINUTE }),
  },
});

describe('what is kept of an earlier try whose next one is refused', () => {
  it.each([
    ['a creation of five minutes ago', 'create', null, 5, undefined, true],
    ['a creation in the place of an account that is gone', 'create', null, 5, '7', true],
    ['an adoption', 'update', '7', 5, undefined, true],
    ['a change of the linked account, which its link keeps in mind', 'update', '7', 5, '7', false],
    ['a creation that cannot come any more', 'create', null, 20, undefined, false],
    ['a creation of which nothing comes late', 'create', null, undefined, undefined, false],
  ] as const)('%s', (_, action, target, minutesAgo, linkedTo, isKept) => {
    const row = rowOf(plan(action, target), minutesAgo, linkedTo);
    expect(openOf(row, undefined, NOW)?.plan).toBe(isKept ? row.claim.plan : undefined);
  });

  it('nothing of one that has come, or where there is none', () => {
    const row = rowOf(plan('create', null), 5);
    expect(openOf(row, row.claim.plan, NOW)).toBeNull();
    expect(openOf({ link: null, claim: null }, undefined, NOW)).toBeNull();
  });
});

describe('what is kept in mind of an account', () => {
  const change = (attribute: string, newValue: string | boolean) => ({ attribute, oldValue: null, newValue, redacted: false });
  const asking = (...changes: Plan['changes']): Plan => ({ ...plan('update', '7'), changes });
  const known = { sinceMs: NOW - 9 * MINUTE, values: { suspended: true, name: 'Old' } };
  const rowWith = (asked: Plan) => {
    const row = rowOf(asked, 5, '7');
    return { ...row, link: { ...row.link, mayCome: known } as unknown as Link };
  };

  it('is what any request may still do that has not come, for as long as the last of them may', () => {
    const asked = asking(change('name', 'New'), change('phone', '1'), change('open_tickets', 'x'));
    const { link } = keepingInMind(rowWith(asked), asking(change('phone', '1')), NOW);
    expect(link?.mayCome).toEqual({ sinceMs: NOW - 5 * MINUTE, values: { suspended: true, name: 'New' } });
    expect(keepingInMind(rowWith(asking()), undefined, NOW).link?.mayCome).toEqual(known);
  });

  it('goes with the account to whoever takes it over, by the link or the open claim of the former self', () => {
    const evidence = { type: 'user', current: { name: 'Ann', suspended: false }, isOurs: false, isLinked: false } as const;
    const target = '7' as TargetId;
    const none = { link: null, claim: null };
    expect(mayComeTo(target, none, rowWith(asking()), evidence, NOW)).toEqual(known);
    expect(mayComeTo(target, none, rowOf(asking(change('suspended', true)), 5, '7'), evidence, NOW)?.values).toEqual({
      suspended: true,
    });
    const begun = { link: null, claim: { ...rowOf(asking(), 5).claim, former: { link: rowWith(asking()).link } } };
    expect(mayComeTo(target, begun, undefined, evidence, NOW)).toEqual(known);
    expect(mayComeTo('8' as TargetId, begun, rowWith(asking()), evidence, NOW)).toBeUndefined();
  });

  it.each([
    ['a value that the account has', { name: 'Ann' }, asking(), false],
    ['one that it is about to have', { name: 'Bea' }, asking(change('name', 'Bea')), false],
    ['another one', { name: 'Bea' }, asking(), true],
    ['one that cannot be seen', { photo: 'x' }, asking(), false],
    ['another one, and access ends', { name: 'Bea', role: 'agent' }, asking(change('suspended', true)), false],
    ['another one, and access is given', { name: 'Bea' }, asking(change('suspended', false)), false],
    ['a role, and access is given', { role: 'agent' }, asking(change('suspended', false)), true],
    ['a suspension, and access is given', { suspended: true }, asking(change('suspended', false)), true],
    ['a suspension, and another name', { suspended: true }, asking(change('name', 'Bea')), true],
  ] as const)('%s', (_, values, now, isWaitedFor) => {
    const current: Attributes = { name: 'Ann', role: 'end-user', suspended: false };
    const ask = () => requireNothingLate({ sinceMs: NOW - MINUTE, values }, current, now, NOW);
    if (isWaitedFor) expect(ask).toThrow(StaleStateError);
    else expect(ask).not.toThrow();
  });
});
