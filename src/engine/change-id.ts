import { createHash } from 'node:crypto';
import type { SourceId } from '../core/model';
import { HOUR_MS } from '../core/time';
import type { ObjectKey } from '../ports/stored';

/**
 * The change id of an object in a cycle: a GUID made of both, so that enqueueing the same object of the same cycle twice (after
 * a crash) is still one change with one log entry.
 */
export function changeIdFor(cycleId: string, key: ObjectKey): string {
  const hex = createHash('sha256').update(`${cycleId}\n${key.type}\n${key.id}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The cycle under which the deletions staged by another one are carried out once an operator has allowed them. */
export const releaseCycleId = (stagedBy: string): string => changeIdFor('release', { type: 'user', id: stagedBy as SourceId });

/** After this long the item of something that an operator has let go is taken for lost. */
export const LOST_AFTER_MS = 6 * HOUR_MS;
