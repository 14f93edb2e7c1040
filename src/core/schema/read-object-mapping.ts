import { unseenHint } from '../expression/odd-characters';
import { type CompiledFilter, compileFilter } from '../filter/compile-filter';
import { type AttributeShape, impossibleParts } from '../filter/impossible';
import { findOperator } from '../filter/operators';
import { isObject, type JsonObject, own } from '../json-object';
import type { ObjectType } from '../model';
import { GROUP_ATTRIBUTES, USER_ATTRIBUTES } from '../target-attributes';
import { isInert } from './account';
import { resolveTarget } from './aliases';
import { dependenciesOf, propertiesForManagers } from './depends-on';
import { type JsonPath, printPath } from './json';
import type { AttributeMapping, ForeignExternalId, ObjectActions, ObjectMapping } from './model';
import { readAttributeMapping } from './read-mapping';
import { nameOf, quote, type SchemaReport } from './report';
import { BASE_PROPERTIES, sourceAttribute, suggestSourceAttribute } from './source-attributes';

/** @see https://learn.microsoft.com/graph/api/resources/synchronization-objectmapping */
const OBJECT_FLOW_TYPES = ['Add', 'Update', 'Delete'] as const;

const knownKeys: ReadonlySet<string> = new Set([
  'attributeMappings',
  'enabled',
  'flowTypes',
  'metadata',
  'name',
  'scope',
  'sourceObjectName',
  'targetObjectName',
]);

/** Where an `objectMapping` stands, and what the file's own `directories` declare as attributes of its target. */
export interface FoundMapping {
  readonly value: JsonObject;
  readonly path: JsonPath;
  readonly declared: ReadonlySet<string>;
}

/** Reads an enabled `objectMapping` of a kind. Undefined when anything in it was refused; then the report says what. */
export function readObjectMapping(type: ObjectType, found: FoundMapping, report: SchemaReport): ObjectMapping | undefined {
  const { value, path } = found;
  const before = report.problems.length;
  for (const key of Object.keys(value)) {
    if (!knownKeys.has(key) && !key.startsWith('@')) report.ignore(key, [...path, key], 'Not a property of an object mapping');
  }
  noteMetadata(value, path, report);
  const name = report.text(value, 'name', path) ?? `Synchronize Microsoft Entra ${type}s to Zendesk`;
  const actions = readActions(value, path, report);
  const mappings = readMappings(type, found, report);
  refuseBothOrganizations(mappings, path, report);
  const scope = readScope(type, value, path, report);
  const matching = mappings.filter((one) => one.matchingPriority > 0).sort((a, b) => a.matchingPriority - b.matchingPriority);
  // A matching attribute with a fault of its own is reported there; only a file that has none at all is told so.
  if (matching.length === 0 && (report.problems.length === before || !mentionsMatching(value))) {
    const example = type === 'user' ? 'external_id' : 'name';
    report.refuse(
      [...path, 'attributeMappings'],
      `No matching attribute: give the mapping of ${example} a \`matchingPriority\` of 1, or existing accounts cannot be found`,
    );
  }
  if (actions.create) refuseMissingRequired(type, value, mappings, path, report);
  if (report.problems.length > before) return undefined;
  const sourceAttributes = sourceAttributesOf(type, mappings, scope);
  const filterGroupIds = [...(scope?.groupIds ?? [])].sort();
  return {
    objectType: type,
    name,
    actions,
    mappings,
    matching,
    scope: scope === undefined || scope.groups.length === 0 ? undefined : scope,
    sourceAttributes,
    filterGroupIds,
    dependsOn: dependenciesOf(sourceAttributes, filterGroupIds),
    foreignExternalId: foreignExternalId(mappings),
  };
}

/** A mapping that writes only where there is nothing, or only to new accounts, overwrites nobody's value. */
function foreignExternalId(mappings: readonly AttributeMapping[]): ForeignExternalId {
  const mapping = mappings.find(({ target }) => target.name === 'external_id');
  const isWritten = mapping !== undefined && mapping.source.kind !== 'none' && !isOnlyAdded(mapping);
  if (!isWritten) return 'ignore';
  return mapping.takeOverForeignExternalId ? 'takeOver' : 'refuse';
}

function isOnlyAdded({ flowType }: AttributeMapping): boolean {
  return flowType === 'ObjectAddOnly' || flowType === 'AttributeAddOnly';
}

function readActions(value: JsonObject, path: JsonPath, report: SchemaReport): ObjectActions {
  const given = own(value, 'flowTypes');
  if (given === undefined || given === null) return { create: true, update: true, delete: true };
  const words = typeof given === 'string' ? given.split(',').map((word) => word.trim()) : [];
  const unknown = words.filter((word) => !OBJECT_FLOW_TYPES.some((one) => one.toLowerCase() === word.toLowerCase()));
  if (words.length === 0 || unknown.length > 0) {
    const what = words.length === 0 ? nameOf(given) : unknown.map(quote).join(', ');
    report.refuse(
      [...path, 'flowTypes'],
      `Unknown target object action ${what}; write them in one string, separated by commas`,
      OBJECT_FLOW_TYPES,
    );
  }
  const has = (word: string): boolean => words.some((one) => one.toLowerCase() === word);
  return { create: has('add'), update: has('update'), delete: has('delete') };
}

