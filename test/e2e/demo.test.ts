import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runDemo } from '../../local/demo/run-demo';
import { Screen } from '../../local/demo/screen';

const COLUMNS = 80;

test('what `npm start` shows, on a terminal of 80 columns', async () => {
  let written = '';
  const out = {
    isTTY: true,
    columns: COLUMNS,
    write: (text: string) => {
      written += text;
      return true;
    },
  };
  const code = await runDemo({
    appDirectory: join(__dirname, '..', '..'),
    once: true,
    people: 110,
    requestsPerMinute: 2500,
    screen: new Screen(out),
    stopped: new Promise(() => undefined),
  });
  const lines = stripVTControlCharacters(written).split(/[\n\r]/);
  expect({ code, wide: lines.filter((line) => line.length > COLUMNS) }).toEqual({ code: 0, wide: [] });
  // The address comes before anything else happens, and is no part of a longer line.
  const address = lines.findIndex((line) => /^ {2}http:\/\/127\.0\.0\.1:\d+\/api\/console$/.test(line));
  expect(address).toBeGreaterThan(0);
  expect(address).toBeLessThan(lines.findIndex((line) => line.startsWith('Test Connection')));
  expect(
    lines.filter((line) => /^ {3}The (initial|incremental) cycle ended/.test(line)).map((line) => line.split(' ')[4]),
  ).toEqual(['initial', 'incremental', 'incremental']);
  expect(lines).toContain('   0 writes were sent to Zendesk.');
  expect(lines.at(-2)).toMatch(/^Stopping/);
});
