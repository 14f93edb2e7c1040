import { proved } from '../../core/continued';
import type { Desired } from '../../core/desired';
import type { EngineDeps } from '../deps';
import type { Outcome } from '../record/outcome';
import { type Attempt, type NamedTarget, type Skip, subjectOf } from './attempt';
import type { Found } from './match-target';
import { openPairing } from './pairing';
import type { Stages } from './stages';
import { isSameLink } from './user-link';
import { traceBefore } from './words';

/**
 * How an attempt ends that is to leave an object alone which an earlier try had written before it was cut off: told as that, with the reason why
 * nothing more is done. Undefined where nothing is proved of such a try, and for what the next item tells by itself: memberships, and a way back.
 */
export async function toldBefore<T extends NonNullable<NamedTarget>>(
  deps: EngineDeps,
  attempt: Attempt,
  { found, desired, stages }: { readonly found: Found<T>; readonly desired: Desired | null; readonly stages: Stages<T> },
  { code, reason }: Skip,
): Promise<Outcome | undefined> {
  const { item, dryRun, back, trace, pairing: read } = attempt;
  const { link, claim } = read.row;
  if (dryRun || back || !claim || claim.members || !link || !found.target || !found.link) return undefined;
  const earlier = proved(claim.plan, { ...stages.evidence(found, desired, attempt), wasLinked: claim.isSettled === true });
  const written = [...(claim.untold ?? []), ...(earlier ? [earlier] : [])];
  const told = written.pop();
  if (!told) return undefined;
  for (const one of written) traceBefore(attempt, one);
  const pairing = openPairing(deps, read);
  await pairing.takeOver(item);
  if (!isSameLink(found.link, link)) await pairing.settle(found.link);
  trace.step('export', reason, { skipReason: code }, 'warning');
  return { kind: 'done', subject: subjectOf(attempt, found.target), plan: told, warnings: [reason] };
}
