/** Rows of the simulated account. Property names are Zendesk's own, so that a test reads state as it reads an answer. */

/** Roles of https://developer.zendesk.com/api-reference/ticketing/users/users/ */
export type Role = 'end-user' | 'agent' | 'admin';

/** A user. `email` mirrors the primary e-mail identity; `tags` and `user_fields` are as last written. Times are ISO 8601. */
export interface UserRow {
  readonly id: number;
  name: string;
  email: string | null;
  external_id: string | null;
  role: Role;
  custom_role_id: number | null;
  suspended: boolean;
  /** false after a soft delete. */
  active: boolean;
  verified: boolean;
  phone: string | null;
  shared_phone_number: boolean | null;
  locale: string;
  locale_id: number;
  time_zone: string;
  organization_id: number | null;
  default_group_id: number | null;
  tags: string[];
  user_fields: Map<string, unknown>;
  alias: string | null;
  details: string | null;
  notes: string | null;
  signature: string | null;
  moderator: boolean;
  only_private_comments: boolean;
  ticket_restriction: string | null;
  remote_photo_url: string | null;
  last_login_at: string | null;
  created_at: string;
  updated_at: string;
  /** true once `DELETE /deleted_users/{id}` removed the personal data. */
  permanently_deleted: boolean;
}

/** An e-mail, phone or other identity of a user: https://developer.zendesk.com/api-reference/ticketing/users/user_identities/ */
export interface IdentityRow {
  readonly id: number;
  readonly user_id: number;
  readonly type: string;
  value: string;
  verified: boolean;
  primary: boolean;
  created_at: string;
  updated_at: string;
}

/** A group: https://developer.zendesk.com/api-reference/ticketing/groups/groups/ */
export interface GroupRow {
  readonly id: number;
  name: string;
  description: string;
  is_public: boolean;
  default: boolean;
  deleted: boolean;
  created_at: string;
  updated_at: string;
}

/** An agent in a group: https://developer.zendesk.com/api-reference/ticketing/groups/group_memberships/ */
export interface GroupMembershipRow {
  readonly id: number;
  readonly user_id: number;
  readonly group_id: number;
  default: boolean;
  created_at: string;
  updated_at: string;
}

/** An organization: https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/ */
export interface OrganizationRow {
  readonly id: number;
  name: string;
  external_id: string | null;
  domain_names: string[];
  details: string | null;
  notes: string | null;
  tags: string[];
  created_at: string;
  updated_at: string;
}

/** A user in an organization: https://developer.zendesk.com/api-reference/ticketing/organizations/organization_memberships/ */
export interface OrganizationMembershipRow {
  readonly id: number;
  readonly user_id: number;
  readonly organization_id: number;
  default: boolean;
  created_at: string;
  updated_at: string;
}

/** A custom agent role. `role_type`: 0 custom, 1 light agent, 2 chat agent, 3 contributor, 4 admin, 5 billing admin. */
export interface CustomRoleRow {
  readonly id: number;
  name: string;
  role_type: number;
  created_at: string;
  updated_at: string;
}

/** A user field: https://developer.zendesk.com/api-reference/ticketing/users/user_fields/ */
export interface UserFieldRow {
  readonly id: number;
  readonly key: string;
  readonly type: string;
  title: string;
  active: boolean;
  /** The tag a ticked checkbox adds. */
  tag: string | null;
  options: { readonly id: number; readonly name: string; readonly value: string }[];
}

/** A ticket, as far as it is somebody's: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#json-format */
export interface TicketRow {
  readonly id: number;
  subject: string;
  status: 'new' | 'open' | 'pending' | 'hold' | 'solved' | 'closed' | 'deleted';
  requester_id: number;
  assignee_id: number | null;
  group_id: number | null;
  created_at: string;
  updated_at: string;
}

/** A brand: https://developer.zendesk.com/api-reference/ticketing/account-configuration/brands/ */
export interface BrandRow {
  readonly id: number;
  name: string;
  subdomain: string;
}

/** A language of the account. */
export interface LocaleRow {
  readonly id: number;
  readonly locale: string;
  readonly name: string;
}

/** An e-mail the account would have sent; provisioning is expected to cause none. */
export interface SentMail {
  readonly kind: 'verification';
  readonly user_id: number;
  readonly to: string;
}
