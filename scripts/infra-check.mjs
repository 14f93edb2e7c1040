/**
 * Checks the templates: they compile and lint without a warning; what is made from them is up to date (`main.json` of the Deploy to Azure
 * button, azd's template and parameter file, and the snapshots of what each mode would make); what cannot work is refused; and the
 * queries parse.
 *
 *   node scripts/infra-check.mjs [--write]     --write makes those files anew
 *
 * Takes the compiler of one fixed version as a NuGet package where `dotnet` is installed, else `bicep` or `az bicep` from PATH. Without
 * any of them it says so and passes.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { azdParameters, azdTemplate } from '../infra/scripts/azd-template.mjs';
import { checkQueries } from '../infra/scripts/check-queries.mjs';
import { MODES, REFUSED, snapshotOf } from '../infra/scripts/snapshots.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const infra = join(root, 'infra');
const main = join(infra, 'main.bicep');
const cache = join(root, 'node_modules', '.cache', 'bicep');
/** The version that wrote main.json. Another one may write other, equally good JSON. */
const BICEP_VERSION = '0.49.2';
/** Parameters of azd that are secrets of the repository, and not variables. */
const SECRETS = ['ZENDESK_SECRET', 'NOTIFICATION_WEBHOOK_URL'];
const PACKAGE = 'Azure.Bicep.CommandLine.linux-x64';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const run = (command, args, options = {}) =>
  spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DOTNET_NOLOGO: '1' },
    ...options,
  });
const works = (command, args) => run(command, args).status === 0;

/** Program and first arguments of a compiler, or undefined. The fixed version first: another one may write other, equally good JSON. */
function findCompiler() {
  const fixed = fromNuGet();
  if (fixed) return fixed;
  if (works('bicep', ['--version'])) return { command: 'bicep', before: [], file: [] };
  // `az bicep version` alone would download a compiler; ask only where one is installed.
  if (works('az', ['bicep', 'version', '--only-show-errors'])) return { command: 'az', before: ['bicep'], file: ['--file'] };
  return undefined;
}

function fromNuGet() {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !works('dotnet', ['--version'])) return undefined;
  const binary = join(cache, 'packages', PACKAGE.toLowerCase(), BICEP_VERSION, 'tools', 'bicep');
  if (!existsSync(binary)) {
    mkdirSync(cache, { recursive: true });
    const project = join(cache, 'bicep.csproj');
    writeFileSync(
      project,
      `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <RestorePackagesPath>packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="${PACKAGE}" Version="[${BICEP_VERSION}]" />
  </ItemGroup>
</Project>
`,
    );
    const restored = run('dotnet', ['restore', project], { cwd: cache });
    if (restored.status !== 0 || !existsSync(binary)) {
      console.warn(`The package ${PACKAGE} ${BICEP_VERSION} could not be restored:\n${restored.stdout}${restored.stderr}`);
      return undefined;
    }
  }
  chmodSync(binary, 0o755);
  return { command: binary, before: [], file: [] };
}

/** JSON without what changes with the compiler's version only: generator names and hashes. */
function comparable(text) {
  return JSON.stringify(JSON.parse(text), (key, value) => (key === '_generator' ? undefined : value), 2);
}

const templates = ['main.bicep', 'azd.bicep', ...readdirSync(join(infra, 'modules')).map((name) => join('modules', name))].filter(
  (name) => name.endsWith('.bicep'),
);
const wrong = checkQueries(join(infra, 'queries'));
if (wrong.length > 0) {
  console.error(`Queries that do not parse:\n${wrong.join('\n')}`);
  process.exit(1);
}
console.log('infra:check: every query parses');

const compiler = findCompiler();
if (!compiler) {
  console.warn('No Bicep compiler here: neither bicep nor az is on PATH, and the NuGet package could not be used.');
  console.warn('The templates were NOT compiled, linted or compared with infra/main.json.');
  console.log('SKIPPED infra:check');
  process.exit(0);
}

const bicep = (verb, file, ...rest) => run(compiler.command, [...compiler.before, verb, ...compiler.file, file, ...rest]);
const problems = [];

// azd.bicep needs all the others, and the compiler looks at what a template needs.
made('azd.bicep', azdTemplate(readFileSync(main, 'utf8')));
const lint = bicep('lint', join(infra, 'azd.bicep'));
const said = `${lint.stdout}${lint.stderr}`.trim();
// Diagnostics look like `path(line,column) : Warning code: text`; a hint that a newer compiler exists is none.
if (lint.status !== 0 || /\) : (Warning|Error|Info) /.test(said)) problems.push(`The templates do not lint:\n${said}`);

/** Compiles a template. Answers its JSON, or undefined after noting the problem. */
function compile(name) {
  const build = bicep('build', join(infra, name), '--stdout');
  if (build.status === 0 && !/\) : (Warning|Error) /.test(build.stderr)) return build.stdout;
  problems.push(`${name} does not compile without a warning:\n${build.stderr}`);
  return undefined;
}

/** Writes a file that is made from the templates, or notes that it is not up to date. */
function made(name, text, same = (a, b) => a === b) {
  const file = join(infra, name);
  if (existsSync(file) && same(readFileSync(file, 'utf8'), text)) return;
  if (values.write) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${relative(root, file)}`);
  } else problems.push(`${relative(root, file)} is not what the templates make: run \`npm run infra:check -- --write\``);
}

const compiledMain = compile('main.bicep');
// Without the compiler's version and hash, so that a newer compiler does not make a change of nothing.
if (compiledMain) made('main.json', `${comparable(compiledMain)}\n`, (a, b) => comparable(a) === comparable(b));
const compiledAzd = compile('azd.bicep');
if (compiledAzd) made('azd.parameters.json', `${JSON.stringify(azdParameters(JSON.parse(compiledAzd)), null, 2)}\n`);

if (compiledAzd) {
  const names = [...JSON.stringify(azdParameters(JSON.parse(compiledAzd))).matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  const variables = names.filter((name) => !SECRETS.includes(name));
  withVariables('../azure.yaml', variables, (name) => `    - ${name}`);
  withVariables('../.github/workflows/azure-dev.yml', variables, (name) => `      ${name}: \${{ vars.${name} }}`);
}

// `az bicep` has no snapshots.
if (compiler.before.length === 0 && problems.length === 0) {
  const evaluate = (parameters) => snapshotOf(parameters, { infra, cache, bicep });
  let plain;
  for (const [mode, parameters] of Object.entries(MODES)) {
    const { lines, problem } = evaluate(parameters);
    plain ??= lines;
    if (problem) problems.push(`The mode ${mode} cannot be evaluated: ${problem}`);
    else made(`snapshots/${mode}.txt`, `${(mode === 'public' ? lines : differences(plain, lines)).join('\n')}\n`);
  }
  for (const { parameters, says } of REFUSED) {
    const { problem } = evaluate(parameters);
    if (!problem?.includes(says)) problems.push(`${JSON.stringify(parameters)} is not refused with "${says}": ${problem}`);
  }
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

if (problems.length > 0) {
  console.error(problems.join('\n\n'));
  process.exit(1);
}
const version = run(compiler.command, [...compiler.before, compiler.before.length > 0 ? 'version' : '--version']).stdout.trim();
console.log(`infra:check passed: ${templates.length} templates compile and lint without a warning (${version})`);
