import type { RemovalKind } from './brake';

/** Marks a string type so that ids of different worlds cannot be swapped by accident. */
type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Object id (GUID, lower case) of a user or group in Entra ID. */
export type SourceId = Brand<string, 'SourceId'>;

/** Numeric id of a user or group in Zendesk, kept as text because it may exceed 2^53. */
export type TargetId = Brand<string, 'TargetId'>;

/** Names a source id. Entra prints GUIDs in lower case; portals and people do not always. */
export const sourceId = (text: string): SourceId => text.toLowerCase() as SourceId;

/** Names a target id. */
export const targetId = (id: string | number): TargetId => String(id) as TargetId;

/** The two kinds of object that are provisioned. */
export type ObjectType = 'user' | 'group';

/** A value of an attribute on either side. `null` means "known to be empty"; an absent key means "not known". */
export type AttributeValue = string | number | boolean | readonly string[] | null;

/** Attributes by name. Built with a null prototype wherever keys come from outside. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Why a source object is gone: `soft` can be restored for 30 days, `hard` cannot. */
export type DeletedState = 'no' | 'soft' | 'hard';

/** One app role of the enterprise application, in the order in which the application lists them. */
export interface AppRole {
  readonly id: string;
  /** The claim value; `null` where the role has none, then `displayName` names the role. */
  readonly value: string | null;
  readonly displayName: string;
  readonly isEnabled: boolean;
}

/** The enterprise application whose assignments count. */
export interface SourceApplication {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly appRoles: readonly AppRole[];
}

/** What kind of principal an app role is assigned to. */
export type PrincipalType = 'User' | 'Group' | 'ServicePrincipal';

/** One assignment of a principal to the enterprise application. */
export interface AppRoleAssignment {
  readonly id: string;
  readonly principalId: SourceId;
  readonly principalType: PrincipalType;
  readonly principalDisplayName: string;
  /** All zeros means Default Access. */
  readonly appRoleId: string;
}

/** The role id that stands for Default Access. @see https://learn.microsoft.com/graph/api/resources/approleassignment */
export const DEFAULT_ACCESS_ROLE_ID = '00000000-0000-0000-0000-000000000000';

/** One way in which an object is entitled: by its own assignment, or by that of a group above it. */
export interface Entitlement {
  readonly assignmentId: string;
  readonly appRoleId: string;
  /** Ids of the groups between object and assignment, nearest first; empty for a direct assignment. */
  readonly path: readonly SourceId[];
}

/** A row of the connector space: one source object as last read, whole. */
export interface SourceObject {
  readonly type: ObjectType;
  readonly id: SourceId;
  readonly attributes: Attributes;
  readonly deleted: DeletedState;
  /** Every way in which the object is entitled now; empty means that it is assigned by nothing. */
  readonly entitlements: readonly Entitlement[];
  /** Grows with every change of the row, never falls. */
  readonly version: number;
}

/** A Zendesk role as one consistent pair: an end user never has a custom role. */
export interface TargetRole {
  readonly role: 'end-user' | 'agent' | 'admin';
  readonly customRoleId: TargetId | null;
}

/** A Zendesk user, decoded. */
export interface TargetUser {
  readonly id: TargetId;
  readonly externalId: string | null;
  /** Primary e-mail address; `null` for users known by phone or external id only. */
  readonly email: string | null;
  readonly name: string;
  readonly role: TargetRole;
  readonly suspended: boolean;
  /** False once the account is deleted. */
  readonly active: boolean;
  /** Every other mapped attribute by its target name (`phone`, `tags`, `user_fields.cost_center`, …). */
  readonly attributes: Attributes;
  /** When Zendesk last changed the account (ISO 8601); absent where it does not say. Changes of addresses and memberships do not move it. */
  readonly updatedAt?: string;
  /** Names of the organizations in `attributes` by their external ids in lower case; those without one are not in it. */
  readonly organizationsByExternalId?: ReadonlyMap<string, string>;
}

/** A Zendesk group, decoded. */
export interface TargetGroup {
  readonly id: TargetId;
  readonly name: string;
  readonly description: string | null;
  readonly isDefault: boolean;
  /** False for a private group; undefined where Zendesk does not say. */
  readonly isPublic?: boolean;
  readonly deleted: boolean;
  /** When Zendesk last changed the group (ISO 8601); absent where it does not say. */
  readonly updatedAt?: string;
}

