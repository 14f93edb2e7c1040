import { randomBytes } from 'node:crypto';
import { type DeltaQueries, type GraphAnswer, type GraphCall, isGranted, may } from './call';
import type { LinkChange } from './change-log';
import { badRequest, GraphError, unsupportedQuery } from './graph-error';
import { checkSelect, contextSelect } from './odata';
import { propertiesOf } from './properties';
import type { JsonObject } from './types';

type DeltaKind = 'user' | 'group';

/** "For directory objects, the limit is seven days." https://learn.microsoft.com/graph/delta-query-overview#token-duration */
export const TOKEN_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

/** "There is a limit of 50 filtered objects." https://learn.microsoft.com/graph/api/user-delta#odata-query-parameters */
export const MAX_FILTERED_IDS = 50;

/** An object to be shown in a round. `changed` undefined: all of it. */
interface Unit {
  readonly id: string;
  readonly changed: ReadonlySet<string> | undefined;
  readonly links: readonly LinkChange[];
}

/** What is baked into a token: "the state tokens also encode and include other query parameters". */
interface Track {
  readonly kind: DeltaKind;
  readonly select: readonly string[] | undefined;
  readonly ids: ReadonlySet<string> | undefined;
}

interface Round extends Track {
  readonly upTo: number;
  readonly units: readonly Unit[];
  readonly pages: readonly (readonly Unit[])[];
}

type Token = { readonly issuedAt: number } & (
  | { readonly type: 'next'; readonly round: Round; readonly page: number }
  | { readonly type: 'delta'; readonly track: Track; readonly since: number; readonly previous: readonly Unit[] }
);

/** Sizes of delta pages. The real ones vary and are not documented. */
export interface DeltaPageSizes {
  readonly objects: number;
  /** Most links (members, managers) on one page; a group with more is continued on the next page, as the same object again. */
  readonly links: number;
}

/**
 * Delta queries over users and groups. https://learn.microsoft.com/graph/delta-query-overview, .../api/user-delta,
 * .../api/group-delta, .../delta-query-groups. Tokens are random: they cannot be built or read, only handed back.
 */
export class DeltaTokens implements DeltaQueries {
  private readonly tokens = new Map<string, Token>();

  constructor(private readonly sizes: DeltaPageSizes) {}

  answer(call: GraphCall, kind: DeltaKind): GraphAnswer {
    const { options } = call;
    const unsupported = ['$expand', '$top', '$orderby', '$search', '$count', '$skip'].find((name) => options.names.has(name));
    if (unsupported !== undefined) throw unsupportedQuery(`The query option ${unsupported} is not supported by delta queries.`);
    if (options.skipToken !== undefined && options.select !== undefined)
      throw unsupportedQuery('Delta queries with both $select and $skiptoken are not supported.');
    const isMinimal = /\breturn=minimal\b/i.test(call.request.headers.prefer ?? '');
    if (options.skipToken !== undefined) {
      const token = this.resolve(call, kind, options.skipToken);
      if (token.type !== 'next') throw badRequest('Badly formed token.');
      return this.page(call, token.round, token.page, isMinimal);
    }
    // A Location after a reset carries an empty token, which means the same as none.
    if (options.deltaToken === undefined || options.deltaToken === '')
      return this.page(call, this.initialRound(call, kind), 0, isMinimal);
    if (options.deltaToken.toLowerCase() === 'latest') {
      const track = readTrack(call, kind);
      return this.page(call, { ...track, upTo: call.view.seq, units: [], pages: [[]] }, 0, isMinimal);
    }
    const token = this.resolve(call, kind, options.deltaToken);
    if (token.type !== 'delta') throw badRequest('Badly formed token.');
    return this.page(call, this.laterRound(call, token), 0, isMinimal);
  }

  private initialRound(call: GraphCall, kind: DeltaKind): Round {
    call.core.faults.delta.expired = false;
    const track = readTrack(call, kind);
    const units: Unit[] = [];
    const { view } = call;
    for (const id of (kind === 'user' ? view.users : view.groups).keys())
      if (track.ids?.has(id) ?? true) units.push({ id, changed: undefined, links: currentLinks(call, track, id) });
    if (call.core.faults.delta.removedInInitialRound)
      for (const id of (kind === 'user' ? view.deletedUsers : view.deletedGroups).keys())
        if (track.ids?.has(id) ?? true) units.push({ id, changed: undefined, links: [] });
    return this.round(call, track, view.seq, units, []);
  }

