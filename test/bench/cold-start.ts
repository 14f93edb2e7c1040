import { join } from 'node:path';
import { startAzurite } from '../../local/azurite';
import { PEOPLE } from '../../local/host/sign-in';
import { startHost } from '../../local/host/start-host';

const RUNS = 5;
const TENANT = '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f';
const CLIENT = '9c0f4a52-5b1e-4d0c-8a55-3c1f7a0d9e11';
/** The console wants settings that could be right; nobody is asked with them. */
const SETTINGS = {
  ENTRA_TENANT_ID: TENANT,
  ENTRA_SERVICE_PRINCIPAL_ID: CLIENT,
  ZENDESK_SUBDOMAIN: 'bench',
  ZENDESK_OAUTH_CLIENT_ID: 'bench',
  ZENDESK_OAUTH_CLIENT_SECRET: 'bench',
};

/**
 * How long a cold app takes to its first function and to its first answer over HTTP: of the health check, and of the console's overview (its
 * first byte) to somebody who is signed in. The median of some starts.
 */
export async function coldStart() {
  const azurite = await startAzurite();
  try {
    const answers: number[] = [];
    const first: number[] = [];
    const cpu: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const began = performance.now();
      const host = await startHost({
        appDirectory: process.cwd(),
        env: { PROVISIONING_STATUS: 'Off' },
        storageConnectionString: azurite.connectionString,
        childScript: join(process.cwd(), 'dist', 'local', 'child.js'),
        onLog: () => undefined,
      });
      await fetch(`${host.url}/api/health`);
      answers.push(performance.now() - began);
      const { firstFunctionMs, firstFunctionCpuMs } = host.stats();
      first.push(firstFunctionMs ?? 0);
      cpu.push(firstFunctionCpuMs ?? 0);
      await host.stop();
    }
    const consoles: number[] = [];
    for (let run = 0; run < RUNS; run += 1) consoles.push(await firstConsole(azurite.connectionString));
    return {
      runs: RUNS,
      firstAnswerMs: median(answers),
      firstConsoleMs: median(consoles),
      firstFunctionMs: median(first),
      firstFunctionCpuMs: median(cpu),
    };
  } finally {
    await azurite.stop();
  }
}

/** From the start of the app to the first byte of the console, in ms. */
async function firstConsole(storageConnectionString: string): Promise<number> {
  const began = performance.now();
  const host = await startHost({
    appDirectory: process.cwd(),
    env: { PROVISIONING_STATUS: 'Off', ...SETTINGS },
    storageConnectionString,
    childScript: join(process.cwd(), 'dist', 'local', 'child.js'),
    signIn: { tenantId: TENANT, clientId: CLIENT },
    onLog: () => undefined,
  });
  try {
    const login = await fetch(`${host.url}/.auth/login/aad?person=${PEOPLE[2]?.id}`, { redirect: 'manual' });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const response = await fetch(`${host.url}/api/console`, { headers: { cookie } });
    const ms = performance.now() - began;
    if (response.status !== 200 || !(await response.text()).includes('<h1>')) throw new Error(`The console: ${response.status}`);
    return ms;
  } finally {
    await host.stop();
  }
}

const median = (values: readonly number[]): number => Math.round([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0);