/** An agent or admin of the Zendesk account, as its own list shows them. */
export interface TeamMember {
  readonly id: TargetId;
  readonly externalId: string | null;
  readonly email: string | null;
  readonly name: string;
  readonly role: TargetRole;
  readonly suspended: boolean;
  /** What kind of custom role it is, as the account's own row says; null for none. */
  readonly roleType: number | null;
  /** ISO 8601; null where Zendesk does not say. */
  readonly createdAt: string | null;
  /** Null: never signed in. */
  readonly lastLoginAt: string | null;
}

/** A membership of a Zendesk agent in a Zendesk group. */
export interface TargetMembership {
  readonly id: TargetId;
  readonly userId: TargetId;
  readonly groupId: TargetId;
  readonly isDefault: boolean;
}

/** The stored pair source ↔ target, with what is needed to act safely on the target. */
export interface Link {
  readonly type: ObjectType;
  readonly sourceId: SourceId;
  readonly targetId: TargetId;
  /** True if this app created the target object; false if it was there and was adopted. */
  readonly createdByUs: boolean;
  /** The role last derived from the source and settled; role is written only when the source's value differs from this. */
  readonly settledRole: TargetRole | null;
  /** True while the target user, as last seen, is an agent or admin and so can be a member of groups; false for groups. */
  readonly isAgent: boolean;
  /** True from the time this app disabled the target until it enables it again. */
  readonly disabledByUs: boolean;
  /** True while the target user, as last seen, is suspended and not by this app: only who suspended lifts. Absent means false. */
  readonly suspendedByOthers?: boolean;
  /** Tags that this app has put on the target and may therefore take off again. */
  readonly ownedTags: readonly string[];
  /** Attributes left out for what the Zendesk account lacked: tried again when the account has changed. Absent for none. */
  readonly awaits?: readonly string[];
  /** What a request may still do whose answer was given up, and whose place another one has taken. Absent for nothing. */
  readonly mayCome?: MayCome;
  /** Source version that the target was last brought in line with; 0 for none, where an account out of scope was found again and left as it is. */
  readonly exportedVersion: number;
}

/** Whether an account was linked again out of scope, and nothing is known of its role: a return takes it as it takes any account that was there. */
export const isOnlyFound = ({ exportedVersion, settledRole }: Link): boolean => exportedVersion === 0 && settledRole === null;

/** What a background job of Zendesk may still do to an account, though nobody waits for it any more. */
export interface MayCome {
  /** When it was asked for (ms since 1970, by the clock of whoever asked). */
  readonly sinceMs: number;
  /** What it may still write, access and role included, as a plan names them. */
  readonly values: Attributes;
}

/** What the brake has let go of one object: exactly what was counted, and nothing that came to it since. */
export interface Permission {
  readonly kind: RemovalKind;
  /** The change under which it was counted. Memberships that were counted carry it as their mark. */
  readonly countedIn: string;
}

/**
 * Members of a group whom Entra ID does not have in it and who are to be taken out, by their Zendesk ids. Without any, the group itself is asked for:
 * it is deleted although the mapping does not allow Delete.
 */
export interface CleanUp {
  readonly members: readonly TargetId[];
}

/**
 * A unit of work: the key of an object, never a snapshot of it. May be lost, repeated, merged, re-ordered or late.
 * Without a permission a worker never disables, downgrades, deletes or removes a member.
 */
export interface WorkItem {
  readonly objectType: ObjectType;
  readonly sourceId: SourceId;
  readonly cycleId: string;
  readonly changeId: string;
  readonly allows: Permission | null;
  /** The plan whose way back is carried out in the place of what is due: what it is stands in the hold of the object. Absent for none. */
  readonly undo?: string;
  /** What an operator has asked for by name, of a group that is to be cleaned up; absent for what is due by itself. */
  readonly cleanUp?: CleanUp;
  /** How often it was put back because another object of ours was about to give up a value that this one needs; absent for never. */
  readonly waited?: number;
  /** True where an account is likely to be changed: nothing is read for it before the account's lane of changes has a place. */
  readonly isChange?: true;
}
