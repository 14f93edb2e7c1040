/**
 * The Bicep compiler, as one process that answers requests: started once it compiles and evaluates in seconds what takes minutes call by
 * call.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The version that wrote main.json. Another one may write other, equally good JSON. */
const VERSION = '0.49.2';
const PACKAGE = 'Azure.Bicep.CommandLine.linux-x64';

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/**
 * Where a compiler is: the fixed version as a NuGet package where `dotnet` is installed, else `bicep` on PATH, else the one that the Azure
 * CLI has installed; undefined without any of them.
 *
 * @param {string} cache The folder that keeps the package
 */
export function findBicep(cache) {
  const fixed = fromNuGet(cache);
  if (fixed) return fixed;
  return ['bicep', join(homedir(), '.azure', 'bin', 'bicep')].find((command) => works(command, ['--version']));
}

function fromNuGet(cache) {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !works('dotnet', ['--version'])) return undefined;
  const binary = join(cache, 'packages', PACKAGE.toLowerCase(), VERSION, 'tools', 'bicep');
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
    <PackageDownload Include="${PACKAGE}" Version="[${VERSION}]" />
  </ItemGroup>
</Project>
`,
    );
    const env = { ...process.env, DOTNET_NOLOGO: '1' };
    const restored = spawnSync('dotnet', ['restore', project], { cwd: cache, encoding: 'utf8', env });
    if (restored.status !== 0 || !existsSync(binary)) {
      process.stderr.write(`The package ${PACKAGE} ${VERSION} could not be restored:\n${restored.stdout}${restored.stderr}`);
      return undefined;
    }
  }
  chmodSync(binary, 0o755);
  return binary;
}

/**
 * Starts the compiler. `ask` answers a request or throws the compiler's error; `stop` ends it.
 *
 * @see https://github.com/Azure/bicep/blob/main/src/Bicep.RpcClient/README.md
 * @see https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol for the framing
 */
export function startBicep(binary) {
  const child = spawn(binary, ['jsonrpc', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  let received = Buffer.alloc(0);
  child.stdout.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const end = received.indexOf('\r\n\r\n');
      const [, length] = /Content-Length: (\d+)/i.exec(received.subarray(0, Math.max(end, 0)).toString()) ?? [];
      const from = end + 4;
      if (length === undefined || received.length < from + Number(length)) return;
      const { id, result, error } = JSON.parse(received.subarray(from, from + Number(length)).toString());
      received = received.subarray(from + Number(length));
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error) reject(new Error(error.data?.message ?? error.message));
      else resolve(result);
    }
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the compiler ended with ${code}`));
  });
  let requests = 0;
  return {
    ask(method, params) {
      requests += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id: requests, method: `bicep/${method}`, params });
      child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return new Promise((resolve, reject) => waiting.set(requests, { resolve, reject }));
    },
    stop: () => child.kill(),
  };
}
