/**
 * What Graph returns of each kind of object: the properties it knows, and those it returns when nothing is selected.
 * https://learn.microsoft.com/graph/api/resources/user, .../group, .../serviceprincipal
 */
export interface PropertyTable {
  /** Type name after `#microsoft.graph.`. */
  readonly type: string;
  readonly known: ReadonlySet<string>;
  readonly byDefault: readonly string[];
  /** Properties that are collections: never null, `[]` when nothing was set. */
  readonly collections: ReadonlySet<string>;
}

/** The default set of GET /users: https://learn.microsoft.com/graph/api/user-list#optional-query-parameters */
const userDefaults = words(
  'businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation preferredLanguage surname userPrincipalName',
);

const userCollections = words('businessPhones imAddresses otherMails proxyAddresses assignedLicenses assignedPlans identities');

/** Users. */
export const userProperties: PropertyTable = {
  type: 'user',
  byDefault: userDefaults,
  collections: new Set(userCollections),
  known: new Set([
    ...userDefaults,
    ...userCollections,
    ...words(
      'accountEnabled ageGroup city companyName consentProvidedForMinor country createdDateTime creationType deletedDateTime',
    ),
    ...words('department employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState'),
    ...words(
      'externalUserStateChangeDateTime faxNumber isResourceAccount lastPasswordChangeDateTime legalAgeGroupClassification',
    ),
    ...words('mailNickname onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId'),
    ...words('onPremisesLastSyncDateTime onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled'),
    ...words(
      'onPremisesUserPrincipalName passwordPolicies postalCode preferredDataLocation securityIdentifier showInAddressList',
    ),
    ...words('signInSessionsValidFromDateTime state streetAddress usageLocation userType'),
  ]),
};

const groupCollections = words('groupTypes proxyAddresses resourceBehaviorOptions resourceProvisioningOptions');

const groupDefaults = [
  ...words('id deletedDateTime classification createdDateTime description displayName expirationDateTime'),
  ...words('isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState'),
  ...words('onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName'),
  ...words('onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage renewedDateTime'),
  ...words('securityEnabled securityIdentifier theme visibility'),
  ...groupCollections,
];

/** Groups: the default set is nearly everything, https://learn.microsoft.com/graph/api/group-list#optional-query-parameters */
export const groupProperties: PropertyTable = {
  type: 'group',
  byDefault: groupDefaults,
  collections: new Set(groupCollections),
  known: new Set(groupDefaults),
};

const servicePrincipalCollections = words(
  'alternativeNames appRoles notificationEmailAddresses replyUrls servicePrincipalNames tags',
);

const servicePrincipalDefaults = [
  ...words('id deletedDateTime accountEnabled appDisplayName appDescription appId applicationTemplateId appOwnerOrganizationId'),
  ...words('appRoleAssignmentRequired description disabledByMicrosoftStatus displayName homepage loginUrl logoutUrl'),
  ...words('notes preferredSingleSignOnMode servicePrincipalType signInAudience tokenEncryptionKeyId'),
  ...servicePrincipalCollections,
];

/** Enterprise applications. */
export const servicePrincipalProperties: PropertyTable = {
  type: 'servicePrincipal',
  byDefault: servicePrincipalDefaults,
  collections: new Set(servicePrincipalCollections),
  known: new Set(servicePrincipalDefaults),
};

/** The table of each kind of object. */
export const propertiesOf = {
  user: userProperties,
  group: groupProperties,
  servicePrincipal: servicePrincipalProperties,
} as const;

/** Directory extensions are named after the application that owns them: https://learn.microsoft.com/graph/extensibility-overview */
const DIRECTORY_EXTENSION = /^extension_[0-9a-f]{32}_\w+$/i;

/** Whether a property may be selected on this kind of object. */
export function isKnownProperty(table: PropertyTable, name: string): boolean {
  return table.known.has(name) || DIRECTORY_EXTENSION.test(name);
}

function words(text: string): string[] {
  return text.split(' ');
}
