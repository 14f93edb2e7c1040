import { StaleStateError } from '../../core/errors';
import type { ObjectKey, OwnedMembership } from '../../ports/stores';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/**
 * Breaks one pair: the app forgets which Zendesk object belongs to it, and touches neither. The pair is matched anew when the
 * source object changes, on demand, or with an initial cycle. Idempotent.
 * @returns the Zendesk id of the pair, undefined when there was none
 * @throws StaleStateError while a worker writes the object
 */
export async function unlinkOne(deps: EngineDeps, operator: Initiator, key: ObjectKey): Promise<string | undefined> {
  const targetId = await breakPair(deps, key);
  await recordOperation(deps, operator, {
    description:
      targetId === undefined ? 'There was no link to break.' : `The link to Zendesk ${key.type} ${targetId} was broken.`,
    ...(targetId === undefined ? {} : { changes: [{ displayName: 'targetId', oldValue: targetId, newValue: null }] }),
    subject: key,
  });
  return targetId;
}

/** How often a row is read again because another writer was faster. */
const TRIES = 5;

async function breakPair(deps: EngineDeps, key: ObjectKey): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    const stored = await deps.links.read(key);
    if (!stored) return undefined;
    if (stored.value.claim && stored.value.claim.untilMs > deps.clock().getTime()) {
      throw new StaleStateError(`A worker is writing ${key.type} ${key.id} at this moment; ask again in two minutes.`);
    }
    const { link } = stored.value;
    // What hangs on the link goes first, so that a break-off in the middle leaves the link to start again from.
    for (const membership of await membershipsOf(deps, key)) await deps.links.removeMembership(membership);
    if (link) await deps.links.releaseTarget(key.type, link.targetId, key.id);
    try {
      await deps.links.remove(key, stored.etag);
    } catch (error) {
      if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
      continue;
    }
    // A candidate belongs to a cycle that is still counting, and is told of by it.
    if ((await deps.staged.read(key))?.state === 'staged') await deps.staged.remove([key]);
    await deps.escrows.remove(key);
    return link?.targetId;
  }
}

async function membershipsOf(deps: EngineDeps, key: ObjectKey): Promise<readonly OwnedMembership[]> {
  if (key.type === 'user') return deps.links.membershipsOfUser(key.id);
  const found: OwnedMembership[] = [];
  for await (const page of deps.links.membershipsOfGroup(key.id)) found.push(...page);
  return found;
}

/** Breaks every pair, page by page. Safe to repeat after a break-off. @param onPage keeps the caller's lease. Answers how many. */
export async function unlinkAll(deps: EngineDeps, onPage: () => Promise<void>): Promise<number> {
  let count = 0;
  for (const type of ['group', 'user'] as const) {
    for await (const links of deps.links.listLinks(type)) {
      await concurrently(links, STORAGE_CONCURRENCY, (link) => breakPair(deps, { type, id: link.sourceId }));
      count += links.length;
      await onPage();
    }
  }
  return count;
}
