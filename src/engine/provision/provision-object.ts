import { HandoverError, ProvisioningError } from '../../core/errors';
import type { SourceId, SourceObject, WorkItem } from '../../core/model';
import { disposition } from '../../core/retry';
import type { ScopeDecision } from '../../core/scope';
import { decide, type Rules, readRules } from '../decide/due';
import { heldNow } from '../decide/held';
import { readLeaving } from '../decide/leaver';
import type { EngineDeps, EngineReads } from '../deps';
import { readJob } from '../job/job-state';
import { enterQuarantine } from '../job/quarantine-job';
import type { Outcome, Subject } from '../record/outcome';
import { Trace } from '../record/trace';
import { type Attempt, type Back, skipped } from './attempt';
import { groupBackStages, userBackStages } from './back-stages';
import { groupStages } from './group-stages';
import { endTakeover, readPairing } from './pairing';
import { isAccountChange, provision } from './provision';
import { turnOf } from './turn';
import { userStages } from './user-stages';
import { withoutTold } from './without-told';

/** How a work item is to be carried out. */
export interface ProvisionOptions {
  /** Stop before anything is written. */
  readonly dryRun: boolean;
}

/** How long an item waits when the credential is refused: the cycle finds out when it works again. */
const REFUSED_DEFER_MS = 5 * 60_000;

/** How long an item waits for another object of ours to give up what it needs, and how often before it is a failure. */
const HANDOVER_DEFER_MS = 20_000;
const HANDOVER_WAITS = 6;

/**
 * Carries out one work item: reads both sides as they are now, decides, writes what differs, and returns how it ended. The same
 * use case for queue, on-demand, escrow retry and plan. Safe to repeat, late, or out of order.
 * @throws what is not ours to handle: storage being down, bugs. The queue then hands the item out again.
 */
export async function provisionObject(deps: EngineDeps, item: WorkItem, options: ProvisionOptions): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    const trace = new Trace();
    try {
      return await tryOnce(deps, item, options, trace, tries > 1);
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error;
      const waited = item.waited ?? 0;
      if (error instanceof HandoverError && error.isSoon && waited < HANDOVER_WAITS) {
        return { kind: 'deferred', delayMs: HANDOVER_DEFER_MS, error, item: { ...item, waited: waited + 1 } };
      }
      const verdict = disposition(error);
      switch (verdict.kind) {
        case 'rethrow':
          throw error;
        case 'defer':
          return { kind: 'deferred', delayMs: verdict.delayMs, error, item: changesAccount(item, trace) };
        case 'quarantine':
          await quarantineFor(deps, item, error);
          return { kind: 'deferred', delayMs: REFUSED_DEFER_MS, error, item };
        case 'replan':
          if (tries === 1) continue;
          return failed(deps, item, trace, error);
        case 'escrow':
          return failed(deps, item, trace, error);
      }
    }
  }
}

/** The item as it comes back: what it turned out to need is not found out again by reading everything. */
const changesAccount = (item: WorkItem, { planned }: Trace): WorkItem =>
  planned && isAccountChange(item.objectType, planned) ? { ...item, isChange: true } : item;

