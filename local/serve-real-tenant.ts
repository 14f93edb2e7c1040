import { readFileSync } from 'node:fs';
import { type Azurite, startAzurite } from './azurite';
import { formatLogLine } from './host/events';
import { startHost } from './host/start-host';
import { untilStopped } from './until-stopped';

/** Serves the tenant named in `local.settings.json` until Ctrl-C. Starts no simulator; storage is local unless the file names one. */
export async function serveRealTenant(options: {
  readonly appDirectory: string;
  readonly settingsFile: string;
}): Promise<number> {
  const env = readValues(options.settingsFile);
  const stopped = untilStopped();
  let azurite: Azurite | undefined;
  if (usesEmulator(env)) {
    azurite = await startAzurite();
    console.log(
      'Storage: an emulator in memory. What the app remembers is gone when it ends; name a storage account to keep it.',
    );
  }
  const host = await startHost({
    appDirectory: options.appDirectory,
    env: { ...passedOn(), ...env },
    ...(azurite ? { storageConnectionString: azurite.connectionString } : {}),
    runTimersAtStart: true,
    onLog: (event) => console.log(formatLogLine(event)),
  });
  console.log(`Serving the tenant in local.settings.json; nothing is simulated.
  Status   ${host.url}/api/status?code=${host.keys.default}
  Health   ${host.url}/api/health
Ctrl-C ends it.`);
  await stopped;
  await host.stop();
  await azurite?.stop();
  return 0;
}

function readValues(file: string): Record<string, string> {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const values = typeof parsed === 'object' && parsed !== null && 'Values' in parsed ? parsed.Values : undefined;
  if (typeof values !== 'object' || values === null) throw new Error('local.settings.json has no "Values".');
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

function usesEmulator(env: Readonly<Record<string, string>>): boolean {
  const storage = env.AzureWebJobsStorage ?? '';
  // Blank counts as absent, as in the app: the sample file names every setting.
  const hasIdentity = Object.entries(env).some(([key, value]) => key.startsWith('AzureWebJobsStorage__') && value.trim() !== '');
  return !hasIdentity && (storage === '' || /UseDevelopmentStorage\s*=\s*true/i.test(storage));
}

/** What a process needs of the machine, and where the Azure CLI keeps its sign-in; nothing else is passed on. */
function passedOn(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'USERPROFILE',
    'APPDATA',
    'TEMP',
    'TMPDIR',
    'SSL_CERT_FILE',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, String(process.env[name])]])),
  );
}
