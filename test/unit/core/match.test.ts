import { type Candidate, situate } from '../../../src/core/match';
import { sourceId, targetId } from '../../../src/core/model';
import { aLink } from '../../builders/objects';

const me = sourceId('u1');
const one = (id: number, heldBy?: string, matchedBy = 'email'): Candidate => ({
  id: targetId(id),
  matchedBy,
  heldBy: heldBy === undefined ? undefined : sourceId(heldBy),
});

describe('situate', () => {
  it.each([
    ['linked and there', true, true, [], 'linked'],
    ['linked and there, whatever else matches', true, true, [one(8), one(9)], 'linked'],
    ['linked and gone, nothing matches', true, false, [], 'deleted'],
    ['linked and gone, another matches', true, false, [one(8)], 'unlinked'],
    ['linked and gone, another matches that belongs to somebody', true, false, [one(8, 'u2')], 'disputed'],
    ['nothing matches', false, false, [], 'unmatched'],
    ['one matches, held by nobody', false, false, [one(8)], 'unlinked'],
    ['one matches, held by us', false, false, [one(8, 'u1')], 'unlinked'],
    ['one matches, held by another', false, false, [one(8, 'u2')], 'disputed'],
    ['the same one by two attributes', false, false, [one(8, undefined, 'external_id'), one(8)], 'unlinked'],
    ['two match by one attribute', false, false, [one(8), one(9)], 'disputed'],
    ['two attributes disagree', false, false, [one(8, 'u1', 'external_id'), one(9)], 'disputed'],
  ] as [string, boolean, boolean, Candidate[], string][])('%s › %s', (_name, isLinked, isLive, candidates, expected) => {
    expect(situate(me, isLinked ? aLink() : undefined, isLive, candidates).kind).toBe(expected);
  });

  it('disputed › every candidate is named, once', () => {
    const situation = situate(me, undefined, false, [one(8), one(9), one(8, undefined, 'phone')]);
    expect(situation).toEqual({
      kind: 'disputed',
      candidateIds: ['8', '9'],
      reason: 'Several Zendesk objects match: 8 by email, 9 by email.',
    });
  });
});
