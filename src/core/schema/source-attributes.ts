import { unseenHint } from '../expression/odd-characters';
import { nearest } from '../expression/suggest';
import type { ObjectType } from '../model';
import { quote } from './report';

/** What a source attribute holds. `virtual` ones are made by this app and not asked of Graph. */
export type SourceKind = 'text' | 'boolean' | 'list' | 'reference' | 'virtual';

/** A source attribute as mappings name it, and the Graph property behind it. */
export interface SourceAttribute {
  readonly name: string;
  readonly kind: SourceKind;
  /** The property to ask Graph for; undefined for virtual attributes and for references, which are read by other calls. */
  readonly property: string | undefined;
}

const words = (text: string): readonly string[] => text.split(' ');

/**
 * Graph's user properties that a delta query can return and a mapping can use.
 * @see https://learn.microsoft.com/graph/api/resources/user#properties
 */
const userText = words(
  'id ageGroup city companyName consentProvidedForMinor country createdDateTime creationType deletedDateTime department displayName ' +
    'employeeHireDate employeeId employeeLeaveDateTime employeeType externalUserState externalUserStateChangeDateTime faxNumber givenName ' +
    'identityParentId jobTitle lastPasswordChangeDateTime legalAgeGroupClassification mail mailNickname mobilePhone officeLocation ' +
    'onPremisesDistinguishedName onPremisesDomainName onPremisesImmutableId onPremisesLastSyncDateTime onPremisesSamAccountName ' +
    'onPremisesSecurityIdentifier onPremisesUserPrincipalName passwordPolicies postalCode preferredDataLocation preferredLanguage ' +
    'securityIdentifier signInSessionsValidFromDateTime state streetAddress surname usageLocation userPrincipalName userType',
);
const userBooleans = words('accountEnabled isManagementRestricted isResourceAccount onPremisesSyncEnabled showInAddressList');
const userLists = words('businessPhones imAddresses otherMails proxyAddresses');
const extensionNumbers = Array.from({ length: 15 }, (_, index) => index + 1);
const userParts = [
  'employeeOrgData.costCenter',
  'employeeOrgData.division',
  ...extensionNumbers.map((number) => `onPremisesExtensionAttributes.extensionAttribute${number}`),
];

/** @see https://learn.microsoft.com/graph/api/resources/group#properties */
const groupText = words(
  'id classification createdDateTime deletedDateTime description displayName expirationDateTime mail mailNickname membershipRule ' +
    'membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName ' +
    'onPremisesSecurityIdentifier preferredDataLocation preferredLanguage renewedDateTime securityIdentifier theme uniqueName visibility',
);
const groupBooleans = words('isAssignableToRole isManagementRestricted mailEnabled onPremisesSyncEnabled securityEnabled');
const groupLists = words('groupTypes proxyAddresses resourceBehaviorOptions resourceProvisioningOptions');

/**
 * Names that Entra's provisioning uses for properties which Graph calls otherwise.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes
 */
const entraNames: Readonly<Record<string, string>> = {
  objectId: 'id',
  telephoneNumber: 'businessPhones',
  mobile: 'mobilePhone',
  facsimileTelephoneNumber: 'faxNumber',
  physicalDeliveryOfficeName: 'officeLocation',
  immutableId: 'onPremisesImmutableId',
  dirSyncEnabled: 'onPremisesSyncEnabled',
  originalUserPrincipalName: 'userPrincipalName',
  dnsDomainName: 'onPremisesDomainName',
  netBiosName: 'onPremisesNetBiosName',
  refreshTokensValidFromDateTime: 'signInSessionsValidFromDateTime',
  userState: 'externalUserState',
  userStateChangedOn: 'externalUserStateChangeDateTime',
  ...Object.fromEntries(
    extensionNumbers.map((number) => [
      `extensionAttribute${number}`,
      `onPremisesExtensionAttributes.extensionAttribute${number}`,
    ]),
  ),
};

