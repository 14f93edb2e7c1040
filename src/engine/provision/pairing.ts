import type { Evidence } from '../../core/continued';
import {
  AlreadyExistsError,
  AlteredError,
  DisputedMatchError,
  LicenseLimitError,
  NotFoundError,
  OpenTicketsError,
  RejectedError,
  StaleStateError,
  ThrottledError,
  UnauthorizedError,
} from '../../core/errors';
import type { Link, SourceId, TargetId, WorkItem } from '../../core/model';
import { OPEN_TICKETS } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { FormerLink, LinkClaim, LinkRow, LinkStore, ObjectKey, Stored } from '../../ports/stores';
import { CLAIM_MS } from '../claim-watch';
import type { EngineDeps, EngineReads } from '../deps';
import { endFormer, type FormerSelf, giveBack } from './former-self';

/** What is stored of one object's pairing, as read. */
export interface PairingState {
  readonly key: ObjectKey;
  readonly row: LinkRow;
  readonly etag: string | null;
}

/** What the link proves of the claim's plan: it was stored once that was written. */
export const provedByLink = ({ link, claim }: LinkRow): Pick<Evidence, 'wasLinked' | 'wasSuspended'> => ({
  wasLinked: claim?.isSettled === true,
  wasSuspended: claim?.isSettled === true && link?.disabledByUs === true,
});

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
  /** Stores the link and lets others write; the plan stays on record until {@link closeClaim}. */
  settle(link: Link): Promise<void>;
  /**
   * Ends the claim without a change of the link; `keepsPlan` when something may have been written. Else a takeover has come to nothing.
   * @param how.written what earlier tries are proved to have written, where no log entry is to tell it now: kept in the place of the plan, with what they noted
   * @param how.isRefused Zendesk has refused the request, so nothing of it comes late: only that of an earlier try may
   */
  release(keepsPlan: boolean, how?: { readonly written: readonly Plan[]; readonly isRefused: boolean }): Promise<void>;
  /** Gives up a claim under which nothing was begun: the row is as it was before. */
  giveUp(): Promise<void>;
  /** Removes the link: the target object is gone, or let go. As with settle, the plan stays on record. */
  end(target: TargetId): Promise<void>;
}

/** A claim younger than this is not renewed. */
const RENEWED_AFTER_MS = 20_000;

/** Opens a pairing for writing. */
export function openPairing(deps: EngineDeps, { key, row: read, etag: readEtag }: PairingState): Pairing {
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
      const claim = kept && (keepsPlan ? { ...kept, untilMs: 0 } : how ? withoutPlan(kept, how.written) : null);
      if (row.link || claim) await store({ link: row.link, claim });
      else await drop();
    },
    giveUp: () => (readEtag === null ? drop() : store({ ...read, claim: read.claim && { ...read.claim, untilMs: 0 } })),
    async end(target) {
      await deps.links.releaseTarget(key.type, target, key.id);
      if (row.claim) await store({ link: null, claim: { ...row.claim, untilMs: 0, isSettled: true } });
      else await drop();
    },
  };
}

/** How many earlier changes of one object are kept in mind that are in no log entry: more have never been cut off in a row. */
const MAX_BEFORE = 8;

/** The change of a claim that takes the place of an earlier one, whose change is in no log entry yet, and neither is what it noted. */
function changeAfter(
  earlier: LinkClaim | null,
  { changeId, cycleId }: WorkItem,
): Omit<LinkClaim, 'untilMs' | 'sinceMs' | 'plan'> {
  if (!earlier) return { changeId, cycleId };
  const before = [...(earlier.before ?? []), earlier.changeId].filter((id) => id !== changeId).slice(-MAX_BEFORE);
  const { members, former, untold } = earlier;
  return {
    changeId,
    cycleId,
    ...(before.length > 0 && { before }),
    ...(members && { members }),
    ...(former && { former }),
    ...(untold && { untold }),
  };
}

/** A claim of which nothing was written: what is left of it are earlier tries, of which the last is its plan again; null where there are none. */
function withoutPlan({ former: _, untold: __, ...claim }: LinkClaim, written: readonly Plan[]): LinkClaim | null {
  const [plan, untold] = [written.at(-1), written.slice(0, -1)];
  if (!plan && !claim.members) return null;
  return { ...claim, untilMs: 0, plan: plan ?? NOTHING, ...(untold.length > 0 && { untold }) };
}

