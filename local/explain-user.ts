import { roleNames } from '../src/core/expression/roles';
import type { AttributeValue } from '../src/core/model';

/** A user to try mappings on. */
export interface ExplainedUser {
  readonly attributes: Record<string, AttributeValue>;
  readonly isSoftDeleted: boolean;
  readonly appRoleAssignments: readonly { readonly id: string; readonly value: string | null; readonly displayName: string }[];
}

/**
 * Reads a user in Graph's shape (as `GET /users/{id}` answers it), with two properties more, both optional: `IsSoftDeleted` and
 * `appRoleAssignments`, a list of role names or of `{id, value, displayName}`. Parts of a property become attributes with a dot.
 * @returns the user, or what is wrong with the text
 */
export function userFromJson(text: string): ExplainedUser | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not valid JSON';
  }
  if (!isObject(value)) return 'must be a JSON object, such as Graph answers for a user';
  const { appRoleAssignments, IsSoftDeleted, ...rest } = value;
  const attributes: Record<string, AttributeValue> = Object.create(null);
  flatten(rest, '', attributes, MAX_DEPTH);
  return {
    attributes,
    isSoftDeleted: IsSoftDeleted === true || IsSoftDeleted === 'True' || attributes.accountEnabled === false,
    appRoleAssignments: readRoles(appRoleAssignments),
  };
}

function readRoles(value: unknown): ExplainedUser['appRoleAssignments'] {
  if (!Array.isArray(value)) return [];
  const texts = value.map((one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return roleNames(texts).map((name) => ({ id: '', value: name, displayName: name }));
}

/** The deepest nesting that is followed. Ours: Graph's users nest two levels deep. */
const MAX_DEPTH = 10;

function flatten(object: Record<string, unknown>, prefix: string, into: Record<string, AttributeValue>, depth: number): void {
  for (const [key, value] of Object.entries(object)) {
    const name = `${prefix}${key}`;
    if (isObject(value)) {
      if (depth > 0) flatten(value, `${name}.`, into, depth - 1);
    } else if (Array.isArray(value)) into[name] = value.filter((one): one is string => typeof one === 'string');
    else if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      into[name] = value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
