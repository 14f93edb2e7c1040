import type { Permission, WorkItem } from '../core/model';
import type { ObjectKey } from '../ports/stored';
import { changeIdFor } from './change-id';

/** The key of an object to be worked on in a cycle. @param allows what the brake let go of it; null for nothing */
export const itemFor = (cycleId: string, key: ObjectKey, allows: Permission | null = null): WorkItem => ({
  objectType: key.type,
  sourceId: key.id,
  cycleId,
  changeId: changeIdFor(cycleId, key),
  allows,
});
