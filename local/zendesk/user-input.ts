import { asRecord } from '../http-kit';
import { duplicateEmail, invalid, invalidAttribute, type RecordInvalid, RecordInvalid as RecordInvalidError } from './errors';
import type { Role, UserRow } from './rows';
import type { World } from './world';

/** Longest external id; general knowledge, not documented (reference section 1.4). */
const maxExternalIdLength = 255;
const looksLikeEmail = /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/;

/** The checked form of a user body. A property that is undefined was not sent. */
export interface UserInput {
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly externalId: string | null | undefined;
  readonly role: Role | undefined;
  readonly customRoleId: number | null | undefined;
  readonly organizationIds: readonly number[] | undefined;
  /** `organization:{name}`: links, or creates. */
  readonly organizationName: string | undefined;
  readonly groupIds: readonly number[];
  readonly defaultGroupId: number | undefined;
  readonly agentBrandIds: readonly number[] | undefined;
  readonly tags: readonly string[] | undefined;
  readonly userFields: ReadonlyMap<string, unknown> | undefined;
  readonly locale: { readonly id: number; readonly locale: string } | undefined;
  readonly phone: string | null | undefined;
  readonly identities: readonly { readonly type: string; readonly value: string; readonly verified: boolean }[];
  readonly flags: ReadonlyMap<(typeof flagAttributes)[number], boolean>;
  readonly texts: ReadonlyMap<TextAttribute, string | null>;
}

const textAttributes = ['alias', 'details', 'notes', 'signature', 'time_zone', 'ticket_restriction', 'remote_photo_url'] as const;
type TextAttribute = (typeof textAttributes)[number];
const flagAttributes = [
  'suspended',
  'verified',
  'moderator',
  'only_private_comments',
  'shared_phone_number',
  'skip_verify_email',
] as const;

/**
 * Reads and checks a user body against the account, before anything is written.
 * @param target the user to be updated; undefined when one is to be created.
 * @throws RecordInvalid 422 with every broken rule; ZendeskRefusal 400 for values of the wrong kind
 */
