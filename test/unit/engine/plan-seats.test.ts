import { targetId } from '../../../src/core/model';
import { noSeats, type SeatedRow, withSeats } from '../../../src/engine/preview/plan-seats';
import type { PlanRow } from '../../../src/ports/plan-store';
import { World } from '../../property/support/world';

const role = { displayName: 'role', oldValue: 'end-user', newValue: 'agent' };
const name = { displayName: 'name', oldValue: 'A', newValue: 'B' };
const row = (over: Partial<PlanRow> = {}): PlanRow => ({
  ...{ key: { type: 'user', id: 'u' as PlanRow['key']['id'] }, name: 'Ann', targetId: null, outcome: 'planned' },
  ...{ action: 'create', changes: [role, name], reason: 'Assigned.', code: null, warnings: ['One.'], removal: null },
  ...{ digest: 'd', applied: null, refusal: null },
  ...over,
});
const linked = (changes: PlanRow['changes']): PlanRow => row({ action: 'update', targetId: targetId(7), changes });
const takes = (one: PlanRow): SeatedRow => ({ row: one, seat: 'takes' });
const before = { bought: 2, before: 1, needed: 0, freed: 0, missing: 0 };

test('the first row takes the last seat, the next waits, and what takes none passes', () => {
  const free: SeatedRow = { row: row({ name: 'Free' }), seat: undefined };
  const { seats, rows } = withSeats(before, [takes(row()), free, takes(row()), takes(row())]);
  expect(seats).toEqual({ ...before, needed: 3, missing: 2 });
  expect(rows[0]).toEqual(row());
  expect(rows[1]).toBe(free.row);
  for (const one of rows.slice(2))
    expect(one).toMatchObject({ outcome: 'skipped', action: 'other', changes: [], code: 'AwaitingSeat', digest: 'd' });
});

test('seats that earlier rows found missing are not taken twice', () => {
  const { seats, rows } = withSeats({ ...before, bought: 3, needed: 3, missing: 2 }, [takes(row()), takes(row())]);
  expect(seats).toMatchObject({ needed: 5, missing: 3 });
  expect(rows.map(({ code }) => code)).toEqual([null, 'AwaitingSeat']);
});

test('a seat that is freed is counted and not given out again', () => {
  const { seats, rows } = withSeats({ ...before, before: 2 }, [{ row: row(), seat: 'frees' }, takes(row())]);
  expect(seats).toMatchObject({ freed: 1, needed: 1, missing: 1 });
  expect(rows[0]).toEqual(row());
});

test('where nobody knows how many there are, everybody has one', () => {
  const { seats, rows } = withSeats({ ...before, bought: null }, [takes(row()), takes(row()), takes(row())]);
  expect(seats).toMatchObject({ needed: 3, missing: 0 });
  expect(rows.every(({ code }) => code === null)).toBe(true);
});

test.each([
  ['an account that is there with more to write', linked([role, name]), 'planned', [name]],
  ['an account that is there, the role alone', linked([role]), 'skipped', []],
  ['an account that is adopted and not linked', row({ action: 'update' }), 'skipped', []],
  ['a new account', row({ targetId: targetId(7) }), 'skipped', []],
] as const)('without a seat waits: %s', (_, one, outcome, changes) => {
  const { rows } = withSeats({ ...before, before: 2 }, [takes(one)]);
  expect(rows[0]).toMatchObject({ outcome, changes, code: 'AwaitingSeat' });
});

test('before anything is planned only what is held is counted', async () => {
  const world = new World({ settings: { agentSeats: 5 } });
  expect(await noSeats(world.deps())).toEqual({ bought: 5, before: 1, needed: 0, freed: 0, missing: 0 });
});
