import type { TargetId, TargetUser } from './model';

/** Who is never touched, by no setting and no operator. */
export interface ProtectionRules {
  /** The account that this app acts as. */
  readonly selfId: TargetId;
  /** The owner of the Zendesk account, where Zendesk tells. */
  readonly ownerId: TargetId | null;
  /** E-mail addresses and Zendesk ids in lower case. */
  readonly protectedUsers: readonly string[];
}

/**
 * Why an account is never touched; undefined for everybody else. Pure.
 * @param addresses Every address that the account has or would get: any of them protects it.
 */
export function protectedBy(
  { selfId, ownerId, protectedUsers }: ProtectionRules,
  user: Pick<TargetUser, 'id' | 'email'> | undefined,
  addresses: readonly (string | null)[],
): string | undefined {
  if (user?.id === selfId) return 'It is the account that this app itself uses.';
  if (user && user.id === ownerId) return 'It is the owner of the Zendesk account.';
  const names = [user?.id, user?.email, ...addresses].flatMap((name) => (name ? [name.toLowerCase()] : []));
  return names.some((name) => protectedUsers.includes(name)) ? 'It is named in PROTECTED_USERS.' : undefined;
}

/** Whether any address of an account could protect it: only then it is worth a question. Pure. */
export const protectsAddresses = (protectedUsers: readonly string[]): boolean =>
  protectedUsers.some((name) => name.includes('@'));
