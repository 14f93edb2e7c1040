import { type NamedId, normaliseFor } from '../map/normalise';
import { availableRoles, type CustomRole, resolveRole } from '../role';
import { type TargetAttribute, userFieldKey } from '../target-attributes';
import type { AttributeMapping, ProvisioningSchema } from './model';

/** What an account is like, as far as mappings depend on it. */
export interface AccountDescription {
  readonly userFields: readonly { readonly key: string; readonly type: string; readonly options: readonly string[] }[];
  readonly locales: readonly string[];
  readonly hasUserTagging: boolean;
  readonly hasMultipleOrganizations: boolean;
  readonly customRoles: readonly CustomRole[];
  readonly hasCustomRoles: boolean;
  readonly groups?: readonly NamedId[];
  readonly brands?: readonly (NamedId & { readonly subdomain: string })[];
  readonly hasBrandAssignment?: boolean;
}

/** Something in the mappings that this account cannot do. An `error` fails for every object, a `warning` leaves the attribute out. */
export interface AccountFinding {
  readonly severity: 'error' | 'warning';
  readonly attribute: string;
  /** Where the mapping stands in the file. */
  readonly path: string;
  readonly message: string;
}

/**
 * Checks the user mappings against an account: custom fields that exist, fixed values it offers, features that are on. For the connection
 * test; a schema stays usable whatever is found. Pure; never throws.
 */
export function checkAgainstAccount(schema: ProvisioningSchema, account: AccountDescription): readonly AccountFinding[] {
  return schema.users.mappings.filter((mapping) => !isInert(mapping)).flatMap((mapping) => checkMapping(mapping, account));
}

/** Whether a mapping stands in the file without doing anything: type None and no default value. */
export function isInert(mapping: AttributeMapping): boolean {
  return mapping.source.kind === 'none' && mapping.defaultValue === null;
}

function checkMapping(mapping: AttributeMapping, account: AccountDescription): readonly AccountFinding[] {
  const { target, path } = mapping;
  const finding = (severity: AccountFinding['severity'], message: string): AccountFinding => ({
    severity,
    attribute: target.name,
    path,
    message,
  });
  const key = userFieldKey(target.name);
  if (key !== undefined && !account.userFields.some((field) => field.key === key)) {
    const keys = account.userFields.map((field) => field.key).sort();
    const there = keys.length === 0 ? 'the account has no user fields' : `there are ${keys.slice(0, 50).join(', ')}`;
    return [finding('error', `Zendesk has no active user field with the key ${key}; ${there}`)];
  }
  if (target.kind === 'tags' && !account.hasUserTagging) {
    return [
      finding(
        'warning',
        'User tagging is switched off in Zendesk: tags are left out until it is switched on in Admin Center > People > Configuration',
      ),
    ];
  }
  if (target.kind === 'brands' && account.hasBrandAssignment === false) {
    return [
      finding(
        'warning',
        'Agents belong to all brands in this account: brands are left out until brand access is set to manual in Admin Center',
      ),
    ];
  }
  if (target.kind === 'organizations' && !account.hasMultipleOrganizations) {
    return [
      finding(
        'warning',
        'A user can belong to one organization only in this account: a list of several is left out until multiple organizations are switched on',
      ),
    ];
  }
  return fixedValues(mapping).flatMap((text) => {
    const message = checkValue(target, text, account);
    return message === undefined
      ? []
      : [finding(target.kind === 'role' || target.kind === 'customRole' ? 'error' : 'warning', message)];
  });
}

function checkValue(target: TargetAttribute, text: string, account: AccountDescription): string | undefined {
  if (target.kind === 'role' || target.kind === 'customRole') {
    const result = resolveRole(text, null, account.customRoles);
    return result.kind === 'unknown'
      ? `Zendesk has no role ${JSON.stringify(result.wanted)}; there are ${availableRoles(account.customRoles).join(', ')}`
      : undefined;
  }
  const normal = normaliseFor(target, text, account);
  return normal.kind === 'refused' ? `The fixed value cannot be stored: ${normal.message}` : undefined;
}

function fixedValues(mapping: AttributeMapping): readonly string[] {
  const constant = mapping.source.kind === 'constant' ? [mapping.source.value] : [];
  return mapping.defaultValue === null ? constant : [...constant, mapping.defaultValue];
}