  private laterRound(call: GraphCall, token: Token & { type: 'delta' }): Round {
    const { track } = token;
    const relation = track.kind === 'user' ? 'manager' : 'members';
    // A lagging replica may be older than the token: then there is nothing to tell yet, and the token stays where it was.
    const upTo = Math.max(call.view.seq, token.since);
    const units: Unit[] = [];
    for (const change of call.core.directory.log.between(track.kind, token.since, upTo).values()) {
      if (!(track.ids?.has(change.id) ?? true)) continue;
      const links = isTracked(track, relation) && !isHidden(call, track.kind, change.id) ? [...change.links.values()] : [];
      // "If a change occurs to a property that is not selected, the resource does not appear in the delta response."
      const isNews =
        change.created || change.removed || links.length > 0 || [...change.properties].some((name) => isTracked(track, name));
      if (isNews) units.push({ id: change.id, changed: change.created ? undefined : change.properties, links });
    }
    return this.round(call, track, upTo, units, token.previous);
  }

  private round(call: GraphCall, track: Track, upTo: number, units: readonly Unit[], previous: readonly Unit[]): Round {
    const { delta } = call.core.faults;
    const shown = [...(delta.replays ? previous : []), ...units, ...(delta.duplicates ? units : [])];
    const pages: Unit[][] = [];
    for (const page of this.pack(shown)) {
      for (let empty = 0; empty < delta.emptyPages; empty += 1) pages.push([]);
      pages.push(page);
    }
    return { ...track, upTo, units, pages };
  }

  /** "Microsoft Graph may return a response that contains just one group object, with a large list of members." */
  private pack(units: readonly Unit[]): Unit[][] {
    let page: Unit[] = [];
    let room = this.sizes.links;
    const pages = [page];
    for (const unit of units) {
      let from = 0;
      do {
        if (page.length >= this.sizes.objects || (room === 0 && unit.links.length > 0)) {
          page = [];
          pages.push(page);
          room = this.sizes.links;
        }
        const links = unit.links.slice(from, from + room);
        from += links.length;
        room -= links.length;
        page.push({ ...unit, links });
      } while (from < unit.links.length);
    }
    return pages;
  }

  private page(call: GraphCall, round: Round, index: number, isMinimal: boolean): GraphAnswer {
    const { core } = call;
    const set = round.kind === 'user' ? 'users' : 'groups';
    const isLast = index + 1 >= round.pages.length;
    const issuedAt = core.now().getTime();
    const token: Token = isLast
      ? { type: 'delta', track: round, since: round.upTo, previous: round.units, issuedAt }
      : { type: 'next', round, page: index + 1, issuedAt };
    const text = randomBytes(48).toString('base64url');
    this.tokens.set(text, token);
    const link = `${core.base}/${set}/delta?${isLast ? '$deltatoken' : '$skiptoken'}=${text}`;
    const select = round.select?.filter((name) => name !== 'manager' && name !== 'members');
    const body = {
      '@odata.context': `${core.base}/$metadata#${set}${contextSelect(select)}`,
      [isLast ? '@odata.deltaLink' : '@odata.nextLink']: link,
      value: (round.pages[index] ?? []).map((unit) => render(call, round, unit, isMinimal)),
    };
    return { status: 200, headers: isMinimal ? { 'Preference-Applied': 'return=minimal' } : {}, body };
  }

  private resolve(call: GraphCall, kind: DeltaKind, text: string): Token {
    const { core } = call;
    const { delta } = core.faults;
    const token = this.tokens.get(text);
    if (delta.resets > 0) {
      delta.resets -= 1;
      // "410 (gone) and a Location header containing a request URL with an empty $deltaToken (same as the initial query)"
      const track = token?.type === 'next' ? token.round : token?.track;
      const select = track?.select === undefined ? '' : `$select=${track.select.join(',')}&`;
      const location = `${core.base}/${kind === 'user' ? 'users' : 'groups'}/delta?${select}$deltatoken=`;
      throw new GraphError(410, 'resyncRequired', 'Resync required. Replace any local items with the result.', {
        Location: location,
      });
    }
    // A token of the right form that is not known is one from before a restart: forgotten, as an expired one is.
    if (token === undefined && !/^[\w-]{64}$/.test(text)) throw badRequest('Badly formed token.');
    if (token === undefined || delta.expired || core.now().getTime() - token.issuedAt > TOKEN_LIFE_MS)
      throw new GraphError(delta.expiredStatus, 'syncStateNotFound', 'The sync state generation is not found.');
    if ((token.type === 'next' ? token.round : token.track).kind !== kind) throw badRequest('Badly formed token.');
    return token;
  }
}

