import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';

/** The storage emulator, running in a process of its own, in memory. */
export interface Azurite {
  readonly connectionString: string;
  readonly ports: { readonly blob: number; readonly queue: number; readonly table: number };
  readonly pid: number;
  /** Ends the process and waits until it is gone. Twice is once. */
  stop(): Promise<void>;
}

/** The one account of the emulator, and its public key. @see https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Runs inside the emulator: it ends when its standard input does, which happens whatever way this process goes. */
const LEAVE_WITH_PARENT = "data:text/javascript,process.stdin.resume();process.stdin.on('close',()=>process.exit(1));";

/** Only ends what hangs; an emulator that cannot start ends by itself. */
const START_TIMEOUT_MS = 120_000;
const PROBE_INTERVAL_MS = 50;
/** Somebody else may take a free port between finding it and using it. */
const ATTEMPTS = 3;

/** Starts the emulator on free loopback ports and waits until it answers. @throws Error with its output when it does not start. */
export async function startAzurite(): Promise<Azurite> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(): Promise<Azurite> {
  const [blob, queue, table] = (await freePorts(3)) as [number, number, number];
  const script = createRequire(join(process.cwd(), 'package.json')).resolve('azurite/dist/src/azurite.js');
  const child = spawn(
    process.execPath,
    [
      ...[
        '--import',
        LEAVE_WITH_PARENT,
        script,
        '--inMemoryPersistence',
        '--disableTelemetry',
        '--skipApiVersionCheck',
        '--silent',
      ],
      ...['--blobHost', '127.0.0.1', '--queueHost', '127.0.0.1', '--tableHost', '127.0.0.1'],
      ...['--blobPort', String(blob), '--queuePort', String(queue), '--tablePort', String(table)],
    ],
    // A group of its own: Ctrl-C in a terminal must not take the storage away from an app that is still draining.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const output: string[] = [];
  child.stdout.on('data', (chunk) => output.push(String(chunk)));
  child.stderr.on('data', (chunk) => output.push(String(chunk)));
  const killAtExit = (): boolean => child.kill('SIGKILL');
  process.on('exit', killAtExit);
  const exited = once(child, 'exit').finally(() => process.off('exit', killAtExit));
  exited.catch(() => undefined);
  const stop = async (): Promise<void> => {
    // It holds nothing worth saving, and its own shutdown takes seconds while clients keep connections open.
    child.kill('SIGKILL');
    await exited.catch(() => undefined);
  };
  try {
    await waitUntilListening([blob, queue, table], child);
  } catch (error) {
    await stop();
    throw new Error(`Azurite did not start: ${output.join('').trim()}`, { cause: error });
  }
  return { connectionString: connectionString({ blob, queue, table }), ports: { blob, queue, table }, pid: child.pid ?? 0, stop };
}

function connectionString(ports: Azurite['ports']): string {
  const endpoint = (port: number): string => `http://127.0.0.1:${port}/${ACCOUNT};`;
  return (
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};` +
    `BlobEndpoint=${endpoint(ports.blob)}QueueEndpoint=${endpoint(ports.queue)}TableEndpoint=${endpoint(ports.table)}`
  );
}

/** All are held at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}

async function waitUntilListening(ports: readonly number[], child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
      if (Date.now() > deadline) throw new Error(`nothing listens on port ${port}`);
      await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS));
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
