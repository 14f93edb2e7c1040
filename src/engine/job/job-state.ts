import type { CycleState } from '../../core/cycle-state';
import { type ErrorCode, StaleStateError } from '../../core/errors';
import type { SourceApplication } from '../../core/model';
import type { Quarantine } from '../../core/quarantine';
import type { SourceLink } from '../../ports/source-connector';
import type { StateStore } from '../../ports/state-store';
import type { Stored } from '../../ports/stored';

/** Keys of the documents in the state store, declared once. */
export const STATE_KEYS = {
  job: 'job',
  cycle: 'cycle',
  cycleLease: 'cycle-lease',
  userWatermark: 'watermark-users',
  awayUsers: 'away-users',
  returnedGroups: 'returned-groups',
  groupWatermarks: 'watermark-groups',
  application: 'application',
  systems: 'systems',
} as const;

/** A version of the mappings that an operator has activated. */
export interface ActiveMappings {
  /** 0 is the file. */
  readonly version: number;
  readonly hash: string;
  /** ISO 8601. */
  readonly since: string;
  /** A name of a person or program. */
  readonly by: string;
  /** The object id of the person in Entra ID; empty for a program. */
  readonly byId: string;
  /** Why, in the operator's words; empty when nothing was said. */
  readonly why: string;
  /** The version that was active before. */
  readonly replaced: number;
  /** The plan that was looked at before; null where none was needed. */
  readonly planId: string | null;
  /** The hash of the file at that time: one that has changed since is not used. */
  readonly fileHash: string;
  /** The entry of the log that says so. */
  readonly changeId: string;
}

/** How the job stands, across cycles. */
export interface JobState {
  /** True while no new cycle begins. */
  readonly paused: boolean;
  /** True while work items wait too: the job was paused at once, not after its items. */
  readonly holdItems: boolean;
  /** Since when it has been paused in this way (ISO 8601); null while it is not. */
  readonly pausedAt: string | null;
  /** Who paused it: a name of a person or program, or this app itself; null while it is not paused. */
  readonly pausedBy: string | null;
  readonly quarantine: Quarantine | null;
  /** Why the next cycle must be an initial one; null when an incremental one will do. */
  readonly initialDue: string | null;
  /** Hash of the schema and of the settings that decide scope, as of the last cycle begun. */
  readonly rulesHash: string | null;
  /** Hash of the mappings and settings that work items last went by; null while none was noted. */
  readonly rulesInUse: string | null;
  readonly lastCycleId: string | null;
  /** Cycles that failed or put the job in quarantine in a row. */
  readonly successiveFailures: number;
  /** What stopped the last run of a cycle, also one that had not begun to read; null when nothing did. */
  readonly stopped: { readonly at: string; readonly code: ErrorCode; readonly message: string } | null;
  readonly steadyStateFirstAt: string | null;
  readonly steadyStateLastAt: string | null;
  /** Set by run and start: the next cycle runs once whatever the quarantine's back-off says. */
  readonly runNow: boolean;
  /** When a restart forgot the links (ISO 8601), until an initial cycle has looked for the accounts of those who have left; else null. */
  readonly linksForgottenAt: string | null;
  /** The latest initial cycle begun since then; null where none has. Times cannot tell: clocks of instances differ. */
  readonly linksSoughtBy: string | null;
  /** The quarantine that an operator lifted, until a cycle shows whether that was right. */
  readonly lifted: Pick<Quarantine, 'reason' | 'seriesBegan'> | null;
  /** The version of the mappings that the next cycle begins with; null while nobody has chosen one: the file. */
  readonly mappings: ActiveMappings | null;
  /** The version that work items use, and the cycle that took it into use (empty: none did); null for the file. */
  readonly mappingsInUse: { readonly version: number; readonly cycleId: string } | null;
}

/** What a job that is not paused says of it. */
export const NOT_PAUSED = { paused: false, holdItems: false, pausedAt: null, pausedBy: null } as const;

/** The state of a job that has never run. */
export const NEW_JOB: JobState = {
  ...NOT_PAUSED,
  quarantine: null,
  initialDue: 'This is the first cycle.',
  rulesHash: null,
  rulesInUse: null,
  lastCycleId: null,
  successiveFailures: 0,
  stopped: null,
  steadyStateFirstAt: null,
  steadyStateLastAt: null,
  runNow: false,
  linksForgottenAt: null,
  linksSoughtBy: null,
  lifted: null,
  mappings: null,
  mappingsInUse: null,
};

/** Where the users' delta starts next. */
export interface UserWatermark {
  readonly link: SourceLink;
  /** The select list baked into the link, sorted; another list needs a new round. */
  readonly select: string;
  /** The full round that left users unread, as long as there are some. */
  readonly unsettled?: string;
}

/** Where the deltas of the followed groups are kept, and what they were asked for. */
export interface GroupWatermarks {
  /** The select list baked into the links, sorted; another list needs new rounds. */
  readonly select: string;
  /** Names the rows that hold the deltas; undefined in a document of an older version, which held them itself. */
  readonly generation?: string;
}

/** The running cycle as it is kept; see `core/cycle-state.ts`. */
export type RunningCycle = CycleState;

/** The enterprise application as last read, so that workers need not read it for every object. */
export type StoredApplication = SourceApplication;

/** Reads the job's state; a job that has never run has one too. */
export async function readJob(state: Pick<StateStore, 'read'>): Promise<Stored<JobState>> {
  const stored = await state.read<JobState>(STATE_KEYS.job);
  if (stored) return { value: { ...NEW_JOB, ...stored.value }, etag: stored.etag };
  return { value: NEW_JOB, etag: '' };
}

/** Changes the job's state; on a conflict it is read again and changed again. Nothing is written where `change` returns what it was given. Returns the new state. */
export async function changeJob(state: StateStore, change: (job: JobState) => JobState): Promise<JobState> {
  return changeDocument(state, STATE_KEYS.job, (stored: JobState | undefined) => {
    const job = { ...NEW_JOB, ...stored };
    const next = change(job);
    return stored && next === job ? stored : next;
  });
}

const MAX_CONFLICTS = 8;

/**
 * Reads, changes and writes a document under its ETag, again on conflict. Nothing is written where `change` returns what it was given: of a hundred items
 * that note the same at once, one writes.
 * @throws StaleStateError after many conflicts
 */
export async function changeDocument<T>(state: StateStore, key: string, change: (value: T | undefined) => T): Promise<T> {
  for (let conflicts = 0; ; conflicts += 1) {
    const stored = await state.read<T>(key);
    const next = change(stored?.value);
    if (stored && next === stored.value) return next;
    try {
      await state.write(key, next, stored?.etag ?? null);
      return next;
    } catch (error) {
      if (!(error instanceof StaleStateError) || conflicts >= MAX_CONFLICTS) throw error;
    }
  }
}
