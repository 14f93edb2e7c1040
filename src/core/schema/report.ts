import { isObject, type JsonObject, own } from '../json-object';
import { type JsonDocument, type JsonPath, type Position, printPath } from './json';
import type { IgnoredItem, SchemaProblem } from './model';

/** Longest piece of the file that a message quotes. */
const MAX_QUOTE = 80;

/** Collects what is wrong and what is ignored while a file is read, so that all of it is said at once. */
export class SchemaReport {
  readonly problems: SchemaProblem[] = [];
  private readonly left = new Map<string, IgnoredItem & { count: number }>();

  /** @param root Where the schema stands in the file; paths in reports are those within the schema. */
  constructor(
    private readonly document: JsonDocument,
    private readonly root: JsonPath = [],
  ) {}

  /** Reports a fault of the value at a path. */
  refuse(path: JsonPath, problem: string, allowed?: readonly string[]): void {
    const where = this.nearestPosition(path);
    this.problems.push({ path: printPath(path), problem, ...(allowed === undefined ? {} : { allowed }), ...where });
  }

  /** Notes something that is not used; the same name and reason are said once, at their first place. */
  ignore(name: string, path: JsonPath, reason: string): void {
    const key = `${name}\n${reason}`;
    const known = this.left.get(key);
    if (known !== undefined) known.count += 1;
    else this.left.set(key, { name, path: printPath(path), reason, count: 1 });
  }

  /** The faults in the order of the file. */
  get sortedProblems(): readonly SchemaProblem[] {
    const line = (one: SchemaProblem): number => one.line ?? 0;
    return [...this.problems].sort((a, b) => line(a) - line(b) || (a.column ?? 0) - (b.column ?? 0));
  }

  /** What was ignored, in the order of the file, with how often where that is more than once. */
  get ignored(): readonly IgnoredItem[] {
    return [...this.left.values()].map(({ count, ...item }) =>
      count === 1 ? item : { ...item, reason: `${item.reason} (${count} times)` },
    );
  }

  /** The text at a property; undefined when absent or null. Anything else is refused. */
  text(object: JsonObject, key: string, path: JsonPath): string | undefined {
    const value = own(object, key);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    this.refuse([...path, key], `Must be text, but is ${nameOf(value)}`);
    return undefined;
  }

  /** The text at a property that must be there and not be empty. */
  requiredText(object: JsonObject, key: string, path: JsonPath, what: string): string | undefined {
    const value = own(object, key);
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (value === undefined || value === null || value === '') this.refuse([...path, key], `Missing: ${what}`);
    else this.refuse([...path, key], `Must be text: ${what}`);
    return undefined;
  }

  /** The Boolean at a property; `fallback` when absent or null. Anything else is refused. */
  flag(object: JsonObject, key: string, path: JsonPath, fallback: boolean): boolean {
    const value = own(object, key);
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'boolean') return value;
    this.refuse([...path, key], `Must be true or false, but is ${nameOf(value)}`, ['true', 'false']);
    return fallback;
  }

  /** The objects of a list; an absent or null list is empty. Elements that are not objects are refused. */
  objects(object: JsonObject, key: string, path: JsonPath): readonly { readonly value: JsonObject; readonly path: JsonPath }[] {
    const list = own(object, key);
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      this.refuse([...path, key], `Must be a list, but is ${nameOf(list)}`);
      return [];
    }
    return list.flatMap((value: unknown, index) => {
      const here = [...path, key, index];
      if (isObject(value)) return [{ value, path: here }];
      this.refuse(here, `Must be an object, but is ${nameOf(value)}`);
      return [];
    });
  }

  /** Where the value is, or the nearest thing round it that is there. */
  private nearestPosition(path: JsonPath): Position | undefined {
    for (let length = path.length; length >= 0; length -= 1) {
      const found = this.document.position([...this.root, ...path.slice(0, length)]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** What a JSON value is, in the administrator's words. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (typeof value === 'object') return 'an object';
  return `${String(value).slice(0, MAX_QUOTE)}`;
}

/** A text of the file as a message shows it: in quotation marks, on one line, and short. */
export function quote(text: string): string {
  const short = text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text;
  return JSON.stringify(short);
}
