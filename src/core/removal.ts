/** What the brake counts, each against the linked objects of its own kind. */
export const REMOVAL_KINDS = ['userDisable', 'userDelete', 'agentDowngrade', 'groupDelete', 'membershipRemoval'] as const;

/** One kind of removal. */
export type RemovalKind = (typeof REMOVAL_KINDS)[number];
