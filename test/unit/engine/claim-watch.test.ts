import { CLAIM_MS, ClaimWatch } from '../../../src/engine/claim-watch';

const NOW = 1_000_000_000;
const TEN_MINUTES = 600_000;

describe('ClaimWatch', () => {
  it('a claim that its worker has ended is over', () => {
    expect(new ClaimWatch().isOver('user a', 'm', 0, NOW)).toBe(true);
    expect(new ClaimWatch().isOver('user a', 'm', 0, 5)).toBe(true);
  });

  it('holds for longer than a bulk job is waited for, and a dead process is over within two minutes', () => {
    expect(CLAIM_MS).toBeGreaterThan(75_000);
    expect(CLAIM_MS).toBeLessThanOrEqual(120_000);
  });

  it.each([
    ['ended long ago', NOW - TEN_MINUTES - 1, true],
    ['ended ten minutes ago: clocks may be that far apart', NOW - TEN_MINUTES, false],
    ['ended a moment ago by another clock', NOW - 1, false],
    ['holds', NOW + CLAIM_MS, false],
  ])('%s', (_name, untilMs, expected) => {
    expect(new ClaimWatch().isOver('user a', 'm', untilMs, NOW)).toBe(expected);
  });

  it('left behind by a dead process: over once it was watched for as long as a claim may hold, whatever the clock of its writer says', () => {
    const watch = new ClaimWatch();
    const farAhead = NOW + TEN_MINUTES;
    expect(watch.isOver('user a', 'm', farAhead, NOW)).toBe(false);
    expect(watch.isOver('user a', 'm', farAhead, NOW + CLAIM_MS - 1)).toBe(false);
    expect(watch.isOver('user a', 'm', farAhead, NOW + CLAIM_MS)).toBe(true);
  });

  it('a claim that was renewed is watched anew', () => {
    const watch = new ClaimWatch();
    watch.isOver('user a', 'm1', NOW + CLAIM_MS, NOW);
    expect(watch.isOver('user a', 'm2', NOW + CLAIM_MS, NOW + CLAIM_MS)).toBe(false);
    expect(watch.isOver('user a', 'm2', NOW + CLAIM_MS, NOW + 2 * CLAIM_MS)).toBe(true);
  });

  it('each object is watched by itself, and an ended claim is forgotten', () => {
    const watch = new ClaimWatch();
    watch.isOver('user a', 'm', NOW + CLAIM_MS, NOW);
    expect(watch.isOver('user b', 'm', NOW + CLAIM_MS, NOW + CLAIM_MS)).toBe(false);
    expect(watch.isOver('user a', 'm', 0, NOW + 1)).toBe(true);
    expect(watch.isOver('user a', 'm', NOW + CLAIM_MS, NOW + CLAIM_MS)).toBe(false);
  });

  it('however many claims it sees, it remembers a bounded number', () => {
    const watch = new ClaimWatch();
    for (let at = 0; at < 1_000; at += 1) watch.isOver(`user ${at}`, 'm', NOW + CLAIM_MS, NOW);
    expect(watch.isOver('user 0', 'm', NOW + CLAIM_MS, NOW + CLAIM_MS)).toBe(true);
    watch.isOver('user 1000', 'm', NOW + CLAIM_MS, NOW);
    // The first one is forgotten, which costs a wait and nothing else.
    expect(watch.isOver('user 0', 'm', NOW + CLAIM_MS, NOW + CLAIM_MS)).toBe(false);
    expect(watch.isOver('user 1000', 'm', NOW + CLAIM_MS, NOW + CLAIM_MS)).toBe(true);
  });
});
