import type { Entitlement, SourceObject } from '../../core/model';
import type { ObjectKey } from '../../ports/stored';
import { entitlementsOf, type ScopeContext } from '../decide/scope-object';
import { noteManagers } from './managers';
import { newRow, told } from './source-row';

/**
 * Brings the row's entitlements up to date outside a cycle, reading a user who is new to the connector space directly. Marks before it writes: an
 * assignment that no cycle has listed yet may be gone by the next one, which then finds nothing different.
 */
export const refreshRow = async (scoping: ScopeContext, key: ObjectKey): Promise<SourceObject | undefined> =>
  (await refreshed(scoping, key, () => scoping.deps.space.markDirty([key]))).object;

/** The row as it is now, with what entitled the object until now. @param beforeWrite where something is different */
export async function refreshed(
  scoping: ScopeContext,
  key: ObjectKey,
  beforeWrite?: () => Promise<void>,
): Promise<{ readonly object: SourceObject | undefined; readonly formerly: readonly Entitlement[] }> {
  const { space } = scoping.deps;
  const stored = await space.readObject(key);
  const before = stored?.value ?? (key.type === 'user' ? await readNewUser(scoping, key) : undefined);
  if (!before) return { object: undefined, formerly: [] };
  const formerly = before.entitlements;
  const entitlements = await entitlementsOf(scoping, key, formerly);
  const isSame = JSON.stringify(entitlements) === JSON.stringify(formerly);
  if (stored && isSame) return { object: before, formerly };
  const after: SourceObject = { ...before, entitlements, version: before.version + 1 };
  if (!stored) await noteManagers(scoping.deps, [after]);
  await beforeWrite?.();
  await space.writeObject(after, stored?.etag ?? null);
  return { object: after, formerly };
}

async function readNewUser({ deps }: ScopeContext, key: ObjectKey): Promise<SourceObject | undefined> {
  const read = await deps.source.readUser(key.id, deps.schema.users.sourceAttributes);
  if (read.kind === 'present') return told(newRow(key.type, key.id), read.attributes);
  if (read.kind === 'softDeleted') return { ...told(newRow(key.type, key.id), read.attributes), deleted: 'soft' };
  // No delta tells of the user again: marked anew, the user keeps waiting when this cycle takes off the marks of what it has looked at.
  if (read.kind === 'unknown') await deps.space.markDirty([key]);
  return undefined;
}
