import type { Plan } from '../../../../src/core/plan-model';
import { NOTHING, withoutPlan } from '../../../../src/engine/provision/claims';

const plan = (action: Plan['action']): Plan => ({ ...NOTHING, action });
const claim = { untilMs: 9, sinceMs: 5, changeId: 'a', cycleId: 'b', plan: plan('disable') };

describe('a claim of which nothing was written', () => {
  it('gives way to an earlier try that may still come, asked for when it was, and keeps what others have written', () => {
    const [open, written] = [{ plan: plan('create'), sinceMs: 2 }, [plan('update')]];
    expect(withoutPlan(claim, written, open)).toEqual({ ...claim, ...open, untilMs: 0, untold: written });
  });

  it('without one, to the last that was written; with nothing, it ends', () => {
    const written = [plan('create'), plan('update')];
    expect(withoutPlan(claim, written, null)).toEqual({ ...claim, untilMs: 0, plan: written[1], untold: [written[0]] });
    expect(withoutPlan(claim, [], null)).toBeNull();
  });
});
