import { recordNotFound, simpleRefusal } from './errors';
import type { UserRow } from './rows';
import type { Call } from './world';

/** Ids or items one bulk or show_many call may name: https://developer.zendesk.com/api-reference/ticketing/users/users/#show-many-users */
export const maxBatch = 100;

/** The user a path names. @throws ZendeskRefusal 404; also for soft-deleted users unless `withDeleted` */
export function userOf(call: Call, withDeleted = false): UserRow {
  const user = call.world.state.users.get(call.id('user_id'));
  if (!user || user.permanently_deleted || (!user.active && !withDeleted)) throw recordNotFound();
  return user;
}

/** A comma-separated query list, or undefined when it was not sent. @throws ZendeskRefusal 400 above 100 entries */
export function listOf(call: Call, name: string): string[] | undefined {
  const value = call.query.get(name);
  if (value === null) return undefined;
  const items = value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  if (items.length > maxBatch) throw simpleRefusal(400, 'TooManyValues', `Maximum ${maxBatch} ${name} may be given per call`);
  return items;
}
