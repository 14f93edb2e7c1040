import type { SourceId } from '../../core/model';
import type { EngineDeps } from '../deps';

/** An object that a quarantine names, with where to read on; nulls when nothing is recorded of it any more. */
export interface SampleObject {
  readonly sourceId: string;
  readonly changeId: string | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly action: string | null;
}

/** More than this nobody reads. */
const SAMPLES = 10;

/** What is stored of objects named by id: ten at most, each read by its key. */
export const sampleObjects = (deps: EngineDeps, ids: readonly string[]): Promise<readonly SampleObject[]> =>
  Promise.all(ids.slice(0, SAMPLES).map((id) => sampleOf(deps, id as SourceId)));

async function sampleOf(deps: EngineDeps, id: SourceId): Promise<SampleObject> {
  for (const type of ['user', 'group'] as const) {
    const key = { type, id };
    const escrow = await deps.escrows.read(key);
    if (escrow) {
      const { changeId, code, reason, recommendedAction } = escrow;
      return { sourceId: id, changeId, code, reason, action: recommendedAction };
    }
    const held = await deps.staged.read(key);
    if (held) return { sourceId: id, changeId: held.changeId, code: null, reason: held.reason, action: null };
  }
  return { sourceId: id, changeId: null, code: null, reason: null, action: null };
}
