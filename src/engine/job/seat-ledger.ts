import { StaleStateError } from '../../core/errors';
import type { Link, SourceId } from '../../core/model';
import { roleText } from '../../core/plan';
import { holdsSeat, memberHoldsSeat } from '../../core/seats';
import type { EngineDeps } from '../deps';
import { changeDocument } from './job-state';
import { STATUS_KEYS } from './status-keys';

/** The code of those who wait for an agent seat, in the log, the stored failures and plans. */
export const WAITING_FOR_SEAT = 'AwaitingSeat';

/**
 * Who may take a seat: what was counted in Zendesk, and what was promised since. Kept in one document under its ETag, so that all instances
 * together never promise more than there is.
 */
export interface SeatLedger {
  /** When the count began (ISO 8601). */
  readonly countedAt: string;
  /** Seats held by agents and admins when they were counted. */
  readonly used: number;
  /** Seats promised to people whose account may not show it in that count, by source id. */
  readonly promised: Readonly<Record<string, SeatPromise>>;
  /** How many people of a cycle found no seat, for the notice; null where everybody found one. */
  readonly short: { readonly cycleId: string; readonly count: number } | null;
}

interface SeatPromise {
  readonly at: string;
  /** What the link said then: once it says something else and a role with a seat, the account shows it. */
  readonly was: string;
}

/** What is needed to promise seats. */
type SeatDeps = Pick<EngineDeps, 'settings' | 'state' | 'target' | 'links' | 'clock'>;

/** How old a count may be: people in Zendesk take and free seats too. */
const COUNT_MS = 60_000;

/** After so long whoever was promised a seat has taken it or is dead: a function call ends within ten minutes (`functionTimeout`). */
const PROMISE_MS = 30 * 60_000;

/** A promise is renewed before it is used when it is older: nobody may drop it while the seat is being taken. */
const RENEW_MS = PROMISE_MS / 2;

const MAX_CONFLICTS = 20;

/**
 * Promises agent seats to people in the order given, as far as they reach; whoever has been promised one keeps it. Everybody has one where
 * AGENT_SEATS is not set. Idempotent.
 * @param cycleId The cycle that asks, for what it says of those who found none; undefined where nobody is to be told.
 * @returns those who may take one
 */
export async function promiseSeats(deps: SeatDeps, ids: readonly SourceId[], cycleId?: string): Promise<ReadonlySet<SourceId>> {
  const { agentSeats } = deps.settings;
  if (agentSeats === undefined) return new Set(ids);
  if (ids.length === 0) return new Set();
  for (let conflicts = 0; ; conflicts += 1) {
    const stored = await deps.state.read<SeatLedger>(STATUS_KEYS.seats);
    const isOld = !stored || deps.clock().getTime() - Date.parse(stored.value.countedAt) > COUNT_MS;
    const now = deps.clock();
    const isFresh = (id: SourceId): boolean => {
      const promise = stored && Object.hasOwn(stored.value.promised, id) ? stored.value.promised[id] : undefined;
      return promise !== undefined && now.getTime() - Date.parse(promise.at) < RENEW_MS;
    };
    if (ids.every(isFresh)) return new Set(ids);
    const ledger = isOld ? await countAgain(deps, stored?.value) : stored.value;
    const promised: Record<string, SeatPromise> = { ...ledger.promised };
    const at = now.toISOString();
    // Somebody in Zendesk has taken seats meanwhile: of those who were promised one the last by the id go without.
    for (const id of Object.keys(promised).sort().reverse())
      if (ledger.used + Object.keys(promised).length > agentSeats && !isFresh(id as SourceId)) delete promised[id];
    for (const id of ids) {
      const before = Object.hasOwn(promised, id) ? promised[id] : undefined;
      const isFree = ledger.used + Object.keys(promised).length < agentSeats;
      if (before) promised[id] = { ...before, at };
      else if (isFree) promised[id] = { at, was: sayingOf(await linkOf(deps, id)) };
    }
    const granted = new Set(ids.filter((id) => Object.hasOwn(promised, id)));
    const short = shortOf(ledger, cycleId, ids.length - granted.size);
    try {
      await deps.state.write<SeatLedger>(STATUS_KEYS.seats, { ...ledger, promised, short }, stored?.etag ?? null);
      return granted;
    } catch (error) {
      if (!(error instanceof StaleStateError) || conflicts >= MAX_CONFLICTS) throw error;
    }
  }
}

function shortOf({ short }: SeatLedger, cycleId: string | undefined, more: number): SeatLedger['short'] {
  if (cycleId === undefined) return short;
  const before = short?.cycleId === cycleId ? short.count : 0;
  return before + more === 0 ? null : { cycleId, count: before + more };
}

/** Counts the seats that are held now. */
export async function countSeats({ target }: Pick<EngineDeps, 'target'>): Promise<number> {
  const { customRoles } = await target.describe();
  let used = 0;
  for (let after: string | undefined; ; ) {
    const { members, next } = await target.listTeam(after);
    used += members.filter((member) => memberHoldsSeat(member, customRoles)).length;
    if (next === undefined) return used;
    after = next;
  }
}

/**
 * A ledger with a new count. A promise whose seat the count is sure to show is dropped: its link was settled before the count began. One that
 * the count may show as well is kept: then a seat seems taken twice for a while, which is the safe side.
 */
async function countAgain(deps: SeatDeps, before: SeatLedger | undefined): Promise<SeatLedger> {
  const { customRoles } = await deps.target.describe();
  const began = deps.clock();
  const promised: Record<string, SeatPromise> = {};
  for (const [id, promise] of Object.entries(before?.promised ?? {})) {
    const link = await linkOf(deps, id as SourceId);
    const isTaken =
      link?.settledRole !== undefined &&
      link.settledRole !== null &&
      holdsSeat(link.settledRole, customRoles) &&
      sayingOf(link) !== promise.was;
    if (!isTaken && began.getTime() - Date.parse(promise.at) < PROMISE_MS) promised[id] = promise;
  }
  return { countedAt: began.toISOString(), used: await countSeats(deps), promised, short: before?.short ?? null };
}

const linkOf = async ({ links }: SeatDeps, id: SourceId): Promise<Link | undefined> =>
  (await links.read({ type: 'user', id }))?.value.link ?? undefined;

const sayingOf = (link: Link | undefined): string =>
  link ? `${link.targetId} ${link.settledRole ? roleText(link.settledRole) : ''}` : '';

/** How often the same shortage is reported. */
const TOLD_EVERY_MS = 24 * 3600_000;

/** Tells people that seats are missing for a cycle: once a day, and at once when more are missing. Before any of its items is carried out. */
export async function tellOfSeats(deps: SeatDeps & Pick<EngineDeps, 'notifier'>, cycleId: string): Promise<void> {
  const { agentSeats } = deps.settings;
  const ledger = agentSeats === undefined ? undefined : (await deps.state.read<SeatLedger>(STATUS_KEYS.seats))?.value;
  if (agentSeats === undefined || ledger?.short?.cycleId !== cycleId) return;
  const { count } = ledger.short;
  const now = deps.clock();
  const news = { at: now.toISOString(), count };
  const told = await changeDocument<typeof news>(deps.state, STATUS_KEYS.seatsTold, (before) => {
    const isOld = !before || count > before.count || now.getTime() - Date.parse(before.at) >= TOLD_EVERY_MS;
    return isOld ? news : before;
  });
  if (told !== news) return;
  await deps.notifier.send({ kind: 'seats', cycleId, waiting: count, used: ledger.used, bought: agentSeats });
}