export function readUserInput(world: World, body: Readonly<Record<string, unknown>>, target: UserRow | undefined): UserInput {
  const violations: RecordInvalid['violations'][number][] = [];
  const refuse = (error: RecordInvalid) => violations.push(...error.violations);
  const name = text(body, 'name') ?? undefined;
  if ((target === undefined || 'name' in body) && (name === undefined || name.trim() === '')) {
    refuse(invalid('name', 'BlankValue', 'Name: cannot be blank', 'Nombre: no puede estar en blanco'));
  }
  const email = text(body, 'email') || undefined;
  if (email !== undefined) checkEmail(world, email, target, refuse);
  const externalId = externalIdOf(world, body, target, refuse);
  const role = roleOf(body, refuse);
  const customRoleId = nullableId(body, 'custom_role_id');
  if (typeof customRoleId === 'number' && !isUsableRole(world, customRoleId)) {
    refuse(invalid('custom_role_id', 'InvalidValue', 'Custom role: is invalid', 'Rol personalizado: no es válido'));
  }
  const organizationIds = organizationIdsOf(world, body, refuse);
  const organizationName = text(asRecord(body.organization) ?? {}, 'name') ?? undefined;
  const groupIds = [...idList(body, 'group_ids'), ...idList(body, 'group_id')];
  const defaultGroupId = nullableId(body, 'default_group_id') ?? undefined;
  for (const id of [...groupIds, ...(defaultGroupId === undefined ? [] : [defaultGroupId])]) {
    const group = world.state.groups.get(id);
    if (!group || group.deleted) refuse(invalid('default_group_id', 'InvalidValue', 'Group: is invalid', 'Grupo: no es válido'));
  }
  const agentBrandIds = Array.isArray(body.agent_brand_ids) ? idList(body, 'agent_brand_ids') : undefined;
  if (agentBrandIds?.some((id) => !world.state.brands.has(id)))
    refuse(invalid('agent_brand_ids', 'InvalidValue', 'Brand: is invalid', 'Marca: no es válida'));
  const locale = localeOf(world, body, refuse);
  if (world.faults.unknownTimeZone === 'refuse' && /[^\w &().,'/+:-]|Nowhere/.test(text(body, 'time_zone') ?? ''))
    refuse(invalid('time_zone', 'InvalidValue', 'Time zone: is invalid', 'Zona horaria: no es válida'));
  const identities = identitiesOf(world, body, target, refuse);
  const input: UserInput = {
    name: name?.trim(),
    email: email?.trim(),
    externalId,
    role,
    customRoleId,
    organizationIds,
    organizationName,
    groupIds,
    defaultGroupId,
    agentBrandIds,
    tags: tagsOf(body),
    userFields: fieldsOf(world, body, refuse),
    locale,
    phone: 'phone' in body ? text(body, 'phone') || null : undefined,
    identities,
    flags: new Map(flagAttributes.flatMap((key) => (typeof body[key] === 'boolean' ? [[key, body[key]] as const] : []))),
    texts: new Map(textAttributes.flatMap((key) => (key in body ? [[key, text(body, key) ?? null] as const] : []))),
  };
  if (violations.length > 0) throw new RecordInvalidError(...violations);
  return input;
}

/** Checks form and uniqueness of an address. */
export function checkEmail(
  world: World,
  email: string,
  target: UserRow | undefined,
  refuse: (error: RecordInvalid) => unknown,
): void {
  if (!looksLikeEmail.test(email.trim()) || email.length > 255) {
    refuse(
      invalid(
        'email',
        'InvalidValue',
        `Email: ${email} is not properly formatted`,
        `Correo electrónico: ${email} no tiene el formato correcto`,
      ),
    );
    return;
  }
  const holder = world.state.userByEmail(email);
  if (holder && holder.id !== target?.id) refuse(duplicateEmail(email));
}

/** A text attribute: string, null, or undefined when it was not sent. @throws ZendeskRefusal 400 for objects and arrays */
export function text(body: Readonly<Record<string, unknown>>, key: string): string | null | undefined {
  const value = Object.hasOwn(body, key) ? body[key] : undefined;
  if (value === undefined || value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalidAttribute(key, `${key} must be a string`);
}

/** An id attribute; digits in a string count. @throws ZendeskRefusal 400 for anything else */
export function nullableId(body: Readonly<Record<string, unknown>>, key: string): number | null | undefined {
  const value = Object.hasOwn(body, key) ? body[key] : undefined;
  if (value === undefined || value === null) return value;
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id)) return id;
  throw invalidAttribute(key, `${key} must be an integer`);
}

function idList(body: Readonly<Record<string, unknown>>, key: string): number[] {
  const value = body[key];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((item: unknown) => nullableId({ id: item }, 'id') ?? -1);
}

function isUsableRole(world: World, id: number): boolean {
  const role = world.state.customRoles.get(id);
  // Light agents exist below Enterprise too; roles of one's own do not.
  return role !== undefined && (world.features.customRoles || role.role_type !== 0);
}

function externalIdOf(
  world: World,
  body: Readonly<Record<string, unknown>>,
  target: UserRow | undefined,
  refuse: (error: RecordInvalid) => unknown,
) {
  const value = text(body, 'external_id');
  if (value === undefined || value === null || value === '') return value === '' ? null : value;
  if (value.length > maxExternalIdLength) {
    refuse(
      invalid('external_id', 'ValueTooLong', 'External: is too long (maximum is 255 characters)', 'External: es demasiado largo'),
    );
  }
  const holder = world.state.userByExternalId(value);
  if (holder && holder.id !== target?.id) {
    const { key, code } = world.faults.duplicateExternalId;
    refuse(invalid(key, code, 'External has already been taken', 'External ya está en uso'));
  }
  return value;
}

function roleOf(body: Readonly<Record<string, unknown>>, refuse: (error: RecordInvalid) => unknown): Role | undefined {
  const value = body.role;
  if (value === undefined || value === null) return undefined;
  if (value === 'end-user' || value === 'agent' || value === 'admin') return value;
  refuse(invalid('role', 'InvalidValue', 'Role: is invalid', 'Rol: no es válido'));
  return undefined;
}

function organizationIdsOf(world: World, body: Readonly<Record<string, unknown>>, refuse: (error: RecordInvalid) => unknown) {
  const isSent = 'organization_id' in body || Array.isArray(body.organization_ids);
  if (!isSent) return undefined;
  const ids = Array.isArray(body.organization_ids) ? idList(body, 'organization_ids') : [];
  const single = nullableId(body, 'organization_id');
  if (typeof single === 'number' && !ids.includes(single)) ids.unshift(single);
  for (const id of ids) {
    if (!world.state.organizations.has(id)) {
      refuse(invalid('organization', 'InvalidValue', 'Organization: is invalid', 'Organización: no es válida'));
    }
  }
  return world.features.multipleOrganizations ? ids : ids.slice(0, 1);
}

/** Tags are folded to lower case, spaces part them: https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/ */
function tagsOf(body: Readonly<Record<string, unknown>>): string[] | undefined {
  const value = body.tags;
  if (value === null) return [];
  return value === undefined ? undefined : normaliseTags(value);
}

/** An array of tags, or a text with spaces or commas between them, as Zendesk stores it: lower case, each once. */
export function normaliseTags(value: unknown): string[] {
  const parts = Array.isArray(value) ? value.map(String) : [String(value)];
  return [...new Set(parts.flatMap((part) => part.toLowerCase().split(/[\s,]+/)).filter(Boolean))];
}

/** Unknown keys are ignored silently (undocumented, general knowledge); an option the dropdown lacks is refused. */
function fieldsOf(world: World, body: Readonly<Record<string, unknown>>, refuse: (error: RecordInvalid) => unknown) {
  const fields = asRecord(body.user_fields);
  if (!fields) return undefined;
  const known = new Map<string, unknown>();
  for (const [key, value] of Object.entries(fields)) {
    const field = world.state.userFields.get(key);
    if (!field?.active) {
      if (world.faults.unknownUserField === 'refuse')
        refuse(invalid(key, 'InvalidValue', 'User field: is invalid', 'Campo: no es válido'));
      continue;
    }
    if (field.type === 'dropdown' && value !== null && value !== '' && !field.options.some((option) => option.value === value)) {
      refuse(invalid(key, 'InvalidValue', `${field.title}: is invalid`, `${field.title}: no es válido`));
    }
    known.set(key, value === '' ? null : value);
  }
  return known;
}

/** `locale` wins over `locale_id` (https://developer.zendesk.com/api-reference/ticketing/users/users/); it must be enabled in the account. */
function localeOf(world: World, body: Readonly<Record<string, unknown>>, refuse: (error: RecordInvalid) => unknown) {
  const code = text(body, 'locale');
  const id = nullableId(body, 'locale_id');
  if ((code === undefined || code === null) && (id === undefined || id === null)) return undefined;
  const found = world.state.locales.find((row) => (code ? row.locale.toLowerCase() === code.toLowerCase() : row.id === id));
  if (!found && world.faults.unknownLocale === 'refuse')
    refuse(invalid('locale', 'InvalidValue', 'Locale: is invalid', 'Idioma: no es válido'));
  return found;
}

function identitiesOf(
  world: World,
  body: Readonly<Record<string, unknown>>,
  target: UserRow | undefined,
  refuse: (error: RecordInvalid) => unknown,
) {
  const list = Array.isArray(body.identities) ? body.identities : [];
  return list.flatMap((item: unknown) => {
    const identity = asRecord(item) ?? {};
    const type = text(identity, 'type') ?? '';
    const value = text(identity, 'value') ?? '';
    if (type === 'email') checkEmail(world, value, target, refuse);
    return [{ type, value: value.trim(), verified: identity.verified === true }];
  });
}
