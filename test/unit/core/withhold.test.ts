import { REMOVAL_KINDS, type RemovalKind } from '../../../src/core/brake';
import { targetId } from '../../../src/core/model';
import type { AttributeChange, Plan } from '../../../src/core/plan-model';
import { withhold } from '../../../src/core/withhold';

const change = (attribute: string): AttributeChange => ({ attribute, oldValue: 'a', newValue: 'b', redacted: false });
const END_USER = { role: 'end-user', customRoleId: null } as const;
const aPlan = (overrides: Partial<Plan>): Plan => ({
  action: 'update',
  targetId: targetId(7),
  changes: [],
  role: null,
  adopts: false,
  notes: [],
  removals: [],
  ...overrides,
});

const suspension = { kind: 'userDisable', attributes: ['suspended'] } as const;
const seat = { kind: 'agentDowngrade', attributes: ['role'] } as const;
const disable = aPlan({ action: 'disable', changes: [change('suspended')], removals: [suspension] });
const leave = aPlan({
  action: 'disable',
  role: END_USER,
  changes: [change('role'), change('suspended')],
  removals: [{ kind: 'userDisable', attributes: ['role', 'suspended'] }],
});
const downgrade = aPlan({ role: END_USER, changes: [change('name'), change('role')], removals: [seat] });
const both = aPlan({
  action: 'disable',
  role: END_USER,
  changes: [change('name'), change('role'), change('suspended')],
  removals: [suspension, seat],
});
const erase = aPlan({ action: 'delete', removals: [{ kind: 'userDelete', attributes: [] }] });
const eraseGroup = aPlan({ action: 'delete', removals: [{ kind: 'groupDelete', attributes: [] }] });
const rename = aPlan({ changes: [change('name')] });
const adopt = aPlan({ adopts: true, changes: [change('suspended')], action: 'disable', removals: [suspension] });

describe('withhold', () => {
  it.each([
    // plan, allowed → action, what is changed, what waits
    ['a rename', rename, null, 'update', ['name'], []],
    ['a suspension let go', disable, 'userDisable', 'disable', ['suspended'], []],
    ['a suspension that nobody counted', disable, null, 'none', [], ['userDisable']],
    ['a suspension, where a deletion was counted', disable, 'userDelete', 'none', [], ['userDisable']],
    ['a leaver with a seat, let go', leave, 'userDisable', 'disable', ['role', 'suspended'], []],
    ['a leaver with a seat, where a downgrade was counted', leave, 'agentDowngrade', 'none', [], ['userDisable']],
    ['a downgrade beside a rename, let go', downgrade, 'agentDowngrade', 'update', ['name', 'role'], []],
    ['a downgrade beside a rename, held', downgrade, null, 'update', ['name'], ['agentDowngrade']],
    ['both, the suspension let go', both, 'userDisable', 'disable', ['name', 'suspended'], ['agentDowngrade']],
    ['both, the seat let go', both, 'agentDowngrade', 'disable', ['name', 'role'], ['userDisable']],
    ['both held', both, null, 'update', ['name'], ['userDisable', 'agentDowngrade']],
    ['a deletion let go', erase, 'userDelete', 'delete', [], []],
    ['a deletion, where a suspension was let go', erase, 'userDisable', 'none', [], ['userDelete']],
    ['a group to delete, where members were let go', eraseGroup, 'membershipRemoval', 'none', [], ['groupDelete']],
    ['an adoption that would suspend', adopt, null, 'update', [], ['userDisable']],
  ] as [string, Plan, RemovalKind | null, string, string[], RemovalKind[]][])(
    '%s, allowed %3$s › %s %j, waits %j',
    (_name, plan, allows, action, changed, waits) => {
      const withheld = withhold(plan, allows);
      expect(withheld.plan.action).toBe(action);
      expect(withheld.plan.changes.map(({ attribute }) => attribute)).toEqual(changed);
      expect(withheld.waits).toEqual(waits);
      expect(withheld.plan.role).toEqual(changed.includes('role') ? END_USER : null);
      expect(withheld.plan.notes).toHaveLength(waits.length);
    },
  );

  it('only takes away, and what remains removes nothing that was not allowed', () => {
    for (const plan of [disable, leave, downgrade, both, erase, eraseGroup, rename, adopt]) {
      for (const allows of [null, ...REMOVAL_KINDS]) {
        const { plan: rest } = withhold(plan, allows);
        expect(plan.changes).toEqual(expect.arrayContaining([...rest.changes]));
        expect(rest.removals.every(({ kind }) => kind === allows)).toBe(true);
      }
    }
  });

  it('a plan that takes nothing away is the same plan', () => {
    expect(withhold(rename, null).plan).toBe(rename);
  });
});

it('an object that would go as a whole changes in nothing, whatever else waits', () => {
  const plan = aPlan({
    action: 'delete',
    role: END_USER,
    changes: [change('name')],
    removals: [suspension, { kind: 'userDelete', attributes: [] }],
  });
  expect(withhold(plan, null)).toMatchObject({
    plan: { action: 'none', changes: [], role: null },
    waits: ['userDisable', 'userDelete'],
  });
});
