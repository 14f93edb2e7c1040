import type { SourceValue } from '../expression/values';
import type { AppRole, AttributeValue, ObjectType } from '../model';
import { sourceAttribute } from '../schema/source-attributes';

/** What is known of a source object when it is mapped or filtered. */
export interface SourceFacts {
  readonly type: ObjectType;
  /** The whole object by Graph's property names; parts of a property and of the manager with a dot. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Unassigned, failing a filter, deleted or disabled. @see https://learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes */
  readonly isSoftDeleted: boolean;
  /** The app roles of the object, the one that counts first. */
  readonly appRoleAssignments: readonly Pick<AppRole, 'id' | 'value' | 'displayName'>[];
}

/** The mark that Entra puts into the UPN of a guest. @see https://learn.microsoft.com/entra/external-id/user-properties */
const GUEST_MARK = '#EXT#';

/** Reads the attributes of a source object under the names of Entra's dialect or of Graph. Unknown names have no value. */
export function sourceView(facts: SourceFacts): (name: string) => SourceValue {
  return (name) => {
    if (name === 'IsSoftDeleted') return facts.isSoftDeleted;
    if (name === 'appRoleAssignments' && facts.type === 'user') return facts.appRoleAssignments.map(printRole);
    const written = read(facts, name);
    if (name === 'userPrincipalName' || name === 'manager.userPrincipalName') return ofGuest(written);
    if (written !== undefined) return written;
    const property = sourceAttribute(facts.type, name)?.property;
    const value = property === undefined || property === name ? undefined : read(facts, property);
    const isFirst = name === 'telephoneNumber' || name === 'manager.telephoneNumber';
    return isFirst && Array.isArray(value) ? (value[0] ?? null) : value;
  };
}

/**
 * A guest's UPN as the service reads it: `ann_contoso.com#EXT#@fabrikam.onmicrosoft.com` is `ann@contoso.com`. Any other value is left as it is.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/how-provisioning-works#b2b-guest-users
 */
export function ofGuest(upn: SourceValue): SourceValue {
  if (typeof upn !== 'string') return upn;
  const mark = upn.toUpperCase().indexOf(GUEST_MARK);
  if (mark < 0) return upn;
  const original = upn.slice(0, mark);
  // A domain holds no underscore, so the last one is where the sign was.
  const at = original.lastIndexOf('_');
  return at < 0 || original.includes('@') ? original : `${original.slice(0, at)}@${original.slice(at + 1)}`;
}

function read(facts: SourceFacts, name: string): AttributeValue | undefined {
  return Object.hasOwn(facts.attributes, name) ? facts.attributes[name] : undefined;
}

function printRole(role: Pick<AppRole, 'id' | 'value' | 'displayName'>): string {
  return JSON.stringify({ id: role.id, value: role.value, displayName: role.displayName });
}
