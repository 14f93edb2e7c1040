import type { Link, TargetRole } from '../../../../src/core/model';
import { targetId } from '../../../../src/core/model';
import type { Due } from '../../../../src/engine/decide/due';
import { wantsSeat } from '../../../../src/engine/decide/seat-wish';
import { APP_ROLES, aGroup, aLink, anEntitlement, aUser } from '../../../builders/objects';
import { World } from '../../../property/support/world';

const [USER, AGENT] = APP_ROLES;
const LIGHT = { id: 'r-light', value: 'light agent', displayName: 'Light agent', isEnabled: true };
const UNHEARD = { id: 'r-x', value: 'unheard of', displayName: 'Unheard of', isEnabled: true };
const MAIL = { mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' };
const agentBy = (customRoleId: string | null): TargetRole => ({
  role: 'agent',
  customRoleId: customRoleId === null ? null : targetId(customRoleId),
});

/** Somebody who is in scope by an app role. */
function inBy(role = AGENT, over: Partial<Due> = {}): Due {
  const object = aUser({ attributes: { accountEnabled: true, displayName: 'Ann', ...MAIL } });
  const roles = role ? [{ role, entitlement: anEntitlement({ appRoleId: role.id }) }] : [];
  const decision = { kind: 'in', roles, reason: '' } as const;
  return { object, above: [], decision, link: null, held: { kind: 'free' }, leaving: null, ...over };
}

function someAccount(settings: { readonly agentSeats?: number } = { agentSeats: 5 }) {
  const customRoles = [{ id: targetId(42), name: 'Light agent', roleType: 1 }];
  return new World({ settings, target: { description: { customRoles } } }).deps();
}

const linkOf = (settledRole: Link['settledRole']) => aLink({ settledRole });

describe('whoever is to take an agent seat', () => {
  it.each([
    ['an agent who has no account', inBy(), true],
    ['an end user', inBy(USER), false],
    ['a light agent, whose role takes none', inBy(LIGHT), false],
    [
      'an end user of this app who becomes an agent',
      inBy(AGENT, { link: linkOf({ role: 'end-user', customRoleId: null }) }),
      true,
    ],
    ['a light agent of this app who becomes an agent', inBy(AGENT, { link: linkOf(agentBy('42')) }), true],
    ['an agent of this app', inBy(AGENT, { link: linkOf(agentBy(null)) }), false],
    ['somebody whose account has a role that this app did not settle', inBy(AGENT, { link: linkOf(null) }), true],
  ])('%s: %#', async (_, due, wants) => {
    expect(await wantsSeat(someAccount(), due)).toBe(wants);
  });

  it.each([
    ['where AGENT_SEATS is not set', {}, inBy()],
    ['who is out', undefined, inBy(AGENT, { decision: { kind: 'unknown', reason: '' } })],
    ['which is a group', undefined, inBy(AGENT, { object: aGroup() })],
  ])('nobody %s, and nothing is read', async (_, settings, due) => {
    const deps = someAccount(settings);
    const describe = async () => {
      throw new Error('it was read');
    };
    expect(await wantsSeat({ ...deps, target: { ...deps.target, describe } }, due)).toBe(false);
  });

  it('also where AGENT_SEATS is 0', async () => {
    expect(await wantsSeat(someAccount({ agentSeats: 0 }), inBy())).toBe(true);
  });

  it.each([
    ['AwaitingSeat', true],
    ['DuplicateTargetEntries', false],
  ])('after a failure %s: %s', async (code, wants) => {
    const deps = someAccount();
    const at = '2026-01-05T08:00:00.000Z';
    const { object } = inBy();
    await deps.escrows.put({
      ...{ key: { type: 'user', id: object.id }, cycleId: 'c', changeId: 'x', code, reason: '', recommendedAction: '' },
      ...{ firstFailedAt: at, lastFailedAt: at, nextAttemptAt: null, attempts: 1, isTransient: true },
    });
    expect(await wantsSeat(deps, inBy())).toBe(wants);
    expect(await wantsSeat(deps, inBy(AGENT, { object: { ...object, id: 'u2' as never } }))).toBe(true);
    // The role that they have already; and another one than theirs, which somebody in Zendesk has taken from them.
    expect(await wantsSeat(deps, inBy(AGENT, { link: linkOf(agentBy(null)) }))).toBe(false);
    expect(await wantsSeat(deps, inBy(AGENT, { link: linkOf({ role: 'admin', customRoleId: null }) }))).toBe(wants);
  });

  it.each([
    ['whose role names nothing in Zendesk', inBy(UNHEARD)],
    ['who cannot be mapped', inBy(AGENT, { object: aUser({ attributes: { accountEnabled: true, mail: 'nonsense' } }) })],
  ])('nobody %s', async (_, due) => {
    expect(await wantsSeat(someAccount(), due)).toBe(false);
  });

  it('an error of another kind is not swallowed', async () => {
    const deps = someAccount();
    const read = async () => {
      throw new TypeError('broken');
    };
    await expect(wantsSeat({ ...deps, escrows: { ...deps.escrows, read } }, inBy())).rejects.toThrow('broken');
  });
});
