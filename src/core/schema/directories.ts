import { isObject, type JsonObject, own } from '../json-object';
import type { JsonPath } from './json';
import { quote, type SchemaReport } from './report';

/** What a file's own `directories` say, for the question whether a name in it is a slip. */
export interface Directories {
  /** Refuses a rule that names a directory which the file does not describe. A file without `directories` describes none, and is believed. */
  check(rule: JsonObject, path: JsonPath): void;
  /** The names that the rule's target directory declares for the target object of a mapping. */
  targetsOf(rule: JsonObject, mapping: JsonObject): ReadonlySet<string>;
}

/** Reads the `directories` of a schema. @see https://learn.microsoft.com/graph/api/resources/synchronization-directorydefinition */
export function readDirectories(schema: JsonObject, report: SchemaReport): Directories {
  const directories = named(own(schema, 'directories'));
  const names = directories.map(({ name }) => name);
  return {
    check(rule, path) {
      if (names.length === 0) return;
      for (const key of ['sourceDirectoryName', 'targetDirectoryName']) {
        const name = own(rule, key);
        if (typeof name !== 'string' || name.trim() === '' || names.includes(name)) continue;
        report.refuse([...path, key], `There is no directory ${quote(name)} in the file's \`directories\``, names);
      }
    },
    targetsOf(rule, mapping) {
      const target = directories.find(({ name }) => name === own(rule, 'targetDirectoryName'));
      const objects = named(target === undefined ? undefined : own(target.value, 'objects'));
      const ofName = objects.filter(({ name }) => name === own(mapping, 'targetObjectName'));
      const attributes = (ofName.length > 0 ? ofName : objects).flatMap(({ value }) => named(own(value, 'attributes')));
      return new Set(attributes.map(({ name }) => name));
    },
  };
}

function named(list: unknown): readonly { readonly name: string; readonly value: JsonObject }[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown) => {
    const name = isObject(value) ? own(value, 'name') : undefined;
    return isObject(value) && typeof name === 'string' ? [{ name, value }] : [];
  });
}
