import { sourceId } from '../../../../src/core/model';
import type { Plan } from '../../../../src/core/plan-model';
import type { Attempt } from '../../../../src/engine/provision/attempt';
import { seated } from '../../../../src/engine/provision/await-seat';
import { itemFor } from '../../../../src/engine/work-item';
import { aLink } from '../../../builders/objects';
import { World } from '../../../property/support/world';

const ID = sourceId('00000000-0000-4000-8000-000000000001');
const PLAN: Plan = {
  ...{ action: 'update', targetId: null, adopts: false, notes: [], removals: [] },
  changes: [
    { attribute: 'name', oldValue: 'Ann', newValue: 'Anna', redacted: false },
    { attribute: 'role', oldValue: 'end-user', newValue: 'agent', redacted: false },
  ],
  role: { role: 'agent', customRoleId: null },
};

/** What is carried out where so many seats are bought, of which the owner holds one. */
function carriedOut(
  agentSeats: number,
  seat: 'takes' | 'frees' | undefined,
  link = aLink({ sourceId: ID }) as ReturnType<typeof aLink> | null,
  earlier?: Plan,
) {
  const item = itemFor('c', { type: 'user', id: ID });
  const attempt = { item, pairing: { row: { link, claim: null } } } as unknown as Attempt;
  return seated(new World({ settings: { agentSeats } }).deps(), attempt, { plan: PLAN, seat, earlier });
}

describe('a plan that takes an agent seat', () => {
  it('is carried out as a whole while one is free', async () => {
    expect(await carriedOut(2, 'takes')).toEqual({ plan: PLAN, awaitsSeat: false });
  });

  it('waits as a whole for an account that is not linked, and for the role alone of one that is, or that an earlier try made', async () => {
    expect(await carriedOut(1, 'takes', null)).toEqual({ plan: null, awaitsSeat: true });
    const withoutRole = { plan: { role: null, changes: [{ attribute: 'name' }] }, awaitsSeat: true };
    expect(await carriedOut(1, 'takes')).toMatchObject(withoutRole);
    expect(await carriedOut(1, 'takes', null, { ...PLAN, action: 'create' })).toMatchObject(withoutRole);
  });

  it('one that takes none does not ask', async () => {
    for (const seat of ['frees', undefined] as const)
      expect(await carriedOut(1, seat, null)).toEqual({ plan: PLAN, awaitsSeat: false });
  });
});
