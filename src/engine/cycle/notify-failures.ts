import { NOTICE_SAMPLES } from '../../core/notice';
import { DAY_MS } from '../../core/time';
import type { CycleRecord } from '../../ports/cycle-store';
import type { Escrow } from '../../ports/escrow-store';
import type { EngineDeps } from '../deps';
import { heldSummary, heldWords } from '../job/held-summary';
import { changeDocument } from '../job/job-state';
import { escrowSample } from '../job/notify-samples';
import { WAITING_FOR_SEAT } from '../job/seat-ledger';
import { STATUS_KEYS } from '../job/status-keys';
import { readNames } from '../read-names';

/** Whom the digest has reported: object ids with the instant (ISO 8601), those of the last day only. */
interface Told {
  readonly lastAt: string | null;
  readonly objects: Readonly<Record<string, string>>;
}

/** Objects remembered as reported. When more fail at once, people have been told of the trouble all the same. */
const REMEMBERED = 2_000;

/** The objects that failed in a cycle, as their escrows tell. */
export interface FailedObjects {
  /** Those that failed for the first time. */
  readonly fresh: readonly Escrow[];
  readonly again: readonly Escrow[];
  /** The objects of all failures that wait, whichever cycle they failed in. */
  readonly waiting: ReadonlySet<string>;
}

/** Reads which objects failed in a cycle, telling new failures from those that failed before. */
export async function failedObjects(deps: EngineDeps, cycleId: string): Promise<FailedObjects> {
  const fresh: Escrow[] = [];
  const again: Escrow[] = [];
  const waiting = new Set<string>();
  for await (const page of deps.escrows.list()) {
    for (const escrow of page) {
      // Who waits for a seat has not failed, and people are told of it in another way.
      if (escrow.code === WAITING_FOR_SEAT) continue;
      waiting.add(nameOf(escrow));
      if (escrow.cycleId === cycleId) (escrow.attempts <= 1 ? fresh : again).push(escrow);
    }
  }
  return { fresh, again, waiting };
}

/**
 * Tells of the objects that failed in a cycle: one digest per cycle that newly fails objects. The same objects are reported at most
 * once a day, so one that fails on and off does not count as a new failure each time, and those that keep failing are called to mind daily.
 */
export async function notifyFailures(deps: EngineDeps, cycle: CycleRecord, failed: FailedObjects): Promise<void> {
  if (failed.fresh.length + failed.again.length === 0) return;
  const now = deps.clock();
  const since = new Date(now.getTime() - DAY_MS).toISOString();
  let fresh: readonly Escrow[] = [];
  let isDue = false;
  let solved = 0;
  // The decision is stored before anything is sent, and under the document's mark: two instances never send the same digest.
  await changeDocument<Told>(deps.state, STATUS_KEYS.told, (before) => {
    const recent = Object.entries(before?.objects ?? {}).filter(([, at]) => at > since);
    const told = new Set(recent.map(([id]) => id));
    solved = recent.filter(([id]) => !failed.waiting.has(id)).length;
    fresh = failed.fresh.filter((escrow) => !told.has(nameOf(escrow)));
    const untold = failed.again.filter((escrow) => !told.has(nameOf(escrow)));
    const isReminderDue = untold.length > 0 && (!before?.lastAt || before.lastAt <= since);
    isDue = fresh.length > 0 || isReminderDue;
    if (!isDue) return before ?? { lastAt: null, objects: {} };
    const toldNow = [...fresh, ...untold].map((escrow) => [nameOf(escrow), now.toISOString()] as const);
    return { lastAt: now.toISOString(), objects: Object.fromEntries([...toldNow, ...recent].slice(0, REMEMBERED)) };
  });
  if (!isDue) return;
  const longest = [...failed.again].sort((a, b) => a.firstFailedAt.localeCompare(b.firstFailedAt));
  const all = [...fresh, ...failed.fresh.filter((one) => !fresh.includes(one)), ...longest];
  const byCode: Record<string, number> = {};
  for (const { code } of all) byCode[code] = (byCode[code] ?? 0) + 1;
  const worst = all.slice(0, NOTICE_SAMPLES);
  const names = await readNames(
    deps,
    worst.map(({ key }) => key),
  );
  const holds = await heldSummary(deps);
  await deps.notifier.send({
    kind: 'failures',
    cycleId: cycle.cycleId,
    newFailures: fresh.length,
    failures: failed.fresh.length + failed.again.length,
    solved,
    ...(holds.count > 0 && { held: heldWords(holds) }),
    byCode,
    samples: worst.map((one) => escrowSample(one, names.get(one.key.id) ?? null)),
  });
}

const nameOf = ({ key }: Escrow): string => `${key.type}.${key.id}`;
