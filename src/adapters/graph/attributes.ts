import type { Attributes, AttributeValue, ObjectType } from '../../core/model';
import type { Json } from './http';

/** Always asked for: what identifies an object, and what shows whether the answer is complete. */
const ALWAYS: Readonly<Record<ObjectType, readonly string[]>> = {
  user: ['id', 'accountEnabled', 'userPrincipalName', 'displayName'],
  group: ['id', 'displayName', 'securityEnabled', 'visibility'],
};
/** Names of Entra's mapping language that are not properties of Graph: told by other parts of the app. */
const NOT_IN_GRAPH = new Set(['issoftdeleted', 'approleassignments', 'members']);
const PROPERTY = /^[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)*$/;
/** The mapping language says `extensionAttribute1` for what Graph keeps in `onPremisesExtensionAttributes`. */
const EXCHANGE_EXTENSION = /^extensionAttribute(1[0-5]|[1-9])$/;

/** Where an attribute lives in Graph's JSON: `['onPremisesExtensionAttributes', 'extensionAttribute1']`; undefined when it does not. */
export function pathOf(attribute: string): readonly string[] | undefined {
  if (attribute === 'objectId') return ['id'];
  if (attribute === 'manager') return ['manager', 'id'];
  if (!PROPERTY.test(attribute) || NOT_IN_GRAPH.has(attribute.toLowerCase())) return undefined;
  return EXCHANGE_EXTENSION.test(attribute) ? ['onPremisesExtensionAttributes', attribute] : attribute.split('.');
}

/** Graph properties to select for these attributes, sorted and without repeats; the always needed ones among them, the manager not. */
export function selectList(type: ObjectType, attributes: readonly string[]): readonly string[] {
  const roots = attributes.map((attribute) => pathOf(attribute)?.[0]).filter((root) => root !== undefined && root !== 'manager');
  return [...new Set([...ALWAYS[type], ...(roots as string[])])].sort();
}

/** Properties of the manager that these attributes need, sorted; empty when the manager does not matter. */
export function managerSelect(attributes: readonly string[]): readonly string[] {
  const paths = attributes.map(pathOf).filter((path) => path?.[0] === 'manager');
  return paths.length === 0 ? [] : [...new Set(['id', ...paths.map((path) => path?.[1] ?? 'id')])].sort();
}

/**
 * The attributes that a row of Graph tells, by the names asked for. Absent properties stay absent, null ones become null; a complex
 * property is told as a whole, so that a part missing from it is empty. The manager's attributes are not read here.
 *
 * @param fill 'null' for a direct read, where every selected property is told and an absent one was never set.
 */
export function readAttributes(type: ObjectType, row: Json, asked: readonly string[], fill: 'absent' | 'null'): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  for (const attribute of new Set([...ALWAYS[type], ...asked])) {
    const path = pathOf(attribute);
    if (path === undefined || path[0] === 'manager') continue;
    const value = valueAt(row, path);
    if (value !== undefined) attributes[attribute] = value;
    else if (fill === 'null') attributes[attribute] = null;
  }
  return attributes;
}

/** The value at a path; undefined when the root is absent. Only own properties count, so that `__proto__` is just a name. */
export function valueAt(row: Json, path: readonly string[]): AttributeValue | undefined {
  let value: unknown = row;
  for (const [depth, name] of path.entries()) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    if (!Object.hasOwn(value, name)) return depth === 0 ? undefined : null;
    value = (value as Json)[name];
  }
  return toValue(value);
}

function toValue(value: unknown): AttributeValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  // Lists of objects (`identities`, `assignedLicenses`) are lists of their JSON texts.
  if (Array.isArray(value))
    return value.filter((item) => item !== null).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return JSON.stringify(value);
}
