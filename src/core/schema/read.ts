import { isObject, type JsonObject, own } from '../json-object';
import type { ObjectType } from '../model';
import { canonicalJson } from './canonical';
import { decodeFile } from './decode-file';
import { readDirectories } from './directories';
import { hashOf } from './hash';
import { type JsonPath, readJson } from './json';
import type { ObjectMapping, ReadSchemaResult } from './model';
import { readObjectMapping } from './read-object-mapping';
import { nameOf, quote, SchemaReport } from './report';

interface Found {
  readonly type: ObjectType;
  readonly value: JsonObject;
  readonly path: JsonPath;
  /** What the file's own `directories` declare as attributes of the target. */
  readonly declared: ReadonlySet<string>;
}

const schemaKeys: ReadonlySet<string> = new Set(['synchronizationRules']);
const ruleKeys: ReadonlySet<string> = new Set(['objectMappings', 'name', 'sourceDirectoryName', 'targetDirectoryName']);

const directoriesReason = 'Describes the attributes of both directories; this app knows those of Entra ID and Zendesk';

/** Why the parts of Graph's format that people ask about are not used. */
const reasons: Readonly<Record<string, string>> = {
  id: "Microsoft's own bookkeeping; no meaning for Zendesk",
  version: "Microsoft's own bookkeeping; no meaning for Zendesk",
  metadata: "Microsoft's own bookkeeping; no meaning for Zendesk",
  editable: "Microsoft's own bookkeeping; no meaning for Zendesk",
  priority: "Microsoft's own bookkeeping; no meaning for Zendesk",
  containerFilter: 'Belongs to on-premises directories; no meaning for Zendesk',
  groupFilter: 'Belongs to on-premises directories; use the scope of the object mapping',
};

/**
 * Reads a mapping file: Microsoft Graph's `synchronizationSchema`, as the portal and Graph export it. Every fault of it is reported together;
 * what has no meaning for Zendesk is named once and left out. Pure; never throws, whatever the text is.
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema
 */
export function readSchema(text: string): ReadSchemaResult {
  const json = readJson(text);
  if (!json.ok) return json;
  const canonical = canonicalJson(json.document.value);
  const { value } = canonical;
  const report = new SchemaReport(json.document, canonical.root);
  for (const { path, name, reason } of canonical.remarks) report.ignore(name, path, reason);
  for (const { path, problem } of canonical.problems) report.refuse(path, problem);
  if (!isObject(value)) {
    report.refuse([], `Must be an object with \`synchronizationRules\`, but is ${nameOf(value)}`);
    return { ok: false, problems: report.sortedProblems };
  }
  noteUnused(value, schemaKeys, [], report);
  const found = findObjectMappings(value, report);
  const users = readOne('user', found, report);
  const groups = readOne('group', found, report);
  if (report.problems.length > 0 || users === undefined) return { ok: false, problems: report.sortedProblems };
  return { ok: true, schema: { users, groups, hash: hashOf(users, groups), raw: value }, ignored: report.ignored, text };
}

/** Reads a mapping file from its bytes, however a tool encoded them. As {@link readSchema}. */
export function readSchemaFile(bytes: Uint8Array): ReadSchemaResult {
  const decoded = decodeFile(bytes);
  return decoded.ok ? readSchema(decoded.text) : { ok: false, problems: [{ path: '', problem: decoded.problem }] };
}

function findObjectMappings(schema: JsonObject, report: SchemaReport): readonly Found[] {
  const rules = report.objects(schema, 'synchronizationRules', []);
  if (rules.length === 0) {
    report.refuse(['synchronizationRules'], 'Missing: at least one synchronization rule with `objectMappings`');
    return [];
  }
  const directories = readDirectories(schema, report);
  return rules.flatMap((rule) => {
    if (goesBack(rule.value)) {
      report.ignore('rule back to Entra ID', rule.path, 'Its target is Entra ID; this app writes to Zendesk only');
      return [];
    }
    directories.check(rule.value, rule.path);
    noteUnused(rule.value, ruleKeys, rule.path, report);
    return report.objects(rule.value, 'objectMappings', rule.path).flatMap((mapping) => {
      const type = readObjectType(mapping.value, mapping.path, report);
      const declared = directories.targetsOf(rule.value, mapping.value);
      return type === undefined ? [] : [{ type, declared, ...mapping }];
    });
  });
}

