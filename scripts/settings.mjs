/**
 * Everything that repeats the declarations of the settings (`src/config/schema.ts`), made from them: the tables of docs/settings.md and
 * README, local.settings.sample.json, and of the settings of the job the parameters of the template.
 *
 *   npm run settings [-- --write]     checks, and with --write corrects; then `npm run infra:check -- --write` for
 *                                     what is made from the template: its JSON, azd's files, the workflow that deploys
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const bundled = await build({
  absWorkingDir: root,
  entryPoints: ['src/config/schema.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const { SETTINGS, SLICES } = await import(
  `data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].text).toString('base64')}`
);

const settings = Object.entries(SETTINGS).map(([key, declared]) => ({
  key,
  ...declared,
  slice: declared.at.split('.')[0],
  /** The parameter of the template: `deletionThreshold` for `DELETION_THRESHOLD`. */
  parameter: key.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
  /** A number with a default is a number in the template; without one it is text, since a number cannot be left empty there. */
  isNumber: declared.parse.meta()?.max !== undefined && declared.default !== undefined,
}));
const documented = settings.filter(({ slice }) => SLICES[slice] !== undefined);
const ofTheJob = settings.filter(({ slice }) => slice === 'job');

const marks = ({ secret, decidesAccess }) => `${secret ? ' (secret)' : ''}${decidesAccess ? ' (access)' : ''}`;
function row(setting) {
  const { key, sentence, unit, required, default: value } = setting;
  const start = required ? 'required' : value ? `\`${value}\`${unit ? ` ${unit}` : ''}` : '–';
  return `| \`${key}\` | ${start} | ${sentence}${marks(setting)} |`;
}
const table = (rows) => ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');

const tables = Object.entries(SLICES)
  .filter(([, title]) => title !== undefined)
  .map(([slice, title]) => `## ${title}\n\n${table(documented.filter((setting) => setting.slice === slice).map(row))}`)
  .join('\n\n');

/** What every installation sets, besides what `azd up` finds out itself. */
const FIRST = [
  'ENTRA_TENANT_ID',
  'ENTRA_SERVICE_PRINCIPAL_ID',
  'ZENDESK_SUBDOMAIN',
  'ZENDESK_OAUTH_CLIENT_ID',
  'ZENDESK_OAUTH_CLIENT_SECRET',
];
const first = settings.filter(({ key }) => FIRST.includes(key)).map(({ key, sentence }) => `| \`${key}\` | ${sentence} |`);

/** A text with what stands between two marks replaced. */
function between(text, start, end, content) {
  const [from, to] = [text.indexOf(start), text.indexOf(end, text.indexOf(start) + start.length)];
  if (from < 0 || to < 0) throw new Error(`"${start}" or "${end}" is not there`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** A text with the lines of the job's settings replaced, at the place of the first of them. */
function withJobLines(text, isOurs, line) {
  const lines = text.split('\n');
  const at = lines.findIndex(isOurs);
  if (at < 0) throw new Error('no line of a setting of the job');
  const others = lines.filter((candidate) => !isOurs(candidate));
  return [...others.slice(0, at), ...ofTheJob.map(line), ...others.slice(at)].join('\n');
}
const isLineOf = (pattern) => (line) => ofTheJob.some((setting) => pattern(setting).test(line));

const sample = {
  IsEncrypted: false,
  Values: {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    ...Object.fromEntries(documented.map(({ key, default: value, example }) => [key, value ?? example ?? ''])),
  },
};

const bicepText = (text) => `'${text.replaceAll('`', '').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
function bicepParameter({ key, parameter, sentence, unit, secret, parse, default: value = '', isNumber }) {
  if (secret) throw new Error(`${key} is a secret: write its parameter and its place in the vault by hand`);
  const { words, min, max } = parse.meta() ?? {};
  return [
    `@description(${bicepText(`${sentence}${unit ? ` In ${unit}.` : ''}`)})`,
    ...(words ? [`@allowed([${words.map(bicepText).join(', ')}])`] : []),
    ...(isNumber ? [`@minValue(${min})`, `@maxValue(${max})`] : []),
    `param ${parameter} ${isNumber ? `int = ${value}` : `string = ${bicepText(value)}`}`,
  ].join('\n');
}

function bicep(text) {
  const start = '// ---- What the job does';
  const declared = between(text, start, '// ---- Who is notified', ofTheJob.map(bicepParameter).join('\n\n'));
  return withJobLines(
    declared,
    isLineOf(({ key }) => new RegExp(`^  ${key}: `)),
    ({ key, parameter, isNumber }) => `  ${key}: ${isNumber ? `string(${parameter})` : parameter}`,
  );
}

const FILES = {
  'README.md': (text) =>
    between(
      text,
      '<!-- settings: npm run settings -->',
      '<!-- end of settings -->',
      ['| Setting | Meaning |', '|---|---|', ...first].join('\n'),
    ),
  'docs/settings.md': (text) => between(text, '<!-- settings: npm run settings -->', '<!-- end of settings -->', tables),
  'local.settings.sample.json': () => `${JSON.stringify(sample, null, 2)}\n`,
  'infra/main.bicep': bicep,
};

const stale = [];
for (const [name, make] of Object.entries(FILES)) {
  const text = readFileSync(join(root, name), 'utf8');
  const wanted = make(text);
  if (wanted === text) continue;
  if (options.write) writeFileSync(join(root, name), wanted);
  else stale.push(name);
}
if (stale.length > 0) {
  console.error(`These do not follow from src/config/schema.ts: ${stale.join(', ')}. Run \`npm run settings -- --write\`.`);
  process.exit(1);
}
