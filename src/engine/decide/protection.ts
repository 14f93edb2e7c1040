import type { TargetUser } from '../../core/model';
import type { TargetDescription } from '../../ports/target-connector';
import type { EngineDeps } from '../deps';

/**
 * Why an account is never touched, by no setting and no operator: it is the one this app acts as, or the account owner, or named
 * in PROTECTED_USERS. Undefined for everybody else.
 * @param email The address a new account would get: a protected one is not created either.
 */
export function protectedBy(
  deps: EngineDeps,
  account: TargetDescription,
  user: TargetUser | undefined,
  email: string | null,
): string | undefined {
  if (user?.id === account.selfId) return 'It is the account that this app itself uses.';
  if (user && user.id === account.ownerId) return 'It is the owner of the Zendesk account.';
  const names = [user?.id, user?.email, email].flatMap((name) => (name ? [name.toLowerCase()] : []));
  return names.some((name) => deps.settings.protectedUsers.includes(name)) ? 'It is named in PROTECTED_USERS.' : undefined;
}
