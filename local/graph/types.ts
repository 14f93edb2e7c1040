/** A JSON object as it goes over the wire. */
export type JsonObject = Record<string, unknown>;

/** What kinds of directory object the simulator knows; the word after `#microsoft.graph.` on the wire. */
export type ObjectKind = 'user' | 'group' | 'servicePrincipal';

/** A user as the directory holds it. A property that was never set is absent; one that was cleared is null. */
export interface StoredUser extends JsonObject {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly accountEnabled: boolean;
  readonly createdDateTime: string;
}

/** A group as the directory holds it. Absent and null as for {@link StoredUser}. */
export interface StoredGroup extends JsonObject {
  readonly id: string;
  readonly displayName: string;
  readonly securityEnabled: boolean;
  readonly mailEnabled: boolean;
  readonly groupTypes: readonly string[];
  readonly createdDateTime: string;
}

/** An app role that an application offers. https://learn.microsoft.com/graph/api/resources/approle */
export interface StoredAppRole extends JsonObject {
  readonly id: string;
  readonly allowedMemberTypes: readonly string[];
  readonly displayName: string;
  readonly description: string | null;
  readonly isEnabled: boolean;
  readonly origin: string;
  readonly value: string | null;
}

/** An enterprise application. https://learn.microsoft.com/graph/api/resources/serviceprincipal */
export interface StoredServicePrincipal extends JsonObject {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly appRoles: readonly StoredAppRole[];
}

/** One assignment of a principal to an enterprise application. https://learn.microsoft.com/graph/api/resources/approleassignment */
export interface StoredAssignment {
  readonly id: string;
  readonly appRoleId: string;
  readonly createdDateTime: string;
  readonly principalId: string;
  readonly principalType: 'User' | 'Group' | 'ServicePrincipal';
  /** Name of the principal when it was last known; the wire shows the live name while the principal lives. */
  readonly principalDisplayName: string;
  readonly resourceId: string;
}

/** "Default Access": assigned without any role. https://learn.microsoft.com/graph/api/resources/approleassignment */
export const DEFAULT_ACCESS_ROLE_ID = '00000000-0000-0000-0000-000000000000';

/** A user to be put into the directory; what is left out gets the value a new Entra user has. */
export type NewUser = JsonObject & { readonly id?: string; readonly userPrincipalName: string; readonly displayName: string };

/** A group to be put into the directory; a security group unless said otherwise. */
export type NewGroup = JsonObject & { readonly id?: string; readonly displayName: string };

/** An enterprise application to be put into the directory. */
export type NewServicePrincipal = JsonObject & { readonly id?: string; readonly displayName: string; readonly appId?: string };

/** An app role to be offered; `value` null means that the role carries no claim value. */
export interface NewAppRole {
  readonly id?: string;
  readonly displayName: string;
  readonly value?: string | null;
  readonly description?: string;
  readonly isEnabled?: boolean;
  readonly allowedMemberTypes?: readonly string[];
}
