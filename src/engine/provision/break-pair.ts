import { StaleStateError } from '../../core/errors';
import type { TargetId, TargetUser } from '../../core/model';
import { suspends } from '../../core/plan';
import type { LinkClaim, LinkRow, OwnedMembership } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';
import { provedByLink } from './claims';

/** How often a row is read again because another writer was faster. */
const TRIES = 5;

/** What the caller goes by. */
interface AsSeen {
  /** The ETag of the row; absent where any is meant. */
  readonly etag?: string;
  /** The account of the pair, where it was read. */
  readonly account?: Pick<TargetUser, 'id' | 'suspended'> | undefined;
}

/**
 * Forgets which target object belongs to a source object, with the memberships that hang on it; neither object is touched. Idempotent.
 * @returns the target of the pair, undefined when there was none
 * @throws StaleStateError while a worker writes the object, or where one has since it was read
 */
export async function breakPair(deps: EngineDeps, key: ObjectKey, seen: AsSeen = {}): Promise<TargetId | undefined> {
  for (let tries = 1; ; tries += 1) {
    const stored = await deps.links.read(key);
    if (seen.etag !== undefined && stored?.etag !== seen.etag)
      throw new StaleStateError(`${key.type} ${key.id} has been written meanwhile.`);
    if (!stored) return undefined;
    const { claim } = stored.value;
    if (claim && !deps.claims.isOver(`${key.type} ${key.id}`, stored.etag, claim.untilMs, deps.clock().getTime())) {
      throw new StaleStateError(`A worker is writing ${key.type} ${key.id} at this moment; ask again in two minutes.`);
    }
    const { link } = stored.value;
    try {
      // The row goes first: a worker who claims it meanwhile keeps the target, and the memberships, that it goes by.
      // What may have been written and is in no log entry yet stays on record until it is: the next cycle looks, which else has no reason to.
      if (claim) {
        await deps.space.markDirty([key]);
        await deps.links.write(key, withoutLink(stored.value, claim, seen), stored.etag);
      } else await deps.links.remove(key, stored.etag);
    } catch (error) {
      if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
      continue;
    }
    for (const membership of await membershipsOf(deps, key)) await deps.links.removeMembership(membership);
    // A break-off before this leaves a reservation that nobody holds, which whoever asks for the target takes over.
    if (link) await deps.links.releaseTarget(key.type, link.targetId, key.id);
    // A candidate belongs to a cycle that is still counting, and is reported by it.
    const staged = await deps.staged.read(key);
    if (staged && staged.state !== 'candidate') await deps.staged.remove([key]);
    // Without a link nothing was broken: what fails is still to be seen, and tried again.
    if (link) await deps.escrows.remove(key);
    return link?.targetId;
  }
}

/** A row without its link. What that, or the account itself, shows of the claim's suspension is kept: whoever has the account next lifts it. */
function withoutLink(row: LinkRow, claim: LinkClaim, { account }: AsSeen): LinkRow {
  const { plan } = claim;
  const stands = account?.suspended === true && account.id === plan.targetId && suspends(plan);
  const hasSuspended = stands || provedByLink(row).wasSuspended;
  return { link: null, claim: { ...claim, untilMs: 0, ...(hasSuspended && { hasSuspended }) } };
}

async function membershipsOf(deps: EngineDeps, key: ObjectKey): Promise<readonly OwnedMembership[]> {
  if (key.type === 'user') return deps.links.membershipsOfUser(key.id);
  const found: OwnedMembership[] = [];
  for await (const page of deps.links.membershipsOfGroup(key.id)) found.push(...page);
  return found;
}
