import type { Attributes, AttributeValue } from '../../core/model';

/**
 * The attributes after a change was told: what the change names wins (`null` clears), what it does not name stays as it was.
 * Answers the same object when nothing differs.
 */
export function mergeAttributes(before: Attributes, change: Attributes): Attributes {
  const differs = Object.keys(change).some((name) => !Object.hasOwn(before, name) || !isSameValue(before[name], change[name]));
  if (!differs) return before;
  const merged: Record<string, AttributeValue> = Object.create(null);
  return Object.assign(merged, before, change);
}

function isSameValue(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => item === b[index]);
  return a === b;
}
