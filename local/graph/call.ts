import type { Cursors } from './cursors';
import type { SimulatedDirectory } from './directory';
import type { GraphFaults } from './faults';
import type { QueryOptions } from './odata';
import type { DirectoryState } from './state';
import type { Subscriptions } from './subscriptions';
import type { JsonObject, ObjectKind } from './types';

/** A request, whether it came by itself or inside a batch. */
export interface GraphRequest {
  readonly method: string;
  /** Path below `/v1.0`, as it came (still percent-encoded), with its leading slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON body; undefined without one. */
  readonly body: unknown;
}

/** An answer. A `body` of undefined sends none; a text is sent as text, anything else as JSON. */
export interface GraphAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A mail that was accepted for sending. */
export interface SentMail {
  /** Id of the sending user. */
  readonly senderId: string;
  /** Graph's message resource, as it came. */
  readonly message: JsonObject;
  readonly saveToSentItems: boolean;
  readonly at: string;
}

/** What answers delta queries. */
export interface DeltaQueries {
  /** Answers `GET /users/delta` or `GET /groups/delta`, first call or continued. */
  answer(call: GraphCall, kind: 'user' | 'group'): GraphAnswer;
}

/** What every route works with. */
export interface GraphCore {
  /** Base URL with `/v1.0`, without a trailing slash. */
  readonly base: string;
  readonly directory: SimulatedDirectory;
  readonly faults: GraphFaults;
  /** Application permissions granted to the caller. */
  readonly permissions: ReadonlySet<string>;
  readonly deltas: DeltaQueries;
  readonly cursors: Cursors<ListPosition>;
  readonly sentMail: SentMail[];
  readonly subscriptions: Subscriptions;
  readonly now: () => Date;
}

/** One request on its route. */
export interface GraphCall {
  readonly core: GraphCore;
  readonly request: GraphRequest;
  readonly options: QueryOptions;
  /** What the braces of the route stood for, decoded. */
  readonly params: readonly string[];
  /** The directory as this request sees it: the present one, or a replica that lags. */
  readonly view: DirectoryState;
}

/** A route and who may use it. */
export interface GraphRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path with `{…}` for one segment or key, for instance `/users/{id}/manager`. */
  readonly template: string;
  /** Any one of these application permissions opens the route; empty where the resource decides. */
  readonly permissions: readonly string[];
  /** Answer when none of them is granted; the directory's own refusal by default. */
  readonly denial?: { readonly code: string; readonly message: string };
  readonly handle: (call: GraphCall) => GraphAnswer | Promise<GraphAnswer>;
}

/** A listing that is being paged through: what it held when it began, and how each entry is shown. */
export interface Listing {
  readonly ids: readonly string[];
  /** The entry as JSON; undefined when it is gone meanwhile. */
  readonly render: (call: GraphCall, id: string) => JsonObject | undefined;
  /** What follows `$metadata#` in `@odata.context`. */
  readonly context: string;
  readonly top: number;
  /** Whether `@odata.count` is shown. */
  readonly count: boolean;
}

/** A place in a listing. */
export interface ListPosition {
  readonly listing: Listing;
  readonly offset: number;
}

/** Permissions that open what the simulator offers. https://learn.microsoft.com/graph/permissions-reference */
export const may = {
  readUsers: ['User.Read.All', 'Directory.Read.All'],
  /** Groups and their members: GroupMember.Read.All is the least. */
  readGroups: ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'],
  readApplications: ['Application.Read.All', 'Directory.Read.All'],
  readMemberships: ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All', 'User.Read.All'],
  /** Deleted groups need more than live ones: https://learn.microsoft.com/graph/api/directory-deleteditems-get#permissions */
  readDeletedGroups: ['Group.Read.All', 'Directory.Read.All'],
  readOrganization: ['Organization.Read.All', 'Directory.Read.All'],
  sendMail: ['Mail.Send'],
  readHiddenMembers: ['Member.Read.Hidden'],
} as const;

/** Whether the caller holds any of these permissions. */
export function isGranted(core: GraphCore, anyOf: readonly string[]): boolean {
  return anyOf.some((permission) => core.permissions.has(permission));
}

/** Whether the caller may read objects of this kind, beyond their type and id. */
export function mayRead(core: GraphCore, kind: ObjectKind): boolean {
  if (kind === 'user') return isGranted(core, may.readUsers);
  return isGranted(core, kind === 'group' ? may.readGroups : may.readApplications);
}
