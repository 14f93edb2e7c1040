import { isGuid } from '../src/core/guid';
import { type Azurite, startAzurite } from './azurite';
import { Screen } from './demo/screen';
import { formatLogLine } from './host/events';
import { startHost } from './host/start-host';
import { choosePorts } from './ports';
import { readSettingsFile } from './settings-file';
import { untilStopped } from './until-stopped';

/** Stands for an app registration on this machine, where the settings name none. */
const LOCAL_CLIENT_ID = '9c0f4a52-5b1e-4d0c-8a55-3c1f7a0d9e11';

/** Serves the tenant named in `local.settings.json` until Ctrl-C. Starts no simulator; storage is local unless the file names one. */
export async function serveRealTenant(options: {
  readonly appDirectory: string;
  readonly settingsFile: string;
  /** Undefined takes the usual one, or the next that is free. */
  readonly port?: number;
}): Promise<number> {
  const screen = new Screen();
  const env = readSettingsFile(options.settingsFile);
  const [port] = await choosePorts(options.port, 0);
  const stopped = untilStopped();
  const azurite: Azurite | undefined = usesEmulator(env) ? await startAzurite() : undefined;
  const host = await startHost({
    appDirectory: options.appDirectory,
    env: { ...passedOn(), ...env },
    port,
    ...(azurite ? { storageConnectionString: azurite.connectionString } : {}),
    ...(isGuid(env.ENTRA_TENANT_ID ?? '') && {
      signIn: { tenantId: env.ENTRA_TENANT_ID ?? '', clientId: env.CONSOLE_CLIENT_ID || LOCAL_CLIENT_ID },
    }),
    runTimersAtStart: true,
    onLog: (event) => screen.print(formatLogLine(event)),
  });
  screen.say('\nThe app is up. Nothing is simulated: it serves the tenant in local.settings.json. Its pages:\n');
  screen.print(`  Console  ${host.url}/api/console\n  Health   ${host.url}/api/health\n`);
  screen.say(
    'The sign-in of the console is simulated: people who are on this machine may choose who to be, and what they do there is done to the real tenant and the real Zendesk account.\n',
  );
  if (azurite)
    screen.say(
      'Storage is emulated, in memory: what the app remembers is gone when it ends. Name a storage account in local.settings.json to keep it.\n',
    );
  screen.say('Ctrl-C ends it.\n');
  await stopped;
  screen.say('\nStopping the app …');
  await host.stop();
  screen.close();
  await azurite?.stop();
  return 0;
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
