import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isFine, record, rows } from './answers';
import type { ProbeAnswer, ProbeClient } from './client';

/** What the probe makes begins so: external ids, addresses and names. Nothing else is ever removed. */
export const PREFIX = 'provisioningprobe-';
const DOMAIN = '@example.com';
/** Zendesk takes so many at once: https://developer.zendesk.com/api-reference/ticketing/users/users/#show-many-users */
const MAX_IDS = 100;

/** One of the probe's own accounts. */
export interface ProbeAccount {
  readonly id: string;
  readonly externalId: string;
  readonly email: string;
}

/** Makes accounts and groups, and removes them. */
export interface ProbeAccounts {
  /** Keys of an account that may be made. Told to the journal before anything is sent. */
  next(): Omit<ProbeAccount, 'id'> & { readonly fields: Readonly<Record<string, unknown>> };
  /** Makes an account, by default a verified end user, and no mail leaves. */
  create(
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly answer: ProbeAnswer; readonly account: ProbeAccount | undefined }>;
  createGroup(name: string): Promise<{ readonly answer: ProbeAnswer; readonly id: string | undefined }>;
  groupName(text: string): string;
  /** Removes everything that this run and earlier ones have made. @returns how many went, and how many would not */
  sweep(): Promise<{ readonly removed: number; readonly left: number }>;
}

/** Makes it. @param journal a file that holds the external ids of accounts that may be there, so that a crash leaves nothing behind */
export function makeAccounts(client: ProbeClient, journal: string, run: string, selfId: () => string): ProbeAccounts {
  let count = 0;
  const noted = new Set(readJournal(journal));

  const next = () => {
    count += 1;
    const key = `${PREFIX}${run}-${String(count).padStart(2, '0')}`;
    noted.add(key);
    writeFileSync(journal, JSON.stringify([...noted]));
    const email = `${key}${DOMAIN}`;
    const fields = {
      name: `Provisioningprobe ${count}`,
      external_id: key,
      email,
      verified: true,
      skip_verify_email: true,
    };
    return { externalId: key, email, fields };
  };

  async function found(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const all = new Map<string, Readonly<Record<string, unknown>>>();
    const keys = [...noted];
    for (let at = 0; at < keys.length; at += MAX_IDS) {
      const ids = encodeURIComponent(keys.slice(at, at + MAX_IDS).join(','));
      const answer = await client.call('GET', `/api/v2/users/show_many?external_ids=${ids}`);
      for (const user of rows(answer.body, 'users')) all.set(String(user.id), user);
    }
    // What another machine left behind has no journal here; the index knows it after some minutes.
    const search = await client.call('GET', '/api/v2/users/search?query=type%3Auser%20provisioningprobe&per_page=100');
    for (const user of rows(search.body, 'users')) all.set(String(user.id), user);
    return [...all.values()].filter(isOurs);
  }

  /** Somebody else's account is never touched, whatever a list says: three marks and no admin. */
  const isOurs = (user: Readonly<Record<string, unknown>>): boolean =>
    String(user.external_id ?? '').startsWith(PREFIX) &&
    String(user.email ?? DOMAIN).endsWith(DOMAIN) &&
    user.role !== 'admin' &&
    user.active !== false &&
    String(user.id) !== selfId();

  async function sweepUsers(): Promise<{ removed: number; left: number }> {
    let removed = 0;
    let left = 0;
    for (const user of await found()) {
      const answer = await client.call('DELETE', `/api/v2/users/${user.id}`);
      if (isFine(answer) || answer.status === 404) removed += 1;
      else left += 1;
    }
    return { removed, left };
  }

  async function sweepGroups(): Promise<{ removed: number; left: number }> {
    let removed = 0;
    let left = 0;
    let path: string | undefined = '/api/v2/groups?exclude_deleted=true&page%5Bsize%5D=100';
    const ours: string[] = [];
    while (path !== undefined) {
      const { body }: ProbeAnswer = await client.call('GET', path);
      ours.push(
        ...rows(body, 'groups')
          .filter(({ name, deleted }) => deleted !== true && String(name).startsWith(PREFIX))
          .map(({ id }) => String(id)),
      );
      const next = record(record(body).links).next;
      path = record(record(body).meta).has_more === true && typeof next === 'string' ? pathOf(next) : undefined;
    }
    for (const id of ours) {
      const answer = await client.call('DELETE', `/api/v2/groups/${id}`);
      if (isFine(answer) || answer.status === 404) removed += 1;
      else left += 1;
    }
    return { removed, left };
  }

  return {
    next,
    async create(fields = {}) {
      const { fields: base, ...keys } = next();
      const answer = await client.call('POST', '/api/v2/users', { user: { ...base, ...fields } });
      const { id } = record(record(answer.body).user);
      return { answer, account: isFine(answer) && id !== undefined ? { id: String(id), ...keys } : undefined };
    },
    groupName: (text) => `${PREFIX}${run} ${text}`,
    async createGroup(name) {
      const answer = await client.call('POST', '/api/v2/groups', { group: { name } });
      const { id } = record(record(answer.body).group);
      return { answer, id: isFine(answer) && id !== undefined ? String(id) : undefined };
    },
    async sweep() {
      // Users first: a group that is somebody's default cannot go.
      const users = await sweepUsers();
      const groups = await sweepGroups();
      if (users.left === 0) {
        noted.clear();
        rmSync(journal, { force: true });
      }
      return { removed: users.removed + groups.removed, left: users.left + groups.left };
    },
  };
}

const pathOf = (link: string): string => {
  const url = new URL(link, 'https://zendesk.invalid');
  return url.pathname + url.search;
};

function readJournal(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  try {
    const keys: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string' && key.startsWith(PREFIX)) : [];
  } catch {
    return [];
  }
}
