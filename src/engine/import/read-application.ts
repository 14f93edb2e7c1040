import type { AppRole, SourceApplication } from '../../core/model';
import type { EngineDeps } from '../deps';
import { changeJob, STATE_KEYS, type StoredApplication } from '../job/job-state';
import { keepSystems, requireSameSystems } from '../job/same-systems';

type Reads = Pick<EngineDeps, 'state' | 'source' | 'space' | 'logger'>;

/**
 * Reads the enterprise application and keeps it for the workers. Where its app roles have changed, the next cycle begun is an initial one, though they may
 * have changed back by then: what is carried out until then goes by them.
 * @throws ConfigError when what is stored belongs to another application or Zendesk account; whatever the source throws
 */
export async function readApplication(deps: EngineDeps): Promise<SourceApplication> {
  await requireSameSystems(deps);
  const known = await lastSeen(deps);
  const application = await readWith(deps, known);
  // Only now: an id that was never right must not be kept as the one that is.
  if (!known) await keepSystems(deps);
  if (known && String(roleLines(known)) !== String(roleLines(application))) {
    const initialDue = `The app roles have changed; read at ${deps.clock().toISOString()}.`;
    await changeJob(deps.state, (job) => ({ ...job, initialDue }));
  }
  if (JSON.stringify(known) !== JSON.stringify(application)) await deps.state.write(STATE_KEYS.application, application, '*');
  return application;
}

/**
 * Reads the enterprise application; writes nothing. A role that it no longer lists and that assignments still name is not gone but
 * unknown, however often the application is read: it stays as it was last seen, so that nobody loses access by it. To take access by a
 * role away for good, disable the role (an explicit word) or remove its assignments.
 */
export const lookAtApplication = async (deps: Reads): Promise<SourceApplication> => readWith(deps, await lastSeen(deps));

const lastSeen = async ({ state }: Reads): Promise<StoredApplication | undefined> =>
  (await state.read<StoredApplication>(STATE_KEYS.application))?.value;

async function readWith(deps: Reads, known: StoredApplication | undefined): Promise<SourceApplication> {
  const told = await deps.source.readApplication();
  const listed = new Map(told.appRoles.map((role) => [role.id, role]));
  const missing = known?.appRoles.filter((role) => !listed.has(role.id)) ?? [];
  if (!known || missing.length === 0) return told;
  const kept = await stillNamed(deps, missing);
  if (kept.size === 0) return told;
  deps.logger.warn('The application no longer lists app roles that assignments still name; they count as they were', {
    roles: kept.size,
  });
  // In the order that was known: it decides which of several roles counts.
  const former = known.appRoles.flatMap((role) => listed.get(role.id) ?? (kept.has(role.id) ? role : []));
  const added = told.appRoles.filter((role) => !known.appRoles.some(({ id }) => id === role.id));
  return { ...told, appRoles: [...former, ...added] };
}

/** Ids of those roles that a stored assignment names. */
async function stillNamed({ space }: Pick<EngineDeps, 'space'>, roles: readonly AppRole[]): Promise<ReadonlySet<string>> {
  const asked = new Set(roles.map(({ id }) => id));
  const named = new Set<string>();
  for await (const page of space.listAssignments()) {
    for (const { appRoleId } of page) if (asked.has(appRoleId)) named.add(appRoleId);
    if (named.size === asked.size) break;
  }
  return named;
}

/** The roles of an application to compare, in an order of our own: were Graph to list them in another one, nothing would have changed. */
export const roleLines = ({ appRoles }: SourceApplication): readonly string[] =>
  appRoles.map(({ id, value, displayName, isEnabled }) => JSON.stringify([id, value, displayName, isEnabled])).sort();
