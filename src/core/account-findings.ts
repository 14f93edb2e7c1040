import type { TeamMember } from './model';

/** What the report of accounts may say of an agent or admin. */
export const ACCOUNT_FINDINGS = [
  'NobodyBehind',
  'OutOfScope',
  'SuspendedWithSeat',
  'NeverSignedIn',
  'ServiceAccount',
  'Protected',
] as const;

/** One of {@link ACCOUNT_FINDINGS}. */
export type AccountFinding = (typeof ACCOUNT_FINDINGS)[number];

/** What is known of an account besides what Zendesk's list shows. */
export interface AccountFacts {
  /** Who stands behind it: nobody that this app has linked, somebody who is to have access, or somebody who is not. */
  readonly behind: 'nobody' | 'inScope' | 'outOfScope' | 'unknown';
  readonly holdsSeat: boolean;
  readonly isServiceAccount: boolean;
  readonly isProtected: boolean;
  readonly now: Date;
}

/** How old an account is before it counts that its owner has never signed in, in days. */
export const NEVER_SIGNED_IN_DAYS = 30;
const DAY_MS = 24 * 3600_000;

/**
 * What stands out about an agent or admin. Pure; in the order of {@link ACCOUNT_FINDINGS}.
 *
 *   nobody behind it, no service account        │ NobodyBehind
 *   somebody behind it who is out of scope      │ OutOfScope
 *   suspended and holds a seat                  │ SuspendedWithSeat
 *   active, 30 days old, never signed in, no service account │ NeverSignedIn
 *   named in SERVICE_ACCOUNTS, PROTECTED_USERS  │ ServiceAccount, Protected
 */
export function accountFindings(
  { suspended, lastLoginAt, createdAt }: Pick<TeamMember, 'suspended' | 'lastLoginAt' | 'createdAt'>,
  { behind, holdsSeat, isServiceAccount, isProtected, now }: AccountFacts,
): readonly AccountFinding[] {
  const ageMs = createdAt === null ? 0 : now.getTime() - Date.parse(createdAt);
  const isOld = ageMs > NEVER_SIGNED_IN_DAYS * DAY_MS;
  const is: Readonly<Record<AccountFinding, boolean>> = {
    NobodyBehind: behind === 'nobody' && !isServiceAccount,
    OutOfScope: behind === 'outOfScope',
    SuspendedWithSeat: suspended && holdsSeat,
    NeverSignedIn: !suspended && lastLoginAt === null && isOld && !isServiceAccount,
    ServiceAccount: isServiceAccount,
    Protected: isProtected,
  };
  return ACCOUNT_FINDINGS.filter((finding) => is[finding]);
}
