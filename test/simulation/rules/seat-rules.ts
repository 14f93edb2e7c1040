import type { Escrow } from '../../../src/ports/escrow-store';
import { buySeats, seatsBought, seatsHeld } from '../events/seats';
import type { Sim } from '../play/sim';
import { standingOf } from '../world/truth';

/** Codes under which somebody waits for a seat: of the app's own count, and where Zendesk itself refuses. */
const WAITS = { AwaitingSeat: 'told', LicenseLimitExceeded: 'refused' } as const;

/** Clocks of instances differ by so much at most. */
const CLOCKS_MS = 10 * 60_000;

const isWait = (code: string): code is keyof typeof WAITS => Object.hasOwn(WAITS, code);

/** What to say of somebody who is to have a seat and waits for one; undefined for whoever does not wait. */
export function seatWait(
  sim: Sim,
  escrow: Pick<Escrow, 'code' | 'lastFailedAt'> | undefined,
  isFull: boolean,
): { readonly wrong: string | undefined } | undefined {
  if (escrow === undefined || !isWait(escrow.code)) return undefined;
  const bought = seatsBought(sim);
  const held = seatsHeld(sim);
  // What Zendesk itself refused is tried again later and later, and at once after a restart: a seat that has become free since is found with the next try.
  const isTried = isFull && !isFreedSince(sim, Date.parse(escrow.lastFailedAt) - CLOCKS_MS);
  const isFree = (bought === undefined || held < bought) && (WAITS[escrow.code] === 'told' || isTried);
  return { wrong: isFree ? `waits for a seat, and ${held} of ${bought ?? 'any number of'} are held` : undefined };
}

/** Whether the app has taken a seat back since then. */
const isFreedSince = ({ watch }: Sim, sinceMs: number): boolean =>
  watch.effects.some(({ kind, atMs }) => (kind === 'delete' || kind === 'downgrade') && atMs >= sinceMs);

/** Who asks for a seat, and who cannot yet, at one moment. */
interface Queue {
  /** Those who wait by the app's own count and may have a seat once there is one, in the order of their ids. */
  readonly waiting: readonly string[];
  /** Those who fail for another reason than a seat. */
  readonly failing: ReadonlySet<string>;
}

async function queueFor(sim: Sim): Promise<Queue> {
  const waiting: string[] = [];
  const failing = new Set<string>();
  for await (const page of sim.stores.escrows.list())
    for (const { key, code } of page) {
      const person = sim.entra.people.get(key.id);
      const standing = person && standingOf(sim.entra, sim.rules, person);
      if (code === 'AwaitingSeat' && standing?.isIn) waiting.push(key.id);
      if (!isWait(code)) failing.add(key.id);
    }
  return { waiting: waiting.sort(), failing };
}

/**
 * One seat more: whoever comes first by the id gets it, and nobody else, save for seats that become free meanwhile: agents who left lose theirs, or are
 * deleted, as their days come.
 * @param settle lets everything come to rest
 */
export async function checkSeatOrder(sim: Sim, settle: () => Promise<void>): Promise<void> {
  const { waiting: before, failing: failedBefore } = await queueFor(sim);
  if (sim.setting.seats === undefined || before.length < 2) return;
  sim.count('one seat for several');
  const bought = buySeats(sim, 1);
  sim.tell(`operator: there are ${bought} seats now, and ${before.length} wait`);
  // Who was made an agent by hand may hold more than were bought.
  if (seatsHeld(sim) >= bought) return;
  const since = sim.watch.effects.length;
  const refused = sim.faults.met.get('seatsGone');
  await settle();
  // Zendesk itself refused the one whose turn it was, whatever anybody had counted: the seat goes to the next.
  if (sim.faults.met.get('seatsGone') !== refused) return;
  const { waiting, failing } = await queueFor(sim);
  // Whoever failed until the one who was served gave up an address waits only since then, and is not of those who waited when the seat came.
  const after = waiting.filter((id) => !failedBefore.has(id));
  const freed = sim.watch.effects.slice(since).filter(({ kind }) => kind === 'delete' || kind === 'downgrade').length;
  const [first, ...rest] = before;
  // Whoever shares an address with the one who was served fails for that now, and takes no seat.
  const others = rest.filter((id) => !failing.has(id));
  const served = others.length - after.length;
  const isInOrder = served <= freed && others.slice(served).join() === after.join();
  if (sim.watch.violations.length === 0 && !isInOrder)
    sim.watch.violate(
      'seatOutOfOrder',
      `Of ${before.map(short).join()} ${short(first ?? '')} comes first; ${after.map(short).join()} still wait`,
    );
}

const short = (id: string): string => id.slice(-4);
