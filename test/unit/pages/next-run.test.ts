import { Cron } from 'croner';
import fc from 'fast-check';
import { nextOccurrence } from '../../../src/config/ncrontab';

const instant = (iso: string): Date => new Date(iso);

describe('next run', () => {
  test.each([
    ['0 */20 * * * *', '2026-03-02T09:07:30Z', '2026-03-02T09:20:00.000Z'],
    ['0 */20 * * * *', '2026-03-02T09:20:00Z', '2026-03-02T09:40:00.000Z'],
    ['0 */20 * * * *', '2026-03-02T09:19:59.999Z', '2026-03-02T09:20:00.000Z'],
    ['*/5 * * * *', '2026-03-02T09:07:30Z', '2026-03-02T09:10:00.000Z'],
    ['0 30 6 * * Mon-Fri', '2026-03-06T07:00:00Z', '2026-03-09T06:30:00.000Z'],
    ['0 0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['5/15 0 12 1 january *', '2026-12-31T00:00:00Z', '2027-01-01T12:00:05.000Z'],
  ])('%s after %s', (expression, now, next) => {
    expect(nextOccurrence(expression, instant(now))?.toISOString()).toBe(next);
  });

  test('never, or unreadable: there is none', () => {
    expect(nextOccurrence('0 0 0 30 2 *', instant('2026-01-01T00:00:00Z'))).toBeUndefined();
    expect(nextOccurrence('every day', instant('2026-01-01T00:00:00Z'))).toBeUndefined();
  });

  test('it agrees with croner on what both read alike', () => {
    const field = (min: number, max: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min, max }).map(String),
        fc.integer({ min: 1, max: max - min + 1 }).map((step) => `*/${step}`),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min: 1, max: max - min + 1 })).map(([from, step]) => `${from}/${step}`),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc.uniqueArray(fc.integer({ min, max }), { minLength: 2, maxLength: 4 }).map((values) => values.join(',')),
      );
    const expressions = fc
      .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
      .map((fields) => fields.join(' '));
    const instants = fc.date({ min: instant('2024-01-01T00:00:00Z'), max: instant('2030-01-01T00:00:00Z'), noInvalidDate: true });
    // As NCRONTAB has it: day and day of week must both match, and 5/15 means from 5 on.
    const options = { timezone: 'UTC', paused: true, domAndDow: true, sloppyRanges: true };
    fc.assert(
      fc.property(expressions, instants, (expression, now) => {
        expect(nextOccurrence(expression, now)).toEqual(new Cron(expression, options).nextRun(now) ?? undefined);
      }),
      { numRuns: 300 },
    );
  });
});
