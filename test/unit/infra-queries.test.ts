import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_MESSAGES, METRIC_ATTRIBUTES, METRICS, SPAN_ATTRIBUTES, SPANS } from '../../src/ports/telemetry-names';

const root = join(__dirname, '..', '..');
const folder = join(root, 'infra', 'queries');
const queries = readdirSync(folder)
  .filter((name) => name.endsWith('.kql'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

/** Code without its comments, and without the texts of the given group, all of them. */
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
const code = (text: string): string => text.replace(/^\s*\/\/.*$/gm, '');

const messagesOf = (text: string) => all(text, /message startswith "([^"]*)"/g);
/** Names after `name ==`, and in the list after `name in`. */
const namesOf = (text: string) => [
  ...all(text, /\bname == "([^"]*)"/g),
  ...all(text, /\bname in \(([^)]*)\)/g).flatMap((list) => all(list, /"([^"]*)"/g)),
];

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('local') && !name.startsWith(join('ports', 'telemetry')))
  .map((name) => readFileSync(join(root, 'src', name), 'utf8'));

/** The call that logs the message, up to the end of its statement; undefined when no code logs it. */
function callOf(message: string): string | undefined {
  for (const source of sources) {
    const at = source.search(
      new RegExp(`logger\\s*\\.\\w+\\(\\s*'${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}'|logger\\.\\w+\\('${message}'`),
    );
    if (at >= 0) return source.slice(at, source.indexOf(');', at) + 2);
  }
  return undefined;
}

test('there are queries', () => expect(queries.length).toBeGreaterThan(15));

describe.each(queries)('$name', ({ text }) => {
  test('begins with a comment that says what it is for', () => expect(text).toMatch(/^\/\/ \w/));

  test('log messages › are declared and matched with the brace of their fields', () => {
    const messages = messagesOf(code(text));
    expect(messages.filter((message) => !message.endsWith(' {'))).toEqual([]);
    expect(messages.map((message) => message.slice(0, -2)).filter((message) => !Object.hasOwn(LOG_MESSAGES, message))).toEqual(
      [],
    );
  });

  test('log fields › belong to one of its messages', () => {
    const declared = messagesOf(code(text)).flatMap((message) => [
      ...(LOG_MESSAGES[message.slice(0, -2) as keyof typeof LOG_MESSAGES] ?? []),
    ]);
    const used = all(code(text), /\bfields\.(\w+)/g);
    expect(used.filter((field) => !(declared as readonly string[]).includes(field))).toEqual([]);
  });

  test('metric and span names › are declared', () => {
    const table = { ...METRICS, ...SPANS };
    expect(namesOf(code(text)).filter((name) => !Object.hasOwn(table, name))).toEqual([]);
    if (/\bcustomMetrics\b/.test(code(text))) {
      expect(namesOf(code(text)).length).toBeGreaterThan(0);
      expect(namesOf(code(text)).filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
    }
  });

  test('custom dimensions › are declared attributes', () => {
    const known: readonly string[] = [...METRIC_ATTRIBUTES, ...SPAN_ATTRIBUTES];
    expect(all(code(text), /customDimensions\["([^"]*)"\]/g).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('reads a table and is used by a template', () => {
    expect(code(text)).toMatch(/\b(traces|requests|dependencies|customMetrics|_LogOperation)\b/);
    const templates = ['alerts.bicep', 'workbook.bicep']
      .map((name) => readFileSync(join(root, 'infra', 'modules', name), 'utf8'))
      .join('');
    const name = queries.find((query) => query.text === text)?.name ?? '';
    expect(templates).toContain(`loadTextContent('../queries/${name}')`);
  });
});

describe.each(Object.entries(LOG_MESSAGES))('the message "%s"', (message, fields) => {
  test('is logged by the app, at a level that host.json lets through', () =>
    expect(callOf(message)).toMatch(/ogger\s*\.(info|warn|error)\(/));

  test('carries the fields that are declared for it', () => {
    const call = callOf(message) ?? '';
    // `...idsOf(item)` and `...fields` stand for fields put together beside the call.
    const spread: Readonly<Record<string, readonly string[]>> = {
      idsOf: ['cycleId', 'changeId', 'sourceId'],
      fields: ['method', 'route', 'status', 'requestId'],
    };
    // Its fields are a type of their own, and job-state-line.test.ts sees them logged.
    if (message === 'How the job stands') return;
    const more = Object.entries(spread).flatMap(([name, names]) => (call.includes(`...${name}`) ? names : []));
    expect(fields.filter((field) => !more.includes(field) && !new RegExp(`\\b${field}\\b`).test(call))).toEqual([]);
  });
});

test('alerts › every query of an alert has a rule, and no rule has two', () => {
  const rules = all(readFileSync(join(root, 'infra', 'modules', 'alerts.bicep'), 'utf8'), /queries\/(alert-[\w-]+\.kql)/g);
  expect([...rules].sort()).toEqual(
    queries
      .map(({ name }) => name)
      .filter((name) => name.startsWith('alert-'))
      .sort(),
  );
});

test('docs/monitoring.md › names every metric, span and alert', () => {
  const page = readFileSync(join(root, 'docs', 'monitoring.md'), 'utf8');
  const missing = [...Object.keys(METRICS), ...Object.keys(SPANS)].filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
  const keys = all(readFileSync(join(root, 'infra', 'modules', 'alerts.bicep'), 'utf8'), /^ {4}key: '([\w-]+)'/gm);
  expect(keys.length).toBeGreaterThan(5);
  expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
});
