import { deprovisionGroup, deprovisionUser } from '../../../src/core/deprovision';
import { aLink } from '../../builders/objects';

const actions = { update: true, delete: true };

describe('deprovisionUser', () => {
  it.each([
    ['unassigned', 'Suspend', 'Delete', 'disable'],
    ['disabled', 'Suspend', 'Delete', 'disable'],
    ['softDeleted', 'Suspend', 'Delete', 'disable'],
    ['filter', 'Suspend', 'Delete', 'disable'],
    ['defaultAccess', 'Suspend', 'Delete', 'disable'],
    ['noRole', 'Suspend', 'Delete', 'disable'],
    ['unassigned', 'Nothing', 'Delete', 'nothing'],
    ['unassigned', 'DowngradeAndSuspend', 'Nothing', 'downgrade'],
    ['hardDeleted', 'Suspend', 'Delete', 'delete'],
    ['hardDeleted', 'Nothing', 'Delete', 'delete'],
    ['hardDeleted', 'Suspend', 'Suspend', 'disable'],
    ['hardDeleted', 'Nothing', 'Suspend', 'disable'],
    ['hardDeleted', 'DowngradeAndSuspend', 'Suspend', 'downgrade'],
    ['hardDeleted', 'Suspend', 'Nothing', 'nothing'],
  ] as const)('%s, DEPROVISION_USERS=%s, HARD_DELETED_USERS=%s › %s', (cause, deprovisionUsers, hardDeletedUsers, expected) => {
    const fate = deprovisionUser(cause, { deprovisionUsers, hardDeletedUsers, actions });
    expect(fate.kind === 'disable' && fate.downgrades ? 'downgrade' : fate.kind).toBe(expected);
  });

  it.each([
    ['unassigned', { update: false, delete: true }],
    ['hardDeleted', { update: true, delete: false }],
  ] as const)('%s where the mapping forbids it: nothing, and it says so', (cause, forbidden) => {
    const fate = deprovisionUser(cause, { deprovisionUsers: 'Suspend', hardDeletedUsers: 'Delete', actions: forbidden });
    expect(fate).toMatchObject({ kind: 'nothing', skipReason: 'ActionDisabled', reason: expect.stringContaining('mapping') });
  });
});

describe('deprovisionGroup', () => {
  it.each([
    [true, true, 'delete'],
    [true, false, 'nothing'],
    [false, true, 'letGo'],
    [false, false, 'letGo'],
  ] as const)('created by us %s, Delete allowed %s › %s', (createdByUs, isAllowed, expected) => {
    const link = aLink({ type: 'group', createdByUs });
    expect(deprovisionGroup(link, { actions: { update: true, delete: isAllowed } }).kind).toBe(expected);
  });
});
