import { ProvisioningError } from '../../core/errors';
import type { WorkItem } from '../../core/model';
import { disposition } from '../../core/retry';
import type { ScopeDecision } from '../../core/scope';
import { makeAncestry } from '../decide/ancestry';
import { decideScope, readAppRoles } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { readJob } from '../job/job-state';
import { enterQuarantine } from '../job/quarantine-job';
import type { Outcome, Subject } from '../record/outcome';
import { Trace } from '../record/trace';
import { openPairing } from './pairing';
import { provisionGroup } from './provision-group';
import { provisionUser } from './provision-user';

/** How a work item is to be carried out. */
export interface ProvisionOptions {
  /** Stop before anything is written. */
  readonly dryRun: boolean;
}

/** How long an item waits when the credential is refused: the cycle finds out when it works again. */
const REFUSED_DEFER_MS = 5 * 60_000;

/**
 * Carries out one work item: reads both sides as they are now, decides, writes what differs, and answers how it ended. The same
 * use case for queue, on-demand, escrow retry and plan. Safe to repeat, late, or out of order.
 * @throws what is not ours to handle: storage being down, bugs. The queue then hands the item out again.
 */
export async function provisionObject(deps: EngineDeps, item: WorkItem, options: ProvisionOptions): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    const trace = new Trace();
    try {
      return await attempt(deps, item, options, trace, tries > 1);
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error;
      const verdict = disposition(error);
      switch (verdict.kind) {
        case 'rethrow':
          throw error;
        case 'defer':
          return { kind: 'deferred', delayMs: verdict.delayMs, error };
        case 'quarantine':
          await quarantineFor(deps, item, error);
          return { kind: 'deferred', delayMs: REFUSED_DEFER_MS, error };
        case 'replan':
          if (tries === 1) continue;
          return failed(deps, item, trace, error);
        case 'escrow':
          return failed(deps, item, trace, error);
      }
    }
  }
}

async function attempt(
  deps: EngineDeps,
  item: WorkItem,
  { dryRun }: ProvisionOptions,
  trace: Trace,
  isSecondTry: boolean,
): Promise<Outcome> {
  const key = { type: item.objectType, id: item.sourceId };
  const source = (await deps.space.readObject(key))?.value;
  if (!source) {
    const reason = 'The object could not be read from Entra ID yet (deleted principals may linger in the assignments).';
    trace.step('import', reason, { id: item.sourceId }, 'skipped');
    return { kind: 'skipped', subject: emptySubject(trace), skipReason: 'Unknown', reason };
  }
  trace.step('import', 'Read from the connector space.', { version: String(source.version) });
  const appRoles = await readAppRoles(deps);
  const above = await makeAncestry(deps.space, deps.settings.groupMembership).above(source.id);
  const decision = decideScope(deps, appRoles, source, above);
  traceScope(trace, decision);
  const pairing = await openPairing(deps, key);
  const account = await deps.target.describe();
  const common = { deps, item, dryRun, decision, account, pairing, trace };
  return source.type === 'user'
    ? provisionUser({ ...common, user: source, isSecondTry })
    : provisionGroup({ ...common, group: source });
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
  trace.step(trace.lastType, error.message, { code: error.code }, 'failure');
  const source = (await deps.space.readObject({ type: item.objectType, id: item.sourceId }))?.value;
  const link = (await deps.links.read({ type: item.objectType, id: item.sourceId }))?.value.link;
  const subject: Subject = { ...emptySubject(trace), source, targetId: link?.targetId };
  return { kind: 'failed', subject, error, plan: undefined };
}

const emptySubject = (trace: Trace): Subject => ({
  source: undefined,
  targetId: undefined,
  targetName: undefined,
  scope: undefined,
  steps: trace.steps,
});
