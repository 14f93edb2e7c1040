import type { RunningCycle } from '../engine/job/job-state';
import { PLAN_EXPIRES_MS } from '../engine/preview/planning';
import type { PlanHeader, PlanRow, PlanSeats } from '../ports/plan-store';
import type { Body } from './http';
import type { PlanHead, PlanObject } from './shapes/plan';

/** A plan as JSON, without its objects. */
export function headerBody(header: PlanHeader): Body<typeof PlanHead> {
  const cycle = header.cycle as Partial<RunningCycle>;
  const { application } = header;
  return {
    id: header.planId,
    kind: header.kind,
    undoes: header.undoes ?? null,
    status: header.state,
    createdDateTime: header.createdAt,
    createdBy: header.createdBy,
    expiresDateTime: new Date(Date.parse(header.createdAt) + PLAN_EXPIRES_MS).toISOString(),
    completedDateTime: header.endedAt,
    schema: {
      hash: header.schemaHash,
      isInForce: !header.isForOtherSchema,
      schemaVersion: header.schemaVersion ?? null,
    },
    progress: { phase: header.phase, step: cycle.phase ?? null, imported: cycle.imported ?? 0, objects: header.objects },
    counts: header.counts,
    removals: header.removals,
    heldByBrake: header.brake,
    seats: header.seats ? { ...header.seats, after: seatsAfter(header.seats), free: freeSeats(header.seats) } : null,
    error: header.error,
    apply: application && {
      cycleId: application.cycleId,
      startedDateTime: application.startedAt,
      completedDateTime: application.endedAt,
      enqueued: application.enqueued,
      refused: application.refused,
      held: application.held,
    },
  };
}

/** Seats held once the plan is carried out. */
export const seatsAfter = ({ before, needed, freed, missing }: PlanSeats): number => before + needed - missing - freed;

/** Seats of those bought that are free now; null where nobody says how many were. */
export const freeSeats = ({ bought, before }: PlanSeats): number | null =>
  bought === null ? null : Math.max(0, bought - before);

/** One object of a plan as JSON. */
export function rowBody(header: PlanHeader, row: PlanRow): Body<typeof PlanObject> {
  return {
    sourceIdentity: { id: row.key.id, displayName: row.name, identityType: identityType(row) },
    targetIdentity: { id: row.targetId ?? '' },
    outcome: row.outcome,
    provisioningAction: row.action,
    heldByBrake: isHeld(header, row),
    modifiedProperties: row.changes,
    reason: row.reason,
    code: row.code,
    warnings: row.warnings,
    ...(row.drift && {
      drift: { codes: row.drift.codes, lastChangedDateTime: row.drift.lastChangedAt, reported: row.drift.reported },
    }),
    removal: row.removal,
    applied: row.applied,
    refusal: row.refusal,
  };
}

/** As in the log: a service principal waits among the users, and only the reason of its skip tells them apart. */
function identityType({ key, code }: PlanRow): 'User' | 'Group' | 'ServicePrincipal' {
  if (code === 'UnsupportedPrincipal') return 'ServicePrincipal';
  return key.type === 'user' ? 'User' : 'Group';
}

/** Whether a cycle would stage the object instead of carrying it out. */
export const isHeld = (header: PlanHeader, row: PlanRow): boolean => header.brake.some((one) => one.kind === row.removal?.kind);
