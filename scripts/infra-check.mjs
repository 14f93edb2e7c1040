/**
 * Checks the templates: they compile and lint without a warning, `infra/main.json`, which the Deploy to Azure button uses, is what
 * they compile to, and the queries parse.
 *
 *   node scripts/infra-check.mjs [--write]     --write makes main.json anew
 *
 * Takes `bicep` or `az bicep` from PATH; else, where `dotnet` is installed, the compiler as a NuGet package. Without any of them it
 * says so and passes.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkQueries } from '../infra/scripts/check-queries.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const infra = join(root, 'infra');
const main = join(infra, 'main.bicep');
const compiled = join(infra, 'main.json');
/** The version that wrote main.json. Another one may write other, equally good JSON. */
const BICEP_VERSION = '0.49.2';
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

/** Program and first arguments of a compiler, or undefined. */
function findCompiler() {
  if (works('bicep', ['--version'])) return { command: 'bicep', before: [], file: [] };
  // `az bicep version` alone would download a compiler; ask only where one is installed.
  if (works('az', ['bicep', 'version', '--only-show-errors'])) return { command: 'az', before: ['bicep'], file: ['--file'] };
  return fromNuGet();
}

function fromNuGet() {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !works('dotnet', ['--version'])) return undefined;
  const cache = join(root, 'node_modules', '.cache', 'bicep');
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

const templates = ['main.bicep', ...readdirSync(join(infra, 'modules')).map((name) => join('modules', name))].filter((name) =>
  name.endsWith('.bicep'),
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

for (const name of templates) {
  const lint = bicep('lint', join(infra, name));
  const said = `${lint.stdout}${lint.stderr}`.trim();
  // Diagnostics look like `path(line,column) : Warning code: text`; a hint that a newer compiler exists is none.
  if (lint.status !== 0 || /\) : (Warning|Error|Info) /.test(said)) problems.push(`${name} does not lint:\n${said}`);
}

const build = bicep('build', main, '--stdout');
if (build.status !== 0) problems.push(`main.bicep does not compile:\n${build.stderr}`);
else if (/\) : (Warning|Error) /.test(build.stderr)) problems.push(`main.bicep compiles with warnings:\n${build.stderr}`);
else if (values.write) {
  // Without the compiler's version and hash, so that a newer compiler does not make a change of nothing.
  writeFileSync(compiled, `${comparable(build.stdout)}\n`);
  console.log(`wrote ${relative(root, compiled)}`);
} else if (!existsSync(compiled)) problems.push('infra/main.json is missing: run `npm run infra:check -- --write`');
else if (comparable(readFileSync(compiled, 'utf8')) !== comparable(build.stdout)) {
  problems.push('infra/main.json is not what the templates compile to: run `npm run infra:check -- --write`');
}

if (problems.length > 0) {
  console.error(problems.join('\n\n'));
  process.exit(1);
}
const version = run(compiler.command, [...compiler.before, compiler.before.length > 0 ? 'version' : '--version']).stdout.trim();
console.log(`infra:check passed: ${templates.length} templates compile and lint without a warning (${version})`);
