import { isAnythingHeld } from '../cycle/close-cycles';
import { releaseStaged } from '../cycle/release-staged';
import type { EngineDeps } from '../deps';
import { changeJob, STATE_KEYS } from '../job/job-state';
import { takeLease } from '../job/lease';
import { liftQuarantine } from '../job/quarantine-job';
import { hasOtherSystems, takeSystemsOver } from '../job/same-systems';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { forgetEscrows } from './escrow-control';
import { unlinkAll } from './unlink';

/** What a restart can reset. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationjobrestartcriteria */
export const RESET_SCOPES = [
  'None',
  'QuarantineState',
  'Watermark',
  'Escrows',
  'ConnectorDataStore',
  'Full',
  'ForceDeletes',
] as const;

/** One thing that a restart can reset. */
export type ResetScope = (typeof RESET_SCOPES)[number];

/** What the portal's button resets, and so does an empty list. */
const DEFAULT_SCOPES: readonly ResetScope[] = ['QuarantineState', 'Watermark', 'Escrows'];
const FULL: readonly ResetScope[] = [...DEFAULT_SCOPES, 'ConnectorDataStore'];

/** Reads a `resetScope`: names separated by commas, without case. Answers the names that are none beside those that are. */
export function readResetScope(text: string): { readonly scopes: readonly ResetScope[]; readonly unknown: readonly string[] } {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  if (names.length === 0) return { scopes: DEFAULT_SCOPES, unknown: [] };
  const known = new Map(RESET_SCOPES.map((scope) => [scope.toLowerCase(), scope]));
  const scopes = names.flatMap((name) => known.get(name.toLowerCase()) ?? []);
  return {
    scopes: [...new Set(scopes.flatMap((scope) => (scope === 'Full' ? FULL : [scope])))],
    unknown: names.filter((name) => !known.has(name.toLowerCase())),
  };
}

/** True when a restart would break pairs of accounts, which only a person may decide. */
export const breaksLinks = (scopes: readonly ResetScope[]): boolean => scopes.includes('ConnectorDataStore');

/** Without a link nobody would ever look at these accounts again. */
const HELD =
  'The brake holds removals. Allow them or correct the source first: without their links these people would keep access for ever.';

/** What a restart did. */
export type RestartResult =
  | {
      readonly kind: 'restarted';
      readonly escrowsForgotten: number;
      readonly linksCleared: number;
      readonly deletionsReleased: number;
      readonly leftQuarantine: boolean;
    }
  | { readonly kind: 'busy'; readonly reason: string };

/**
 * Restarts the job. It is on again afterwards and a cycle runs with the next tick; a cycle that is running is not interrupted,
 * and one that is due because of `Watermark` comes after it. Idempotent.
 */
export async function restartJob(
  deps: EngineDeps,
  operator: Initiator,
  scopes: readonly ResetScope[],
  owner: string,
): Promise<RestartResult> {
  let linksCleared = 0;
  if (breaksLinks(scopes)) {
    if ((await isAnythingHeld(deps)) && !(await hasOtherSystems(deps.state, deps.settings)))
      return { kind: 'busy', reason: HELD };
    const lease = await takeLease(deps.state, STATE_KEYS.cycleLease, owner, deps.clock, deps.sleep);
    if (!lease)
      return { kind: 'busy', reason: 'A cycle is running; links are cleared only between cycles. Pause the job first.' };
    try {
      await requireInitial(deps);
      linksCleared = await unlinkAll(deps, () => lease.renew());
      await takeSystemsOver(deps, () => lease.renew());
    } finally {
      await lease.release();
    }
  } else if (scopes.includes('Watermark')) await requireInitial(deps);
  const escrowsForgotten = scopes.includes('Escrows') ? await forgetEscrows(deps) : 0;
  const released = scopes.includes('ForceDeletes') ? await releaseStaged(deps, 'all') : [];
  const left = scopes.includes('QuarantineState') ? await liftQuarantine(deps) : null;
  await changeJob(deps.state, (job) => ({ ...job, paused: false, holdItems: false, runNow: true }));
  const result = {
    escrowsForgotten,
    linksCleared,
    deletionsReleased: released.reduce((sum, one) => sum + one.released, 0),
    leftQuarantine: left !== null,
  };
  await recordOperation(deps, operator, {
    description: `The job was restarted (${scopes.join(', ')}).`,
    details: { resetScope: scopes.join(', '), ...asText(result) },
  });
  return { kind: 'restarted', ...result };
}

/** The instant makes the reason unique, so that a cycle begun before does not pass for the one asked for. */
async function requireInitial(deps: EngineDeps): Promise<void> {
  const initialDue = `An operator restarted the job at ${deps.clock().toISOString()}.`;
  await changeJob(deps.state, (job) => ({ ...job, initialDue }));
}

const asText = (record: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
