import { ERROR_CODES, ProvisioningError, ThrottledError } from '../../../src/core/errors';
import { type Disposition, disposition, isTransientFailure, nextAttemptAt } from '../../../src/core/retry';

const HOUR_MS = 3600_000;

describe('disposition', () => {
  const expected: Record<(typeof ERROR_CODES)[number], Disposition['kind']> = {
    PROV_CONFIG_INVALID: 'rethrow',
    PROV_SOURCE_UNAUTHORIZED: 'quarantine',
    PROV_TARGET_UNAUTHORIZED: 'quarantine',
    PROV_SOURCE_THROTTLED: 'defer',
    PROV_TARGET_THROTTLED: 'defer',
    PROV_SOURCE_UNAVAILABLE: 'escrow',
    PROV_TARGET_UNAVAILABLE: 'escrow',
    PROV_WATERMARK_EXPIRED: 'escrow',
    PROV_SOURCE_NOT_FOUND: 'escrow',
    PROV_TARGET_NOT_FOUND: 'replan',
    PROV_TARGET_EXISTS: 'replan',
    PROV_TARGET_REJECTED: 'escrow',
    PROV_TARGET_TICKETS: 'escrow',
    PROV_TARGET_LICENSE_LIMIT: 'escrow',
    PROV_TARGET_DISPUTED: 'escrow',
    PROV_TARGET_HANDOVER: 'escrow',
    PROV_ROLE_UNKNOWN: 'escrow',
    PROV_MAPPING_FAILED: 'escrow',
    PROV_STATE_CONFLICT: 'defer',
    PROV_STATE_UNAVAILABLE: 'rethrow',
    PROV_DELETIONS_STAGED: 'escrow',
    PROV_SOURCE_UNEXPECTED: 'escrow',
    PROV_TARGET_UNEXPECTED: 'escrow',
    PROV_BUG: 'rethrow',
  };
  it.each(ERROR_CODES)('%s', (code) => {
    expect(disposition(new ProvisioningError(code, 'x')).kind).toBe(expected[code]);
  });

  it.each(['PROV_SOURCE_UNAVAILABLE', 'PROV_TARGET_UNAVAILABLE', 'PROV_WATERMARK_EXPIRED'] as const)(
    '%s comes and goes',
    (code) => {
      expect(disposition(new ProvisioningError(code, 'x'))).toEqual({ kind: 'escrow', isTransient: true });
      expect(isTransientFailure(new ProvisioningError(code, 'x'))).toBe(true);
    },
  );

  it.each([
    [0, 0],
    [61_000, 61_000],
    [30 * 24 * HOUR_MS, 6 * 24 * HOUR_MS],
  ])('throttled for %d ms is put back for %d ms', (retryAfterMs, delayMs) => {
    expect(disposition(new ThrottledError('target', retryAfterMs, 'x'))).toEqual({ kind: 'defer', delayMs });
  });

  it('what another worker holds is put back for 15 seconds', () => {
    expect(disposition(new ProvisioningError('PROV_STATE_CONFLICT', 'x'))).toEqual({ kind: 'defer', delayMs: 15_000 });
  });

  it.each(['PROV_TARGET_REJECTED', 'PROV_TARGET_EXISTS', 'PROV_BUG'] as const)('%s stays until somebody acts', (code) => {
    expect(isTransientFailure(new ProvisioningError(code, 'x'))).toBe(false);
  });

  it.each([new Error('x'), new TypeError('x'), 'text', undefined])('%p is ours to fix', (error) => {
    expect(disposition(error)).toEqual({ kind: 'rethrow' });
  });
});

describe('nextAttemptAt', () => {
  const first = new Date('2026-01-01T00:00:00Z');
  const hoursOn = (hours: number): Date => new Date(first.getTime() + hours * HOUR_MS);
  it.each([
    // hours since the first failure, attempts → due after hours
    [0, 1, 6],
    [6, 1, 30],
    [6, 2, 12],
    [12, 3, 24],
    [24, 4, 48],
    [48, 5, 72],
    [6.3, 2, 12],
    [20, 2, 44],
    [26 * 24, 30, 27 * 24],
    [27 * 24, 31, 28 * 24],
    [27 * 24 + 1, 32, null],
    [28 * 24, 33, null],
  ])('refused, %d hours on, try %d › due after %p hours', (hours, attempts, due) => {
    expect(nextAttemptAt(first, hoursOn(hours), attempts, false)).toEqual(due === null ? null : hoursOn(due));
  });

  it.each([
    [0, 0],
    [100, 100],
    [28 * 24, null],
  ])('a fault that comes and goes, %d hours on › due after %p hours: with the next cycle', (hours, due) => {
    expect(nextAttemptAt(first, hoursOn(hours), 9, true)).toEqual(due === null ? null : hoursOn(due));
  });
});