function readMappings(
  type: ObjectType,
  { value, path, declared }: FoundMapping,
  report: SchemaReport,
): readonly AttributeMapping[] {
  const all = report.objects(value, 'attributeMappings', path);
  if (all.length === 0) report.refuse([...path, 'attributeMappings'], 'Missing: at least one attribute mapping');
  const entries = withoutSecondNames(type, all, declared, report);
  refuseRepeats(type, entries, report);
  return entries.flatMap((entry) => readAttributeMapping(type, entry.value, entry.path, declared, report) ?? []);
}

interface Entry {
  readonly value: JsonObject;
  readonly path: JsonPath;
}

/**
 * Leaves out what another application's schema maps a second time under another name (SCIM's `userName` and `emails`, both the e-mail
 * address here): Zendesk's own name counts, else the matching one, else the first. Only names that the file itself declares are left out.
 */
function withoutSecondNames(
  type: ObjectType,
  entries: readonly Entry[],
  declared: ReadonlySet<string>,
  report: SchemaReport,
): readonly Entry[] {
  const rank = ({ value }: Entry): number => {
    if (!isForeignName(type, value, declared)) return 0;
    const priority = own(value, 'matchingPriority');
    return typeof priority === 'number' && priority > 0 ? priority : Number.POSITIVE_INFINITY;
  };
  return entries.filter((entry) => {
    const name = targetOf(type, entry.value);
    if (name === undefined || !isForeignName(type, entry.value, declared)) return true;
    const same = entries.filter(({ value }) => targetOf(type, value) === name);
    const [first] = [...same].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
    if (first === undefined || first === entry) return true;
    const written = String(own(entry.value, 'targetAttributeName'));
    const other = quote(String(own(first.value, 'targetAttributeName')));
    report.ignore(
      written,
      [...entry.path, 'targetAttributeName'],
      `Read as ${name}, to which ${other} is mapped already; left out`,
    );
    return false;
  });
}

/** Whether a target is another application's name, declared by the file itself, for an attribute that Zendesk calls otherwise. */
function isForeignName(type: ObjectType, value: JsonObject, declared: ReadonlySet<string>): boolean {
  const written = own(value, 'targetAttributeName');
  return typeof written === 'string' && declared.has(written) && resolveTarget(type, written.trim())?.isAlias === true;
}

/** Zendesk's name of the attribute that a mapping is for; undefined when Zendesk has none such. */
function targetOf(type: ObjectType, value: JsonObject): string | undefined {
  const written = own(value, 'targetAttributeName');
  return typeof written === 'string' ? resolveTarget(type, written.trim())?.attribute.name : undefined;
}

/** Repeated targets and priorities are found in the file itself, so that they are said even where a mapping has other faults. */
function refuseRepeats(type: ObjectType, entries: readonly Entry[], report: SchemaReport): void {
  const targets = new Map<string, JsonPath>();
  const priorities = new Map<number, { readonly name: string; readonly path: JsonPath }>();
  for (const { value, path } of entries) {
    const written = own(value, 'targetAttributeName');
    const name = targetOf(type, value);
    if (name === undefined) continue;
    const earlier = targets.get(name);
    if (earlier === undefined) targets.set(name, path);
    else {
      const alias = written === name ? '' : ` (${quote(String(written))} is read as ${name})`;
      report.refuse([...path, 'targetAttributeName'], `Two mappings for ${name}${alias}; the other one is ${printPath(earlier)}`);
    }
    const priority = own(value, 'matchingPriority');
    if (typeof priority !== 'number' || priority <= 0 || earlier !== undefined) continue;
    const same = priorities.get(priority);
    if (same === undefined) priorities.set(priority, { name, path });
    else {
      report.refuse(
        [...path, 'matchingPriority'],
        `${same.name} and ${name} both have the matching priority ${priority}; they must differ, so that it is clear which one is tried first`,
      );
    }
  }
}

/** One user, one word on where the user belongs: two mappings would take turns to undo each other. */
function refuseBothOrganizations(mappings: readonly AttributeMapping[], path: JsonPath, report: SchemaReport): void {
  const isMapped = (name: string): boolean => mappings.some((one) => one.target.name === name && !isInert(one));
  if (!isMapped('organization') || !isMapped('organizations')) return;
  report.refuse(
    [...path, 'attributeMappings'],
    'organization and organizations are both mapped; leave one out: the first of `organizations` is the default one of a new user',
  );
}