/** Names under which Microsoft's own directory stands in schemas, of all times. */
const ENTRA_DIRECTORY = /^(?:Azure|Windows Azure|Microsoft Azure) Active Directory$|^(?:Microsoft )?Entra(?: ID)?$/i;

/** Whether a rule writes to Entra ID, as those of HR applications do. */
function goesBack(rule: JsonObject): boolean {
  const target = own(rule, 'targetDirectoryName');
  return typeof target === 'string' && ENTRA_DIRECTORY.test(target.trim());
}

/** Which kind of object a mapping is about; undefined for kinds that are not provisioned to Zendesk. */
function readObjectType(value: JsonObject, path: JsonPath, report: SchemaReport): ObjectType | undefined {
  const source = report.requiredText(value, 'sourceObjectName', path, 'the kind of object in Entra ID, User or Group');
  if (source === undefined) return undefined;
  const type = kindOf(source);
  if (type === undefined) {
    report.ignore(`object mapping ${quote(source)}`, path, 'Only users and groups are provisioned to Zendesk');
    return undefined;
  }
  const target = report.text(value, 'targetObjectName', path);
  const targetType = target === undefined ? type : kindOf(target);
  if (targetType !== undefined && targetType !== type) {
    report.refuse([...path, 'targetObjectName'], `A ${type} of Entra ID cannot become a Zendesk ${targetType}`, [
      type === 'user' ? 'User' : 'Group',
    ]);
  }
  return type;
}

/** `User`, `users`, `urn:…:schemas:core:2.0:User` and the like. */
function kindOf(name: string): ObjectType | undefined {
  const last = name.trim().toLowerCase().split(':').at(-1)?.replace(/s$/, '');
  return last === 'user' || last === 'group' ? last : undefined;
}

function readOne(type: ObjectType, found: readonly Found[], report: SchemaReport): ObjectMapping | undefined {
  const ofType = found.filter((one) => one.type === type);
  const enabled = ofType.filter((one) => report.flag(one.value, 'enabled', one.path, true));
  for (const one of ofType) {
    if (type === 'group' && !enabled.includes(one))
      report.ignore('group mapping', one.path, 'It is not enabled: no group is provisioned');
  }
  const [first, second] = enabled;
  if (second !== undefined)
    report.refuse(second.path, `Two enabled object mappings for ${type}s; only one can say how a ${type} is provisioned`);
  if (first !== undefined) return readObjectMapping(type, first, report);
  if (type === 'group') return undefined;
  const only = ofType[0];
  if (only !== undefined)
    report.refuse([...only.path, 'enabled'], 'The user mapping cannot be disabled; set PROVISIONING_STATUS to Off to stop', [
      'true',
    ]);
  else if (found.length > 0 || report.problems.length === 0)
    report.refuse(['synchronizationRules'], 'No object mapping whose `sourceObjectName` is User');
  return undefined;
}

function noteUnused(value: JsonObject, known: ReadonlySet<string>, path: JsonPath, report: SchemaReport): void {
  for (const key of Object.keys(value)) {
    if (known.has(key) || key.startsWith('@')) continue;
    const reason = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
    if (key === 'directories') noteDirectories(value, path, report);
    else report.ignore(key, [...path, key], reason ?? 'Not a part of the format that this app uses');
  }
}

function noteDirectories(value: JsonObject, path: JsonPath, report: SchemaReport): void {
  const list = own(value, 'directories');
  const names = Array.isArray(list)
    ? list.flatMap((one: unknown) =>
        isObject(one) && typeof own(one, 'name') === 'string' ? [quote(String(own(one, 'name')))] : [],
      )
    : [];
  report.ignore(
    names.length === 0 ? 'directories' : `directories ${names.join(', ')}`,
    [...path, 'directories'],
    directoriesReason,
  );
}
