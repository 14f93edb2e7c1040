import { unseenHint } from '../expression/odd-characters';
import { type JsonObject, own } from '../json-object';
import type { ObjectType } from '../model';
import { GROUP_ATTRIBUTES, type TargetAttribute, USER_ATTRIBUTES } from '../target-attributes';
import { resolveTarget } from './aliases';
import type { JsonPath } from './json';
import { printPath } from './json';
import { type AttributeMapping, FLOW_TYPES, type FlowType, type MappingSource, type NullPolicy } from './model';
import { readSource } from './read-source';
import { nameOf, quote, type SchemaReport } from './report';
import { sourceMismatch, valueMismatch } from './type-check';

const NULL_POLICIES = ['skip', 'clear'] as const;

/** @see https://learn.microsoft.com/graph/api/resources/synchronization-attributemapping */
const FLOW_BEHAVIORS = ['FlowWhenChanged', 'FlowAlways'] as const;

/** What a `targetAttributeName` may be, for messages. */
const allowedTargets: Readonly<Record<ObjectType, readonly string[]>> = {
  user: [...USER_ATTRIBUTES.map(({ name }) => name), 'user_fields.<key>'],
  group: GROUP_ATTRIBUTES.map(({ name }) => name),
};

const knownKeys: ReadonlySet<string> = new Set([
  'createMissing',
  'defaultValue',
  'flowBehavior',
  'flowType',
  'flowNullValues',
  'matchingPriority',
  'source',
  'takeOverForeignExternalId',
  'targetAttributeName',
]);

/** Reads one `attributeMapping`. Undefined when it was refused or has no meaning here; then the report says which. */
export function readAttributeMapping(
  type: ObjectType,
  value: JsonObject,
  path: JsonPath,
  declared: ReadonlySet<string>,
  report: SchemaReport,
): AttributeMapping | undefined {
  const before = report.problems.length;
  noteUnused(value, path, report);
  const written = report.requiredText(value, 'targetAttributeName', path, 'the Zendesk attribute to write');
  const target = written === undefined ? undefined : resolveTarget(type, written.trim());
  if (written !== undefined && target === undefined && declared.has(written)) {
    const reason = `The file's \`directories\` declare it, and a Zendesk ${type} has no such attribute; left out`;
    report.ignore(written, [...path, 'targetAttributeName'], reason);
    return undefined;
  }
  const source = readSource(type, own(value, 'source'), [...path, 'source'], report);
  const matchingPriority = readPriority(value, path, report);
  const flowType = readFlowType(value, path, report);
  const flowNullValues = readNullPolicy(value, path, report);
  readChoice(value, 'flowBehavior', FLOW_BEHAVIORS, path, report);
  const createMissing = report.flag(value, 'createMissing', path, false);
  const takeOverForeignExternalId = report.flag(value, 'takeOverForeignExternalId', path, false);
  const defaultValue = readDefault(value, path, report);
  if (written === undefined) return undefined;
  if (target === undefined && type === 'group' && isExternalId(written)) {
    report.ignore(
      written,
      [...path, 'targetAttributeName'],
      'Zendesk groups have no external id; which group is which is kept by this app',
    );
    return undefined;
  }
  if (target === undefined) {
    report.refuse(
      [...path, 'targetAttributeName'],
      `A Zendesk ${type} has no attribute ${quote(written)}${unseenHint(written)}`,
      allowedTargets[type],
    );
    return undefined;
  }
  const { attribute } = target;
  if (source === undefined) return undefined;
  const mismatch = sourceMismatch(type, source.source, attribute);
  if (mismatch !== undefined) report.refuse([...path, 'source'], mismatch);
  const wrongDefault = defaultValue === null ? undefined : valueMismatch(defaultValue, attribute);
  if (wrongDefault !== undefined) report.refuse([...path, 'defaultValue'], wrongDefault);
  if (matchingPriority > 0) {
    if (!attribute.isMatchable) {
      const matchable = type === 'user' ? ['external_id', 'email', 'name', 'phone', 'user_fields.<key>'] : ['name'];
      report.refuse([...path, 'matchingPriority'], `Zendesk cannot look a ${type} up by ${attribute.name}`, matchable);
    }
    if (source.source.kind === 'constant' || source.source.kind === 'none') {
      report.refuse(
        [...path, 'matchingPriority'],
        'A fixed value matches everybody or nobody: a matching attribute needs a source of its own',
      );
    }
  }
  refuseUniqueElsewhere(source.source, attribute, matchingPriority, path, report);
  if (flowNullValues === 'clear' && !attribute.isClearable) {
    report.refuse([...path, 'flowNullValues'], `${attribute.name} cannot be emptied in Zendesk`, ['skip']);
  }
  if (createMissing && !isOrganization(attribute)) {
    report.refuse([...path, 'createMissing'], `Only organizations can be created; ${attribute.name} names none`, ['false']);
  }
  if (takeOverForeignExternalId && (type !== 'user' || attribute.name !== 'external_id')) {
    const at = [...path, 'takeOverForeignExternalId'];
    report.refuse(at, `Belongs to the mapping of external_id of users; ${attribute.name} has no owner`, ['false']);
  }
  if (report.problems.length > before) return undefined;
  if (target.isAlias) {
    const read = target.isInverted ? `the opposite of ${attribute.name}` : attribute.name;
    report.ignore(written, [...path, 'targetAttributeName'], `Not Zendesk's name; read as ${read}`);
  }
  return {
    target: attribute,
    source: source.source,
    text: source.text,
    matchingPriority,
    flowType: settledFlow(source.source, flowType, attribute, path, report),
    flowNullValues,
    createMissing,
    takeOverForeignExternalId,
    defaultValue,
    isInverted: target.isInverted,
    path: printPath(path),
  };
}