/** Directory extensions (`extension_<application id>_<name>`) and schema extensions (`ext12345678_name.part`). @see https://learn.microsoft.com/graph/extensibility-overview */
const EXTENSION =
  /^(?:extension_[0-9a-fA-F]{32}_\w{1,120}|ext\w{8}_\w{1,60}(?:\.\w{1,60})?|[a-z0-9]+_[A-Za-z]\w{0,60}\.\w{1,60})$/;

const build = (groups: readonly (readonly [SourceKind, readonly string[]])[]): Map<string, SourceAttribute> => {
  const table = new Map<string, SourceAttribute>();
  for (const [kind, names] of groups) {
    for (const name of names)
      table.set(name, { name, kind, property: kind === 'virtual' || kind === 'reference' ? undefined : name });
  }
  for (const [name, property] of Object.entries(entraNames)) {
    const behind = table.get(property);
    // telephoneNumber is one number where Graph has a list of at most one.
    if (behind !== undefined) table.set(name, { name, kind: name === 'telephoneNumber' ? 'text' : behind.kind, property });
  }
  return table;
};

const users = build([
  ['text', userText],
  ['boolean', userBooleans],
  ['list', userLists],
  ['text', userParts],
  ['virtual', ['IsSoftDeleted', 'appRoleAssignments']],
]);
for (const { name, kind, property } of [...users.values()]) {
  if (property !== undefined) users.set(`manager.${name}`, { name: `manager.${name}`, kind, property: `manager.${property}` });
}
users.set('manager', { name: 'manager', kind: 'text', property: 'manager.id' });

const groups = build([
  ['text', groupText],
  ['boolean', groupBooleans],
  ['list', groupLists],
  ['reference', ['members']],
  ['virtual', ['IsSoftDeleted']],
]);

const tables: Readonly<Record<ObjectType, ReadonlyMap<string, SourceAttribute>>> = { user: users, group: groups };

/** What this app always needs of an object: who it is, for logs, and what decides whether it is in scope. */
export const BASE_PROPERTIES: Readonly<Record<ObjectType, readonly string[]>> = {
  user: ['accountEnabled', 'displayName', 'id', 'mail', 'userPrincipalName'],
  group: ['displayName', 'id', 'securityEnabled'],
};

/** The source attribute of exactly this name, in Entra's or in Graph's spelling; undefined when Graph has none such. */
export function sourceAttribute(type: ObjectType, name: string): SourceAttribute | undefined {
  const known = tables[type].get(name);
  if (known !== undefined) return known;
  const isManagers = type === 'user' && name.startsWith('manager.');
  return EXTENSION.test(isManagers ? name.slice('manager.'.length) : name) ? { name, kind: 'text', property: name } : undefined;
}

/** Names to choose from, in order: those of the object itself that Graph gives. */
export const sourceAttributeNames = (type: ObjectType): readonly string[] =>
  [...tables[type].values()]
    .filter(({ name, property }) => property !== undefined && !name.startsWith('manager.'))
    .map(({ name }) => name)
    .sort();

/** Why a name is not a source attribute, with the nearest one as a hint; undefined when it is one. */
export function unknownAttribute(type: ObjectType, name: string): string | undefined {
  if (sourceAttribute(type, name) !== undefined) return undefined;
  const suggestion = suggestSourceAttribute(type, name);
  const hint = suggestion === undefined ? '' : `; did you mean [${suggestion}]?`;
  return `Microsoft Entra ID has no ${type} attribute ${quote(name)}${hint}${unseenHint(name)}`;
}

/** A name that the writer may have meant, compared without case first; undefined when nothing is near. */
export function suggestSourceAttribute(type: ObjectType, name: string): string | undefined {
  const names = [...tables[type].keys()];
  return names.find((known) => known.toLowerCase() === name.toLowerCase()) ?? nearest(name, names);
}
