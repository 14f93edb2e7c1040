import type { SourceId, SourceObject } from '../../core/model';
import { decideScope } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { groupAttributes } from './schema-needs';

/**
 * With `PROVISIONING_SCOPE=All`, the groups that a group filter chooses though nobody assigned them. Without a group filter there are
 * none: the tenant's groups are never provisioned in a flood. Costs one look at every group of the tenant, only where it is used.
 */
export async function chosenGroups(deps: EngineDeps): Promise<readonly SourceId[]> {
  if (deps.settings.scope !== 'All' || !deps.schema.groups?.scope) return [];
  const chosen: SourceId[] = [];
  for await (const page of deps.source.listGroups(groupAttributes(deps.schema))) {
    for (const { id, attributes } of page) {
      const group: SourceObject = { type: 'group', id, attributes, deleted: 'no', entitlements: [], version: 1 };
      if (decideScope(deps, [], group, []).kind === 'in') chosen.push(id);
    }
  }
  return chosen;
}
