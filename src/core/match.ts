import type { Link, SourceId, TargetId } from './model';

/** What is known of a target object when it is matched. */
export interface Candidate {
  readonly id: TargetId;
  /** The attribute by whose value it was found. */
  readonly matchedBy: string;
  /** The source object that the target is linked to, or whose id it carries as `external_id`; undefined for nobody. */
  readonly heldBy: SourceId | undefined;
}

/** How a source object relates to the target. @see docs/glossary.md */
export type Situation =
  | { readonly kind: 'linked'; readonly targetId: TargetId }
  | { readonly kind: 'deleted'; readonly targetId: TargetId }
  | { readonly kind: 'unmatched' }
  | { readonly kind: 'unlinked'; readonly targetId: TargetId; readonly matchedBy: string }
  | { readonly kind: 'disputed'; readonly candidateIds: readonly TargetId[]; readonly reason: string };

/**
 * Decides how a source object relates to Zendesk. Pure; never throws.
 *
 *   link?  target exists?  candidates        │ situation
 *   yes    yes             –                 │ linked
 *   yes    no              –                 │ deleted     (removed by hand: matched again, created again)
 *   no     –               0                 │ unmatched
 *   no     –               1, held by nobody │ unlinked    (adopted)
 *   no     –               1, held by us     │ unlinked    (a link half written, or our external_id)
 *   no     –               1, held by other  │ disputed
 *   no     –               ≥ 2               │ disputed    (never guess)
 *
 * @param candidates Live target objects found by *all* matching attributes, in priority order; the same target may occur twice.
 */
export function situate(
  source: SourceId,
  link: Link | undefined,
  isLinkedTargetLive: boolean,
  candidates: readonly Candidate[],
): Situation {
  if (link && isLinkedTargetLive) return { kind: 'linked', targetId: link.targetId };
  if (link && candidates.length === 0) return { kind: 'deleted', targetId: link.targetId };

  const [first, ...others] = distinct(candidates);
  if (!first) return { kind: 'unmatched' };
  if (others.length > 0) {
    const all = [first, ...others];
    return {
      kind: 'disputed',
      candidateIds: all.map((candidate) => candidate.id),
      reason: `Several Zendesk objects match: ${all.map((candidate) => `${candidate.id} by ${candidate.matchedBy}`).join(', ')}.`,
    };
  }
  if (first.heldBy !== undefined && first.heldBy !== source) {
    return {
      kind: 'disputed',
      candidateIds: [first.id],
      reason: `Zendesk object ${first.id} matches by ${first.matchedBy} but belongs to ${first.heldBy}.`,
    };
  }
  return { kind: 'unlinked', targetId: first.id, matchedBy: first.matchedBy };
}

function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const byId = new Map<TargetId, Candidate>();
  for (const candidate of candidates) if (!byId.has(candidate.id)) byId.set(candidate.id, candidate);
  return [...byId.values()];
}
