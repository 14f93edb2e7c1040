import { BRAKE_WINDOW_MS, brake, isShareDue, plainRemoval, REMOVAL_KINDS, SHARE_COUNTS_FROM } from '../../../src/core/brake';

describe('brake', () => {
  it.each([
    // count, recent, canLose, absolute, percent → verdict
    [0, 0, 0, 0, 0, 'pass'],
    [1, 0, 3, 500, 10, 'pass'],
    [9, 0, 9, 500, 10, 'pass'],
    [10, 0, 100, 500, 10, 'pass'],
    [10, 0, 99, 500, 10, 'hold'],
    [11, 0, 100, 500, 10, 'hold'],
    [10, 0, 0, 500, 10, 'hold'],
    [500, 0, 100_000, 500, 10, 'pass'],
    [501, 0, 100_000, 500, 10, 'hold'],
    [1, 0, 100, 0, 10, 'hold'],
    [10, 0, 100, 500, 0, 'hold'],
    [9, 0, 100, 500, 0, 'pass'],
    [100, 0, 100, 500, 100, 'pass'],
    [9, 9, 81, 500, 10, 'hold'],
    [1, 8, 90, 500, 10, 'pass'],
    [1, 9, 90, 500, 10, 'hold'],
    [1, 9, 100, 500, 10, 'pass'],
    [0, 900, 100, 500, 10, 'pass'],
    [1, 500, 100_000, 500, 10, 'hold'],
    [250, 250, 100_000, 500, 10, 'pass'],
  ] as const)('%d after %d, of %d, at most %d or %d %% › %s', (count, recent, canLose, absolute, percent, expected) => {
    expect(brake('userDisable', { count, recent, canLose }, { absolute, percent }).kind).toBe(expected);
  });

  it('says how many of what, against which limit, for every kind', () => {
    for (const kind of REMOVAL_KINDS) {
      expect(brake(kind, { count: 20, recent: 0, canLose: 50 }, { absolute: 10, percent: 10 })).toEqual({
        kind: 'hold',
        count: 20,
        limit: 10,
        reason: `20 ${plainRemoval(kind)}: more than the threshold of 10.`,
      });
    }
    const limits = { absolute: 500, percent: 10 };
    expect(brake('groupDelete', { count: SHARE_COUNTS_FROM, recent: 0, canLose: 55 }, limits)).toMatchObject({
      limit: 5,
      reason: '10 groups to delete: more than 10 % of the 55 groups that this app created.',
    });
    expect(brake('userDisable', { count: 2, recent: 9, canLose: 81 }, limits)).toMatchObject({
      reason: '2 users to disable, after 9 within the last 24 hours: more than 10 % of the 81 active accounts.',
    });
  });

  it.each([
    [0, 20, false],
    [1, 8, false],
    [1, 9, true],
    [10, 0, true],
    [9, 0, false],
  ])('%d after %d: the share is asked for: %s', (count, recent, expected) => {
    expect(isShareDue(count, recent)).toBe(expected);
  });
});

it('removals are counted together over a day', () => {
  expect(BRAKE_WINDOW_MS).toBe(86_400_000);
});
