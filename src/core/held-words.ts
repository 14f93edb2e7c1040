import { REMOVAL_KINDS, type RemovalKind } from './brake';
import type { Entitlement } from './model';

/** What one held removal would do to its object. */
const OF_ONE: Readonly<Record<RemovalKind, (count: number) => string>> = {
  userDisable: () => 'the suspension of this account',
  userDelete: () => 'the deletion of this account',
  userErase: () => 'the permanent erasure of this deleted account',
  agentDowngrade: () => 'the downgrade of this agent to an end user, which gives the paid seat back',
  groupDelete: () => 'the deletion of this group',
  membershipRemoval: (count) => `the removal of ${count} ${count === 1 ? 'member' : 'members'} from this group`,
};

/** What somebody has to decide about each kind. */
const QUESTION: Readonly<Record<RemovalKind, string>> = {
  userDisable: 'should these people lose access',
  userDelete: 'should these people be deleted',
  userErase: 'should these deleted people be erased permanently',
  agentDowngrade: 'should these agents become end users and give their seats back',
  groupDelete: 'should these groups be deleted',
  membershipRemoval: 'should these people leave their groups',
};

/** What is said about a held removal. */
export interface HeldRemoval {
  readonly kind: RemovalKind;
  /** Members of a group; else 1. */
  readonly count: number;
  /** ISO 8601. */
  readonly stagedAt: string;
  readonly cycleId: string;
  /** The cycle that first held it, where that is known. */
  readonly heldIn?: string | undefined;
}

/** What a held removal would do, such as `the suspension of this account`. Pure. */
export const heldRemoval = ({ kind, count }: Pick<HeldRemoval, 'kind' | 'count'>): string => OF_ONE[kind](count);

/** A text that begins with a capital letter. Pure. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A held removal in two sentences: of what kind, since when, by which cycle, and why. Pure. @param reason Of the row, with names. */
export const heldSentence = (row: HeldRemoval, reason: string): string =>
  `Since ${row.stagedAt} the brake has held ${heldRemoval(row)} (cycle ${row.heldIn ?? row.cycleId}). The reason for it: ${reason}`;

/** What is to be looked at before held removals of these kinds are let go. Pure. */
export function heldQuestion(kinds: readonly RemovalKind[]): string {
  const asked = REMOVAL_KINDS.filter((kind) => kinds.includes(kind)).map((kind) => QUESTION[kind]);
  const question = asked.length > 0 ? asked.join(', and ') : 'should this be taken away';
  return `Look at what is held: ${question}?`;
}

/** What continues while the brake holds something: the same words in page, notice and runbook. */
export const WHILE_HELD =
  'Cycles keep their schedule meanwhile: accounts are created and updated, and removals below the threshold are carried out. Only what is held waits.';

/** How many ways of a former assignment are named. */
const FORMER_WAYS = 3;

/**
 * By what somebody was assigned who no longer is, so that people who are held for one cause can be told together; empty for nothing. Pure.
 * @param before The entitlements until this cycle
 */
export function formerAssignment(before: readonly Entitlement[]): string {
  const ways = before.map(({ path }) => (path.length === 0 ? 'directly' : `through group ${path.join(' in ')}`));
  const each = [...new Set(ways)].sort();
  if (each.length === 0) return '';
  const more = each.length > FORMER_WAYS ? ` and ${each.length - FORMER_WAYS} more ways` : '';
  return ` Before: ${each.slice(0, FORMER_WAYS).join(', ')}${more}.`;
}

const GUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;

/** The Entra object ids that texts mention, each once, in lower case. Pure. */
export const idsIn = (texts: readonly string[]): readonly string[] => [
  ...new Set(texts.flatMap((text) => text.match(GUID) ?? []).map((id) => id.toLowerCase())),
];

/** A text with the name before each id that has one: ids are certain, but people know names. Pure. */
export const withNames = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replace(GUID, (id) => {
    const name = names.get(id.toLowerCase());
    return name === undefined ? id : `"${name}" (${id})`;
  });
