import { MatchHistory } from '../../../src/engine/match-history';

const after = (...notes: boolean[]): MatchHistory => {
  const history = new MatchHistory();
  for (const note of notes) history.note(note);
  return history;
};
const times = (count: number, value: boolean): boolean[] => new Array<boolean>(count).fill(value);

describe('match history', () => {
  test.each([
    ['at first', [], false],
    ['after a few new people', times(10, false), false],
    ['after many new people', times(25, false), true],
    ['after one who was known', [...times(25, false), true], false],
    ['after that one and many new ones', [...times(25, false), true, ...times(10, false)], true],
    ['where everybody is known', times(50, true), false],
  ])('%s › expects nobody: %s', (_when, notes, expected) => {
    expect(after(...notes).expectsNobody).toBe(expected);
  });
});
