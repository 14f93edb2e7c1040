import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';

/**
 * Whether an object differs only because its own work is not done yet: a try that failed or is under way, a removal that waits for the brake, or a
 * change in Entra ID that no cycle has looked at. That is nobody's doing in Zendesk, and the next cycles see to it.
 */
export async function isWaiting(
  deps: Pick<EngineDeps, 'links' | 'staged' | 'space' | 'escrows'>,
  key: ObjectKey,
): Promise<boolean> {
  const [row, staged, escrow] = await Promise.all([deps.links.read(key), deps.staged.read(key), deps.escrows.read(key)]);
  if (row?.value.claim || staged || escrow) return true;
  return deps.space.isDirty(key);
}
