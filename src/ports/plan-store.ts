import type { RemovalKind } from '../core/brake';
import type { DriftFinding } from '../core/drift';
import type { ModifiedProperty } from '../core/record';
import type { WayBack } from '../core/way-back';
import type { ConnectorSpace } from './connector-space';
import type { Hold, SourceFingerprint } from './hold-store';
import type { ObjectKey, Stored } from './stored';

/** A kind of removal that is above the brake's threshold. */
export interface PlanBrake {
  readonly kind: RemovalKind;
  readonly count: number;
  readonly reason: string;
}

/** The agent seats that a plan takes and gives back. */
export interface PlanSeats {
  /** AGENT_SEATS; null where it is not set, and only what Zendesk refuses counts. */
  readonly bought: number | null;
  /** Held now. */
  readonly before: number;
  /** Taken by objects of the plan, those for whom none is left included. */
  readonly needed: number;
  /** Given back by objects of the plan. */
  readonly freed: number;
  /** Objects for whom none is left: they wait, whatever is given back, because nobody knows in time. */
  readonly missing: number;
}

/** How far a plan is being applied. */
export interface PlanApplication {
  /** The cycle under which its objects are carried out. */
  readonly cycleId: string;
  /** Undefined where nothing is above the threshold; else whether the operator lets it go. */
  readonly allowDeletes: boolean | undefined;
  /** Who applies it; absent in rows of older versions. */
  readonly by?: Hold['heldBy'];
  /** Entra object ids: these alone are applied; absent means all. */
  readonly only?: readonly string[];
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** The mark of the last page done. */
  readonly after: string | null;
  readonly enqueued: number;
  /** Objects that have changed since the plan was made. */
  readonly refused: number;
  /** Removals above the threshold that the operator did not let go. */
  readonly held: number;
}

/**
 * What a plan is made from: the source, as an initial cycle (`cycle`); the log of one cycle, as the way back from it (`undo`); the target, as
 * what has come to differ there (`drift`).
 */
export const PLAN_KINDS = ['cycle', 'undo', 'drift'] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

/** A plan without its objects. */
export interface PlanHeader {
  readonly planId: string;
  /** Rows of older versions say nothing of it and are read as `cycle`. */
  readonly kind: PlanKind;
  /** The cycle that is taken back; only for a plan of kind `undo`. */
  readonly undoes?: string;
  /** The objects that were asked for; absent for all of that cycle. */
  readonly only?: readonly ObjectKey[];
  readonly createdAt: string;
  readonly createdBy: string;
  /** Entra object id of the person; absent where a program or a key asked, and in rows of older versions. */
  readonly createdById?: string;
  readonly state: 'planning' | 'planned' | 'failed' | 'applying' | 'applied';
  /** Hash of the mappings that the plan is made with. */
  readonly schemaHash: string;
  /** The version of them, 0 for the file; absent where they were sent with the request, and in rows of older versions. */
  readonly schemaVersion?: number;
  /** True when they were not in force then. */
  readonly isForOtherSchema: boolean;
  /** Where the work is: the known objects are copied, the source is read, the objects are planned. */
  readonly phase: 'copy' | 'import' | 'objects' | 'done';
  /** The engine's own mark inside the import, stored as it is. */
  readonly cycle: unknown;
  /** Objects looked at. */
  readonly objects: number;
  /** Planned objects by action, besides `unchanged`, `skipped` and `failed`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly removals: Readonly<Partial<Record<RemovalKind, number>>>;
  readonly brake: readonly PlanBrake[];
  /** Agent seats, as counted when the objects began to be planned; absent in plans of other kinds and of older versions. */
  readonly seats?: PlanSeats;
  readonly endedAt: string | null;
  /** Why the work stopped, or stands still for now. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly application: PlanApplication | null;
}

/** One object of a plan. */
export interface PlanRow {
  readonly key: ObjectKey;
  readonly name: string;
  readonly targetId: string | null;
  readonly outcome: 'planned' | 'unchanged' | 'skipped' | 'failed';
  /** As the log would have it; `other` where nothing would be done. */
  readonly action: string;
  readonly changes: readonly ModifiedProperty[];
  /** Plain words: what would be done and why, or why not. */
  readonly reason: string;
  readonly code: string | null;
  readonly warnings: readonly string[];
  readonly removal: { readonly kind: RemovalKind; readonly count: number } | null;
  /** Stands for the plan of this object, unprinted values included; equal plans have equal digests. */
  readonly digest: string;
  /** What was found in Zendesk; only in a plan of kind `drift`. */
  readonly drift?: DriftFinding;
  readonly applied: 'enqueued' | 'refused' | 'held' | null;
  /** Why applying it was refused. */
  readonly refusal: string | null;
  /** The way back that is planned; only in a plan of kind `undo`. */
  readonly way?: WayBack;
  /** What the source object was like when that was planned. */
  readonly source?: SourceFingerprint;
}

/** Whether a text can be the mark of a page: {@link PlanPage.next}. */
export const isPlanMark = (text: string): boolean => /^[az]\.[\w.-]{1,600}$/.test(text);

/** One page of a plan's objects: those to be acted on, failures and what cannot be taken back first, then the others. */
export interface PlanPage {
  readonly rows: readonly PlanRow[];
  /** The mark to continue after; undefined on the last page. */
  readonly next?: string;
}

/** Plans and their objects. Throws as the other stores do. */
export interface PlanStore {
  read(planId: string): Promise<Stored<PlanHeader> | undefined>;
  /** @param etag as for StateStore.write */
  write(header: PlanHeader, etag: string | null): Promise<string>;
  /** Headers of all plans kept. */
  list(): Promise<readonly PlanHeader[]>;
  /** Keeps the mapping file that a plan is made with, where it is not the one in force. */
  writeSchema(planId: string, text: string): Promise<void>;
  readSchema(planId: string): Promise<string | undefined>;
  putRows(planId: string, rows: readonly PlanRow[]): Promise<void>;
  /** @param which `acting` leaves out what would not be touched. @param after a mark that a page gave */
  rows(planId: string, which: 'acting' | 'all', limit: number, after?: string): Promise<PlanPage>;
  /** Removes a plan with everything of it. */
  remove(planId: string): Promise<void>;
}

/** A connector space of its own, in which a plan imports without touching the real one. */
export interface ShadowSpace extends ConnectorSpace {
  /** Empties it. */
  clear(): Promise<void>;
}
