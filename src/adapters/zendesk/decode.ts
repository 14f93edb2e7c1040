import { z } from 'zod';
import { UnexpectedResponseError } from '../../core/errors';
import type {
  Attributes,
  AttributeValue,
  TargetGroup,
  TargetMembership,
  TargetRole,
  TargetUser,
  TeamMember,
} from '../../core/model';
import { targetId } from '../../core/model';
import { USER_FIELD_PREFIX } from '../../core/target-attributes';

/** An id; text when it is too long for a number. Fields we do not know are left out, so that Zendesk may add some. */
const id = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform((value) => targetId(value));
const looseText = z.union([z.string(), z.number()]).transform(String);
const text = z.string().nullish();

const userShape = z.object({
  id,
  external_id: looseText.nullish(),
  email: text,
  name: z.string().nullish(),
  role: z.enum(['end-user', 'agent', 'admin']),
  role_type: z.number().nullish(),
  custom_role_id: id.nullish(),
  suspended: z.boolean().nullish(),
  active: z.boolean().nullish(),
  organization_id: id.nullish(),
  created_at: text,
  updated_at: text,
  last_login_at: text,
  phone: text,
  locale: text,
  time_zone: text,
  alias: text,
  details: text,
  notes: text,
  signature: text,
  moderator: z.boolean().nullish(),
  only_private_comments: z.boolean().nullish(),
  shared_phone_number: z.boolean().nullish(),
  ticket_restriction: text,
  default_group_id: id.nullish(),
  tags: z.array(z.string()).nullish(),
  user_fields: z.record(z.string(), z.unknown()).nullish(),
});

/** Attributes of a user that are plain text on both sides. */
export const TEXT_ATTRIBUTES = ['phone', 'locale', 'time_zone', 'alias', 'details', 'notes', 'signature'] as const;

/** Attributes of a user that are true or false; Zendesk shows some of them as null while they are false. */
export const FLAG_ATTRIBUTES = ['moderator', 'only_private_comments', 'shared_phone_number'] as const;

/** A user as decoded, with what only the connector needs. */
export interface DecodedUser {
  readonly user: TargetUser;
  readonly organizationId: string | null;
}

const groupShape = z.object({
  id,
  name: z.string(),
  description: text,
  is_public: z.boolean().nullish(),
  default: z.boolean().nullish(),
  deleted: z.boolean().nullish(),
  updated_at: text,
});

const membershipShape = z.object({ id, user_id: id, group_id: id, default: z.boolean().nullish() });

const identityShape = z.object({
  id,
  user_id: id.nullish(),
  type: z.string(),
  value: z.string().nullish(),
  primary: z.boolean().nullish(),
  verified: z.boolean().nullish(),
});

const organizationShape = z.object({ id, name: z.string(), external_id: looseText.nullish() });

const organizationMembershipShape = z.object({ id, user_id: id, organization_id: id, default: z.boolean().nullish() });

const meShape = z.object({
  id: id.nullable(),
  role: z.string().nullish(),
  active: z.boolean().nullish(),
  suspended: z.boolean().nullish(),
  email: text,
  locale: text,
});

const pageShape = z.object({
  meta: z.object({ has_more: z.boolean().nullish() }).nullish(),
  links: z.object({ next: z.string().nullish() }).nullish(),
  next_page: z.union([z.string(), z.number()]).nullish(),
});

/** What the account's settings tell; undefined where they do not. */
const settingsShape = z.object({
  settings: z.object({
    active_features: z.object({ user_tagging: z.boolean().nullish() }).nullish(),
    brands: z.object({ new_agent_brand_association_behavior: text }).nullish(),
    user: z.object({ tagging: z.boolean().nullish(), multiple_organizations: z.boolean().nullish() }).nullish(),
  }),
});

const customRoleShape = z.object({ id, name: z.string(), role_type: z.number().nullish() });
const userFieldShape = z.object({
  key: z.string(),
  type: z.string(),
  active: z.boolean().nullish(),
  custom_field_options: z.array(z.object({ value: z.string() })).nullish(),
});
const brandShape = z.object({ id, name: z.string(), subdomain: text, is_deleted: z.boolean().nullish() });
const brandAgentShape = z.object({ user_id: id, brand_id: id });
const localeShape = z.object({ locale: z.string() });

const one = <Key extends string, Shape extends z.ZodType>(key: Key, shape: Shape) =>
  z.object({ [key]: shape } as Record<Key, Shape>);
const many = <Key extends string, Shape extends z.ZodType>(key: Key, shape: Shape) =>
  z.object({ [key]: z.array(shape) } as Record<Key, z.ZodArray<Shape>>);

