import type { RemovalKind } from '../../core/brake';
import { DeletionThresholdError, type ProvisioningError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import type { ObjectType, SourceObject, WorkItem } from '../../core/model';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import type { ObjectKey } from '../../ports/stored';
import { keyText } from '../../ports/stored';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import { closeCycles, recoverFromBrake } from '../cycle/close-cycles';
import { operatorCycle } from '../cycle/operator-cycle';
import { overThreshold } from '../cycle/weigh-removals';
import { ancestryOf } from '../decide/ancestry';
import { dueFor } from '../decide/due';
import { type Loss, lossOf } from '../decide/loss';
import { markLeaving } from '../decide/stage-loss';
import type { EngineDeps } from '../deps';
import { findSubject, hitLine } from '../find-subject';
import { isForWantOfAssignment } from '../import/doubt';
import { type ImportResult, importOne } from '../import/import-one';
import { type ImportSession, isListDoubted, openImport } from '../import/import-session';
import { withMappingsInUse } from '../job/mappings-in-use';
import { noteRules } from '../job/rules-in-use';
import { recordOutcome } from '../provision/handle-work-item';
import { provisionObject } from '../provision/provision-object';
import type { Initiator } from '../record/log-entry';
import type { Outcome } from '../record/outcome';
import { itemFor } from '../work-item';
import { withoutWriting } from './on-demand-overlay';

/** What somebody asks to be provisioned now. */
export interface OnDemandRequest {
  /** Ids, UPNs, addresses, names or parts of names. */
  readonly subjects: readonly string[];
  readonly objectType: ObjectType | undefined;
  readonly dryRun: boolean;
  readonly operator: Initiator;
  /** True where nobody may lose anything by this request: then it is refused as a whole. */
  readonly refusesRemovals?: boolean;
  /** What is not done by then goes into the queue. */
  readonly budgetMs: number;
}

/** What became of one subject. */
export type SubjectResult = { readonly subject: string } & (
  | { readonly kind: 'notImported'; readonly result: Exclude<ImportResult, { kind: 'imported' }> }
  | Ended
  | Later
);

/** A subject that was not done in time: it is in the queue, or in a dry run not looked at. */
export interface Later {
  readonly kind: 'later';
  readonly item: WorkItem;
  readonly isEnqueued: boolean;
  readonly reason: string;
  readonly retryAfterMs: number;
}

/** A subject that was provisioned, or would be. */
export interface Ended {
  readonly kind: 'ended';
  readonly item: WorkItem;
  readonly outcome: Exclude<Outcome, { kind: 'deferred' }>;
  readonly startedAt: Date;
  /** What it loses, as the brake counts it. */
  readonly removal: Loss | undefined;
}

/** The answer of one call: results in the order of the subjects. */
export interface OnDemandAnswer {
  readonly cycleId: string;
  readonly results: readonly SubjectResult[];
  /** Kinds of removal that the brake would hold; only a dry run gets to see it. */
  readonly heldByBrake: readonly string[];
}

interface Imported {
  readonly key: ObjectKey;
  readonly item: WorkItem;
  readonly removal: Loss | undefined;
}

/** A wait up to this long is sat out inside the call. */
const PATIENCE_MS = 5_000;

/**
 * Imports each subject directly from the source and provisions it, as a cycle would, with the same locks, limits and protection.
 * A request for named objects is the operator's consent that they may lose access, up to the brake's threshold in one call.
 * A dry run writes nothing anywhere.
 * @throws DeletionThresholdError before anything is written; whatever makes the source or the target unusable as a whole.
 */
export async function provisionOnDemand(real: EngineDeps, request: OnDemandRequest): Promise<OnDemandAnswer> {
  const used = await withMappingsInUse(real);
  const deps = request.dryRun ? withoutWriting(used) : used;
  const deadlineMs = deps.clock().getTime() + request.budgetMs;
  await noteRules(deps);
  await deps.target.describe();
  const cycleId = deps.newId();
  const { session, found } = await readAll(deps, request);
  const imported = new Map<string, Imported>();
  for (const result of found) {
    if (result.kind !== 'imported' || imported.has(keyText(result.key))) continue;
    imported.set(keyText(result.key), await withLoss(session, cycleId, result.key, result.object));
  }
  const held = await overThreshold(deps, removalCounts([...imported.values()]));
  const losing = [...imported.values()].filter(({ removal }) => removal !== undefined).length;
  if (request.refusesRemovals && !request.dryRun && losing > 0)
    throw new DeletionThresholdError(losing, 0, 'Refused, nothing was written: this removes access, which needs two people.');
  if (held.size > 0 && !request.dryRun) throw tooMany([...imported.values()], held);
  if (!request.dryRun) {
    for (const { item, removal } of imported.values()) await markLeaving(deps, removal?.memberships ?? [], item.changeId);
  }
  if (!request.dryRun && imported.size > 0) await openRecord(deps, cycleId, imported.size, request.operator);

  const ended = new Map<string, Ended | Later>();
  // Users first: then a group finds its members' accounts.
  const inOrder = [...imported.values()].sort((a, b) => b.key.type.localeCompare(a.key.type));
  for (const type of ['user', 'group'] as const) {
    const some = inOrder.filter((one) => one.key.type === type);
    const results = await concurrently(some, SOURCE_CONCURRENCY, (one) => carryOut(deps, one, request, deadlineMs));
    some.forEach((one, at) => {
      const result = results[at];
      if (result) ended.set(keyText(one.key), result);
    });
  }
  if (!request.dryRun) {
    await closeCycles(deps);
    await recoverFromBrake(deps);
  }
  const results = request.subjects.map((subject, at) => resultOf(subject, found[at], ended));
  return { cycleId, results, heldByBrake: [...held.values()] };
}

/**
 * Imports the subjects; those who are to lose something for want of an assignment once more. The assignments were listed before the object was read, and
 * lack a group that was assigned in between, to which somebody may have been moved. Who loses it all the same is left alone where the list is not believed.
 */
async function readAll(deps: EngineDeps, { subjects, objectType }: OnDemandRequest) {
  const session = await openImport(deps);
  const first = await concurrently(subjects, SOURCE_CONCURRENCY, (subject) => importNamed(session, subject, objectType));
  const doubts = await concurrently(first, STORAGE_CONCURRENCY, (result) => isInDoubt(session, result));
  if (!doubts.includes(true)) return { session, found: first };
  const anew = await openImport(deps);
  let isDoubted: Promise<boolean> | undefined;
  const found = await concurrently([...first.entries()], SOURCE_CONCURRENCY, async ([at, result]): Promise<ImportResult> => {
    if (!doubts[at] || result.kind !== 'imported') return result;
    const again = await importOne(anew, result.key.id, result.key.type);
    if (!(await isInDoubt(anew, again))) return again;
    isDoubted ??= isListDoubted(anew);
    return (await isDoubted) ? { kind: 'unknown', reason: LIST_DOUBTED } : again;
  });
  return { session: anew, found };
}

const LIST_DOUBTED =
  'Entra ID returned a list of assignments that lacks some which exist, or cannot be read, so it proves nothing. Try again later.';

async function isInDoubt(session: ImportSession, result: ImportResult): Promise<boolean> {
  const due = result.kind === 'imported' && (await dueOf(session, result.object));
  const removal = due && (await lossOf(session.deps, due));
  return due && removal ? isForWantOfAssignment(due, removal) : false;
}

/** An id or address is Entra's to know; any other text, and an address that Entra does not know, is looked for as everywhere. */
async function importNamed(session: ImportSession, subject: string, type: ObjectType | undefined): Promise<ImportResult> {
  const isEntras = isGuid(subject.trim()) || subject.includes('@');
  const direct = isEntras ? await importOne(session, subject, type) : undefined;
  if (direct && direct.kind !== 'notFound') return direct;
  const found = await findSubject(session.deps, subject, type);
  if (found.kind === 'several') {
    const hits = found.hits.map(hitLine).join('; ');
    return { kind: 'notFound', reason: `More than one object may be meant; give the id of one: ${hits}.` };
  }
  if (found.kind === 'one') return importOne(session, found.key.id, found.key.type);
  return direct ?? importOne(session, subject, type);
}

function resultOf(subject: string, result: ImportResult | undefined, ended: ReadonlyMap<string, Ended | Later>): SubjectResult {
  if (result?.kind !== 'imported') {
    return { subject, kind: 'notImported', result: result ?? { kind: 'unknown', reason: 'The object was not read.' } };
  }
  const end = ended.get(keyText(result.key));
  if (!end) return { subject, kind: 'notImported', result: { kind: 'unknown', reason: 'The object was not carried out.' } };
  return { subject, ...end };
}

const dueOf = ({ deps, appRoles }: ImportSession, object: SourceObject) =>
  dueFor(deps, { appRoles, ancestry: ancestryOf(deps) }, object);

async function withLoss(session: ImportSession, cycleId: string, key: ObjectKey, object: SourceObject): Promise<Imported> {
  const removal = await lossOf(session.deps, await dueOf(session, object));
  const item = itemFor(cycleId, key);
  return { key, removal, item: { ...item, allows: removal ? { kind: removal.kind, countedIn: item.changeId } : null } };
}

function removalCounts(imported: readonly Imported[]): ReadonlyMap<RemovalKind, number> {
  const counts = new Map<RemovalKind, number>();
  for (const { removal } of imported) if (removal) counts.set(removal.kind, (counts.get(removal.kind) ?? 0) + removal.count);
  return counts;
}

function tooMany(imported: readonly Imported[], held: ReadonlyMap<RemovalKind, string>): DeletionThresholdError {
  const counts = removalCounts(imported);
  const count = [...held.keys()].reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
  return new DeletionThresholdError(count, 0, `Refused, nothing was written: ${[...held.values()].join(' ')}`);
}

async function openRecord(deps: EngineDeps, cycleId: string, enqueued: number, operator: Initiator): Promise<void> {
  const why = `Provisioned on demand by ${operator.displayName}.`;
  await deps.cycles.put(operatorCycle(deps, { cycleId, kind: 'onDemand', enqueued, imported: enqueued, why }));
}

async function carryOut(
  deps: EngineDeps,
  { key, item, removal }: Imported,
  request: OnDemandRequest,
  deadlineMs: number,
): Promise<Ended | Later> {
  for (;;) {
    const startedAt = deps.clock();
    if (startedAt.getTime() >= deadlineMs) return later(deps, item, request, 'The time for one call was used up.', 0);
    // Before the row is read that decides: what is held from then on, a cycle has counted by what came later.
    const held = request.dryRun ? undefined : await deps.staged.read(key);
    const carriedOut = await provisionObject(deps, item, { dryRun: request.dryRun });
    const now = request.dryRun ? deps : await withMappingsInUse(deps);
    // Other mappings were taken into use meanwhile: theirs is the last word.
    if (now.schema !== deps.schema) return carryOut(now, { key, item, removal }, request, deadlineMs);
    const isToRecord = carriedOut.kind !== 'deferred' && !request.dryRun;
    const outcome = isToRecord ? await recordOutcome(deps, item, carriedOut, startedAt, request.operator) : carriedOut;
    if (outcome.kind !== 'deferred') {
      if (held) await forgetStaged(deps, held, outcome);
      return { kind: 'ended', item, outcome, startedAt, removal };
    }
    const mustWaitMs = Math.max(outcome.delayMs, 250);
    if (mustWaitMs > PATIENCE_MS || deps.clock().getTime() + mustWaitMs >= deadlineMs) {
      return later(deps, outcome.item, request, reasonOf(outcome.error), outcome.delayMs);
    }
    await deps.sleep(mustWaitMs);
  }
}

const reasonOf = (error: ProvisioningError): string => `${error.code}: ${error.message}`;

async function later(
  deps: EngineDeps,
  item: WorkItem,
  { dryRun }: OnDemandRequest,
  reason: string,
  retryAfterMs: number,
): Promise<Later> {
  if (!dryRun) await deps.queue.defer(item, retryAfterMs);
  return { kind: 'later', item, isEnqueued: !dryRun, reason, retryAfterMs };
}

/** What the brake held of an object before is settled once an operator has had it provisioned by name. */
async function forgetStaged(deps: EngineDeps, held: StagedDeletion, outcome: Ended['outcome']): Promise<void> {
  const isSettled = outcome.kind === 'done' || (outcome.kind === 'skipped' && outcome.skipReason === 'RedundantExport');
  const staged = isSettled ? await deps.staged.read(held.key) : undefined;
  if (staged?.changeId === held.changeId && staged.state !== 'candidate') await deps.staged.remove([held.key]);
}
