import { DisputedMatchError, StaleStateError } from '../../core/errors';
import type { SourceId, TargetId } from '../../core/model';
import type { FormerLink } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';
import { endFormer, type FormerSelf } from './former-self';

/** How often a reservation is asked for again because its holder gave it up or lost it meanwhile. */
const RESERVE_TRIES = 4;

interface Reserving {
  readonly former?: FormerSelf | undefined;
  readonly keep?: (former: FormerLink) => Promise<void>;
  readonly isNew?: boolean;
}

export async function reserve(
  deps: EngineDeps,
  key: ObjectKey,
  target: TargetId,
  { former, keep = async () => undefined, isNew = false }: Reserving,
): Promise<void> {
  for (let tries = 1; tries <= RESERVE_TRIES; tries += 1) {
    const holder = await deps.links.reserveTarget(key.type, target, key.id, isNew && tries === 1);
    if (holder === key.id) return;
    if (former && holder === former.id) await endFormer(deps, { type: key.type, id: former.id }, key.id, former, keep);
    else await requireStale(deps, key, holder, target);
    await deps.links.releaseTarget(key.type, target, holder);
  }
  throw new StaleStateError(`Others ask for Zendesk ${key.type} ${target} at the same time.`);
}

/** A reservation may be taken away only from whoever neither has the target nor is about to have it. */
async function requireStale(deps: EngineDeps, key: ObjectKey, holder: SourceId, target: TargetId): Promise<void> {
  const theirs = { type: key.type, id: holder };
  const other = await deps.links.read(theirs);
  if (other?.value.link?.targetId === target) {
    throw new DisputedMatchError([target], `Zendesk ${key.type} ${target} is linked to ${holder} already.`, true);
  }
  const claim = other?.value.claim;
  if (claim && !deps.claims.isOver(`${key.type} ${holder}`, other.etag, claim.untilMs, deps.clock().getTime())) {
    throw new StaleStateError(`Zendesk ${key.type} ${target} is being linked to ${holder}.`);
  }
  // Its write may have gone through since this object was matched: the next cycle looks at the account as it is then.
  if (claim?.plan.adopts && claim.plan.targetId === target)
    throw new DisputedMatchError([target], `Zendesk ${key.type} ${target} may have been given to ${holder} already.`, true);
}
