import type { Link, TargetUser } from '../../../../src/core/model';
import { NOTHING } from '../../../../src/engine/provision/claims';
import type { Writing } from '../../../../src/engine/provision/stages';
import { userLinkAfter } from '../../../../src/engine/provision/user-link';

const account = { id: '7', suspended: true, role: { role: 'end-user', customRoleId: null } } as unknown as TargetUser;
const onlyFound = { targetId: '7', exportedVersion: 0, settledRole: null, disabledByUs: false, ownedTags: [] } as unknown as Link;

/** Of somebody out of scope whose account is suspended and left so. */
const linkOf = (found: Link | null, told: 'none' | 'create' = 'none', before: Link | null = null): Link =>
  userLinkAfter(
    {
      attempt: { item: { sourceId: 'a' }, object: { version: 3 }, pairing: { row: { link: before, claim: null } } },
      ...{ found: { link: found, target: account }, desired: null, plan: NOTHING, told: { ...NOTHING, action: told } },
    } as unknown as Writing<TargetUser>,
    account,
  );

describe('the link of a suspended account that is found again out of scope', () => {
  it.each([
    ['after the links were forgotten: a return lifts the suspension', linkOf(null), true],
    ['that was linked while it was active: somebody else has suspended it', linkOf(onlyFound), false],
    ['that a request has made whose answer was lost: likewise', linkOf(null, 'create'), false],
    ['in the place of one that is gone: likewise', linkOf(null, 'none', { ...onlyFound, targetId: '6' } as Link), false],
  ])('%s', (_, link, isOurs) => {
    expect([link.disabledByUs, link.suspendedByOthers]).toEqual(isOurs ? [true, undefined] : [false, true]);
  });
});
