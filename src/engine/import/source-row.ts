import type { Attributes, DeletedState, ObjectType, SourceId, SourceObject } from '../../core/model';
import { mergeAttributes } from './merge';

/** An object not read before. */
export const newRow = (type: ObjectType, id: SourceId): SourceObject => ({
  type,
  id,
  attributes: {},
  deleted: 'no',
  entitlements: [],
  version: 1,
});

/** The object as told now; the same when nothing differs. What is reported is not deleted. */
export function told(before: SourceObject, attributes: Attributes): SourceObject {
  const merged = mergeAttributes(before.attributes, withoutDoubt(attributes));
  if (merged === before.attributes && before.deleted === 'no') return before;
  return { ...before, attributes: merged, deleted: 'no', version: before.version + 1 };
}

/** Entra never clears these: a null means that we may not see them, so what was known stays. */
const NEVER_NULL = ['accountEnabled', 'userPrincipalName', 'id'];

function withoutDoubt(attributes: Attributes): Attributes {
  const doubtful = NEVER_NULL.filter((name) => attributes[name] === null);
  if (doubtful.length === 0) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !doubtful.includes(name)));
}

/** The object as deleted; the same when that was known. */
export function deleted(before: SourceObject, reason: DeletedState): SourceObject {
  return before.deleted === reason ? before : { ...before, deleted: reason, version: before.version + 1 };
}
