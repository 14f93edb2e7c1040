/** What the brake counts, each against the linked objects of its own kind. */
export const REMOVAL_KINDS = [
  'userDisable',
  'userDelete',
  'userErase',
  'agentDowngrade',
  'groupDelete',
  'membershipRemoval',
] as const;

/** One kind of removal. */
export type RemovalKind = (typeof REMOVAL_KINDS)[number];

/** The brake's settings. */
export interface BrakeLimits {
  /** More removals of one kind than this are held. */
  readonly absolute: number;
  /** More than this share (per cent) of those who can still lose something is held, from {@link SHARE_COUNTS_FROM} removals up. */
  readonly percent: number;
}

/** Below this many removals a share says nothing: one leaver of three people is not a disaster. */
export const SHARE_COUNTS_FROM = 10;

/** What the brake says of one kind of removal. */
export type BrakeVerdict =
  | { readonly kind: 'pass'; readonly count: number }
  | { readonly kind: 'hold'; readonly count: number; readonly limit: number; readonly reason: string };

const PLAIN: Readonly<Record<RemovalKind, string>> = {
  userDisable: 'users to disable',
  userDelete: 'users to delete',
  userErase: 'deleted users to erase permanently',
  agentDowngrade: 'agents to downgrade',
  groupDelete: 'groups to delete',
  membershipRemoval: 'group memberships to remove',
};

/** What the brake weighs for one kind of removal. */
export interface BrakeLoad {
  /** Removals that wait for the verdict. */
  readonly count: number;
  /** Removals of this kind that cycles have let go in the last 24 hours by themselves; an operator's releases do not count. */
  readonly recent: number;
  /** How many can still lose this: active accounts, agents' seats, groups that this app made, memberships that it keeps. */
  readonly canLose: number;
}

/** How far back removals are counted together, in milliseconds. */
export const BRAKE_WINDOW_MS = 24 * 3600_000;

/**
 * Decides whether the removals of one kind may go. Pure.
 *
 *   count + recent     │ verdict
 *   > absolute         │ hold
 *   ≥ 10 and > share   │ hold   (the share is of those who can still lose something)
 *   else               │ pass
 */
export function brake(kind: RemovalKind, { count, recent, canLose }: BrakeLoad, limits: BrakeLimits): BrakeVerdict {
  if (count === 0) return { kind: 'pass', count };
  const total = count + recent;
  const share = (canLose * limits.percent) / 100;
  const what = recent === 0 ? `${count} ${PLAIN[kind]}` : `${count} ${PLAIN[kind]}, after ${recent} within the last 24 hours`;
  if (total > limits.absolute) {
    return { kind: 'hold', count, limit: limits.absolute, reason: `${what}: more than the threshold of ${limits.absolute}.` };
  }
  if (total >= SHARE_COUNTS_FROM && total > share) {
    const reason = `${what}: more than ${limits.percent} % of the ${canLose} ${LOSABLE[kind]}.`;
    return { kind: 'hold', count, limit: Math.floor(share), reason };
  }
  return { kind: 'pass', count };
}

/** Whether the share can matter: below this many removals nobody needs to be counted. */
export const isShareDue = (count: number, recent: number): boolean => count > 0 && count + recent >= SHARE_COUNTS_FROM;

const LOSABLE: Readonly<Record<RemovalKind, string>> = {
  userDisable: 'active accounts',
  userDelete: 'active accounts',
  userErase: 'active accounts',
  agentDowngrade: 'agents',
  groupDelete: 'groups that this app created',
  membershipRemoval: 'memberships',
};

/** What a removal is called in plain words. */
export const plainRemoval = (kind: RemovalKind): string => PLAIN[kind];
