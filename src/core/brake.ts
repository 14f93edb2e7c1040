/** What the brake counts, each against the linked objects of its own kind. */
export const REMOVAL_KINDS = ['userDisable', 'userDelete', 'agentDowngrade', 'groupDelete', 'membershipRemoval'] as const;

/** One kind of removal. */
export type RemovalKind = (typeof REMOVAL_KINDS)[number];

/** The brake's settings. */
export interface BrakeLimits {
  /** More removals of one kind than this are held. */
  readonly absolute: number;
  /** More than this share (per cent) of the linked objects of that kind is held, from {@link SHARE_COUNTS_FROM} removals up. */
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
  agentDowngrade: 'agents to downgrade',
  groupDelete: 'groups to delete',
  membershipRemoval: 'group memberships to remove',
};

/**
 * Decides whether the removals of one kind may go. Pure.
 *
 *   count              │ verdict
 *   > absolute         │ hold
 *   ≥ 10 and > share   │ hold
 *   else               │ pass
 *
 * @param linked How many linked objects of that kind there are; the share is taken of them.
 */
export function brake(kind: RemovalKind, count: number, linked: number, limits: BrakeLimits): BrakeVerdict {
  const share = (linked * limits.percent) / 100;
  if (count > limits.absolute) {
    return hold(kind, count, limits.absolute, `more than the threshold of ${limits.absolute}`);
  }
  if (count >= SHARE_COUNTS_FROM && count > share) {
    return hold(kind, count, Math.floor(share), `more than ${limits.percent} % of the ${linked} linked`);
  }
  return { kind: 'pass', count };
}

function hold(kind: RemovalKind, count: number, limit: number, why: string): BrakeVerdict {
  return { kind: 'hold', count, limit, reason: `${count} ${PLAIN[kind]}, ${why}.` };
}

/** What a removal is called in plain words. */
export const plainRemoval = (kind: RemovalKind): string => PLAIN[kind];
