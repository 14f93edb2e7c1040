import { sourceId } from '../../src/core/model';
import { rowBody } from '../../src/functions/plan-body';
import { planPage } from '../../src/functions/plan-page';
import { writePage } from '../../src/pages/page';
import type { PlanHeader, PlanRow } from '../../src/ports/plan-store';

const row = (type: 'user' | 'group', code: string | null): PlanRow => ({
  key: { type, id: sourceId('a1') },
  name: 'A1',
  targetId: null,
  outcome: 'skipped',
  action: 'other',
  changes: [],
  reason: '',
  code,
  warnings: [],
  removal: null,
  digest: '',
  applied: null,
  refusal: null,
});

describe('an object of a plan as JSON', () => {
  it.each([
    ['user', null, 'User'],
    ['group', 'NotInScope', 'Group'],
    ['user', 'UnsupportedPrincipal', 'ServicePrincipal'],
  ] as const)('a %s with %s is a %s, as in the log', (type, code, expected) => {
    const header = { brake: [] } as Partial<PlanHeader> as PlanHeader;
    expect(rowBody(header, row(type, code)).sourceIdentity).toEqual({ id: 'a1', displayName: 'A1', identityType: expected });
  });
});

describe('the page of a plan', () => {
  const header: PlanHeader = {
    planId: 'p',
    kind: 'cycle',
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'Ann',
    state: 'planned',
    schemaHash: '',
    isForOtherSchema: false,
    phase: 'done',
    cycle: {},
    objects: 12,
    counts: { skipped: 2, unchanged: 10 },
    removals: {},
    brake: [],
    endedAt: null,
    error: null,
    application: null,
  };
  const textOf = (plan: PlanHeader): string =>
    writePage(planPage(plan, [], undefined, { which: 'acting', top: 50, code: undefined }));

  it('says that there is nothing to apply where no object would be changed', () => {
    expect(textOf(header)).toContain('There is nothing to apply');
    expect(textOf(header)).not.toContain('/apply');
    expect(textOf({ ...header, counts: { ...header.counts, other: 1 } })).toContain('POST /api/plan/p/apply');
  });

  it('warns where removals are above the threshold, and counts in one order', () => {
    const brake = [{ kind: 'userDisable' as const, count: 3, reason: '3 users to disable' }] as PlanHeader['brake'];
    const text = textOf({ ...header, brake, counts: { skipped: 2, disable: 3, create: 1 } });
    expect(text).toContain('class="verdict warn"');
    expect(text).toMatch(/To create.*To disable.*Skipped/s);
  });
});
