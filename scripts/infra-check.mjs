/**
 * Checks the templates: they compile and lint without a finding; what is made from them is up to date (`main.json` of the Deploy to Azure
 * button, azd's template and parameter file, the variables that azure.yaml and the workflow hand on, and the snapshots of what each mode
 * would make); what cannot work is refused; and the queries parse.
 *
 *   node scripts/infra-check.mjs [--write]     --write makes those files anew
 *
 * Without a Bicep compiler (infra/scripts/bicep.mjs) it says so and passes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { azdParameters, azdTemplate } from '../infra/scripts/azd-template.mjs';
import { findBicep, startBicep } from '../infra/scripts/bicep.mjs';
import { checkQueries } from '../infra/scripts/check-queries.mjs';
import { MODES, REFUSED, snapshotOf } from '../infra/scripts/snapshots.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const infra = join(root, 'infra');
const cache = join(root, 'node_modules', '.cache', 'bicep');
/** Parameters of azd that are secrets of the repository, and not variables. */
const SECRETS = ['ZENDESK_SECRET', 'NOTIFICATION_WEBHOOK_URL'];

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const problems = [];

/** JSON without what changes with the compiler's version only: generator names and hashes. */
const comparable = (text) => JSON.stringify(JSON.parse(text), (key, value) => (key === '_generator' ? undefined : value), 2);

/** Writes a file that is made from the templates, or notes that it is not up to date. */
function made(name, text) {
  const file = join(infra, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  if (values.write) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${relative(root, file)}`);
  } else problems.push(`${relative(root, file)} is not what the templates make: run \`npm run infra:check -- --write\``);
}

/** Lists the variables of azd between the two marks of a file. */
function withVariables(name, variables, line) {
  const text = readFileSync(join(infra, name), 'utf8');
  const marked = /^( *# variables: .*\n)[\s\S]*?(?= *# end of variables)/m;
  made(
    name,
    text.replace(marked, (_, mark) => `${mark}${variables.map((variable) => `${line(variable)}\n`).join('')}`),
  );
}

/** What another mode makes more (+) and less (-) than the plain one. */
function differences(plain, lines) {
  const [before, after] = [new Set(plain), new Set(lines)];
  return [
    ...plain.filter((line) => !after.has(line)).map((line) => `- ${line}`),
    ...lines.filter((line) => !before.has(line)).map((line) => `+ ${line}`),
  ];
}

function finish(words) {
  if (problems.length > 0) console.error(problems.join('\n\n'));
  else console.log(words);
  process.exit(problems.length > 0 ? 1 : 0);
}

const wrong = checkQueries(join(infra, 'queries'));
if (wrong.length > 0) problems.push(`Queries that do not parse:\n${wrong.join('\n')}`);
const binary = findBicep(cache);
if (!binary) {
  console.warn('No Bicep compiler here: neither dotnet with the package, nor bicep, nor that of the Azure CLI.');
  console.warn('The templates were NOT compiled, linted or compared with what is made from them.');
  finish('SKIPPED infra:check, but for the queries, which parse');
}
const bicep = startBicep(binary);

/** Compiles a template, and the templates that it needs. Answers its JSON, or undefined after noting every finding. */
async function compile(name) {
  const { contents, diagnostics } = await bicep.ask('compile', { path: join(infra, name) });
  for (const { source, range, level, code, message } of diagnostics) {
    problems.push(`${relative(root, source)}(${range.start.line + 1},${range.start.char + 1}) ${level} ${code}: ${message}`);
  }
  // Without the compiler's version and hash, so that a newer compiler does not make a change of nothing.
  return diagnostics.length === 0 ? comparable(contents) : undefined;
}

made('azd.bicep', azdTemplate(readFileSync(join(infra, 'main.bicep'), 'utf8')));
const azd = await compile('azd.bicep');
const main = azd && (await compile('main.bicep'));
if (main) {
  made('main.json', `${main}\n`);
  const parameters = azdParameters(JSON.parse(azd));
  made('azd.parameters.json', `${JSON.stringify(parameters, null, 2)}\n`);
  const names = [...JSON.stringify(parameters).matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  const variables = names.filter((name) => !SECRETS.includes(name));
  withVariables('../azure.yaml', variables, (name) => `    - ${name}`);
  withVariables('../.github/workflows/azure-dev.yml', variables, (name) => `      ${name}: \${{ vars.${name} }}`);

  let plain;
  for (const [mode, given] of Object.entries(MODES)) {
    const { lines, problem } = await snapshotOf(given, { infra, cache, bicep });
    plain ??= lines;
    if (problem) problems.push(`The mode ${mode} cannot be evaluated: ${problem}`);
    else made(`snapshots/${mode}.txt`, `${(mode === 'public' ? lines : differences(plain, lines)).join('\n')}\n`);
  }
  for (const { parameters: given, says } of REFUSED) {
    const { problem } = await snapshotOf(given, { infra, cache, bicep });
    if (!problem?.includes(says)) problems.push(`${JSON.stringify(given)} is not refused with "${says}": ${problem}`);
  }
}
const { version } = await bicep.ask('version', {});
bicep.stop();
const count = `${Object.keys(MODES).length} modes evaluated, ${REFUSED.length} mistakes refused`;
finish(`infra:check passed: every query parses, the templates compile and lint without a finding, ${count} (Bicep ${version})`);
