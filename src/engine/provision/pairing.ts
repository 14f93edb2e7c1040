import { StaleStateError } from '../../core/errors';
import type { Link, TargetId, WorkItem } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { LinkClaim, LinkRow } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import { CLAIM_MS } from '../claim-watch';
import type { EngineDeps, EngineReads } from '../deps';
import { askedAt, changeAfter, type Open, withoutPlan } from './claims';
import { type FormerSelf, giveBack } from './former-self';
import { reserve } from './reserve';

/** What is stored of one object's pairing, as read. */
export interface PairingState {
  readonly key: ObjectKey;
  readonly row: LinkRow;
  readonly etag: string | null;
}

/** Reads the pairing of an object. @throws StaleStateError while another worker holds it */
export async function readPairing(reads: Pick<EngineReads, 'links' | 'clock' | 'claims'>, key: ObjectKey): Promise<PairingState> {
  const stored = await reads.links.read(key);
  const claim = stored?.value.claim;
  const nowMs = reads.clock().getTime();
  if (claim && !reads.claims.isOver(`${key.type} ${key.id}`, stored.etag, claim.untilMs, nowMs)) {
    throw new StaleStateError(`Another worker is writing ${key.type} ${key.id}.`);
  }
  return { key, row: stored?.value ?? { link: null, claim: null }, etag: stored?.etag ?? null };
}

/**
 * Ends a takeover that an earlier try has begun and not written: the former self has its link back before anything is decided anew, because the
 * object may have left meanwhile, or may match another account. An account that carries the id of its new owner is taken.
 */
export async function endTakeover(deps: EngineDeps, pairing: PairingState): Promise<PairingState> {
  const { key, row, etag } = pairing;
  if (row.link || !row.claim?.former) return pairing;
  const { former, ...claim } = row.claim;
  const account = key.type === 'user' ? await deps.target.getUser(former.link.targetId) : undefined;
  if (account?.active && account.externalId?.toLowerCase() === key.id) return pairing;
  await giveBack(deps, key.id, former);
  return { key, row: { link: null, claim }, etag: await deps.links.write(key, { link: null, claim }, etag) };
}

/**
 * A pairing whose next entry is to tell of what earlier tries have written: kept with its claims until that entry is there. What they made of the link is
 * kept too, because the next claim takes the place of the one that proves it.
 * @param link with what was proved; null where what was found is not linked
 */
export const owing = (pairing: PairingState, untold: readonly Plan[], link: Link | null): PairingState => {
  const { row } = pairing;
  return row.claim ? { ...pairing, row: { link: link ?? row.link, claim: { ...row.claim, untold } } } : pairing;
};

/** The stored pairing of one object while its plan is carried out. Its ETag is the lock: one writer per object. */
export interface Pairing {
  readonly link: Link | null;
  /** What is claimed. */
  readonly plan: Plan | undefined;
  /** The link after {@link settle}. @throws Error when there is none */
  requireLink(): Link;
  /** Claims the object for a plan. @throws StaleStateError when another worker was faster */
  claim(item: WorkItem, plan: Plan): Promise<void>;
  /** Extends a claim that is held, in the background: whoever looks sees that its worker is alive. Never throws. */
  renew(): void;
  /** Puts memberships on record that are about to come and go, with the plan that they belong to. */
  intend(item: WorkItem, plan: Plan, members: NonNullable<LinkClaim['members']>): Promise<void>;
  /**
   * Makes sure that no other source object holds the target.
   * @param former whose link ends with it: a former self that is proved gone, as it was when the plan was made
   * @throws DisputedMatchError when another one is linked to it, StaleStateError while another one is about to be
   */
  reserve(target: TargetId, former?: FormerSelf): Promise<void>;
  /** The same for a target that was made a moment ago. */
  reserveNew(target: TargetId): Promise<void>;
  /** Ends a claim that an earlier try has left behind, and keeps its plan on record as the change that tells it now; nothing where there is none. */
  takeOver(item: WorkItem): Promise<void>;
  /** Stores the link and lets others write; the plan stays on record until `closeClaim`. */
  settle(link: Link): Promise<void>;
  /**
   * Ends the claim without a change of the link; `keepsPlan` when something may have been written. Else a takeover has come to nothing.
   * @param how.written what earlier tries are proved to have written, where no log entry is to tell it now: kept in the place of the plan, with what they noted
   * @param how.open an earlier try that may still be carried out, kept in the place of the plan
   * @param how.isRefused Zendesk has refused the request, so nothing of it comes late: only that of an earlier try may
   */
  release(
    keepsPlan: boolean,
    how?: { readonly written: readonly Plan[]; readonly open: Open | null; readonly isRefused: boolean },
  ): Promise<void>;
  /** Gives up a claim under which nothing was begun: the row is as it was before. */
  giveUp(): Promise<void>;
  /** Removes the link: the target object is gone, or let go. As with settle, the plan stays on record. */
  end(target: TargetId): Promise<void>;
}

