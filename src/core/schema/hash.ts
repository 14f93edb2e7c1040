import type { ObjectMapping } from './model';

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;

/**
 * 64-bit FNV-1a of a text's UTF-16 units, as 16 hexadecimal digits. Tells versions of a file apart; no protection against forgery.
 * @see https://datatracker.ietf.org/doc/html/rfc9923
 */
export function fnv1a(text: string): string {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    hash = ((hash ^ BigInt(unit & 0xff)) * FNV_PRIME) & MASK;
    hash = ((hash ^ BigInt(unit >> 8)) * FNV_PRIME) & MASK;
  }
  return hash.toString(16).padStart(16, '0');
}

/** Stands for everything in the mappings that decides what is written: layout, names, metadata and the order of the file do not count. */
export function hashOf(users: ObjectMapping, groups: ObjectMapping | undefined): string {
  return fnv1a(JSON.stringify([essence(users), groups === undefined ? null : essence(groups)]));
}

function essence(mapping: ObjectMapping): unknown {
  const { create, update, delete: remove } = mapping.actions;
  const mappings = mapping.mappings
    .map((one) => [
      one.target.name,
      one.text,
      one.source.kind,
      one.matchingPriority,
      one.flowType,
      one.flowNullValues,
      one.createMissing,
      one.defaultValue,
      one.isInverted,
      // Said only where it is, so that files without it keep their version.
      ...(one.takeOverForeignExternalId ? ['takeOverForeignExternalId'] : []),
    ])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  const scope = mapping.scope?.groups.map((group) =>
    group.map((clause) => [clause.attribute, clause.operator.name, clause.values]),
  );
  return [mapping.objectType, create, update, remove, mappings, scope ?? null, mapping.sourceAttributes];
}
