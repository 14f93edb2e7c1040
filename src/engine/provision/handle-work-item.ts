import { RECOMMENDED_ACTION } from '../../core/advice';
import {
  ConfigError,
  ownWordsOf,
  type ProvisioningError,
  RejectedError,
  StaleStateError,
  UnauthorizedError,
} from '../../core/errors';
import type { Permission, SourceObject, WorkItem } from '../../core/model';
import { CLAIMED_DEFER_MS, isTransientFailure, nextAttemptAt } from '../../core/retry';
import type { ObjectKey } from '../../ports/stored';
import { endHold } from '../decide/held';
import type { EngineDeps } from '../deps';
import { type Gate, HELD_DEFER_MS } from '../job/gate';
import { holdItem } from '../job/hold-item';
import { noteRules, rulesOf } from '../job/rules-in-use';
import { WAITING_FOR_SEAT } from '../job/seat-ledger';
import { withMappings } from '../mappings';
import { entryOf, errorInformation, type Initiator } from '../record/log-entry';
import type { Outcome } from '../record/outcome';
import { AWAITING_SEAT } from './await-seat';
import { closeClaim, ownRow } from './close-claim';
import { isLetGo } from './permission';
import { provisionObject } from './provision-object';

/** An operator may end a wait that Zendesk has asked for: whoever stays away asks again after so long. */
const LONGEST_STAY_AWAY_MS = 30 * 60_000;

/**
 * Carries out one work item from the queue and records how it ended: exactly one log entry, or back into the queue with a delay.
 * Returning normally takes the message off the queue; throwing hands it out again after the retry delay.
 */
export async function handleWorkItem(deps: EngineDeps, gate: Gate, item: WorkItem): Promise<Outcome | undefined> {
  const holdMs = await gate.holdMs();
  if (holdMs > 0) {
    await holdItem(deps, item, holdMs);
    return undefined;
  }
  const busyMs = deps.target.busyForMs(item.isChange ? 'userUpdate' : 'request');
  if (busyMs > 0) {
    await deps.queue.defer(item, Math.min(busyMs, LONGEST_STAY_AWAY_MS));
    return undefined;
  }
  const startedAt = deps.clock();
  const carriedOut = await withCurrentMappings(deps, gate, item);
  if (!carriedOut) return undefined;
  const outcome = carriedOut.kind === 'deferred' ? carriedOut : await recordOutcome(deps, item, carriedOut, startedAt);
  if (outcome.kind === 'deferred') {
    deps.logger.debug('Put back into the queue', { ...idsOf(item), delayMs: outcome.delayMs, code: outcome.error.code });
    if (outcome.error instanceof UnauthorizedError) await holdItem(deps, item, outcome.delayMs);
    else await deps.queue.defer(outcome.item, outcome.delayMs);
  }
  return outcome;
}

/**
 * Provisions with the mappings that are in use. Where another version has been taken into use meanwhile, once more with that: of two items
 * of one object the last word is the newer version's, however long one of them took. Without mappings that can be used the item waits.
 */
async function withCurrentMappings(deps: EngineDeps, gate: Gate, item: WorkItem): Promise<Outcome | undefined> {
  for (let version = await gate.mappings(); ; ) {
    let used: EngineDeps;
    try {
      used = await withMappings(deps, version);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      deps.logger.error('The mappings in use cannot be read; the work item waits', { ...idsOf(item), reason: error.message });
      await holdItem(deps, item, HELD_DEFER_MS);
      return undefined;
    }
    if ((await gate.rules()) !== rulesOf(used)) await noteRules(used);
    const outcome = await provisionObject(used, item, { dryRun: false });
    const now = await gate.mappings();
    if (now === version) return outcome;
    version = now;
  }
}

/**
 * Writes the log entry of a work item and keeps its escrow in sync: one for a failure, none for anything else.
 * @returns the outcome; deferred, with nothing recorded, where another item tells by now what this one has written: it finds nothing to do then
 */
export async function recordOutcome(
  deps: EngineDeps,
  item: WorkItem,
  outcome: Exclude<Outcome, { kind: 'deferred' }>,
  startedAt: Date,
  initiator?: Initiator,
): Promise<Outcome> {
  const key = { type: item.objectType, id: item.sourceId };
  const failure = failureIn(outcome);
  if (failure) await escrow(deps, item, failure);
  const isWaiting = !failure && awaitsSeat(outcome);
  if (isWaiting) await waitForSeat(deps, item);
  const entry = entryOf(deps, item, outcome, startedAt, initiator);
  const row = outcome.kind === 'done' && outcome.row ? await ownRow(deps, key, outcome.row) : undefined;
  if (row instanceof StaleStateError) return { kind: 'deferred', delayMs: CLAIMED_DEFER_MS, error: row, item };
  await deps.log.record(entry);
  await Promise.all([
    outcome.kind === 'done' ? closeClaim(deps, key, row) : undefined,
    // What was left alone has not succeeded: what failed before, or a way back, is tried again.
    failure || isWaiting || isLeftAlone(outcome) || (await isOthersTurn(deps, key, outcome))
      ? undefined
      : endEscrow(deps, key, outcome.subject.source),
  ]);
  if (!failure && item.undo !== undefined) await finishHold(deps, key, item.undo, outcome);
  if (!failure && item.allows) await endReleased(deps, key, item.allows);
  deps.logger.info('Provisioned', {
    ...idsOf(item),
    action: entry.provisioningAction,
    status: entry.provisioningStatusInfo.status,
    skipReason: entry.skipReason,
    errorCode: entry.provisioningStatusInfo.errorInformation?.errorCode,
    durationMs: entry.durationInMilliseconds,
  });
  return outcome;
}

