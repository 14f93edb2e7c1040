import type { Link, TargetId } from '../../../../src/core/model';
import type { Plan } from '../../../../src/core/plan-model';
import { openOf } from '../../../../src/engine/provision/may-come';

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
