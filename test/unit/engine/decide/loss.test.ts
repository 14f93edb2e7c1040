import type { Due } from '../../../../src/engine/decide/due';
import { lossOf } from '../../../../src/engine/decide/loss';
import { APP_ROLES, aLink, anEntitlement, aUser } from '../../../builders/objects';
import { World } from '../../../property/support/world';

const [USER] = APP_ROLES;
const MAIL = { mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' };

/** Somebody who is in scope as an end user, and whose account is an agent's. */
function anAgentTooMany(exportedVersion: number): Due {
  const object = aUser({ attributes: { accountEnabled: true, displayName: 'Ann', ...MAIL } });
  const roles = USER ? [{ role: USER, entitlement: anEntitlement({ appRoleId: USER.id }) }] : [];
  const link = aLink({ isAgent: true, settledRole: null, exportedVersion });
  return { object, above: [], decision: { kind: 'in', roles, reason: '' }, link, held: { kind: 'free' }, leaving: null };
}

describe('what an agent of whom Entra ID makes an end user stands to lose', () => {
  it.each([
    ['the seat', 1, { kind: 'agentDowngrade', count: 1 }],
    ['nothing, where the account was only found again and perhaps is an agent by somebody else', 0, undefined],
  ])('%s', async (_, exportedVersion, loss) => {
    const found = await lossOf(new World().deps(), anAgentTooMany(exportedVersion));
    expect(found && { kind: found.kind, count: found.count }).toEqual(loss);
  });
});
