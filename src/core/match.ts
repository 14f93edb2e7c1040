import type { ObjectType, SourceId, TargetId } from './model';

/** Whom a target object belongs to, and whether that still stands in the way. */
export interface Holder {
  readonly id: SourceId;
  /** How Entra ID calls it; empty where that is not known. */
  readonly name: string;
  /**
   * `live` it exists and wants what it has · `leaving` it exists and is about to have another value, so this one comes free ·
   * `retired` it exists, but is out of scope: what it has in Zendesk stays as it was left · `restorable` deleted in Entra ID, but not for good · `gone` proved deleted for good, or never of this tenant ·
   * `foreign` an external id that another system has written · `unknown` it could not be read
   */
  readonly state: 'live' | 'leaving' | 'retired' | 'restorable' | 'gone' | 'foreign' | 'unknown';
}

/** What is known of a target object when it is matched. */
export interface Candidate {
  readonly id: TargetId;
  /** The attribute by whose value it was found. */
  readonly matchedBy: string;
  /** Who is linked to it, else whose id it carries as `external_id`; undefined for nobody, and where that is the source object itself. */
  readonly heldBy: Holder | undefined;
}

/** How a source object that is not linked, or no longer, relates to the target. @see docs/glossary.md */
export type Situation =
  | { readonly kind: 'unmatched' }
  | {
      readonly kind: 'unlinked';
      readonly targetId: TargetId;
      readonly matchedBy: string;
      /** The former self whose link ends with the adoption; undefined where nobody is linked. */
      readonly takesOverFrom: SourceId | undefined;
    }
  /** Another object of ours is about to give up what both need, or may be gone soon: a matter of order, tried again by itself. */
  | { readonly kind: 'handover'; readonly targetId: TargetId; readonly reason: string; readonly isSoon: boolean }
  | {
      readonly kind: 'disputed';
      readonly candidateIds: readonly TargetId[];
      readonly reason: string;
      /** True where the other one is an object of ours as well: then each cycle asks whether it still stands in the way. */
      readonly isBetweenOurs: boolean;
    };

/**
 * Decides how a source object relates to Zendesk where no link leads to a living object. Pure; never throws.
 *
 *   candidates                │ situation
 *   0                         │ unmatched   (created; also where the linked object was deleted by hand)
 *   1, held by nobody         │ unlinked    (adopted)
 *   1, held by one gone       │ unlinked    (a former self, proved gone: its account is taken over)
 *   1, held by one leaving    │ handover    (soon free: with the holder's own change)
 *   1, held by one restorable │ handover    (free once the former self is gone for good)
 *   1, held by any other      │ disputed
 *   1 with our id, and others │
 *      held by others of ours │ unlinked    (the id is nobody else's; a value that is another's is a matter of the write)
 *   any other ≥ 2             │ disputed    (never guess)
 *
 * @param candidates Live target objects found by *all* matching attributes, in priority order; the same target may occur twice.
 * @param takesForeignIds Whether an external id of another system may be overwritten.
 */
export function situate(type: ObjectType, candidates: readonly Candidate[], takesForeignIds: boolean): Situation {
  const all = distinct(candidates);
  const [first] = all;
  if (!first) return { kind: 'unmatched' };
  const own = all.find(({ matchedBy, heldBy }) => matchedBy === 'external_id' && !heldBy);
  if (all.length === 1 || (own && all.every((one) => one === own || isAnothers(one))))
    return situateOne(type, own ?? first, takesForeignIds);
  const isBetweenOurs = all.some(isAnothers);
  const found = all.map(
    (one) => `${one.id} by ${one.matchedBy}${isAnothers(one) ? ` (it belongs to the Entra ${type} ${nameOf(one.heldBy)})` : ''}`,
  );
  return {
    kind: 'disputed',
    isBetweenOurs,
    candidateIds: all.map((candidate) => candidate.id),
    reason: `Several Zendesk ${type}s match: ${found.join(', ')}. ${adviceOn(type, isBetweenOurs)}`,
  };
}

/** Whether an object of ours that may still need it has what was found. */
const isAnothers = (one: Candidate): one is Candidate & { readonly heldBy: Holder } =>
  one.heldBy !== undefined && one.heldBy.state !== 'gone' && one.heldBy.state !== 'foreign';

const nameOf = ({ id, name }: Holder): string => (name ? `"${name}" (${id})` : id);

/** What to do where several match. What belongs to another person or group is not to be merged or deleted. */
function adviceOn(type: ObjectType, isBetweenOurs: boolean): string {
  if (isBetweenOurs) return `Correct the value that two ${type}s have, in Entra ID or in Zendesk; the next cycle then continues.`;
  const act = type === 'user' ? 'Merge or delete' : 'Rename or delete';
  return `${act} all but the right one in Zendesk; the next attempt uses the one that is left.`;
}

function situateOne(type: ObjectType, { id, matchedBy, heldBy }: Candidate, takesForeignIds: boolean): Situation {
  const free = { kind: 'unlinked', targetId: id, matchedBy, takesOverFrom: undefined } as const;
  if (!heldBy) return free;
  const what = `Zendesk ${type} ${id} matches by ${matchedBy} but belongs to the Entra ${type} ${nameOf(heldBy)}`;
  const disputed = (advice: string, isBetweenOurs: boolean): Situation => ({
    kind: 'disputed',
    candidateIds: [id],
    reason: `${what}, ${advice}`,
    isBetweenOurs,
  });
  switch (heldBy.state) {
    case 'gone':
      return { ...free, takesOverFrom: heldBy.id };
    case 'leaving':
      return {
        kind: 'handover',
        targetId: id,
        reason: `${what}, which is about to get another ${matchedBy}. It is tried again once that has happened.`,
        isSoon: true,
      };
    case 'restorable':
      return {
        kind: 'handover',
        targetId: id,
        reason: `${what}, which is deleted but can still be restored. Restore that object in place of this one; or delete it permanently in Entra ID, and the next cycle takes the account over.`,
        isSoon: false,
      };
    case 'foreign':
      if (takesForeignIds) return free;
      return {
        kind: 'disputed',
        isBetweenOurs: false,
        candidateIds: [id],
        reason: `Zendesk ${type} ${id} matches by ${matchedBy} but carries the external id "${heldBy.id}", which another system has written. Remove it in Zendesk; or decide it for all accounts together: set takeOverForeignExternalId on the mapping of external_id, or leave external_id out of the mapping.`,
      };
    case 'unknown':
      return disputed('which could not be read just now. It is asked about again with the next cycle.', true);
    case 'retired':
      return disputed(
        type === 'user'
          ? `which is out of scope and keeps what it had. Change or remove that ${matchedBy} of Zendesk user ${id} in Zendesk; the next cycle then continues.`
          : `which is out of scope. Rename Zendesk group ${id} in Zendesk, or give this group another name in Entra ID; the next cycle then continues.`,
        true,
      );
    case 'live':
      return disputed(
        type === 'user'
          ? `which exists and keeps it. Two people cannot share an account: correct the ${matchedBy} of one of them in Entra ID.`
          : 'which exists and keeps it. Give one of the two groups another name in Entra ID.',
        true,
      );
  }
}

function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const byId = new Map<TargetId, Candidate>();
  for (const candidate of candidates) if (!byId.has(candidate.id)) byId.set(candidate.id, candidate);
  return [...byId.values()];
}
