import { type Candidate, type Holder, situate } from '../../../src/core/match';
import { sourceId, targetId } from '../../../src/core/model';

const held = (state: Holder['state']): Holder => ({ id: sourceId('u2'), name: 'Bob', state });
const one = (id: number, heldBy?: Holder['state'], matchedBy = 'email'): Candidate => ({
  id: targetId(id),
  matchedBy,
  heldBy: heldBy && held(heldBy),
});

describe('situate', () => {
  it.each([
    ['nothing matches', [], 'unmatched'],
    ['one matches, held by nobody', [one(8)], 'unlinked'],
    ['one matches, held by one who keeps it', [one(8, 'live')], 'disputed'],
    ['one matches, held by one who is out of scope', [one(8, 'retired')], 'disputed'],
    ['one matches, held by one who could not be read', [one(8, 'unknown')], 'disputed'],
    ['one matches, held by one who is about to get another value', [one(8, 'leaving')], 'handover'],
    ['one matches, held by one who can be restored', [one(8, 'restorable')], 'handover'],
    ['one matches, held by one proved gone', [one(8, 'gone')], 'unlinked'],
    ['one matches, with an external id of another system', [one(8, 'foreign')], 'disputed'],
    ['the same one by two attributes', [one(8, undefined, 'external_id'), one(8)], 'unlinked'],
    ['two match by one attribute', [one(8), one(9)], 'disputed'],
    ['two match, one of them gone', [one(8, 'gone'), one(9)], 'disputed'],
    ['two attributes disagree', [one(8, undefined, 'external_id'), one(9)], 'disputed'],
    ['our id, and the address of one who keeps it', [one(8, undefined, 'external_id'), one(9, 'live')], 'unlinked'],
    ['the address of one who keeps it, and our id', [one(9, 'live'), one(8, undefined, 'external_id')], 'unlinked'],
    ['our id, an address that is gone', [one(8, undefined, 'external_id'), one(9, 'gone')], 'disputed'],
    ['our id, an address of another system', [one(8, undefined, 'external_id'), one(9, 'foreign')], 'disputed'],
    [
      'our id, an address of one who keeps it, one of nobody',
      [one(8, undefined, 'external_id'), one(9, 'live'), one(7)],
      'disputed',
    ],
    ['our id on the account of another, an address of nobody', [one(8, 'live', 'external_id'), one(9)], 'disputed'],
  ] as [string, Candidate[], string][])('%s › %s', (_name, candidates, expected) => {
    expect(situate('user', candidates, false).kind).toBe(expected);
  });

  it('a former self that is gone is named, so that its link ends with the adoption', () => {
    expect(situate('user', [one(8, 'gone')], false)).toMatchObject({ targetId: '8', takesOverFrom: 'u2' });
    expect(situate('user', [one(8)], false)).toMatchObject({ takesOverFrom: undefined });
  });

  it('external ids of other systems may be taken over, and nobody loses a link by it', () => {
    expect(situate('user', [one(8, 'foreign')], true)).toMatchObject({ kind: 'unlinked', takesOverFrom: undefined });
  });

  it.each(['leaving', 'restorable'] as const)('waiting for one who is %s is worth it at once or not', (state) => {
    expect(situate('user', [one(8, state)], false)).toMatchObject({ isSoon: state === 'leaving' });
  });

  it.each([
    ['live', true],
    ['retired', true],
    ['unknown', true],
    ['foreign', false],
  ] as const)('a dispute with one who is %s is between two of ours: %s', (state, isBetweenOurs) => {
    expect(situate('user', [one(8, state)], false)).toMatchObject({ isBetweenOurs });
  });

  it('disputed › every candidate is named, once, and the advice is of the right kind', () => {
    const candidates = [one(8), one(9), one(8, undefined, 'phone')];
    expect(situate('user', candidates, false)).toMatchObject({
      kind: 'disputed',
      candidateIds: ['8', '9'],
      reason: expect.stringContaining('Several Zendesk users match: 8 by email, 9 by email. Merge or delete'),
    });
    expect(situate('group', candidates, false)).toMatchObject({ reason: expect.stringContaining('Rename or delete') });
    expect(situate('group', [one(8, 'live', 'name')], false)).toMatchObject({
      reason: expect.stringContaining('Give one of the two groups another name'),
    });
  });
});

it('several candidates are no dispute between two of ours', () => {
  expect(situate('user', [one(8), one(9)], false)).toMatchObject({ isBetweenOurs: false });
});

it('where what another person has matches too, nobody is told to merge or delete it', () => {
  expect(situate('user', [one(8), one(9, 'live')], false)).toMatchObject({
    isBetweenOurs: true,
    reason:
      'Several Zendesk users match: 8 by email, 9 by email (it belongs to the Entra user "Bob" (u2)). Correct the value that two users have, in Entra ID or in Zendesk; the next cycle then continues.',
  });
  expect(situate('user', [one(9, 'live'), one(8, undefined, 'external_id')], false)).toMatchObject({ targetId: '8' });
});

it('whoever holds the account is named, by the id alone where there is no name', () => {
  const nameless = { ...one(8), heldBy: { ...held('live'), name: '' } };
  expect(situate('user', [nameless], false)).toMatchObject({ reason: expect.stringContaining('the Entra user u2, which') });
  expect(situate('user', [one(8, 'live')], false)).toMatchObject({
    reason: expect.stringContaining('the Entra user "Bob" (u2), which'),
  });
});

it.each([
  ['user', 'retired', 'Change or remove that email of Zendesk user 8'],
  ['group', 'retired', 'Rename Zendesk group 8'],
  ['user', 'live', 'Two people cannot share an account'],
] as const)('the advice to a %s that meets one who is %s', (type, state, advice) => {
  expect(situate(type, [one(8, state)], false)).toMatchObject({ reason: expect.stringContaining(advice) });
});
