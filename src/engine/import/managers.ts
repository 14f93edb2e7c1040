import { type SourceId, type SourceObject, sourceId } from '../../core/model';
import { asToldOfManager, followsManagers } from '../../core/schema/depends-on';
import type { SourceChange } from '../../ports/source-connector';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import { told } from './source-row';

type Deps = Pick<EngineDeps, 'schema' | 'space' | 'source'>;

/** Whose report a user is, as last read; undefined for nobody, and where mappings read nothing of managers. */
function managerOf({ attributes }: SourceObject): SourceId | undefined {
  const id = attributes['manager.id'];
  return typeof id === 'string' ? sourceId(id) : undefined;
}

/**
 * Notes whose reports these users are, before their rows say so: a manager's change that is read afterwards finds them. Nothing where mappings
 * read nothing of managers.
 */
export async function noteManagers(
  { schema, space }: Pick<Deps, 'schema' | 'space'>,
  users: readonly SourceObject[],
): Promise<void> {
  if (!followsManagers(schema.users.dependsOn)) return;
  const edges = users.flatMap((user) => {
    const managerId = managerOf(user);
    return managerId === undefined ? [] : [{ managerId, reportId: user.id }];
  });
  if (edges.length > 0) await space.putReports(edges);
}

/**
 * Brings what mappings read of managers up to date in the rows of their reports, and marks the reports: Graph tells of a manager's change as a
 * change of the manager alone, who may be nobody that this app keeps. Safe to repeat.
 */
export async function followManagers(deps: Deps, changes: readonly SourceChange[]): Promise<void> {
  if (!followsManagers(deps.schema.users.dependsOn)) return;
  for (const change of changes) {
    if (change.kind === 'present' && !change.isComplete) continue;
    for await (const ids of deps.space.reportsOf(change.id)) {
      await concurrently(ids, SOURCE_CONCURRENCY, (id) => followReport(deps, id, change));
    }
  }
}

async function followReport(deps: Deps, reportId: SourceId, manager: SourceChange): Promise<void> {
  const { schema, source, space } = deps;
  const key = { type: 'user', id: reportId } as const;
  const stored = await space.readObject(key);
  if (!stored || managerOf(stored.value) !== manager.id) {
    await space.removeReports([{ managerId: manager.id, reportId }]);
    return;
  }
  // A report that is deleted is read again when it returns.
  if (stored.value.deleted !== 'no') return;
  let attributes = manager.kind === 'present' ? asToldOfManager(schema.users.dependsOn, manager.attributes) : {};
  if (manager.kind === 'removed') {
    const read = await source.readUser(reportId, schema.users.sourceAttributes);
    if (read.kind !== 'present') return;
    attributes = read.attributes;
  }
  const after = told(stored.value, attributes);
  if (after === stored.value) return;
  await noteManagers(deps, [after]);
  await space.markDirty([key]);
  await space.writeObject(after, stored.etag);
}
