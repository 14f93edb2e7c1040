import { StaleStateError } from '../../core/errors';
import type { WorkItem } from '../../core/model';
import type { LinkRow, LinkStore } from '../../ports/link-store';
import type { ObjectKey, Stored } from '../../ports/stored';
import { CLAIM_MS } from '../claim-watch';
import type { EngineDeps, EngineReads } from '../deps';

/**
 * The row of a change just before its entry, for {@link closeClaim}. Whoever has taken the change over meanwhile tells it, and nobody is to read of
 * it twice. @throws StaleStateError then; carried out again, the item finds nothing to do
 */
export async function readOwnRow(
  { links }: Pick<EngineReads, 'links'>,
  key: ObjectKey,
  item: WorkItem,
): Promise<Stored<LinkRow>> {
  const stored = await links.read(key);
  if (stored?.value.claim?.changeId === item.changeId) return stored;
  throw new StaleStateError(`Another item has found what this one wrote of ${key.type} ${key.id}, and tells it.`);
}

/** A change claimed so lately is surely still this item's once its entry is written, though each of two calls of storage may take half a minute. */
const SURELY_OWN_MS = CLAIM_MS - 80_000;

/**
 * Makes sure, immediately before its entry, that a change is still this item's to tell: a worker that has taken its time writes its row once more, as it
 * is, so that whoever waits for its entry waits anew.
 * @returns the row; the error where another item tells the change by now
 */
export async function ownRow(
  { links, clock }: Pick<EngineDeps, 'links' | 'clock'>,
  key: ObjectKey,
  row: Stored<LinkRow>,
): Promise<Stored<LinkRow> | StaleStateError> {
  if (clock().getTime() - (row.value.claim?.sinceMs ?? 0) < SURELY_OWN_MS) return row;
  try {
    return { ...row, etag: await links.write(key, row.value, row.etag) };
  } catch (error) {
    if (error instanceof StaleStateError) return error;
    throw error;
  }
}

/**
 * Takes the plan of a change that now has its log entry off the row. Until then a crash, or a wait for Zendesk between two writes,
 * would leave a change that no entry mentions.
 * @param known the row as last read, where it was
 */
export async function closeClaim(deps: { readonly links: LinkStore }, key: ObjectKey, known?: Stored<LinkRow>): Promise<void> {
  const stored = known ?? (await deps.links.read(key));
  // A claim that has not been ended is another worker's: its own entry says what it does.
  if (stored?.value.claim?.untilMs !== 0) return;
  const { link } = stored.value;
  try {
    if (link) await deps.links.write(key, { link, claim: null }, stored.etag);
    else await deps.links.remove(key, stored.etag);
  } catch (error) {
    if (!(error instanceof StaleStateError)) throw error;
    if (known) await closeClaim(deps, key);
  }
}
