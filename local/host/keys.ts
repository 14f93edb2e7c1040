import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The secrets of one host. A key per function is derived, so that the functions need not be known to make it. */
export interface HostKeys {
  /** `_master`: opens everything, the admin endpoints too. */
  readonly master: string;
  /** The host key `default`: opens every function. */
  readonly default: string;
}

/** Fresh random keys. */
export function makeKeys(): HostKeys {
  return { master: randomBytes(30).toString('base64url'), default: randomBytes(30).toString('base64url') };
}

/** The key that opens this one function. */
export function functionKey(keys: HostKeys, functionName: string): string {
  return createHmac('sha256', keys.master).update(functionName.toLowerCase()).digest('base64url');
}

/**
 * May a caller with this key use a function of that level?
 *
 * @param given The header `x-functions-key` or the query's `code`; undefined for none.
 * @see https://learn.microsoft.com/azure/azure-functions/function-keys-how-to
 */
export function isAuthorised(keys: HostKeys, authLevel: string, functionName: string, given: string | undefined): boolean {
  if (authLevel === 'anonymous') return true;
  if (given === undefined) return false;
  if (isSame(given, keys.master)) return true;
  return authLevel !== 'admin' && (isSame(given, keys.default) || isSame(given, functionKey(keys, functionName)));
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
