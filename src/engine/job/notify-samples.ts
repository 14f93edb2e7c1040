import { capital, heldRemoval, idsIn, withNames } from '../../core/held-words';
import { type SourceId, sourceId } from '../../core/model';
import type { Escrow } from '../../ports/escrow-store';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';
import { readNames } from '../read-names';

/** An object that a quarantine names, with where to read on; nulls when nothing is recorded of it any more. */
export interface SampleObject {
  readonly sourceId: string;
  /** As last read. */
  readonly name: string | null;
  readonly changeId: string | null;
  readonly code: string | null;
  readonly reason: string | null;
  /** Zendesk's own words, redacted, where it said any. */
  readonly detail: string | null;
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
    if (escrow) return escrowSample(escrow, await nameOf(deps, key));
    const held = await deps.staged.read(key);
    if (!held) continue;
    const groups = idsIn([held.reason]).map((one) => ({ type: 'group' as const, id: sourceId(one) }));
    const reason = `${capital(heldRemoval(held))}: ${withNames(held.reason, await readNames(deps, groups))}`;
    return { ...nothingOf(id), name: await nameOf(deps, key), changeId: held.changeId, reason };
  }
  return nothingOf(id);
}

const nothingOf = (id: string): SampleObject => ({
  sourceId: id,
  name: null,
  changeId: null,
  code: null,
  reason: null,
  detail: null,
  action: null,
});

const nameOf = async (deps: EngineDeps, key: ObjectKey): Promise<string | null> =>
  (await readNames(deps, [key])).get(key.id) ?? null;

/** A stored failure as it is told. */
export function escrowSample(escrow: Escrow, name: string | null) {
  const { key, changeId, code, reason, detail, recommendedAction } = escrow;
  return { sourceId: key.id, name, changeId, code, reason, detail: detail ?? null, action: recommendedAction };
}
