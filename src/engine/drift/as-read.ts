import type { TargetGroup, TargetId, TargetMembership, TargetUser } from '../../core/model';
import type { TargetReads, UserMatcher } from '../../ports/target-connector';
import type { EngineDeps } from '../deps';

/** What was read of Zendesk in bulk, to be answered from instead of asking again object by object. */
export interface AsRead {
  readonly users?: ReadonlyMap<TargetId, TargetUser | undefined>;
  readonly groups?: ReadonlyMap<TargetId, TargetGroup | undefined>;
  readonly memberships?: ReadonlyMap<TargetId, readonly TargetMembership[]>;
  /** Look-ups of accounts that are not asked: by `external_id` those that were, by any other attribute none. */
  readonly byExternalId?: ReadonlyMap<string, readonly TargetUser[]>;
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
    ...(read.byExternalId && { findUsers: (matcher) => findUsers(matcher, read.byExternalId) }),
  };
  const findUsers = async (matcher: UserMatcher, known: AsRead['byExternalId']): Promise<readonly TargetUser[]> => {
    if (matcher.attribute !== 'external_id') return [];
    return known?.get(matcher.value.toLowerCase()) ?? target.findUsers(matcher);
  };
  const view: EngineDeps['target'] = new Proxy(target, {
    get(all, name) {
      const method = Object.hasOwn(own, name) ? Reflect.get(own, name) : Reflect.get(all, name);
      return typeof method === 'function' && !Object.hasOwn(own, name) ? method.bind(all) : method;
    },
  });
  return { ...deps, target: view };
}