function readTrack(call: GraphCall, kind: DeltaKind): Track {
  const { options } = call;
  const relation = kind === 'user' ? 'manager' : 'members';
  const properties = options.select?.filter((name) => name !== relation);
  checkSelect(properties, [propertiesOf[kind]]);
  return { kind, select: options.select, ids: readIds(options.filter) };
}

/** "The only supported $filter expression is for tracking changes on a specific object", up to 50 of them. */
function readIds(filter: string | undefined): ReadonlySet<string> | undefined {
  if (filter === undefined) return undefined;
  const ids = filter
    .trim()
    .split(/\s+or\s+/i)
    .map((clause) => /^id\s+eq\s+'([^']+)'$/i.exec(clause.trim())?.[1]);
  if (ids.length > MAX_FILTERED_IDS)
    throw badRequest(`Too many child clauses specified in search filter expression: ${ids.length}.`);
  const known = ids.filter((id) => id !== undefined);
  if (known.length < ids.length) throw unsupportedQuery('Only $filter by id is supported by delta queries.');
  return new Set(known);
}

/** Group members are tracked unless a selection leaves them out; a manager only when selected. */
function isTracked(track: Track, name: string): boolean {
  if (track.select !== undefined) return track.select.includes(name);
  return name === 'members' || propertiesOf[track.kind].byDefault.includes(name);
}

function currentLinks(call: GraphCall, track: Track, id: string): LinkChange[] {
  const { view } = call;
  if (track.kind === 'user') {
    const manager = isTracked(track, 'manager') ? view.managerOf(id) : undefined;
    return manager === undefined ? [] : [{ relation: 'manager', id: manager, kind: 'user', removed: false }];
  }
  if (!isTracked(track, 'members') || isHidden(call, 'group', id)) return [];
  return [...(view.members.get(id) ?? [])].map(([member, kind]) => ({ relation: 'members', id: member, kind, removed: false }));
}

function isHidden(call: GraphCall, kind: DeltaKind, id: string): boolean {
  return (
    kind === 'group' &&
    call.view.groups.get(id)?.visibility === 'HiddenMembership' &&
    !isGranted(call.core, may.readHiddenMembers)
  );
}

/**
 * One object of a page, as it is now.
 *
 *   property                 │ default │ return=minimal
 *   never set                │ absent  │ absent
 *   set, unchanged           │ value   │ absent
 *   changed or cleared       │ value   │ value (null when cleared)
 *
 * https://learn.microsoft.com/graph/api/user-delta#default-return-the-same-properties-as-initial-delta-request
 */
function render(call: GraphCall, track: Track, unit: Unit, isMinimal: boolean): JsonObject {
  const { view } = call;
  const object = track.kind === 'user' ? view.users.get(unit.id) : view.groups.get(unit.id);
  if (object === undefined) {
    const isRestorable = track.kind === 'user' ? view.deletedUsers.has(unit.id) : view.deletedGroups.has(unit.id);
    return { id: unit.id, '@removed': { reason: isRestorable ? 'changed' : 'deleted' } };
  }
  const shown: JsonObject = { id: unit.id };
  for (const name of track.select ?? propertiesOf[track.kind].byDefault) {
    const value = object[name];
    if (value === undefined || (isMinimal && unit.changed !== undefined && !unit.changed.has(name))) continue;
    shown[name] = value;
  }
  const relation = track.kind === 'user' ? 'manager' : 'members';
  if (unit.links.length > 0) shown[`${relation}@delta`] = unit.links.map(renderLink);
  return shown;
}

/** "Only the id property of the related resource is returned." */
function renderLink(link: LinkChange): JsonObject {
  const shown = { '@odata.type': `#microsoft.graph.${link.kind}`, id: link.id };
  return link.removed ? { ...shown, '@removed': { reason: 'deleted' } } : shown;
}
