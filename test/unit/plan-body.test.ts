import { sourceId } from '../../src/core/model';
import { rowBody } from '../../src/functions/plan-body';
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
