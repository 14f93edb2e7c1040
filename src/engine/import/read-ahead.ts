import type { SourceId } from '../../core/model';
import type { ConnectorSpace, MemberEdge, ObjectWrite, StoredObject } from '../../ports/connector-space';
import type { HoldStore } from '../../ports/hold-store';
import type { KeyedLinkRow, LinkStore } from '../../ports/link-store';
import { keyText, type ObjectKey } from '../../ports/stored';
import type { EngineDeps } from '../deps';

/** What is to be known of a page of objects. */
export interface AheadOptions {
  /** Links as well. */
  readonly links: boolean;
  /** The groups that each of them is a direct member of, as well. */
  readonly groups: boolean;
}

/** Stores for one page of objects: what was read of them together is not read again, and what is written of them leaves together. */
export interface Ahead {
  readonly space: ConnectorSpace;
  readonly links: LinkStore;
  /** The groups that an object is a direct member of; undefined where that was not read. */
  groupsOf(id: SourceId): readonly SourceId[] | undefined;
  /** Writes the object rows that were written to {@link space}. @throws StaleStateError */
  flush(): Promise<void>;
}

/** A page of a range that holds fewer of the wanted rows than this costs more than reading those one by one. */
const WORTH_A_PAGE = 20;

/**
 * Reads the rows of one page of objects in ranges instead of one by one, as far as the ranges are dense: a range is given up at the first page
 * that holds few of the wanted ones. Each object's row is handed out once as it was read; after that, and for all others, the space is asked.
 * @param keys in key order
 */
export async function readAhead(
  { space, links }: Pick<EngineDeps, 'space' | 'links'>,
  keys: readonly ObjectKey[],
  options: AheadOptions,
): Promise<Ahead> {
  const rows = new Map<string, Range<StoredObject>>();
  const linkRows = new Map<string, Range<KeyedLinkRow>>();
  let edges: Range<MemberEdge>[] = [];
  for (const type of ['group', 'user'] as const) {
    const ids = keys.flatMap((key) => (key.type === type ? [key.id] : []));
    const [first, last] = [ids[0], ids.at(-1)];
    if (!first || !last || ids.length < WORTH_A_PAGE) continue;
    const [objects, linked, members] = await Promise.all([
      readRange(ids, space.listObjectsBetween(type, first, last), ({ value }) => value.id),
      options.links ? readRange(ids, links.listBetween(type, first, last), ({ id }) => id) : undefined,
      options.groups ? readRange(ids, space.listMembershipsBetween(first, last), ({ memberId }) => memberId) : undefined,
    ]);
    rows.set(type, objects);
    if (linked) linkRows.set(type, linked);
    if (members) edges = [...edges, members];
  }
  const handedOut = new Set<string>();
  const waiting = new Map<string, ObjectWrite & { readonly round: string | undefined }>();
  return {
    space: over(space, {
      async readObject(key) {
        const name = `${key.type} ${key.id}`;
        const written = waiting.get(name);
        if (written && waiting.delete(name)) await space.writeObject(written.object, written.etag, written.round);
        const range = rows.get(key.type);
        if (handedOut.has(name) || !range?.covers(key.id)) return space.readObject(key);
        handedOut.add(name);
        return range.of(key.id)[0];
      },
      async writeObject(object, etag, round) {
        const name = `${object.type} ${object.id}`;
        // What is written whatever is there does not wait for others.
        if (etag === '*') return space.writeObject(object, etag, round);
        waiting.set(name, { object, etag, round });
        return '';
      },
    }),
    links: over(links, {
      async read(key) {
        const range = linkRows.get(key.type);
        return range?.covers(key.id) ? range.of(key.id)[0] : links.read(key);
      },
    }),
    groupsOf: (id) =>
      edges
        .find((range) => range.covers(id))
        ?.of(id)
        .map(({ groupId }) => groupId),
    async flush() {
      const byRound = new Map<string | undefined, ObjectWrite[]>();
      for (const { round, ...write } of waiting.values()) byRound.set(round, [...(byRound.get(round) ?? []), write]);
      waiting.clear();
      for (const [round, writes] of byRound) await space.writeObjects(writes, round);
    },
  };
}

/**
 * The holds of one page of objects, listed once: there are hardly ever any, and each object asks.
 * @param after the last key of the page before
 */
export async function holdsOf(holds: HoldStore, keys: readonly ObjectKey[], after: ObjectKey | undefined): Promise<HoldStore> {
  const last = keys.at(-1);
  const held = new Set<string>();
  for await (const page of holds.list(after)) {
    for (const { key } of page) held.add(keyText(key));
    const end = page.at(-1)?.key;
    if (!last || !end || compareKeys(end, last) >= 0) break;
  }
  return over(holds, { read: async (key) => (held.has(keyText(key)) ? holds.read(key) : undefined) });
}

/** The order in which objects are listed: groups before users, then by id. */
const compareKeys = (a: ObjectKey, b: ObjectKey): number =>
  a.type.localeCompare(b.type) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** A store with some of its methods replaced; whatever else it can do, it does. */
const over = <T extends object>(store: T, methods: Partial<T>): T => Object.assign(Object.create(store) as T, methods);

/** Rows of a range, as far as it was read. */
interface Range<T> {
  /** Whether the range was read beyond this id, so that what it does not hold is not there. */
  covers(id: SourceId): boolean;
  of(id: SourceId): readonly T[];
}

async function readRange<T>(
  ids: readonly SourceId[],
  pages: AsyncIterable<readonly T[]>,
  idOf: (row: T) => SourceId,
): Promise<Range<T>> {
  const found = new Map<SourceId, T[]>(ids.map((id) => [id, []]));
  let readTo: SourceId | undefined;
  for await (const page of pages) {
    let wanted = 0;
    for (const row of page) {
      const rowsOfId = found.get(idOf(row));
      rowsOfId?.push(row);
      if (rowsOfId) wanted += 1;
    }
    const last = page.at(-1);
    if (last === undefined || wanted >= Math.min(WORTH_A_PAGE, page.length)) continue;
    readTo = idOf(last);
    break;
  }
  return {
    // Of the last id that was read there may be more.
    covers: (id) => found.has(id) && (readTo === undefined || id < readTo),
    of: (id) => found.get(id) ?? [],
  };
}