/** The answers we read. */
export const shapes = {
  user: one('user', userShape),
  users: many('users', userShape),
  me: one('user', meShape),
  group: one('group', groupShape),
  groups: many('groups', groupShape),
  membership: one('group_membership', membershipShape),
  memberships: many('group_memberships', membershipShape),
  identities: many('identities', identityShape),
  usersWithIdentities: z.object({ users: z.array(userShape), identities: z.array(identityShape).nullish() }),
  deletedUser: one('deleted_user', z.object({ id, email: text, name: text })),
  ticket: one('ticket', z.object({ id, assignee_id: id.nullish() })),
  assignedTickets: many('tickets', z.object({ id, status: z.string(), group_id: id.nullish(), assignee_id: id.nullish() })),
  tickets: many('tickets', z.object({ status: z.string() })),
  identity: one('identity', identityShape),
  organization: one('organization', organizationShape),
  organizations: many('organizations', organizationShape),
  organizationMemberships: many('organization_memberships', organizationMembershipShape),
  customRoles: many('custom_roles', customRoleShape),
  userFields: many('user_fields', userFieldShape),
  brands: many('brands', brandShape),
  brandAgents: many('brand_agents', brandAgentShape),
  count: z.object({ count: z.object({ value: z.number() }) }),
  locales: many('locales', localeShape),
  settings: settingsShape,
  page: pageShape,
} as const;

export type Identity = z.output<typeof identityShape>;
export type Organization = z.output<typeof organizationShape>;
export type OrganizationMembership = z.output<typeof organizationMembershipShape>;
export type UserRow = z.output<typeof userShape>;

/** Reads an answer by its shape. @throws UnexpectedResponseError naming the first property that does not fit; never its value */
export function decode<Shape extends z.ZodType>(shape: Shape, body: unknown, route: string): z.output<Shape> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new UnexpectedResponseError(
    'target',
    `Zendesk's answer of ${route} does not fit its contract${where === '' ? '' : ` at ${where}`}`,
  );
}

/** A user in our words. */
export function toUser(row: UserRow): DecodedUser {
  const user: TargetUser = {
    id: row.id,
    externalId: row.external_id ?? null,
    email: row.email || null,
    name: row.name ?? '',
    role: toRole(row),
    suspended: row.suspended ?? false,
    active: row.active ?? true,
    attributes: toAttributes(row),
    ...(row.updated_at && { updatedAt: row.updated_at }),
  };
  return { user, organizationId: row.organization_id ?? null };
}

/** An agent or admin in our words; undefined for anybody else, and for a deleted one. */
export function toTeamMember(row: UserRow): TeamMember | undefined {
  const { user } = toUser(row);
  if (!user.active || user.role.role === 'end-user') return undefined;
  const { id, externalId, email, name, role, suspended } = user;
  return {
    id,
    externalId,
    email,
    name,
    role,
    suspended,
    roleType: row.role_type ?? null,
    createdAt: row.created_at || null,
    lastLoginAt: row.last_login_at || null,
  };
}

/** System role that Enterprise accounts show for plain admins: https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format */
const ADMIN_ROLE_TYPE = 4;

function toRole(row: UserRow): TargetRole {
  const isPlainAdmin =
    row.role === 'admin' && (row.role_type === ADMIN_ROLE_TYPE || row.role_type === null || row.role_type === undefined);
  return { role: row.role, customRoleId: row.role === 'end-user' || isPlainAdmin ? null : (row.custom_role_id ?? null) };
}

/** Keys come from outside: null prototype. Empty text is what Zendesk shows for "no value". */
function toAttributes(row: UserRow): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  for (const key of TEXT_ATTRIBUTES) if (row[key] !== undefined) attributes[key] = row[key] || null;
  for (const key of FLAG_ATTRIBUTES) if (row[key] !== undefined) attributes[key] = row[key] ?? false;
  if (row.ticket_restriction !== undefined) attributes.ticket_restriction = row.ticket_restriction || null;
  if (row.default_group_id !== undefined) attributes.default_group_id = row.default_group_id;
  if (row.tags) attributes.tags = [...row.tags];
  for (const [key, value] of Object.entries(row.user_fields ?? {})) attributes[USER_FIELD_PREFIX + key] = fieldValue(value);
  return attributes;
}

/** Zendesk stores date fields as midnight in UTC. */
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?(?:Z|\+00:00)$/;

/** A user field's value in our words: a date without its midnight, no value for an empty text. */
export function fieldValue(value: unknown): AttributeValue {
  if (typeof value === 'string') return MIDNIGHT.exec(value)?.[1] ?? (value || null);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}

/** A group in our words. */
export function toGroup(row: z.output<typeof groupShape>): TargetGroup {
  return {
    id: row.id,
    name: row.name,
    description: row.description || null,
    isDefault: row.default ?? false,
    ...(typeof row.is_public === 'boolean' && { isPublic: row.is_public }),
    deleted: row.deleted ?? false,
    ...(row.updated_at && { updatedAt: row.updated_at }),
  };
}

/** A membership in our words. */
export function toMembership(row: z.output<typeof membershipShape>): TargetMembership {
  return { id: row.id, userId: row.user_id, groupId: row.group_id, isDefault: row.default ?? false };
}
