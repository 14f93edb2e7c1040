import type { TargetUser } from '../../core/model';
import { suspends } from '../../core/plan';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import { breakPair } from '../provision/break-pair';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/**
 * Breaks one pair: the app forgets which Zendesk object belongs to it, and touches neither. The pair is matched anew when the
 * source object changes, on demand, or with an initial cycle. Idempotent.
 * @returns the Zendesk id of the pair, undefined when there was none
 * @throws StaleStateError while a worker writes the object; what reading Zendesk throws, where the log does not know yet whether it was suspended
 */
export async function unlinkOne(deps: EngineDeps, operator: Initiator, key: ObjectKey): Promise<string | undefined> {
  const targetId = await breakPair(deps, key, { account: await accountInDoubt(deps, key) });
  await recordOperation(deps, operator, {
    description:
      targetId === undefined
        ? 'It was not connected to a Zendesk object.'
        : `It is no longer connected to Zendesk ${key.type} ${targetId}.`,
    ...(targetId === undefined ? {} : { changes: [{ displayName: 'targetId', oldValue: targetId, newValue: null }] }),
    subject: key,
  });
  return targetId;
}

/** The account of a pair of which nothing but the account shows whether this app has suspended it. */
async function accountInDoubt({ links, target }: EngineDeps, key: ObjectKey): Promise<TargetUser | undefined> {
  const row = (await links.read(key))?.value;
  return row?.link && row.claim && suspends(row.claim.plan) ? target.getUser(row.link.targetId) : undefined;
}

/** Breaks every pair, page by page. Safe to repeat after a break-off. @param onPage keeps the caller's lease. Returns how many. */
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
