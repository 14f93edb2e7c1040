import { Secret } from '../../src/config/secret';
import { lineOf, makeLogger, withinInvocation } from '../../src/functions/logger';
import { cpuMsSince } from '../support/cpu-time';

interface Line {
  readonly level: string;
  readonly text: string;
}

function makeSink() {
  const lines: Line[] = [];
  const at = (level: string) => (text: string) => void lines.push({ level, text });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What the queries do: `parse_json(substring(message, indexof(message, "{")))`. */
const fieldsOf = (line: string): unknown => JSON.parse(line.slice(line.indexOf('{')));

test('line › message, then fields as one JSON object that a query reads back', () => {
  const line = lineOf('Provisioned', { sourceId: 's-1', durationMs: 12, skipReason: undefined, errorCode: null });
  expect(line.startsWith('Provisioned {')).toBe(true);
  expect(fieldsOf(line)).toEqual({ sourceId: 's-1', durationMs: 12, errorCode: null });
});

test('line › without fields › is the message alone', () => expect(lineOf('Started', { cycleId: undefined })).toBe('Started'));

test('line › hostile texts › stay one line, bounded, and read back', () => {
  const line = lineOf('Provisioned', { reason: 'a\r\nINFO forged {"x":1}', status: '\u0000"}' });
  expect(line.split('').every((letter) => letter >= ' ')).toBe(true);
  expect(fieldsOf(line)).toEqual({ reason: 'a\r\nINFO forged {"x":1}', status: '\u0000"}' });
  const long = lineOf('Provisioned', { reason: 'x'.repeat(65_536), sourceId: 's-1' });
  expect(long.length).toBeLessThan(1_200);
  expect(fieldsOf(long)).toMatchObject({ sourceId: 's-1' });
  const many = lineOf(
    'Provisioned',
    Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, 'x'.repeat(1_000)])),
  );
  expect(many.length).toBeLessThan(16_100);
  expect(fieldsOf(many)).toEqual({ cut: expect.any(Number) });
});

test('line › addresses › are masked, in time that does not explode', () => {
  const line = lineOf('x', { reason: 'User jane.doe@example.com exists; <a@b.c>' });
  expect(fieldsOf(line)).toEqual({ reason: 'User [address] exists; <[address]>' });
  const before = process.cpuUsage();
  lineOf('x', { reason: '@'.repeat(100_000) });
  lineOf('x', { reason: 'a'.repeat(100_000) });
  expect(cpuMsSince(before)).toBeLessThan(1_000);
});

test('secrets › are refused by the compiler, and do not print even when forced', () => {
  // @ts-expect-error a Secret is no field of a log line
  const line = lineOf('x', { token: new Secret('hunter2') });
  expect(line).not.toContain('hunter2');
});

test('sink › each invocation gets its own lines, however they interleave; outside goes to the fallback', async () => {
  const [one, two, fallback] = [makeSink(), makeSink(), makeSink()];
  const logger = makeLogger(fallback);
  const work = (name: string) => async () => {
    for (let step = 0; step < 3; step += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      logger.info(name, { step });
    }
    logger.warn(`${name} ends`);
  };
  await Promise.all([withinInvocation(one, work('one')), withinInvocation(two, work('two'))]);
  logger.error('outside');
  makeLogger().error('nobody hears this');
  expect(one.lines.map(({ text }) => text)).toEqual(['one {"step":0}', 'one {"step":1}', 'one {"step":2}', 'one ends']);
  expect(two.lines.map(({ level }) => level)).toEqual(['info', 'info', 'info', 'warn']);
  expect(fallback.lines).toEqual([{ level: 'error', text: 'outside' }]);
});