/** What Zendesk itself keeps unique: by anything else two users made at the same time could get one value. */
const UNIQUE_ATTRIBUTES: readonly string[] = ['email', 'external_id'];

function refuseUniqueElsewhere(
  source: MappingSource,
  { name }: TargetAttribute,
  matchingPriority: number,
  path: JsonPath,
  report: SchemaReport,
): void {
  if (source.kind !== 'function' || !source.expression.usesUniqueness) return;
  const at = [...path, 'source', 'expression'];
  if (!UNIQUE_ATTRIBUTES.includes(name)) {
    const why = `SelectUniqueValue cannot be used for ${name}, which Zendesk does not keep unique; use Coalesce for the first value that is there`;
    report.refuse(at, why, UNIQUE_ATTRIBUTES);
  } else if (matchingPriority > 0) {
    report.refuse(
      at,
      `SelectUniqueValue cannot be used for a matching attribute: it gives a value that no account has; set the \`matchingPriority\` of ${name} to 0`,
    );
  }
}

function isOrganization({ kind }: TargetAttribute): boolean {
  return kind === 'organization' || kind === 'organizations';
}

function isExternalId(written: string): boolean {
  return /^(?:external_?id|object_?id|id)$/i.test(written.trim());
}

function noteUnused(value: JsonObject, path: JsonPath, report: SchemaReport): void {
  for (const key of Object.keys(value)) {
    if (knownKeys.has(key) || key.startsWith('@')) continue;
    const isInternal = key === 'exportMissingReferences';
    report.ignore(
      key,
      [...path, key],
      isInternal ? 'For internal use by Microsoft; no meaning for Zendesk' : 'Not a property of an attribute mapping',
    );
  }
  if (own(value, 'flowBehavior') === 'FlowAlways') {
    report.ignore(
      'FlowAlways',
      [...path, 'flowBehavior'],
      'Values are always compared with Zendesk itself, so nothing is written that is there already',
    );
  }
}

function readPriority(value: JsonObject, path: JsonPath, report: SchemaReport): number {
  const given = own(value, 'matchingPriority');
  if (given === undefined || given === null) return 0;
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0) return given;
  report.refuse([...path, 'matchingPriority'], `Must be 0 or a positive whole number, but is ${nameOf(given)}`);
  return 0;
}

function readFlowType(value: JsonObject, path: JsonPath, report: SchemaReport): FlowType {
  return readChoice(value, 'flowType', FLOW_TYPES, path, report) ?? 'Always';
}

function readNullPolicy(value: JsonObject, path: JsonPath, report: SchemaReport): NullPolicy {
  // Graph's Boolean of the same name on an attribute definition means the same thing.
  const given = own(value, 'flowNullValues');
  if (typeof given === 'boolean') return given ? 'clear' : 'skip';
  return readChoice(value, 'flowNullValues', NULL_POLICIES, path, report) ?? 'skip';
}

function readChoice<T extends string>(
  value: JsonObject,
  key: string,
  choices: readonly T[],
  path: JsonPath,
  report: SchemaReport,
): T | undefined {
  const given = own(value, key);
  if (given === undefined || given === null) return undefined;
  const known = choices.find((choice) => typeof given === 'string' && choice.toLowerCase() === given.toLowerCase());
  if (known === undefined) report.refuse([...path, key], `Unknown ${key} ${nameOf(given)}`, choices);
  return known;
}

function readDefault(value: JsonObject, path: JsonPath, report: SchemaReport): string | null {
  const given = own(value, 'defaultValue');
  if (given === undefined || given === null || given === '') return null;
  if (typeof given === 'boolean') return given ? 'True' : 'False';
  if (typeof given === 'number') return String(given);
  return report.text(value, 'defaultValue', path) ?? null;
}

const randomCall = /\b(?:Guid|RandomString)\(/;

/** A value that is new at each evaluation would be written in each cycle for ever; it flows once. */
function settledFlow(
  source: MappingSource,
  flowType: FlowType,
  { name, isShown }: TargetAttribute,
  path: JsonPath,
  report: SchemaReport,
): FlowType {
  if (!isShown && flowType !== 'ObjectAddOnly' && source.kind !== 'none') {
    report.ignore(flowType, [...path, 'flowType'], `Zendesk does not show ${name} as it was written; it flows at creation only`);
    return 'ObjectAddOnly';
  }
  if (source.kind !== 'function' || flowType === 'ObjectAddOnly' || flowType === 'AttributeAddOnly') return flowType;
  const { expression } = source;
  const isNewEachTime = expression.isVolatile && randomCall.test(expression.text);
  if (!isNewEachTime && !expression.usesUniqueness) return flowType;
  report.ignore(
    flowType,
    [...path, 'flowType'],
    `${name} comes from a function whose result is new each time; it flows at creation only`,
  );
  return 'ObjectAddOnly';
}