async function tryOnce(
  deps: EngineDeps,
  item: WorkItem,
  { dryRun }: ProvisionOptions,
  trace: Trace,
  isSecondTry: boolean,
): Promise<Outcome> {
  const [stored, rules, direct] = await Promise.all([
    deps.space.readObject({ type: item.objectType, id: item.sourceId }),
    readRules(deps),
    deps.space.groupsOf(item.sourceId),
  ]);
  const object = stored?.value;
  if (!object) {
    const reason = 'The object could not be read from Entra ID yet (deleted principals may linger in the assignments).';
    trace.step('import', reason, { id: item.sourceId }, 'skipped');
    return { kind: 'skipped', subject: emptySubject(trace), skipReason: 'Unknown', reason };
  }
  const asStored = await readAttempt(deps, { item, object, rules, direct }, { dryRun, isSecondTry, trace });
  const read = dryRun ? asStored : { ...asStored, pairing: await endTakeover(deps, asStored.pairing) };
  // After the row of the pairing: whoever applies a way back in between writes that row, and this attempt finds it changed.
  const turn = await turnOf(deps, item, await heldNow(deps, object), dryRun);
  if (turn.kind === 'skip') return skipped(read, undefined, turn);
  if (turn.kind === 'due') traceScope(trace, read.decision);
  const attempt = await withoutTold(deps, turn.kind === 'back' ? takingBack(read, turn.back) : read);
  const isUser = object.type === 'user';
  if (turn.kind === 'due') return isUser ? provision(deps, attempt, userStages) : provision(deps, attempt, groupStages);
  return isUser ? provision(deps, attempt, userBackStages) : provision(deps, attempt, groupBackStages);
}

/** An attempt that goes by what an operator takes back: scope has no say in it. */
function takingBack(attempt: Attempt, back: Back): Attempt {
  const { heldBy, way } = back;
  const reason = `Taken back by ${heldBy.displayName || heldBy.id}: what cycle ${way.cycleId} did at ${way.changedAt}.`;
  attempt.trace.step('scoping', reason, { decision: 'undo' });
  return { ...attempt, back, decision: { kind: 'in', roles: [], reason } };
}

/** What is read first of an item. */
interface AsRead {
  readonly item: WorkItem;
  readonly object: SourceObject;
  readonly rules: Rules;
  readonly direct: readonly SourceId[];
}

/** What is due: the source's side of one object, whether another worker holds it, and what the account is like. */
async function readAttempt(
  reads: EngineReads,
  { item, object, rules, direct }: AsRead,
  how: Pick<Attempt, 'dryRun' | 'isSecondTry' | 'trace'>,
): Promise<Attempt> {
  how.trace.step('import', 'Taken as last read from Entra ID.', { version: String(object.version) });
  const { above, decision } = await decide(reads, rules, object, direct);
  const pairing = await readPairing(reads, { type: object.type, id: object.id });
  const leaving = await readLeaving(reads, object, decision, pairing.row.link);
  const account = await reads.target.describe();
  return { ...how, reads, item, object, above, decision, pairing, leaving, account, back: null };
}

function traceScope(trace: Trace, decision: ScopeDecision): void {
  const status = decision.kind === 'in' ? 'success' : decision.kind === 'out' ? 'skipped' : 'warning';
  const details = decision.kind === 'out' ? { decision: decision.cause } : { decision: decision.kind };
  trace.step('scoping', decision.reason, details, status);
}

/** One refused credential is one reason, however many workers run into it at once: only cycles make the wait longer. */
async function quarantineFor(deps: EngineDeps, item: WorkItem, error: ProvisioningError): Promise<void> {
  if ((await readJob(deps.state)).value.quarantine?.reason === 'EncounteredQuarantineException') return;
  await enterQuarantine(deps, {
    reason: 'EncounteredQuarantineException',
    code: error.code,
    message: error.message,
    failingRequest: error.message,
    sampleIds: [item.sourceId],
  });
}

async function failed(deps: EngineDeps, item: WorkItem, trace: Trace, error: ProvisioningError): Promise<Outcome> {
  trace.step(trace.stage, error.message, { code: error.code }, 'failure');
  const source = (await deps.space.readObject({ type: item.objectType, id: item.sourceId }))?.value;
  const link = (await deps.links.read({ type: item.objectType, id: item.sourceId }))?.value.link;
  const subject: Subject = { ...emptySubject(trace), source, targetId: link?.targetId };
  return { kind: 'failed', subject, error, plan: trace.planned };
}

const emptySubject = (trace: Trace): Subject => ({
  source: undefined,
  targetId: undefined,
  targetName: undefined,
  scope: undefined,
  steps: trace.steps,
});
