import type { AppRole, Entitlement, Link, SourceObject, TargetGroup, TargetUser } from '../../src/core/model';
import { sourceId, targetId } from '../../src/core/model';

/** App roles in the order in which the application lists them; `gone` is disabled. */
export const APP_ROLES: readonly AppRole[] = [
  { id: 'r-user', value: 'user', displayName: 'User', isEnabled: true },
  { id: 'r-agent', value: 'agent', displayName: 'Agent', isEnabled: true },
  { id: 'r-gone', value: 'gone', displayName: 'Gone', isEnabled: false },
];

/** A direct entitlement by the role of an agent. */
export const anEntitlement = (overrides: Partial<Entitlement> = {}): Entitlement => ({
  assignmentId: 'a1',
  appRoleId: 'r-agent',
  path: [],
  ...overrides,
});

/** A live, enabled user assigned directly as agent. */
export const aUser = (overrides: Partial<SourceObject> = {}): SourceObject => ({
  type: 'user',
  id: sourceId('u1'),
  attributes: { accountEnabled: true, displayName: 'Ann' },
  deleted: 'no',
  entitlements: [anEntitlement()],
  version: 1,
  ...overrides,
});

/** A live, security-enabled group assigned directly. */
export const aGroup = (overrides: Partial<SourceObject> = {}): SourceObject => ({
  ...aUser({ type: 'group', id: sourceId('g1'), attributes: { securityEnabled: true, displayName: 'Sales' } }),
  ...overrides,
});

/** An active end user in Zendesk. */
export const anAccount = (overrides: Partial<TargetUser> = {}): TargetUser => ({
  id: targetId(7),
  externalId: 'u1',
  email: 'ann@contoso.com',
  name: 'Ann',
  role: { role: 'end-user', customRoleId: null },
  suspended: false,
  active: true,
  attributes: {},
  ...overrides,
});

/** A live Zendesk group. */
export const aZendeskGroup = (overrides: Partial<TargetGroup> = {}): TargetGroup => ({
  id: targetId(9),
  name: 'Sales',
  description: null,
  isDefault: false,
  deleted: false,
  ...overrides,
});

/** A link of a user whom this app created as end user. */
export const aLink = (overrides: Partial<Link> = {}): Link => ({
  type: 'user',
  sourceId: sourceId('u1'),
  targetId: targetId(7),
  createdByUs: true,
  settledRole: { role: 'end-user', customRoleId: null },
  isAgent: false,
  disabledByUs: false,
  ownedTags: [],
  exportedVersion: 1,
  ...overrides,
});