/** A claim younger than this is not renewed. */
const RENEWED_AFTER_MS = 20_000;

/** Opens a pairing for writing. @param asRead the row as it is stored, where other tries are noted in the one that is written from here on */
export function openPairing(
  deps: EngineDeps,
  { key, row: read, etag: readEtag }: PairingState,
  { row: asRead }: Pick<PairingState, 'row'> = { row: read },
): Pairing {
  let row = read;
  let etag = readEtag;
  // A claim may be renewed while the work under it ends: one write at a time, each over the last.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const store = (next: LinkRow): Promise<void> =>
    inTurn(async () => {
      etag = await deps.links.write(key, next, etag);
      row = next;
    });
  const drop = (): Promise<void> =>
    inTurn(async () => {
      if (etag !== null) await deps.links.remove(key, etag);
      [row, etag] = [{ link: null, claim: null }, null];
    });
  return {
    get link() {
      return row.link;
    },
    get plan() {
      return row.claim?.plan;
    },
    requireLink() {
      if (!row.link) throw new Error(`${key.type} ${key.id} is not linked`);
      return row.link;
    },
    claim(item, plan) {
      const sinceMs = deps.clock().getTime();
      return store({ link: row.link, claim: { untilMs: sinceMs + CLAIM_MS, sinceMs, ...changeAfter(row.claim, item), plan } });
    },
    renew() {
      void inTurn(async () => {
        const { claim } = row;
        const nowMs = deps.clock().getTime();
        if (!claim || claim.untilMs === 0 || claim.untilMs - nowMs > CLAIM_MS - RENEWED_AFTER_MS) return;
        const renewed = { ...row, claim: { ...claim, untilMs: nowMs + CLAIM_MS } };
        etag = await deps.links.write(key, renewed, etag);
        row = renewed;
        // Where it is lost, or storage is away, the write that ends it finds out.
      }).catch(() => undefined);
    },
    intend(item, plan, members) {
      // Whoever looks sees that its worker is alive, and that the entry is still to come.
      const settled = row.claim?.isSettled && { isSettled: true as const, sinceMs: deps.clock().getTime() };
      return store({ link: row.link, claim: { untilMs: 0, ...changeAfter(row.claim, item), ...settled, plan, members } });
    },
    reserve: (target, former) =>
      reserve(deps, key, target, {
        former,
        keep: async (ended) => {
          if (row.claim) await store({ ...row, claim: { ...row.claim, former: ended } });
        },
      }),
    reserveNew: (target) => reserve(deps, key, target, { isNew: true }),
    async takeOver(item) {
      const { claim } = row;
      if (!claim || (claim.untilMs === 0 && claim.changeId === item.changeId)) return;
      await store({ link: row.link, claim: { ...claim, untilMs: 0, ...changeAfter(claim, item) } });
    },
    settle: (link) => store({ link, claim: row.claim && { ...row.claim, untilMs: 0, isSettled: true } }),
    async release(keepsPlan, how) {
      if (!keepsPlan && !row.link && row.claim?.former) await giveBack(deps, key.id, row.claim.former);
      const kept = row.claim && (how?.isRefused ? askedAt(row.claim, read.claim?.sinceMs) : row.claim);
      const claim = kept && (keepsPlan ? { ...kept, untilMs: 0 } : how ? withoutPlan(kept, how.written, how.open) : null);
      if (row.link || claim) await store({ link: row.link, claim });
      else await drop();
    },
    giveUp: () => (readEtag === null ? drop() : store({ ...asRead, claim: asRead.claim && { ...asRead.claim, untilMs: 0 } })),
    async end(target) {
      await deps.links.releaseTarget(key.type, target, key.id);
      if (row.claim) await store({ link: null, claim: { ...row.claim, untilMs: 0, isSettled: true } });
      else await drop();
    },
  };
}
