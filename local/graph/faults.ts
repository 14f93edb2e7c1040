/** A disturbance of the next matching requests. Without `status` and `reset` the request is answered as usual, only late or cut. */
export interface FaultRule {
  readonly method?: string;
  /** Matched against the path below `/v1.0`, decoded and without the query. Every path when absent. */
  readonly path?: RegExp;
  /** Matched against the decoded query string, for instance to hit only delta links. */
  readonly query?: RegExp;
  /** How many requests are hit; 1 by default, Infinity for all. */
  readonly times?: number;
  /** How many matching requests pass first; 0 by default. */
  readonly skip?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value, or a text sent as it is (an HTML error page, broken JSON). Graph's error envelope for the status by default. */
  readonly body?: unknown;
  readonly delayMs?: number;
  /** Cuts the connection instead of answering. */
  readonly reset?: boolean;
  /** Cuts the connection after this many bytes of the true answer. */
  readonly cutAfterBytes?: number;
  /** Takes the next or delta link out of the answer: a page that looks like the last one, and is not. */
  readonly dropNextLink?: boolean;
}

/** How delta queries misbehave. https://learn.microsoft.com/graph/delta-query-overview */
export interface DeltaFaults {
  /** Empty pages with a nextLink before each page with data. */
  emptyPages: number;
  /** Each object comes a second time on a later page of the round. */
  duplicates: boolean;
  /** Each round begins with the changes of the round before it. */
  replays: boolean;
  /** All tokens handed out so far count as expired: `syncStateNotFound`. Goes back to false with the next initial round. */
  expired: boolean;
  /** Status of an expired token; the pages say "a 40X-series error". */
  expiredStatus: 400 | 410;
  /** So many delta or next links are answered with 410 and a Location to start again from. */
  resets: number;
  /** The initial round also reports soft-deleted objects, as the page says it may. */
  removedInInitialRound: boolean;
}

/** The simulator's fault switches; change them at any time. */
export class GraphFaults {
  /** `appRoleAssignedTo` answers 200 with nothing. */
  emptyAppRoleAssignedTo = false;
  /**
   * Members come with id and type, and null for the rest, as if the permission to read them was lost.
   * https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
   */
  membersWithNulls = false;
  /** Every request whose path names one of these ids is answered 503. */
  readonly unavailable = new Set<string>();
  /**
   * After each change, so many requests are still answered from the state before it.
   * https://learn.microsoft.com/graph/delta-query-overview#processing-delays
   */
  replicationDelay = 0;
  /** `appRoleAssignedTo` continues to list principals that are deleted. */
  lingeringAssignments = false;
  /**
   * What the members of a group with hidden membership are for an app without Member.Read.Hidden. Reported for real:
   * https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/1255 (empty)
   */
  hiddenMembership: 'empty' | 'forbidden' = 'empty';
  readonly delta: DeltaFaults = {
    emptyPages: 0,
    duplicates: false,
    replays: false,
    expired: false,
    expiredStatus: 410,
    resets: 0,
    removedInInitialRound: false,
  };
  private rules: { rule: FaultRule; left: number; skip: number }[] = [];

  /** Adds a disturbance for the next matching requests. Rules are tried in the order they came; one rule per request. */
  next(rule: FaultRule): void {
    this.rules.push({ rule, left: rule.times ?? 1, skip: rule.skip ?? 0 });
  }

  /** 429 with Retry-After, in seconds. https://learn.microsoft.com/graph/throttling */
  throttle(times: number, retryAfterSeconds: number, path?: RegExp): void {
    const rule: FaultRule = { times, status: 429, headers: { 'Retry-After': String(retryAfterSeconds) } };
    this.next(path === undefined ? rule : { ...rule, path });
  }

  /** Forgets the rules of {@link next} that are not used up. */
  clearRules(): void {
    this.rules = [];
  }

  /** The disturbance for this request, if any; counts it as used. */
  take(method: string, path: string, query: string): FaultRule | undefined {
    for (const entry of this.rules) {
      const { rule } = entry;
      if (rule.method !== undefined && rule.method !== method) continue;
      if (rule.path !== undefined && !new RegExp(rule.path.source, rule.path.flags.replace(/[gy]/g, '')).test(path)) continue;
      if (rule.query !== undefined && !new RegExp(rule.query.source, rule.query.flags.replace(/[gy]/g, '')).test(query)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      if (entry.left <= 0) this.rules = this.rules.filter((other) => other !== entry);
      return rule;
    }
    return undefined;
  }
}
