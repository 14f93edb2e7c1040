import { graphMappingSource } from '../expression/syntax-graph';
import { comparesWithNothing, findOperator } from '../filter/operators';
import { isObject, type JsonObject } from '../json-object';
import type { ObjectType } from '../model';
import type { AttributeMapping, FlowType, NullPolicy, ObjectActions, ObjectMapping, ProvisioningSchema } from './model';

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

/** One condition of a scoping filter as a person edits it. */
export interface ClauseEdit {
  /** Not looked at where the operator asks for a membership. */
  readonly attribute: string;
  readonly operator: string;
  /** Not looked at where the operator compares with nothing. */
  readonly values: readonly string[];
}

/** Conditions that must all hold, under the title that the portal shows. */
export interface ClauseGroupEdit {
  readonly name: string;
  readonly clauses: readonly ClauseEdit[];
}

/** Who is in scope besides the assignments, and what may be done to target objects, as a person edits it. */
export interface ScopeEdit {
  readonly actions: ObjectActions;
  /** One of them is to hold; none means everybody who is assigned. */
  readonly groups: readonly ClauseGroupEdit[];
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

/** The scope and the actions of a mapping, as they are to be edited. Pure. */
export function scopeEditOf({ raw }: ProvisioningSchema, { actions, scope, mappings }: ObjectMapping): ScopeEdit {
  const filter = filterIn(objectAt(raw, mappings[0]?.path ?? ''));
  const named = Array.isArray(filter['groups']) ? (filter['groups'] as readonly unknown[]) : [];
  const titleOf = (group: unknown): string => (isObject(group) && typeof group['name'] === 'string' ? group['name'] : '');
  return {
    actions,
    groups: (scope?.groups ?? []).map((clauses, at) => ({
      name: titleOf(named[at]),
      clauses: clauses.map(({ attribute, operator, values }) => ({ attribute, operator: operator.name, values })),
    })),
  };
}

/**
 * The text of a mapping file with another scope and other actions for one kind of object; all else stays as it was. Not checked, as that of
 * {@link editedText}. Pure.
 */
export function scopeEditedText({ raw }: ProvisioningSchema, mapping: ObjectMapping, edit: ScopeEdit): string | undefined {
  const schema = JSON.parse(JSON.stringify(raw)) as unknown;
  const object = objectAt(schema, mapping.mappings[0]?.path ?? '');
  if (!object) return undefined;
  const { create, update, delete: remove } = edit.actions;
  object['flowTypes'] = [create && 'Add', update && 'Update', remove && 'Delete'].filter(Boolean).join(', ');
  const before = filterIn(object);
  const groups = edit.groups.map(({ name, clauses }) => ({ ...(name !== '' && { name }), clauses: clauses.map(clauseOf) }));
  object['scope'] = groups.length === 0 && Object.keys(before).length === 0 ? null : { ...before, groups };
  return JSON.stringify(schema, null, 2);
}

function clauseOf({ attribute, operator, values }: ClauseEdit): JsonObject {
  const known = findOperator(operator);
  return {
    ...(known?.kind !== 'membership' && { sourceOperandName: attribute }),
    operatorName: operator,
    targetOperand: { values: known && comparesWithNothing(known) ? [] : values },
  };
}

const filterIn = (object: Record<string, unknown> | undefined): JsonObject =>
  isObject(object?.['scope']) ? object['scope'] : {};

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
  const list = valueAt(value, path.replace(/\[\d+\]$/, ''));
  return Array.isArray(list) ? list : undefined;
}

/** The mapping of a kind of object in which the attribute mapping of a path stands. */
function objectAt(value: unknown, path: string): Record<string, unknown> | undefined {
  const object = valueAt(value, path.replace(/\.attributeMappings\[\d+\]$/, ''));
  return isObject(object) ? (object as Record<string, unknown>) : undefined;
}

function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const [, name, index] of path.matchAll(/([A-Za-z]+)|\[(\d+)\]/g))
    at = (at as Record<string, unknown> | undefined)?.[name ?? String(index)];
  return at;
}
