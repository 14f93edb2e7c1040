import { AlreadyExistsError, DisputedMatchError, LicenseLimitError, RejectedError, StaleStateError } from '../../core/errors';
import type { Link, SourceId, TargetId, WorkItem } from '../../core/model';
import { OPEN_TICKETS } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { LinkClaim, LinkRow, LinkStore, ObjectKey } from '../../ports/stores';
import { CLAIM_MS } from '../claim-watch';
import type { EngineDeps, EngineReads } from '../deps';
import { breakPair } from './break-pair';

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

/** The stored pairing of one object while its plan is carried out. Its ETag is the lock: one writer per object. */
export interface Pairing {
  readonly link: Link | null;
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
  /** Ends a claim that a dead process has left behind, and keeps its plan on record; nothing where there is none. */
  takeOver(): Promise<void>;
  /** Stores the link and lets others write; the plan stays on record until {@link closeClaim}. */
  settle(link: Link): Promise<void>;
  /** Ends the claim without a change of the link; `keepsPlan` when something may have been written. */
  release(keepsPlan: boolean): Promise<void>;
  /** Removes the link: the target object is gone, or let go. As with settle, the plan stays on record. */
  end(target: TargetId): Promise<void>;
}

/** A claim younger than this is not renewed. */
const RENEWED_AFTER_MS = 20_000;

/** A former self whose account is taken over, and whether its link said that this app had disabled the account. */
export interface FormerSelf {
  readonly id: SourceId;
  readonly wasDisabledByUs: boolean;
}

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
    requireLink() {
      if (!row.link) throw new Error(`${key.type} ${key.id} is not linked`);
      return row.link;
    },
    claim: (item, plan) =>
      store({
        link: row.link,
        claim: { untilMs: deps.clock().getTime() + CLAIM_MS, changeId: item.changeId, cycleId: item.cycleId, plan },
      }),
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
    intend: ({ changeId, cycleId }, plan, members) =>
      store({ link: row.link, claim: { untilMs: 0, changeId, cycleId, plan, members } }),
    reserve: (target, former) => reserve(deps, key, target, { former }),
    reserveNew: (target) => reserve(deps, key, target, { isNew: true }),
    async takeOver() {
      if (row.claim && row.claim.untilMs !== 0) await store({ link: row.link, claim: { ...row.claim, untilMs: 0 } });
    },
    settle: (link) => store({ link, claim: row.claim && { ...row.claim, untilMs: 0 } }),
    async release(keepsPlan) {
      const claim = keepsPlan && row.claim ? { ...row.claim, untilMs: 0 } : null;
      if (row.link || claim) await store({ link: row.link, claim });
      else await drop();
    },
    async end(target) {
      await deps.links.releaseTarget(key.type, target, key.id);
      if (row.claim) await store({ link: null, claim: { ...row.claim, untilMs: 0 } });
      else await drop();
    },
  };
}

/** How often a reservation is asked for again because its holder gave it up or lost it meanwhile. */
const RESERVE_TRIES = 4;

async function reserve(
  deps: EngineDeps,
  key: ObjectKey,
  target: TargetId,
  { former, isNew = false }: { readonly former?: FormerSelf | undefined; readonly isNew?: boolean },
): Promise<void> {
  for (let tries = 1; tries <= RESERVE_TRIES; tries += 1) {
    const holder = await deps.links.reserveTarget(key.type, target, key.id, isNew && tries === 1);
    if (holder === key.id) return;
    if (former && holder === former.id) await endFormer(deps, key, former);
    else await requireStale(deps, key, holder, target);
    await deps.links.releaseTarget(key.type, target, holder);
  }
  throw new StaleStateError(`Others ask for Zendesk ${key.type} ${target} at the same time.`);
}

/** Ends the link of a former self. @throws StaleStateError where its own item has disabled or enabled the account since the plan was made */
async function endFormer(deps: EngineDeps, { type }: ObjectKey, { id, wasDisabledByUs }: FormerSelf): Promise<void> {
  const link = (await deps.links.read({ type, id }))?.value.link;
  if (link && link.disabledByUs !== wasDisabledByUs) throw new StaleStateError(`The account of ${id} has changed since.`);
  await breakPair(deps, { type, id });
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
}

/**
 * Takes the plan of a change that now has its log entry off the row. Until then a crash, or a wait for Zendesk between two writes,
 * would leave a change that no entry mentions.
 */
export async function closeClaim(deps: { readonly links: LinkStore }, key: ObjectKey): Promise<void> {
  const stored = await deps.links.read(key);
  // A claim that has not been ended is another worker's: its own entry says what it does.
  if (stored?.value.claim?.untilMs !== 0) return;
  const { link } = stored.value;
  try {
    if (link) await deps.links.write(key, { link, claim: null }, stored.etag);
    else await deps.links.remove(key, stored.etag);
  } catch (error) {
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
    if (!(error instanceof StaleStateError)) await pairing.release(mayBeWritten(error, plan));
    throw error;
  }
}

/** A refusal says that nothing was written, but for what takes several calls, of which the first may have gone through: a new address, a departure with tickets. */
function mayBeWritten(error: unknown, { action, changes }: Plan): boolean {
  if (error instanceof RejectedError)
    return action !== 'create' && changes.some(({ attribute }) => attribute === 'email' || attribute === OPEN_TICKETS);
  return !(error instanceof AlreadyExistsError || error instanceof LicenseLimitError || error instanceof DisputedMatchError);
}
