import { isObject, type JsonObject } from '../json-object';
import type { JsonPath } from './json';

/** The parts of a schema that are lists. */
const listKeys: ReadonlySet<string> = new Set([
  'synchronizationRules',
  'directories',
  'objects',
  'attributes',
  'objectMappings',
  'attributeMappings',
  'parameters',
  'groups',
  'clauses',
  'values',
  'metadata',
]);

/** The parts that are objects or lists, never texts. */
const structuralKeys: ReadonlySet<string> = new Set([...listKeys, 'source', 'scope', 'targetOperand']);

const otherKeys =
  'id version name priority editable sourceDirectoryName targetDirectoryName enabled flowTypes sourceObjectName targetObjectName scope ' +
  'targetAttributeName source matchingPriority flowType flowBehavior flowNullValues createMissing defaultValue exportMissingReferences ' +
  'expression type key value sourceOperandName operatorName targetOperand inputFilterGroups categoryFilterGroups containerFilter groupFilter ' +
  'takeOverForeignExternalId schema';

/** Each known name by its lower case: Graph's PowerShell module prints `SynchronizationRules`. */
const spelling: ReadonlyMap<string, string> = new Map(
  [...listKeys, ...otherKeys.split(' ')].map((key) => [key.toLowerCase(), key]),
);

/** A file's JSON in Graph's own shape. */
export interface CanonicalJson {
  readonly value: unknown;
  /** Where the schema stands in the file: empty unless it is wrapped. */
  readonly root: JsonPath;
  /** What was read as something else, once for each kind. */
  readonly remarks: readonly { readonly path: JsonPath; readonly name: string; readonly reason: string }[];
  readonly problems: readonly { readonly path: JsonPath; readonly problem: string }[];
}

/**
 * Undoes what tools do to a schema on its way into a file: lists of one saved as their element and lists wrapped in `value` and `Count`
 * (Windows PowerShell's `ConvertTo-Json`), names with capitals and `AdditionalProperties` (Graph's PowerShell module), `@odata` notes
 * (Graph Explorer, `az rest`), the schema inside its synchronization job. What `ConvertTo-Json` cut off is refused. Pure.
 */
export function canonicalJson(value: unknown): CanonicalJson {
  const pass = new Pass();
  const { inner, root } = unwrap(value);
  return { value: pass.read(inner, []), root, remarks: pass.remarks, problems: pass.problems };
}

/** The schema in a list of one, or in the property `schema` of a job. */
function unwrap(value: unknown): { readonly inner: unknown; readonly root: JsonPath } {
  if (Array.isArray(value) && value.length === 1 && isObject(value[0])) {
    const { inner, root } = unwrap(value[0]);
    return { inner, root: [0, ...root] };
  }
  if (!isObject(value)) return { inner: value, root: [] };
  const keys = Object.keys(value);
  const schema = keys.find((key) => key.toLowerCase() === 'schema');
  const isSchema = keys.some((key) => key.toLowerCase() === 'synchronizationrules');
  if (isSchema || schema === undefined || !isObject(value[schema])) return { inner: value, root: [] };
  return { inner: value[schema], root: [schema] };
}

class Pass {
  readonly remarks: { path: JsonPath; name: string; reason: string }[] = [];
  readonly problems: { path: JsonPath; problem: string }[] = [];

  read(value: unknown, path: JsonPath): unknown {
    if (Array.isArray(value)) return value.map((element, index) => this.read(element, [...path, index]));
    if (!isObject(value)) return value;
    const wrapped = wrappedList(value);
    if (wrapped !== undefined) return this.read(wrapped, path);
    const result: Record<string, unknown> = Object.create(null);
    for (const [written, part] of Object.entries(value)) {
      if (written.includes('@odata.') || isLeftOver(written, part)) continue;
      const known = spelling.get(written.toLowerCase());
      const key = known !== undefined && !Object.hasOwn(value, known) ? known : written;
      const here = [...path, key];
      const read = this.readPart(key, part, here);
      result[key] = read;
    }
    return result;
  }

  private readPart(key: string, part: unknown, path: JsonPath): unknown {
    if (structuralKeys.has(key) && typeof part === 'string' && isCutOff(part)) {
      const problem =
        'PowerShell cut the file off here: save it again with a greater depth, `ConvertTo-Json -Depth 20` (and `-InputObject`)';
      this.problems.push({ path, problem });
      return null;
    }
    const read = this.read(part, path);
    if (!listKeys.has(key) || Array.isArray(read)) return read;
    const isElement = isObject(read) && Object.keys(read).length > 0;
    const isValue = key === 'values' && ['string', 'number', 'boolean'].includes(typeof read);
    if (!isElement && !isValue) return read;
    this.remarks.push({ path, name: key, reason: 'Not a list, as some tools save a list of one; read as a list of one' });
    return [read];
  }
}

/** The list in `{"value": […], "Count": 2}`. */
function wrappedList(value: JsonObject): readonly unknown[] | undefined {
  const keys = Object.keys(value);
  if (keys.length !== 2) return undefined;
  const list = keys.find((key) => key.toLowerCase() === 'value');
  const isCounted = keys.some((key) => key.toLowerCase() === 'count');
  const inner = list === undefined ? undefined : value[list];
  return isCounted && Array.isArray(inner) ? inner : undefined;
}

/** What Graph's PowerShell module adds to every object. */
function isLeftOver(key: string, part: unknown): boolean {
  return (
    /^(?:AdditionalProperties|BackingStore|ResponseHeaders)$/.test(key) && (!isObject(part) || Object.keys(part).length === 0)
  );
}

/** What `ConvertTo-Json` prints for everything below its depth, which is 2 unless told otherwise. */
function isCutOff(text: string): boolean {
  return text.startsWith('@{') || /^(?:System\.|Microsoft\.Graph\.)[\w.]+(?:\[\])?$/.test(text.trim());
}
