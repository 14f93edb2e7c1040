import type { TargetId } from '../../core/model';
import type { BulkRunner } from './bulk-runner';
import type { ItemResult } from './bundler';
import { type DecodedUser, decode, fieldValue, shapes, toUser, type UserRow } from './decode';
import type { ZendeskHttp } from './http';
import { idNumber } from './json';

/** A change of one user, in Zendesk's words. */
export interface UpdateItem {
  readonly id: TargetId;
  readonly fields: Readonly<Record<string, unknown>>;
}

const UPDATE_MANY = '/api/v2/users/update_many';
const SHOW_MANY = '/api/v2/users/show_many';
/** What decides access and identity: believed only as read. */
const DECISIVE: ReadonlySet<string> = new Set(['role', 'custom_role_id', 'suspended', 'external_id']);

/**
 * Changes up to 100 users, each its own way, with one job: https://developer.zendesk.com/api-reference/ticketing/users/users/#update-many-users
 * A user is done when the re-read shows every value, or when it shows what decides access and the job says so of the rest, which
 * Zendesk may store in a form of its own.
 */
export async function updateMany(
  http: ZendeskHttp,
  runner: BulkRunner,
  items: readonly UpdateItem[],
): Promise<ReadonlyMap<UpdateItem, ItemResult<DecodedUser>>> {
  return runner.run({
    kind: 'updateUsers',
    request: {
      method: 'PUT',
      route: UPDATE_MANY,
      body: { users: items.map(({ id, fields }) => ({ id: idNumber(id), ...fields })) },
    },
    items,
    verify: async (_submittedAt, job) => {
      const answer = await http.call({ method: 'GET', route: SHOW_MANY, query: { ids: items.map(({ id }) => id).join(',') } });
      const found = new Map<string, UserRow>(decode(shapes.users, answer.body, SHOW_MANY).users.map((row) => [row.id, row]));
      const saidDone = new Set(job?.flatMap(({ id, hasFailed }) => (id === undefined || hasFailed ? [] : [id])));
      const results = new Map<UpdateItem, ItemResult<DecodedUser>>();
      for (const item of items) {
        const row = found.get(item.id);
        if (!row) continue;
        const differing = Object.entries(item.fields).filter(([name, value]) => !isStored(row, name, value));
        const isDone = differing.length === 0 || (saidDone.has(item.id) && differing.every(([name]) => !DECISIVE.has(name)));
        if (isDone) results.set(item, { value: toUser(row) });
      }
      return results;
    },
  });
}

/** Whether a user shows a value as it was sent. */
export function isStored(row: UserRow, name: string, value: unknown): boolean {
  if (name === 'custom_role_id') return row.role !== 'agent' || String(row.custom_role_id ?? '') === numberText(value);
  if (name === 'external_id') return (row.external_id ?? '').toLowerCase() === String(value ?? '').toLowerCase();
  if (name === 'suspended') return (row.suspended ?? false) === value;
  if (name === 'tags') return sameList(row.tags ?? [], Array.isArray(value) ? value : []);
  if (name === 'user_fields') {
    const shown = row.user_fields ?? {};
    return Object.entries(value ?? {}).every(([key, wanted]) => sameValue(fieldValue(shown[key]), fieldValue(wanted)));
  }
  const shown: unknown = Object.entries(row).find(([key]) => key === name)?.[1];
  return sameValue(shown, value);
}

/** An id may be a number, or raw JSON that keeps its digits. */
function numberText(value: unknown): string {
  return value === null || value === undefined ? '' : (JSON.stringify(value) ?? '');
}

function sameValue(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return sameList(left, right);
  return String(left ?? '').trim() === String(right ?? '').trim();
}

function sameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  const fold = (list: readonly unknown[]) => [...new Set(list.map((item) => String(item).toLowerCase()))].sort().join('\n');
  return fold(left) === fold(right);
}
