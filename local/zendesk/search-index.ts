import type { ZendeskFaults } from './faults';
import type { UserRow } from './rows';
import { foldCase, type ZendeskState } from './state';

interface IndexedUser {
  readonly id: number;
  readonly emails: readonly string[];
  readonly externalId: string | undefined;
  readonly words: string;
  readonly role: string;
  /** `phone`, and custom fields by their keys; what has no value is not in it. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * What user search finds: the users as they were some time ago. "It can take up to a few minutes for new tickets, users, and other
 * resources to be indexed": https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/
 */
export class SearchIndex {
  readonly #users = new Map<number, IndexedUser>();
  readonly #byEmail = new Map<string, Set<number>>();
  readonly #byExternalId = new Map<string, Set<number>>();
  #queue: { readonly at: number; readonly id: number; readonly next: IndexedUser | undefined }[] = [];
  #head = 0;

  constructor(
    readonly state: ZendeskState,
    readonly faults: ZendeskFaults,
    readonly now: () => number,
  ) {}

  /** Notes that a user changed; the index takes it in once it is old enough. */
  changed(id: number): void {
    this.#queue.push({ at: this.now(), id, next: this.#snapshot(id) });
  }

  /** Takes in all changes that are due now, whatever the lag says. */
  flush(): void {
    this.#drain(Number.POSITIVE_INFINITY);
  }

  /**
   * Users matching a `query` such as `email:a@example.com`, `role:agent name`, or an exact external id; rising ids.
   * Rows come from the database, so a hit may no longer have the value it was found by.
   */
  find(criteria: { readonly query?: string; readonly externalId?: string }): UserRow[] {
    if (!this.faults.searchStalled) this.#drain(this.now() - this.faults.searchLagMs);
    const ids =
      criteria.externalId === undefined
        ? this.#query(criteria.query ?? '')
        : (this.#byExternalId.get(foldCase(criteria.externalId)) ?? []);
    return [...ids]
      .sort((left, right) => left - right)
      .map((id) => this.state.users.get(id)!)
      .filter((user) => user.active);
  }

  #query(query: string): Iterable<number> {
    const terms = [...query.matchAll(/(?:(\w+):)?(?:"([^"]*)"|(\S+))/g)].map((match) => ({
      field: match[1]?.toLowerCase(),
      value: foldCase(match[2] ?? match[3] ?? ''),
    }));
    const wanted = terms.filter(({ field }) => field !== 'type');
    const emails = wanted.filter(({ field }) => field === 'email');
    if (emails.length > 1 && this.faults.searchTerms === 'or')
      return new Set(emails.flatMap(({ value }) => [...(this.#byEmail.get(value) ?? [])]));
    const email = emails[0];
    const externalId = wanted.find(({ field }) => field === 'external_id');
    const start = email
      ? this.#byEmail.get(email.value)
      : externalId
        ? this.#byExternalId.get(externalId.value)
        : this.#users.keys();
    return [...(start ?? [])].filter((id) => wanted.every((term) => this.#fits(this.#users.get(id), term)));
  }

  #fits(user: IndexedUser | undefined, { field, value }: { field: string | undefined; value: string }): boolean {
    if (!user) return false;
    if (field === 'email') return user.emails.includes(value);
    if (field === 'external_id') return user.externalId === value;
    if (field === 'role') return user.role === value;
    // https://support.zendesk.com/hc/en-us/articles/4408886879258-Zendesk-Support-search-reference
    if (field === 'phone' || (field !== undefined && this.state.userFields.has(field))) return user.fields.get(field) === value;
    return user.words.includes(value);
  }

  #drain(until: number): void {
    let entry = this.#queue[this.#head];
    while (entry && entry.at <= until) {
      this.#index(entry.id, entry.next);
      this.#head += 1;
      entry = this.#queue[this.#head];
    }
    if (this.#head > 10_000) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #snapshot(id: number): IndexedUser | undefined {
    const user = this.state.users.get(id);
    if (!user) return undefined;
    const emails = this.state
      .identitiesOf(id)
      .filter(({ type }) => type === 'email')
      .map(({ value }) => foldCase(value));
    const externalId = user.external_id === null ? undefined : foldCase(user.external_id);
    const fields = new Map<string, string>();
    for (const [key, value] of [['phone', user.phone] as const, ...user.user_fields])
      if (value !== null && value !== undefined && value !== '') fields.set(key, foldCase(String(value)));
    return { id, emails, externalId, fields, words: foldCase(`${user.name} ${emails.join(' ')}`), role: user.role };
  }

  #index(id: number, next: IndexedUser | undefined): void {
    const old = this.#users.get(id);
    for (const email of old?.emails ?? []) this.#byEmail.get(email)?.delete(id);
    if (old?.externalId !== undefined) this.#byExternalId.get(old.externalId)?.delete(id);
    if (!next) {
      this.#users.delete(id);
      return;
    }
    this.#users.set(id, next);
    for (const email of next.emails) add(this.#byEmail, email, id);
    if (next.externalId !== undefined) add(this.#byExternalId, next.externalId, id);
  }
}

function add(index: Map<string, Set<number>>, key: string, id: number): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}