/** A claim whose request is answered: what may still come was asked for by an earlier try, if at all. */
const askedAt = ({ sinceMs: _, ...claim }: LinkClaim, sinceMs: number | undefined): LinkClaim =>
  sinceMs === undefined ? claim : { ...claim, sinceMs };

/** The plan of a claim under which nothing is left to tell. */
export const NOTHING: Plan = { action: 'none', targetId: null, changes: [], role: null, adopts: false, notes: [], removals: [] };

/** How often a reservation is asked for again because its holder gave it up or lost it meanwhile. */
const RESERVE_TRIES = 4;

interface Reserving {
  readonly former?: FormerSelf | undefined;
  readonly keep?: (former: FormerLink) => Promise<void>;
  readonly isNew?: boolean;
}

async function reserve(
  deps: EngineDeps,
  key: ObjectKey,
  target: TargetId,
  { former, keep = async () => undefined, isNew = false }: Reserving,
): Promise<void> {
  for (let tries = 1; tries <= RESERVE_TRIES; tries += 1) {
    const holder = await deps.links.reserveTarget(key.type, target, key.id, isNew && tries === 1);
    if (holder === key.id) return;
    if (former && holder === former.id) await endFormer(deps, { type: key.type, id: former.id }, former.etag, keep);
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

/**
 * Exports a plan under a claim: what is about to happen is on record before it happens, so that storage being down means no
 * write to Zendesk, and a crash in the middle is told apart from nothing done.
 * @param claimed the plan, and what earlier tries are proved to have written: a refusal of the plan says nothing of that
 * @param isCurrent whether the source object is still what the plan was made for, asked under the claim: an item that came later, for what it is
 *   now, may have found nothing to do and left no trace; whoever comes from here on finds the claim
 * @param work does the writing; calls `settle` once the target is as planned.
 * @throws StaleStateError where the object has changed: nothing is begun
 */
export async function withClaim<T>(
  pairing: Pairing,
  item: WorkItem,
  { plan, written }: { readonly plan: Plan; readonly written: readonly Plan[] },
  isCurrent: () => Promise<boolean>,
  work: (settle: (link: Link) => Promise<void>) => Promise<T>,
): Promise<T> {
  await pairing.claim(item, plan);
  if (!(await isCurrent())) {
    await pairing.giveUp();
    throw new StaleStateError(`${item.objectType} ${item.sourceId} has changed in Entra ID since it was read.`);
  }
  try {
    return await work((link) => pairing.settle(link));
  } catch (error) {
    // What was refused may be another plan than the one that is claimed by now.
    const isSuspended = error instanceof OpenTicketsError && pairing.plan?.action === 'disable';
    const isRefused = error instanceof RejectedError && !isSuspended;
    if (!(error instanceof StaleStateError))
      await pairing.release(isSuspended || mayBeWritten(error, pairing.plan ?? plan), { written, isRefused });
    throw error;
  }
}

/** Attributes that are written with calls of their own, beside that of the others. */
const OF_SEVERAL_CALLS: ReadonlySet<string> = new Set(['email', 'organization', 'organizations', OPEN_TICKETS]);

/**
 * What was gone already was not deleted by us. A refusal says that nothing was written, but for what takes several calls, of which the first may have gone
 * through (a new address, other organizations, a departure with tickets), and where Zendesk has stored something else.
 */
function mayBeWritten(error: unknown, { action, changes }: Plan): boolean {
  if (error instanceof NotFoundError) return action !== 'delete';
  if (error instanceof AlteredError) return true;
  const isUnwritten = (error instanceof UnauthorizedError || error instanceof ThrottledError) && error.isUnwritten;
  if (error instanceof RejectedError || isUnwritten)
    return action !== 'create' && changes.some(({ attribute }) => OF_SEVERAL_CALLS.has(attribute));
  if (error instanceof AlreadyExistsError) return error.maker === 'us';
  return !(error instanceof LicenseLimitError || error instanceof DisputedMatchError);
}
