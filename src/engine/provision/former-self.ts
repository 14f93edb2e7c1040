import { StaleStateError } from '../../core/errors';
import type { SourceId, TargetUser } from '../../core/model';
import type { FormerLink, LinkStore } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';
import { breakPair } from './break-pair';

/** A former self whose account is taken over, as the plan goes by it. */
export interface FormerSelf {
  readonly id: SourceId;
  /** The ETag of its row; absent where it had none. */
  readonly etag: string | undefined;
  /** Its account; absent for a group. */
  readonly account?: TargetUser | undefined;
}

/**
 * Ends the link of a former self. The memberships that this app keeps of its account or group go with that to the taker, who is to leave what the former
 * self alone was in.
 * @param taker who takes over what the former self was linked to
 * @param keep puts the link on record before it ends
 * @throws StaleStateError where its own item has been carried out since the plan was made: it may have disabled the account
 */
export async function endFormer(
  deps: EngineDeps,
  key: ObjectKey,
  taker: SourceId,
  { etag, account }: FormerSelf,
  keep: (former: FormerLink) => Promise<void>,
): Promise<void> {
  const stored = await deps.links.read(key);
  if (stored?.etag !== etag) throw new StaleStateError(`The account of ${key.id} has changed since.`);
  const link = stored?.value.link;
  const staged = await deps.staged.read(key);
  if (link) await keep({ link, ...(staged && staged.state !== 'candidate' && { staged }) });
  if (link) await moveMemberships(deps.links, key, taker);
  if (stored) await breakPair(deps, key, { etag: stored.etag, account });
}

/**
 * Gives a former self its link back, because the takeover has come to nothing, and has the next cycle count what the account stands to lose:
 * nobody else looks after it. Nothing where somebody has the account by now. Idempotent.
 * @param taker who was about to take it over
 */
export async function giveBack(deps: EngineDeps, taker: SourceId, { link, staged }: FormerLink): Promise<void> {
  const { type, sourceId, targetId } = link;
  const key = { type, id: sourceId };
  await deps.links.releaseTarget(type, targetId, taker);
  if ((await deps.links.reserveTarget(type, targetId, sourceId)) !== sourceId) return;
  const stored = await deps.links.read(key);
  if (stored?.value.link) return;
  await moveMemberships(deps.links, { type, id: taker }, sourceId);
  await deps.links.write(key, { link, claim: stored?.value.claim ?? null }, stored?.etag ?? null);
  if (staged && !(await deps.staged.read(key))) await deps.staged.put([staged]);
  await deps.space.markDirty([key]);
}

/** Moves what this app keeps of memberships from one owner of an account or group to the next, who is counted anew. Idempotent. */
async function moveMemberships(links: LinkStore, { type, id }: ObjectKey, to: SourceId): Promise<void> {
  const pages = type === 'group' ? links.membershipsOfGroup(id) : [await links.membershipsOfUser(id)];
  for await (const page of pages) {
    for (const { leavingIn: _, ...membership } of page) {
      await links.putMembership({ ...membership, ...(type === 'group' ? { groupId: to } : { userId: to }) });
      await links.removeMembership(membership);
    }
  }
}