/** An account that Zendesk would never create is said now, not with each user. */
function refuseMissingRequired(
  type: ObjectType,
  value: JsonObject,
  mappings: readonly AttributeMapping[],
  path: JsonPath,
  report: SchemaReport,
): void {
  const written = listIn(value, 'attributeMappings').flatMap((one) => (isObject(one) ? (targetOf(type, one) ?? []) : []));
  for (const { name } of (type === 'user' ? USER_ATTRIBUTES : GROUP_ATTRIBUTES).filter(({ isRequired }) => isRequired)) {
    const mapping = mappings.find(({ target }) => target.name === name);
    // A mapping with a fault of its own is reported there.
    if (written.includes(name) && (mapping === undefined || !isInert(mapping))) continue;
    report.refuse(
      [...path, 'attributeMappings'],
      `Zendesk does not create a ${type} without a ${name}: map ${name}, or leave Add out of \`flowTypes\``,
    );
  }
}

function mentionsMatching(value: JsonObject): boolean {
  const list = own(value, 'attributeMappings');
  if (!Array.isArray(list)) return false;
  return list.some(
    (one: unknown) => isObject(one) && own(one, 'matchingPriority') !== undefined && own(one, 'matchingPriority') !== 0,
  );
}

function readScope(type: ObjectType, value: JsonObject, path: JsonPath, report: SchemaReport): CompiledFilter | undefined {
  refuseUnknownOperands(type, value, path, report);
  const result = compileFilter(own(value, 'scope'));
  const at = (inner: string): JsonPath => [...path, 'scope', ...splitPath(inner)];
  if (!result.ok) {
    for (const problem of result.problems) report.refuse(at(problem.path), problem.message);
    return undefined;
  }
  const remarks = [...result.remarks, ...impossibleParts(result.filter, (name) => shapeOf(type, name))];
  for (const remark of remarks) report.ignore(remark.path, at(remark.path), remark.message);
  return result.filter;
}

/** Names in a filter are checked in the file itself, so that they are said even where the filter has other faults. */
function refuseUnknownOperands(type: ObjectType, value: JsonObject, path: JsonPath, report: SchemaReport): void {
  const scope = own(value, 'scope');
  for (const [groupIndex, group] of listIn(scope, 'groups').entries()) {
    for (const [clauseIndex, clause] of listIn(group, 'clauses').entries()) {
      const name = isObject(clause) ? own(clause, 'sourceOperandName') : undefined;
      const operator = isObject(clause) ? own(clause, 'operatorName') : undefined;
      const isMembership = typeof operator === 'string' && findOperator(operator)?.kind === 'membership';
      if (typeof name !== 'string' || name === '' || isMembership || isFilterable(type, name)) continue;
      const suggestion = suggestSourceAttribute(type, name);
      const isRole = name === 'appRoleAssignments' || name === 'IsSoftDeleted';
      const hint = isRole
        ? '; who is assigned decides that already'
        : suggestion === undefined
          ? ''
          : `; did you mean ${suggestion}?`;
      report.refuse(
        [...path, 'scope', 'groups', groupIndex, 'clauses', clauseIndex, 'sourceOperandName'],
        `A filter cannot use the ${type} attribute ${quote(name)}${hint}${unseenHint(name)}`,
      );
    }
  }
}

function shapeOf(type: ObjectType, name: string): AttributeShape {
  const kind = sourceAttribute(type, name)?.kind;
  if (kind === 'boolean' || kind === 'list') return kind;
  if (kind !== 'text') return 'unknown';
  return /^(?:manager\.)?(?:ext|onPremisesExtension|[a-z0-9]+_)/.test(name) ? 'free' : 'text';
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = isObject(value) ? own(value, key) : undefined;
  return Array.isArray(list) ? list : [];
}

function isFilterable(type: ObjectType, name: string): boolean {
  const known = sourceAttribute(type, name);
  return known !== undefined && known.kind !== 'virtual' && known.kind !== 'reference';
}

function splitPath(path: string): (string | number)[] {
  return [...path.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

function noteMetadata(value: JsonObject, path: JsonPath, report: SchemaReport): void {
  const entries = own(value, 'metadata');
  if (!Array.isArray(entries)) return;
  for (const [index, entry] of entries.entries()) {
    const key = isObject(entry) ? own(entry, 'key') : undefined;
    if (typeof key === 'string')
      report.ignore(`metadata ${key}`, [...path, 'metadata', index], "Microsoft's own bookkeeping; no meaning for Zendesk");
  }
}

/** The properties to ask Graph for, under Graph's names. */
function sourceAttributesOf(
  type: ObjectType,
  mappings: readonly AttributeMapping[],
  scope: CompiledFilter | undefined,
): readonly string[] {
  const names = mappings.flatMap(({ source }) => {
    if (source.kind === 'attribute') return [source.name];
    return source.kind === 'function' ? source.expression.attributes : [];
  });
  const properties = [...names, ...(scope?.attributes ?? [])].flatMap((name) => sourceAttribute(type, name)?.property ?? []);
  return [...new Set([...BASE_PROPERTIES[type], ...properties, ...propertiesForManagers(properties)])].sort();
}
