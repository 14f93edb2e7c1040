import type { ReadableStream } from 'node:stream/web';
import { sourceId } from '../../src/core/model';
import { planCsv } from '../../src/functions/plan-csv';
import type { PlanHeader, PlanRow, PlanStore } from '../../src/ports/plan-store';

const row = (name: string): PlanRow => ({
  key: { type: 'user', id: sourceId('a1') },
  name,
  targetId: null,
  outcome: 'planned',
  action: 'create',
  changes: [{ displayName: 'name', oldValue: null, newValue: name }],
  reason: '',
  code: null,
  warnings: [],
  removal: null,
  digest: '',
  applied: null,
  refusal: null,
});

const csvOf = async (name: string): Promise<string> => {
  const plans = { rows: async () => ({ rows: [row(name)] }) } as Partial<PlanStore> as PlanStore;
  const { body } = planCsv(plans, { planId: 'p', brake: [] } as Partial<PlanHeader> as PlanHeader, 'all');
  return new Response(body as ReadableStream).text();
};

describe('a plan as CSV', () => {
  it.each(['=1+1', ' =1+1', '\u0000=1+1', '\u001f +1', '\uFF1D1+1', '@SUM(1)'])(
    'no cell of %j begins as a formula, whatever a spreadsheet skips before it',
    async (name) => {
      const csv = await csvOf(name);
      expect(csv).toContain("'");
      expect(csv).not.toMatch(/(^|,)"?[\s\p{Cc}]*[=+\-@\uFF1D]/mu);
    },
  );
});
