import type { ObjectKey } from '../ports/stored';
import { concurrently, STORAGE_CONCURRENCY } from './concurrently';
import type { EngineDeps } from './deps';

/** Names of objects by their Entra object id, as last read; an object of which no name is known is absent. */
export async function readNames(
  deps: Pick<EngineDeps, 'space'>,
  keys: readonly ObjectKey[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  await concurrently(keys, STORAGE_CONCURRENCY, async (key) => {
    const object = (await deps.space.readObject(key))?.value;
    const name = object?.attributes['displayName'] ?? object?.attributes['userPrincipalName'];
    if (typeof name === 'string' && name !== '') names.set(key.id, name);
  });
  return names;
}
