import type { SourceApplication } from '../../core/model';
import type { EngineDeps } from '../deps';
import { STATE_KEYS, type StoredApplication } from '../job/job-state';
import { keepSystems, requireSameSystems } from '../job/same-systems';

/**
 * Reads the enterprise application and keeps it for the workers. A role that is gone or disabled takes access from everybody who has
 * it, so it counts only when a second read says the same.
 * @throws ConfigError when what is stored belongs to another application or Zendesk account; whatever the source throws
 */
export async function readApplication(deps: EngineDeps): Promise<SourceApplication> {
  await requireSameSystems(deps);
  const known = (await deps.state.read<StoredApplication>(STATE_KEYS.application))?.value;
  const first = await deps.source.readApplication();
  const application = known && lacksRole(first, known) ? await deps.source.readApplication() : first;
  // Only now: an id that was never right must not be kept as the one that is.
  await keepSystems(deps);
  await deps.state.write(STATE_KEYS.application, application, '*');
  return application;
}

function lacksRole(told: SourceApplication, known: SourceApplication): boolean {
  const enabled = new Set(told.appRoles.flatMap((role) => (role.isEnabled ? [role.id] : [])));
  return known.appRoles.some((role) => role.isEnabled && !enabled.has(role.id));
}
