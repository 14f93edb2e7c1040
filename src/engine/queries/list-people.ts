import type { Link, ObjectType, SourceId, SourceObject } from '../../core/model';
import { sourceId } from '../../core/model';
import type { ScopeDecision } from '../../core/scope';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { type Ancestor, ancestryOf } from '../decide/ancestry';
import { readRules } from '../decide/due';
import { decideScope } from '../decide/scope-object';
import type { EngineDeps } from '../deps';

/** One row of a list of people or groups. */
export interface ListedObject {
  readonly object: SourceObject;
  readonly decision: ScopeDecision;
  readonly link: Link | null;
}

/** One page, in the order of the ids. */
export interface ListedPage {
  readonly rows: readonly ListedObject[];
  /** The id to continue after; undefined on the last page. A page with it may be short, when a search found no more within its time. */
  readonly next: string | undefined;
}

/** Which objects are listed. */
export type ListedScope = 'all' | 'in' | 'out';

/** Somebody waits for the page; whoever looks for what is rare continues. */
const PATIENCE_MS = 150;
/** Rows of a page where some are left out. */
const SEARCHED = 500;
/** So many times the objects that are shown are still read in one go. */
const NEIGHBOURS = 4;
/** Objects decided about together. */
const CHUNK = 64;
const LAST_ID = sourceId('ffffffff-ffff-ffff-ffff-ffffffffffff');
const FIRST_ID = sourceId('00000000-0000-0000-0000-000000000000');

/**
 * Lists objects as the cycles last read them, each with the scope decision now and its account. Reads a page of the connector space and as many links
 * as it shows, whatever the size of the tenant; a search for what is rare ends after some seconds and can be continued.
 * @param after the id that the page before ended with
 */
export async function listPeople(
  deps: EngineDeps,
  type: ObjectType,
  which: ListedScope,
  limit: number,
  after?: string,
): Promise<ListedPage> {
  const rules = await readRules(deps);
  const untilMs = deps.clock().getTime() + PATIENCE_MS;
  const found: Omit<ListedObject, 'link'>[] = [];
  let looked = 0;
  const listed = () => withLinks(deps, found, looked <= NEIGHBOURS * limit);
  let last = after;
  const from = after === undefined ? FIRST_ID : sourceId(after);
  const above = groupsAbove(deps, type);
  // A page with everybody in it needs one object more than it shows, and the one that the page before ended with.
  const pageSize = which === 'all' ? limit + 2 : SEARCHED;
  for await (const page of deps.space.listObjectsBetween(type, from, LAST_ID, pageSize)) {
    const objects = page.map(({ value }) => value).filter(({ id }) => id !== after);
    for (let at = 0; at < objects.length; at += CHUNK) {
      const decided = await concurrently(objects.slice(at, at + CHUNK), STORAGE_CONCURRENCY, async (object) => ({
        object,
        decision: decideScope(deps, rules.appRoles, object, await above(object.id)),
      }));
      for (const one of decided) {
        if (found.length === limit) return { rows: await listed(), next: last };
        last = one.object.id;
        looked += 1;
        if (which === 'all' || (which === 'in') === (one.decision.kind === 'in')) found.push(one);
      }
    }
    if (deps.clock().getTime() > untilMs) return { rows: await listed(), next: last };
  }
  return { rows: await listed(), next: undefined };
}

/** The groups above an object, which a filter alone asks about: without one that does, nothing is read. */
function groupsAbove(deps: EngineDeps, type: ObjectType): (id: SourceId) => Promise<readonly Ancestor[]> {
  const mapping = type === 'user' ? deps.schema.users : deps.schema.groups;
  if ((mapping?.filterGroupIds.length ?? 0) === 0) return async () => [];
  const ancestry = ancestryOf(deps);
  return (id) => ancestry.above(id);
}

/** Found objects with their accounts, read one by one where they lie far apart, else in one go. */
async function withLinks(
  { links }: EngineDeps,
  found: readonly Omit<ListedObject, 'link'>[],
  areNeighbours: boolean,
): Promise<readonly ListedObject[]> {
  const [first, last] = [found[0]?.object, found.at(-1)?.object];
  if (!first || !last) return [];
  if (!areNeighbours)
    return concurrently(found, STORAGE_CONCURRENCY, async (one) => {
      const key: ObjectKey = { type: one.object.type, id: one.object.id };
      return { ...one, link: (await links.read(key))?.value.link ?? null };
    });
  const known = new Map<string, Link | null>();
  for await (const page of links.listBetween(first.type, first.id, last.id))
    for (const { id, value } of page) known.set(id, value.link);
  return found.map((one) => ({ ...one, link: known.get(one.object.id) ?? null }));
}
