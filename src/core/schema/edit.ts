import { graphMappingSource } from '../expression/syntax-graph';
import { isObject, type JsonObject } from '../json-object';
import type { ObjectType } from '../model';
import type { AttributeMapping, FlowType, NullPolicy, ObjectMapping, ProvisioningSchema } from './model';

/** One mapping as a person edits it. */
export interface MappingEdit {
  readonly target: string;
  /** As it is written: `[mail]`, `"text"`, an expression; empty for the type None. */
  readonly source: string;
  readonly matchingPriority: number;
  readonly flowType: FlowType;
  readonly flowNullValues: NullPolicy;
  /** Empty: none. */
  readonly defaultValue: string;
}

/** The mapping of an object type; undefined for groups that are not provisioned. */
export const mappingOf = ({ users, groups }: ProvisioningSchema, type: ObjectType): ObjectMapping | undefined =>
  type === 'user' ? users : groups;

/** The mapping that writes an attribute. */
export const mappingTo = (schema: ProvisioningSchema, type: ObjectType, target: string): AttributeMapping | undefined =>
  mappingOf(schema, type)?.mappings.find((one) => one.target.name === target);

/**
 * The text of a mapping file in which one mapping is changed, added, or (without an edit) left out; all else stays as it was. The text is
 * not checked: {@link readSchema} does that. Pure.
 * @param target The attribute whose mapping is replaced; undefined adds one.
 * @returns undefined where there is no such mapping
 */
export function editedText(
  { raw }: ProvisioningSchema,
  mapping: ObjectMapping,
  target: string | undefined,
  edit: MappingEdit | undefined,
): string | undefined {
  const schema = JSON.parse(JSON.stringify(raw)) as unknown;
  const list = listAt(schema, mapping.mappings[0]?.path ?? '');
  const before = mapping.mappings.find((one) => one.target.name === target);
  if (!list || (target !== undefined && !before)) return undefined;
  const at = before ? indexOf(before.path) : list.length;
  const old = list[at];
  list.splice(at, before ? 1 : 0, ...(edit ? [changed(isObject(old) ? old : {}, edit)] : []));
  return JSON.stringify(schema, null, 2);
}

/** What the file says of a mapping besides what was edited (`createMissing` and the like) stays. */
function changed(old: JsonObject, { target, source, matchingPriority, flowType, flowNullValues, defaultValue }: MappingEdit) {
  return {
    ...old,
    targetAttributeName: target,
    source: sourceOf(source.trim()),
    matchingPriority,
    flowType,
    flowNullValues,
    defaultValue: defaultValue === '' ? null : defaultValue,
  };
}

/** A source as Graph has it; what cannot be read stays as it was written, so that whoever reads it says what is wrong. */
function sourceOf(text: string): unknown {
  if (text === '') return null;
  const read = graphMappingSource(text);
  if (!read) return { expression: text };
  const { type, expression, name } = read;
  return type === 'Function' ? { type, expression } : { type, expression, name };
}

/** `…attributeMappings[3]` → 3. */
const indexOf = (path: string): number => Number(/\[(\d+)\]$/.exec(path)?.[1]);

/** The list in which the element of a path stands. */
function listAt(value: unknown, path: string): unknown[] | undefined {
  let at = value;
  for (const [, name, index] of path.replace(/\[\d+\]$/, '').matchAll(/([A-Za-z]+)|\[(\d+)\]/g))
    at = (at as Record<string, unknown> | undefined)?.[name ?? String(index)];
  return Array.isArray(at) ? at : undefined;
}
