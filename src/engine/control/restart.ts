import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { releaseStaged } from '../cycle/release-staged';
import { dueFor, readRules } from '../decide/due';
import { lossOf } from '../decide/loss';
import type { EngineDeps } from '../deps';
import { type HoldsStatus, heldSummary, heldWords } from '../job/held-summary';
import { changeJob, NOT_PAUSED, STATE_KEYS } from '../job/job-state';
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

/** Reads a `resetScope`: names separated by commas, without case. Returns the names that are none beside those that are. */
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

/** How many of those who still have what they should have lost are named. */
const NAMED = 10;

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
    const lease = await takeLease(deps.state, STATE_KEYS.cycleLease, owner, deps.clock, deps.sleep);
    if (!lease)
      return { kind: 'busy', reason: 'A cycle is running; this restart is possible only between cycles. Pause the job first.' };
    try {
      const isMoved = await hasOtherSystems(deps.state, deps.settings);
      const held = await heldSummary(deps);
      if (held.count > 0 && !isMoved) return { kind: 'busy', reason: heldRefusal(held) };
      const owed = isMoved ? [] : await removalsOwed(deps, () => lease.renew());
      if (owed.length > 0) return { kind: 'busy', reason: owedReason(owed) };
      await requireInitial(deps);
      await changeJob(deps.state, (job) => ({ ...job, linksForgottenAt: deps.clock().toISOString(), linksSoughtBy: null }));
      linksCleared = await unlinkAll(deps, () => lease.renew());
      // Only those of another account or directory get so far: here they mean nobody.
      for await (const page of deps.holds.list()) await deps.holds.remove(page.map(({ key }) => key));
      await takeSystemsOver(deps, () => lease.renew());
    } finally {
      await lease.release();
    }
  } else if (scopes.includes('Watermark')) await requireInitial(deps);
  const escrowsForgotten = scopes.includes('Escrows') ? await forgetEscrows(deps) : 0;
  const released = scopes.includes('ForceDeletes') ? await releaseStaged(deps, 'all') : [];
  const left = scopes.includes('QuarantineState') ? await liftQuarantine(deps) : null;
  await changeJob(deps.state, (job) => ({ ...job, ...NOT_PAUSED, runNow: true }));
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

/** Without its link nobody would ever look at an account again: whoever is to lose something keeps it until that has happened. */
function owedReason(owed: readonly string[]): string {
  const named = owed.slice(0, NAMED).join(', ');
  const more = owed.length > NAMED ? ` and ${owed.length - NAMED} more` : '';
  return `${owed.length} users and groups are still to lose access in Zendesk: ${named}${more}. Let the queue finish, allow what the brake holds and correct what fails; then restart. Otherwise they would keep their access for ever.`;
}

/** A hold is about a pair of objects: without the pair nobody could tell what is kept as it was. */
const heldRefusal = (held: HoldsStatus): string =>
  `${heldWords(held)} Release them first (POST /api/job/holds/release): a restart that forgets which account belongs to whom would take them for new people.`;

/** The linked objects that by what is known now are to lose something, and have not lost it yet: held, waiting or failed. */
async function removalsOwed(deps: EngineDeps, onPage: () => Promise<void>): Promise<readonly string[]> {
  const owed: string[] = [];
  const rules = await readRules(deps);
  for (const type of ['user', 'group'] as const) {
    for await (const links of deps.links.listLinks(type)) {
      const names = await concurrently(links, STORAGE_CONCURRENCY, async ({ sourceId: id }) => {
        const object = (await deps.space.readObject({ type, id }))?.value;
        const loss = object && (await lossOf(deps, await dueFor(deps, rules, object)));
        const name = object?.attributes['displayName'];
        return loss ? [typeof name === 'string' ? `${name} (${id})` : id] : [];
      });
      owed.push(...names.flat());
      await onPage();
    }
  }
  return owed;
}

/** The instant makes the reason unique, so that a cycle begun before does not pass for the one asked for. */
async function requireInitial(deps: EngineDeps): Promise<void> {
  const initialDue = `An operator restarted the job at ${deps.clock().toISOString()}.`;
  await changeJob(deps.state, (job) => ({ ...job, initialDue }));
}

const asText = (record: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
