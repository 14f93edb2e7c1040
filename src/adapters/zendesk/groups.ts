import { NotFoundError } from '../../core/errors';
import type { TargetGroup, TargetId } from '../../core/model';
import type { Clock } from '../../ports/runtime';
import type { TargetGroupFields } from '../../ports/target-connector';
import { cached } from './cached';
import { decode, shapes, toGroup } from './decode';
import { isAmbiguous, type ZendeskHttp } from './http';
import { pages } from './paging';

/** The groups' part of the target connector; see the port for each method. */
export interface Groups {
  get(id: TargetId): Promise<TargetGroup | undefined>;
  find(name: string): Promise<readonly TargetGroup[]>;
  create(fields: TargetGroupFields): Promise<TargetGroup>;
  update(id: TargetId, fields: Partial<TargetGroupFields>): Promise<TargetGroup>;
  remove(id: TargetId): Promise<boolean>;
  /** Every live group, page by page; current. */
  all(): AsyncIterable<readonly TargetGroup[]>;
  /** The group that new agents land in; undefined when the account shows none. */
  defaultGroup(): Promise<TargetGroup | undefined>;
}

const GROUPS = '/api/v2/groups';
const GROUP = '/api/v2/groups/{group_id}';
/** There is no look-up of groups by name: the whole list is read, and kept for the groups of one cycle. */
const LIST_MAX_AGE_MS = 30_000;

/** Makes it. */
export function makeGroups(http: ZendeskHttp, clock: Clock): Groups {
  async function* all(): AsyncGenerator<readonly TargetGroup[]> {
    // Deleted groups are in the list unless one asks for them to be left out.
    for await (const page of pages(http, { route: GROUPS, query: { exclude_deleted: 'true' } }, shapes.groups))
      yield page.groups.map(toGroup).filter(({ deleted }) => !deleted);
  }
  const list = cached(
    async () => {
      const groups: TargetGroup[] = [];
      for await (const page of all()) groups.push(...page);
      return groups;
    },
    LIST_MAX_AGE_MS,
    clock,
  );
  const named = async (name: string, fresh: boolean) =>
    (await list.get(fresh)).filter((group) => fold(group.name) === fold(name));
  const write = async (
    method: 'POST' | 'PUT',
    route: string,
    params: readonly string[],
    group: unknown,
  ): Promise<TargetGroup> => {
    const answer = await http.call({ method, route, params, body: { group } });
    list.clear();
    return toGroup(decode(shapes.group, answer.body, route).group);
  };

  return {
    all,
    async get(id) {
      try {
        const answer = await http.call({ method: 'GET', route: GROUP, params: [id] });
        const group = toGroup(decode(shapes.group, answer.body, GROUP).group);
        return group.deleted ? undefined : group;
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    },
    find: (name) => named(name, false),
    async create(fields) {
      const before = new Set((await named(fields.name, false)).map(({ id }) => id));
      try {
        return await write('POST', GROUPS, [], encodeGroup(fields));
      } catch (error) {
        // Groups have no external id: one of this name that was not there before is the one whose answer got lost.
        const found = isAmbiguous(error) ? (await named(fields.name, true)).filter(({ id }) => !before.has(id)) : [];
        const [group] = found;
        if (group === undefined || found.length > 1) throw error;
        return group;
      }
    },
    update: (id, fields) => write('PUT', GROUP, [id], encodeGroup(fields)),
    async remove(id) {
      try {
        await http.call({ method: 'DELETE', route: GROUP, params: [id] });
        return true;
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        return false;
      } finally {
        list.clear();
      }
    },
    defaultGroup: async () => (await list.get()).find(({ isDefault }) => isDefault),
  };
}

function encodeGroup({ name, description, isPublic }: Partial<TargetGroupFields>): Readonly<Record<string, unknown>> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description: description ?? '' }),
    ...(isPublic === undefined ? {} : { is_public: isPublic }),
  };
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}
