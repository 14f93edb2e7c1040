import type { TargetGroup, TargetId, TargetMembership, TargetUser } from '../../core/model';
import type { TargetReads } from '../../ports/target-connector';
import type { EngineDeps } from '../deps';

/** What was read of Zendesk in bulk, to be answered from instead of asking again object by object. */
export interface AsRead {
  readonly users?: ReadonlyMap<TargetId, TargetUser | undefined>;
  readonly groups?: ReadonlyMap<TargetId, TargetGroup | undefined>;
  readonly memberships?: ReadonlyMap<TargetId, readonly TargetMembership[]>;
  /** True where nobody is to be looked for. */
  readonly findsNobody?: true;
}

/** The same app, whose reads of Zendesk are answered from what was read already; whatever was not is asked as ever. */
export function withAsRead(deps: EngineDeps, read: AsRead): EngineDeps {
  const { target } = deps;
  const own: Partial<TargetReads> = {
    ...(read.users && { getUser: async (id) => (read.users?.has(id) ? read.users.get(id) : target.getUser(id)) }),
    ...(read.groups && { getGroup: async (id) => (read.groups?.has(id) ? read.groups.get(id) : target.getGroup(id)) }),
    ...(read.memberships && {
      async *listGroupMemberships(id: TargetId) {
        const known = read.memberships?.get(id);
        if (known) yield known;
        else yield* target.listGroupMemberships(id);
      },
    }),
    ...(read.findsNobody && { findUsers: async () => [] }),
  };
  const view: EngineDeps['target'] = new Proxy(target, {
    get(all, name) {
      const method = Object.hasOwn(own, name) ? Reflect.get(own, name) : Reflect.get(all, name);
      return typeof method === 'function' && !Object.hasOwn(own, name) ? method.bind(all) : method;
    },
  });
  return { ...deps, target: view };
}
