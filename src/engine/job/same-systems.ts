import { ConfigError, type ConfigIssue, StaleStateError } from '../../core/errors';
import type { StateStore } from '../../ports/state-store';
import type { EngineDeps } from '../deps';
import type { JobSettings } from '../job-settings';
import { type RunningCycle, STATE_KEYS } from './job-state';

/** Which enterprise application and which Zendesk account everything stored belongs to. */
interface Systems {
  readonly tenantId: string;
  readonly servicePrincipalId: string;
  readonly subdomain: string;
}

const SETTING_OF: Readonly<Record<keyof Systems, string>> = {
  tenantId: 'ENTRA_TENANT_ID',
  servicePrincipalId: 'ENTRA_SERVICE_PRINCIPAL_ID',
  subdomain: 'ZENDESK_SUBDOMAIN',
};

const HOW =
  'Set it back; or, if the change is intended, restart the job with resetScope Full: it forgets which account belongs to whom and matches everyone again.';

const systemsOf = ({ tenantId, servicePrincipalId, subdomain }: JobSettings): Systems => ({
  tenantId: tenantId.toLowerCase(),
  servicePrincipalId: servicePrincipalId.toLowerCase(),
  subdomain: subdomain.toLowerCase(),
});

/**
 * Makes sure that what is stored is about the systems that the settings name. Links hold ids of one Zendesk account, assignments and
 * watermarks those of one application: with another one, everybody would count as unassigned, and ids would name strangers.
 * Writes nothing. @throws ConfigError naming each setting that changed
 */
export async function requireSameSystems(deps: Pick<EngineDeps, 'state' | 'settings'>): Promise<void> {
  const stored = await deps.state.read<Systems>(STATE_KEYS.systems);
  if (stored) refuseOthers(stored.value, systemsOf(deps.settings));
}

/** Keeps the systems of the settings as those of the job, where none are kept yet: before anything of them is stored. @throws ConfigError */
export async function keepSystems(deps: Pick<EngineDeps, 'state' | 'settings'>): Promise<void> {
  if (await deps.state.read<Systems>(STATE_KEYS.systems)) return requireSameSystems(deps);
  try {
    await deps.state.write(STATE_KEYS.systems, systemsOf(deps.settings), null);
  } catch (error) {
    if (!(error instanceof StaleStateError)) throw error;
    await requireSameSystems(deps);
  }
}

function refuseOthers(known: Systems, now: Systems): void {
  const issues = (Object.keys(SETTING_OF) as (keyof Systems)[])
    .filter((name) => known[name] !== now[name])
    .map((name): ConfigIssue => {
      const problem = `was ${known[name]} when provisioning began and is ${now[name]} now. ${HOW}`;
      return { setting: SETTING_OF[name], problem };
    });
  if (issues.length > 0) throw new ConfigError(issues);
}

/** Whether what is stored is about other systems than the settings name: then no work item may be carried out. */
export async function hasOtherSystems(state: StateStore, settings: JobSettings): Promise<boolean> {
  const stored = await state.read<Systems>(STATE_KEYS.systems);
  return stored !== undefined && JSON.stringify(stored.value) !== JSON.stringify(systemsOf(settings));
}

/**
 * Takes the systems of the settings for those of the job, once no link is left: what was read of the former ones is forgotten first, so
 * that a break-off leaves the job refusing to run. Under the cycle's lease only. @param onPage keeps the lease
 */
export async function takeSystemsOver(deps: EngineDeps, onPage: () => Promise<void>): Promise<void> {
  if (await hasOtherSystems(deps.state, deps.settings)) {
    await dropRunningCycle(deps);
    for await (const page of deps.staged.list()) await deps.staged.remove(page.map(({ key }) => key));
    for await (const page of deps.space.listAssignments()) await deps.space.removeAssignments(page);
    for (const type of ['group', 'user'] as const) {
      for await (const page of deps.space.listObjects(type)) {
        for (const { id } of page) await deps.space.removeObject({ type, id });
        await onPage();
      }
    }
    await deps.state.remove(STATE_KEYS.application);
  }
  await deps.state.write(STATE_KEYS.systems, systemsOf(deps.settings), '*');
}

/** A cycle begun with the former systems must not continue with the new ones. */
async function dropRunningCycle({ state, cycles, clock }: EngineDeps): Promise<void> {
  const running = (await state.read<RunningCycle | null>(STATE_KEYS.cycle))?.value;
  if (!running) return;
  const record = await cycles.read(running.cycleId);
  if (record) await cycles.put({ ...record, state: 'failed', endedAt: clock().toISOString() });
  await state.write(STATE_KEYS.cycle, null, '*');
}
