import { StaleStateError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import type { FormerLink, LinkStore } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';
import { breakPair } from './break-pair';

/** A former self whose account is taken over, and the ETag of its row as the plan goes by it: absent where it had none. */
export interface FormerSelf {
  readonly id: SourceId;
  readonly etag: string | undefined;
}

/**
 * Ends the link of a former self. What a group was given by this app goes with it to the taker: whoever is in it by the former self alone is to leave it.
 * @param taker who takes over what the former self was linked to
 * @param keep puts the link on record before it ends
 * @throws StaleStateError where its own item has been carried out since the plan was made: it may have disabled the account
 */
export async function endFormer(
  deps: EngineDeps,
  key: ObjectKey,
  taker: SourceId,
  asRead: string | undefined,
  keep: (former: FormerLink) => Promise<void>,
): Promise<void> {
  const stored = await deps.links.read(key);
  if (stored?.etag !== asRead) throw new StaleStateError(`The account of ${key.id} has changed since.`);
  const link = stored?.value.link;
  const memberships = link && key.type === 'user' ? await deps.links.membershipsOfUser(key.id) : [];
  const staged = await deps.staged.read(key);
  if (link) await keep({ link, memberships, ...(staged && staged.state !== 'candidate' && { staged }) });
  if (link && key.type === 'group') await moveMemberships(deps.links, key.id, taker);
  if (stored) await breakPair(deps, key, stored.etag);
}

/**
 * Gives a former self its link back, because the takeover has come to nothing, and has the next cycle count what the account stands to lose:
 * nobody else looks after it. Nothing where somebody has the account by now. Idempotent.
 * @param taker who was about to take it over
 */
export async function giveBack(deps: EngineDeps, taker: SourceId, { link, memberships, staged }: FormerLink): Promise<void> {
  const { type, sourceId, targetId } = link;
  const key = { type, id: sourceId };
  await deps.links.releaseTarget(type, targetId, taker);
  if ((await deps.links.reserveTarget(type, targetId, sourceId)) !== sourceId) return;
  const stored = await deps.links.read(key);
  if (stored?.value.link) return;
  if (type === 'group') await moveMemberships(deps.links, taker, sourceId);
  await deps.links.write(key, { link, claim: stored?.value.claim ?? null }, stored?.etag ?? null);
  for (const membership of memberships) await deps.links.putMembership(membership);
  if (staged && !(await deps.staged.read(key))) await deps.staged.put([staged]);
  await deps.space.markDirty([key]);
}

/** Moves what this app keeps of a Zendesk group's members from one owner of it to the next, who is counted anew. Idempotent. */
async function moveMemberships(links: LinkStore, from: SourceId, to: SourceId): Promise<void> {
  for await (const page of links.membershipsOfGroup(from)) {
    for (const { leavingIn: _, ...membership } of page) {
      await links.putMembership({ ...membership, groupId: to });
      await links.removeMembership(membership);
    }
  }
}
