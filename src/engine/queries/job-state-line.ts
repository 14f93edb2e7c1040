import { type CredentialEnd, TELL_DAYS_BEFORE } from '../../core/credential-end';
import { ProvisioningError } from '../../core/errors';
import type { EngineDeps } from '../deps';
import type { GoodExecutions } from '../job/executions';
import { changeDocument, readJob } from '../job/job-state';
import { STATUS_KEYS } from '../job/status-keys';
import { type WatchedJob, watchJob } from './read-health';

const HOUR_MS = 3_600_000;
/** How many past cycles are looked at for work that has not ended. */
const CYCLES_SEEN = 20;

/** The app's state as one line of the log tells it: texts of few values, counts and hours. Absent fields have no value. */
export interface JobStateLine {
  readonly [field: string]: string | number | undefined;
  /** `Unknown` when storage does not answer. */
  readonly status: 'NotConfigured' | 'Off' | 'Paused' | 'Quarantine' | 'Active' | 'Unknown';
  /** Why the job is in quarantine. */
  readonly reason?: string;
  /** The error code behind that, or behind `Unknown`. */
  readonly code?: string;
  readonly quarantineHours?: number;
  /** Removals that the brake holds, and since how many hours the oldest. */
  readonly heldRemovals?: number;
  readonly heldHours?: number;
  /** About how many work items wait, and since when the cycle ran whose items are not all done. */
  readonly queueLength?: number;
  readonly waitingHours?: number;
  /** Hours since a cycle last went well. */
  readonly healthyHours?: number;
  /** Whether cycles run when `CYCLE_SCHEDULE` says: see `Watch`. */
  readonly watch?: 'well' | 'overdue' | 'silent';
  /** Only when the credential has an end. */
  readonly credentialDaysLeft?: number;
  readonly credentialKind?: CredentialEnd['kind'];
}

/**
 * Reads how the job stands, for alerts: every tick says it anew, so an alert that reads the newest line ends when the state does. A few
 * point reads and short ranges. Never throws for storage that does not answer: that is a state too.
 */
export async function jobStateLine(
  deps: EngineDeps,
  job: WatchedJob,
  credential: CredentialEnd | undefined,
): Promise<JobStateLine> {
  const ends = credential && { credentialDaysLeft: credential.daysLeft, credentialKind: credential.kind };
  try {
    return { ...(await readLine(deps, job)), ...ends };
  } catch (error) {
    if (error instanceof ProvisioningError) return { status: 'Unknown', code: error.code, ...ends };
    throw error;
  }
}

async function readLine(deps: EngineDeps, job: WatchedJob): Promise<JobStateLine> {
  const now = deps.clock().getTime();
  const [{ value: state }, watch, held, cycles, queueLength, executions] = await Promise.all([
    readJob(deps.state),
    watchJob(deps, job),
    heldRemovals(deps),
    deps.cycles.latest(CYCLES_SEEN),
    deps.queue.approximateLength(),
    deps.state.read<GoodExecutions>(STATUS_KEYS.executions),
  ]);
  const { quarantine } = state;
  const open = cycles.filter((cycle) => cycle.state === 'exporting').map((cycle) => cycle.startedAt);
  const healthy = executions?.value.successful?.timeEnded;
  const hours = (at: string): number => Math.round(((now - Date.parse(at)) / HOUR_MS) * 10) / 10;
  const oldest = (instants: readonly string[]): string | undefined => [...instants].sort()[0];
  const [heldSince, waitingSince] = [oldest(held), oldest(open)];
  return {
    status: quarantine ? 'Quarantine' : state.paused ? 'Paused' : job.status === 'Off' ? 'Off' : 'Active',
    ...(quarantine && {
      reason: quarantine.reason,
      code: quarantine.code,
      quarantineHours: hours(quarantine.seriesBegan),
    }),
    heldRemovals: held.length,
    ...(heldSince && { heldHours: hours(heldSince) }),
    queueLength,
    ...(waitingSince && { waitingHours: hours(waitingSince) }),
    ...(healthy && { healthyHours: hours(healthy) }),
    watch: watch.verdict,
  };
}

/** Since when each removal has been held that waits for an operator. */
async function heldRemovals(deps: EngineDeps): Promise<readonly string[]> {
  const held: string[] = [];
  for await (const page of deps.staged.list()) {
    held.push(...page.filter((row) => row.state === 'staged').map((row) => row.stagedAt));
  }
  return held;
}

/** Days before the end at which people are told again. */
const TOLD_AT: readonly number[] = [TELL_DAYS_BEFORE, 7, 1, 0];

/**
 * Sends a notice of a credential that ends soon: when its end comes within 30 days, then 7, then 1, and when it has ended. Each once; a
 * credential with another end is reported anew. Idempotent.
 */
export async function tellOfCredentialEnd(deps: EngineDeps, credential: CredentialEnd | undefined): Promise<void> {
  const step = TOLD_AT.filter((days) => credential && credential.daysLeft <= days).at(-1);
  if (!credential || step === undefined) return;
  const mark = `${credential.kind} ${credential.on} ${step}`;
  let before: string | undefined;
  await changeDocument<string>(deps.state, STATUS_KEYS.credential, (told) => {
    before = told;
    return mark;
  });
  if (before !== mark) await deps.notifier.send({ kind: 'credentialEnds', credential });
}
