import { brake, plainRemoval, REMOVAL_KINDS, SHARE_COUNTS_FROM } from '../../../src/core/brake';

describe('brake', () => {
  it.each([
    // count, linked, absolute, percent → verdict
    [0, 0, 0, 0, 'pass'],
    [1, 3, 500, 10, 'pass'],
    [9, 9, 500, 10, 'pass'],
    [10, 100, 500, 10, 'pass'],
    [10, 99, 500, 10, 'hold'],
    [11, 100, 500, 10, 'hold'],
    [10, 0, 500, 10, 'hold'],
    [500, 100_000, 500, 10, 'pass'],
    [501, 100_000, 500, 10, 'hold'],
    [1, 100, 0, 10, 'hold'],
    [10, 100, 500, 0, 'hold'],
    [9, 100, 500, 0, 'pass'],
    [100, 100, 500, 100, 'pass'],
  ] as const)('%d of %d linked, at most %d or %d %% › %s', (count, linked, absolute, percent, expected) => {
    expect(brake('userDisable', count, linked, { absolute, percent }).kind).toBe(expected);
  });

  it('says how many of what, against which limit, for every kind', () => {
    for (const kind of REMOVAL_KINDS) {
      expect(brake(kind, 20, 50, { absolute: 10, percent: 10 })).toEqual({
        kind: 'hold',
        count: 20,
        limit: 10,
        reason: `20 ${plainRemoval(kind)}, more than the threshold of 10.`,
      });
    }
    expect(brake('groupDelete', SHARE_COUNTS_FROM, 55, { absolute: 500, percent: 10 })).toMatchObject({
      limit: 5,
      reason: '10 groups to delete, more than 10 % of the 55 linked.',
    });
  });
});
