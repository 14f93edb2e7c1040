import type { Link, ObjectType, SourceObject } from '../../core/model';
import { sourceId } from '../../core/model';
import type { ScopeDecision } from '../../core/scope';
import type { ObjectKey } from '../../ports/stores';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { ancestryOf } from '../decide/ancestry';
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

/** Somebody waits for the page. */
const PATIENCE_MS = 2_000;
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
  const ancestry = ancestryOf(deps);
  const untilMs = deps.clock().getTime() + PATIENCE_MS;
  const found: Omit<ListedObject, 'link'>[] = [];
  let last = after;
  const from = after === undefined ? FIRST_ID : sourceId(after);
  for await (const page of deps.space.listObjectsBetween(type, from, LAST_ID)) {
    const objects = page.map(({ value }) => value).filter(({ id }) => id !== after);
    for (let at = 0; at < objects.length; at += CHUNK) {
      const decided = await concurrently(objects.slice(at, at + CHUNK), STORAGE_CONCURRENCY, async (object) => ({
        object,
        decision: decideScope(deps, rules.appRoles, object, await ancestry.above(object.id)),
      }));
      for (const one of decided) {
        if (found.length === limit) return { rows: await withLinks(deps, found), next: last };
        last = one.object.id;
        if (which === 'all' || (which === 'in') === (one.decision.kind === 'in')) found.push(one);
      }
    }
    if (deps.clock().getTime() > untilMs) return { rows: await withLinks(deps, found), next: last };
  }
  return { rows: await withLinks(deps, found), next: undefined };
}

const withLinks = (deps: EngineDeps, found: readonly Omit<ListedObject, 'link'>[]): Promise<readonly ListedObject[]> =>
  concurrently(found, STORAGE_CONCURRENCY, async (one) => {
    const key: ObjectKey = { type: one.object.type, id: one.object.id };
    return { ...one, link: (await deps.links.read(key))?.value.link ?? null };
  });
