import {
  type CycleHealth,
  failureFloor,
  hasRecovered,
  isOverdue,
  type Quarantine,
  type QuarantineCause,
  quarantine,
  unhealthy,
} from '../../../src/core/quarantine';

const HOUR_MS = 3600_000;
const start = new Date('2026-01-01T00:00:00Z');
const hoursOn = (hours: number): Date => new Date(start.getTime() + hours * HOUR_MS);
const cause: QuarantineCause = { reason: 'EncounteredQuarantineException', message: 'x', code: 'PROV_BUG', sampleIds: [] };

describe('failureFloor', () => {
  it.each([
    [0, 10],
    [99, 10],
    [101, 11],
    [1000, 100],
    [50_000, 5_000],
    [1_000_000, 5_000],
  ])('%d objects in scope › %d failures', (objects, floor) => expect(failureFloor(objects)).toBe(floor));
});

describe('unhealthy', () => {
  const cycle = (overrides: Partial<CycleHealth>): CycleHealth => ({
    total: 100,
    failed: 0,
    failedReferences: 0,
    objectsInScope: 100,
    ...overrides,
  });
  it.each([
    ['nothing failed', {}, undefined],
    ['9 of 9 failed: too few to say', { total: 9, failed: 9 }, undefined],
    ['40 % exactly', { failed: 40 }, undefined],
    ['41 %', { failed: 41 }, 'EncounteredEscrowProportionThreshold'],
    ['10 of 10', { total: 10, failed: 10 }, 'EncounteredEscrowProportionThreshold'],
    ['all of a few, in a large tenant', { total: 50, failed: 50, objectsInScope: 10_000 }, undefined],
    ['40,000 of a million', { total: 1e6, failed: 40_000, objectsInScope: 1e6 }, undefined],
    ['40,001 of a million', { total: 1e6, failed: 40_001, objectsInScope: 1e6 }, 'EncounteredBaseEscrowThreshold'],
    ['60,000 with references, exactly', { total: 1e6, failed: 30_000, failedReferences: 30_000, objectsInScope: 1e6 }, undefined],
    [
      'with references',
      { total: 1e6, failed: 30_000, failedReferences: 30_001, objectsInScope: 1e6 },
      'EncounteredTotalEscrowThreshold',
    ],
  ] as const)('%s › %p', (_name, overrides, expected) => expect(unhealthy(cycle(overrides))).toBe(expected));
});

describe('hasRecovered', () => {
  it.each([
    ['as many as before still fail', 20, 20, 100, false],
    ['40 % of them', 50, 20, 100, true],
    ['more than 40 %', 50, 21, 100, false],
    ['fewer than the floor', 20, 9, 100, true],
    ['fewer than the floor of a large tenant', 2_000, 999, 10_000, true],
    ['of a quarantine that does not say how many', undefined, 10, 100, false],
    ['none', undefined, 0, 100, true],
  ] as const)('%s', (_name, then, now, inScope, expected) => expect(hasRecovered(then, now, inScope)).toBe(expected));
});

describe('quarantine', () => {
  it('the wait doubles from an hour up to a day', () => {
    const waits: number[] = [];
    let current: Quarantine | undefined;
    for (let cycle = 0; cycle < 8; cycle += 1) {
      current = quarantine(current, cause, start);
      waits.push((Date.parse(current.nextAttempt) - start.getTime()) / HOUR_MS);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 24, 24, 24]);
    expect(current?.seriesCount).toBe(8);
  });

  it('the brake puts no cycle off and never switches the job off', () => {
    const held = quarantine(quarantine(undefined, cause, start), { ...cause, reason: 'TooManyDeletes' }, hoursOn(1));
    expect(held.nextAttempt).toBe(hoursOn(1).toISOString());
    expect(isOverdue(held, hoursOn(60 * 24))).toBe(false);
  });

  it('another reason begins anew within the same series', () => {
    const first = quarantine(undefined, cause, start);
    const same = quarantine(first, cause, hoursOn(1));
    const other = quarantine(same, { ...cause, reason: 'TooManyDeletes' }, hoursOn(2));
    expect([same.currentBegan, other.currentBegan, other.seriesBegan]).toEqual(
      [start, hoursOn(2), start].map((at) => at.toISOString()),
    );
  });

  it.each([
    [0, false],
    [28 * 24 - 1, false],
    [28 * 24, true],
  ])('after %d hours it is overdue: %s', (hours, expected) => {
    expect(isOverdue(quarantine(undefined, cause, start), hoursOn(hours))).toBe(expected);
  });
});
