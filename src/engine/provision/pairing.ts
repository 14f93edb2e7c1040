import { AlreadyExistsError, DisputedMatchError, LicenseLimitError, RejectedError, StaleStateError } from '../../core/errors';
import type { Link, TargetId, WorkItem } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { LinkRow, ObjectKey } from '../../ports/stores';
import type { EngineDeps } from '../deps';

/** How long a claim holds: longer than any export takes, so short that one left by a dead process is soon over. */
export const CLAIM_MS = 110_000;

/** The stored pairing of one object while its work item is carried out. Its ETag is the lock: one writer per object. */
export interface Pairing {
  /** The link as it stands; null while the object is not linked. */
  readonly link: Link | null;
  /** The plan of an earlier try that was claimed and never recorded: it may have been written, in part or whole. */
  readonly unfinished: Plan | undefined;
  /** The link after {@link settle}. @throws Error when there is none */
  requireLink(): Link;
  /** Claims the object for a plan. @throws StaleStateError when another worker was faster */
  claim(item: WorkItem, plan: Plan): Promise<void>;
  /** Puts a plan on record that needs no claim (memberships); nothing where a plan is on record already. */
  intend(item: WorkItem, plan: Plan): Promise<void>;
  /** Makes sure that no other source object holds the target. @throws DisputedMatchError when one does */
  reserve(target: TargetId): Promise<void>;
  /** Stores the link and lets others write; the plan stays on record until {@link closeClaim}. */
  settle(link: Link): Promise<void>;
  /** Ends the claim without a change of the link; `keepsPlan` when something may have been written. */
  release(keepsPlan: boolean): Promise<void>;
  /** Removes the link: the target object is gone, or let go. As with settle, the plan stays on record. */
  end(target: TargetId): Promise<void>;
}

/** Reads the pairing of an object. @throws StaleStateError while another worker holds it */
export async function openPairing(deps: EngineDeps, key: ObjectKey): Promise<Pairing> {
  const stored = await deps.links.read(key);
  const nowMs = deps.clock().getTime();
  if (stored?.value.claim && stored.value.claim.untilMs > nowMs) {
    throw new StaleStateError(`Another worker is writing ${key.type} ${key.id}.`);
  }
  let row: LinkRow = stored?.value ?? { link: null, claim: null };
  let etag: string | null = stored?.etag ?? null;
  const unfinished = row.claim?.plan;
  const store = async (next: LinkRow): Promise<void> => {
    etag = await deps.links.write(key, next, etag);
    row = next;
  };
  return {
    link: row.link,
    unfinished,
    requireLink() {
      if (!row.link) throw new Error(`${key.type} ${key.id} is not linked`);
      return row.link;
    },
    claim: (item, plan) =>
      store({
        link: row.link,
        claim: { untilMs: deps.clock().getTime() + CLAIM_MS, changeId: item.changeId, cycleId: item.cycleId, plan },
      }),
    async intend({ changeId, cycleId }, plan) {
      if (!row.claim) await store({ link: row.link, claim: { untilMs: 0, changeId, cycleId, plan } });
    },
    async reserve(target) {
      const holder = await deps.links.reserveTarget(key.type, target, key.id);
      if (holder === key.id) return;
      const other = await deps.links.read({ type: key.type, id: holder });
      if (other?.value.link?.targetId === target) {
        throw new DisputedMatchError([target], `Zendesk ${key.type} ${target} is linked to ${holder} already.`);
      }
      await deps.links.releaseTarget(key.type, target, holder);
      await deps.links.reserveTarget(key.type, target, key.id);
    },
    settle: (link) => store({ link, claim: row.claim && { ...row.claim, untilMs: 0 } }),
    async release(keepsPlan) {
      const claim = keepsPlan && row.claim ? { ...row.claim, untilMs: 0 } : null;
      if (row.link || claim) return store({ link: row.link, claim });
      if (etag !== null) await deps.links.remove(key, etag);
      [row, etag] = [{ link: null, claim: null }, null];
    },
    async end(target) {
      await deps.links.releaseTarget(key.type, target, key.id);
      if (row.claim) return store({ link: null, claim: { ...row.claim, untilMs: 0 } });
      if (etag !== null) await deps.links.remove(key, etag);
      [row, etag] = [{ link: null, claim: null }, null];
    },
  };
}

/**
 * Takes the plan of a change that now has its log entry off the row. Until then a crash, or a wait for Zendesk between two writes,
 * would leave a change that no entry tells of.
 */
export async function closeClaim(deps: EngineDeps, key: ObjectKey): Promise<void> {
  const stored = await deps.links.read(key);
  if (!stored?.value.claim || stored.value.claim.untilMs > deps.clock().getTime()) return;
  const { link } = stored.value;
  try {
    if (link) await deps.links.write(key, { link, claim: null }, stored.etag);
    else await deps.links.remove(key, stored.etag);
  } catch (error) {
    // Another worker has gone on from here; its own entry tells what it does.
    if (!(error instanceof StaleStateError)) throw error;
  }
}

/**
 * Exports a plan under a claim: what is about to happen is on record before it happens, so that storage being down means no
 * write to Zendesk, and a crash in the middle is told apart from nothing done.
 * @param work does the writing; calls `settle` once the target is as planned.
 */
export async function withClaim<T>(
  pairing: Pairing,
  item: WorkItem,
  plan: Plan,
  work: (settle: (link: Link) => Promise<void>) => Promise<T>,
): Promise<T> {
  await pairing.claim(item, plan);
  try {
    return await work((link) => pairing.settle(link));
  } catch (error) {
    if (!(error instanceof StaleStateError)) await pairing.release(!isRefusal(error));
    throw error;
  }
}

/** Zendesk said no, so nothing was written. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RejectedError ||
  error instanceof AlreadyExistsError ||
  error instanceof LicenseLimitError ||
  error instanceof DisputedMatchError;