/**
 * Takes a stored failure off, because the object succeeded. Not where the object has changed since this try read it: then a later one may have failed with
 * what is new, before this slow one has claimed the object, and nothing else would have it tried again.
 */
async function endEscrow(deps: EngineDeps, key: ObjectKey, read: SourceObject | undefined): Promise<void> {
  if (!(await deps.escrows.read(key))) return;
  const now = read && (await deps.space.readObject(key))?.value;
  if (!now || now.version === read.version) await deps.escrows.remove(key);
}

/** Whether nothing was asked of what is due: a hold stands in the way, or an operator's way back came too late. */
const isLeftAlone = (outcome: Exclude<Outcome, { kind: 'deferred' }>): boolean =>
  outcome.kind === 'skipped' && (outcome.skipReason === 'HeldByOperator' || outcome.skipReason === 'NotRestorable');

/** Whether a removal waited that an operator has let go already: an item of its own tries that, and what failed then is still to be seen. */
const isOthersTurn = async (
  deps: EngineDeps,
  key: ObjectKey,
  outcome: Exclude<Outcome, { kind: 'deferred' }>,
): Promise<boolean> =>
  outcome.kind === 'skipped' && outcome.skipReason === 'AwaitingCycle' && (await deps.staged.read(key))?.state === 'released';

/**
 * A way back that has ended and is in the log: from here on the object is only held, or free again.
 *
 *   the way back ended                    │ the hold
 *   done, or nothing of it was left to do │ stays until it is released, unless it was put only for this
 *   waits for the brake, or for a seat    │ stays with its way back
 *   anything else                         │ ends: there is nothing to protect
 */
async function finishHold(
  deps: EngineDeps,
  key: ObjectKey,
  planId: string,
  outcome: Exclude<Outcome, { kind: 'deferred' }>,
): Promise<void> {
  const stored = await deps.holds.read(key);
  if (stored?.value.planId !== planId || !stored.value.way) return;
  const reason = outcome.kind === 'skipped' ? outcome.skipReason : 'RedundantExport';
  if (reason === 'AwaitingCycle' || awaitsSeat(outcome)) return;
  if (reason !== 'RedundantExport' || stored.value.isLast) return endHold(deps, key);
  try {
    await deps.holds.write({ ...stored.value, way: null }, stored.etag);
  } catch (error) {
    // Released, or taken back once more, a moment ago.
    if (!(error instanceof StaleStateError)) throw error;
  }
}

const awaitsSeat = (outcome: Exclude<Outcome, { kind: 'deferred' }>): boolean =>
  (outcome.kind === 'skipped' && outcome.skipReason === AWAITING_SEAT.code) ||
  (outcome.kind === 'done' && outcome.awaitsSeat === true);

/** Keeps in mind who waits for a seat: tried again with every cycle, and no failure of anybody's. */
async function waitForSeat(deps: EngineDeps, { objectType: type, sourceId: id, cycleId, changeId }: WorkItem): Promise<void> {
  const key = { type, id };
  const before = await deps.escrows.read(key);
  const now = deps.clock().toISOString();
  await deps.escrows.put({
    key,
    firstFailedAt: before?.code === WAITING_FOR_SEAT ? before.firstFailedAt : now,
    lastFailedAt: now,
    attempts: before?.code === WAITING_FOR_SEAT ? before.attempts + 1 : 1,
    nextAttemptAt: now,
    code: WAITING_FOR_SEAT,
    reason: 'No agent seat is free.',
    recommendedAction: 'Free a seat in Zendesk, or buy more and raise AGENT_SEATS.',
    cycleId,
    changeId,
    isTransient: true,
  });
}

/** What an operator had let go is carried out, or has turned out to be nothing: nothing is left that has to be kept in mind. */
async function endReleased(deps: EngineDeps, key: ObjectKey, allows: Permission): Promise<void> {
  const staged = await deps.staged.read(key);
  if (staged && isLetGo(staged, allows)) await deps.staged.remove([key]);
}

/** What is to be tried again of an outcome: a failure, or memberships that Zendesk refused. */
function failureIn(outcome: Exclude<Outcome, { kind: 'deferred' }>): ProvisioningError | undefined {
  if (outcome.kind === 'failed') return outcome.error;
  if (outcome.kind === 'done' && outcome.unfinished) return outcome.unfinished;
  const [first, ...others] = (outcome.kind === 'done' && outcome.refused) || [];
  if (first === undefined) return undefined;
  return new RejectedError('memberships', `${first}${others.length > 0 ? `, and ${others.length} more memberships` : ''}`);
}

async function escrow(deps: EngineDeps, item: WorkItem, error: ProvisioningError): Promise<void> {
  const key = { type: item.objectType, id: item.sourceId };
  const before = await deps.escrows.read(key);
  const now = deps.clock();
  const firstFailedAt = before?.firstFailedAt ?? now.toISOString();
  const attempts = before?.changeId === item.changeId ? before.attempts : (before?.attempts ?? 0) + 1;
  const isTransient = isTransientFailure(error);
  const detail = ownWordsOf(error);
  const next = nextAttemptAt(new Date(firstFailedAt), now, attempts, isTransient);
  await deps.escrows.put({
    key,
    firstFailedAt,
    lastFailedAt: now.toISOString(),
    attempts,
    nextAttemptAt: next?.toISOString() ?? null,
    code: errorInformation(error).errorCode,
    reason: error.message,
    ...(detail && { detail }),
    recommendedAction: RECOMMENDED_ACTION[error.code],
    cycleId: item.cycleId,
    changeId: item.changeId,
    isTransient,
  });
}

const idsOf = (item: WorkItem) => ({ cycleId: item.cycleId, changeId: item.changeId, sourceId: item.sourceId });
