import { planUser, planUserOut } from '../../../src/core/plan';
import type { Plan } from '../../../src/core/plan-model';
import { aDesired } from '../../builders/desired';
import { aLink, anAccount } from '../../builders/objects';

/** What a plan writes, whole: the names of attributes alone would not tell a suspension from its opposite. */
const END_USER = { role: 'end-user', customRoleId: null } as const;
const AGENT = { role: 'agent', customRoleId: null } as const;
const suspended = (oldValue: boolean | null, newValue: boolean) => ({
  attribute: 'suspended',
  oldValue,
  newValue,
  redacted: false,
});
const downgrade = { attribute: 'role', oldValue: 'agent', newValue: 'end-user', redacted: false };

/** Nothing but access and seat. */
const AT_ONCE = { tickets: null, isSeatCounted: false } as const;

describe('plans, whole', () => {
  it('a created account is suspended where that is desired', () => {
    const plan = planUser({ desired: aDesired({}, { suspended: true }), current: null, link: null });
    expect(plan.changes).toContainEqual(suspended(null, true));
  });

  it('access is taken, and given back only where we had taken it', () => {
    const taken = planUser({ desired: aDesired({}, { suspended: true }), current: anAccount(), link: aLink() });
    expect(taken.changes).toContainEqual(suspended(false, true));
    const current = anAccount({ suspended: true });
    const given = planUser({ desired: aDesired({}, { suspended: false }), current, link: aLink({ disabledByUs: true }) });
    expect(given.changes).toContainEqual(suspended(true, false));
  });

  it('open tickets go along, and are nothing that is counted; the seat that follows in the same change was counted with the access', () => {
    const agent = anAccount({ role: AGENT });
    const gone = anAccount({ role: AGENT, suspended: true });
    const to = { attribute: 'open_tickets', oldValue: null, newValue: 'Unassign', redacted: false };
    const leave = (account: typeof agent, downgrades: boolean, isSeatCounted = false) =>
      planUserOut({ kind: 'disable', downgrades }, account, { tickets: 'Unassign', isSeatCounted });
    expect(leave(agent, true)).toMatchObject({
      action: 'disable',
      changes: [to, downgrade, suspended(false, true)],
      removals: [{ kind: 'userDisable', attributes: ['role', 'suspended', 'open_tickets'] }],
    });
    expect(leave(gone, true).removals).toEqual([{ kind: 'agentDowngrade', attributes: ['role'] }]);
    expect(leave(gone, true, true).removals).toEqual([{ kind: 'userDisable', attributes: ['role'] }]);
    expect(leave(gone, false)).toMatchObject({ action: 'update', changes: [to], role: null, removals: [] });
  });

  it('a leaver is suspended, and gives the seat back only where the settings say so', () => {
    const current = anAccount({ role: AGENT });
    const base = { action: 'disable', targetId: current.id, adopts: false, notes: [] };
    expect(planUserOut({ kind: 'disable', downgrades: false }, current, AT_ONCE)).toEqual({
      ...base,
      changes: [suspended(false, true)],
      role: null,
      removals: [{ kind: 'userDisable', attributes: ['suspended'] }],
    });
    expect(planUserOut({ kind: 'disable', downgrades: true }, current, AT_ONCE)).toEqual({
      ...base,
      changes: [downgrade, suspended(false, true)],
      role: END_USER,
      removals: [{ kind: 'userDisable', attributes: ['role', 'suspended'] }],
    });
  });

  it('a deletion adopts nobody', () => {
    expect(planUserOut({ kind: 'delete' }, anAccount(), AT_ONCE)).toMatchObject({ adopts: false, role: null });
  });

  it('what flows at creation only is written then, and never again', () => {
    const desired = aDesired({ notes: 'new' });
    const values = new Map([...desired.object.values].map(([name, value]) => [name, { ...value, onlyOnCreate: true }]));
    const once = { ...desired, object: { ...desired.object, values } };
    const names = (plan: Plan) => plan.changes.map(({ attribute }) => attribute);
    expect(names(planUser({ desired: once, current: null, link: null }))).toContain('notes');
    expect(names(planUser({ desired: once, current: anAccount(), link: aLink() }))).not.toContain('notes');
  });

  it('changes are sorted, whatever their order was', () => {
    const values = { time_zone: 'Berlin', phone: '+49', alias: 'a', name: 'Ann', details: 'd', notes: 'n', email: 'a@x.example' };
    for (const order of [Object.entries(values), Object.entries(values).reverse()]) {
      const plan = planUser({ desired: aDesired(Object.fromEntries(order)), current: null, link: null });
      const names = plan.changes.map(({ attribute }) => attribute);
      expect(names).toEqual([...names].sort());
      expect(names.length).toBeGreaterThan(5);
    }
  });
});
