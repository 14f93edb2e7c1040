import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** The storage emulator, running in a process of its own, in memory. */
export interface Azurite {
  readonly connectionString: string;
  readonly ports: { readonly blob: number; readonly queue: number; readonly table: number };
  readonly pid: number;
  /** Ends the process and waits until it is gone. Twice is once. */
  stop(): Promise<void>;
}

/** One that holds several accounts, which share nothing. */
export interface SharedAzurite extends Azurite {
  /** Of the account of that name. */
  connectionStringOf(account: string): string;
  /** From now on it keeps no process from ending; it ends with this one. */
  unref(): void;
}

/** The one account of the emulator, and its public key. @see https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Runs inside the emulator: it ends when its standard input does, which happens whatever way this process goes. */
const LEAVE_WITH_PARENT = "data:text/javascript,process.stdin.resume();process.stdin.on('close',()=>process.exit(1));";

/** Only ends what hangs; an emulator that cannot start ends by itself. */
const START_TIMEOUT_MS = 300_000;

/**
 * Starts the emulator on loopback ports that the system chooses, and waits until it listens on all of them.
 *
 * @param accounts names of accounts instead of the emulator's own one
 * @throws Error with its output when it does not start
 */
export async function startAzurite(accounts: readonly string[] = [ACCOUNT]): Promise<SharedAzurite> {
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
      ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
      // As Azure, which keeps an idle connection for minutes: after five seconds a busy client would write into one that is closed.
      ...['blob', 'queue', 'table'].flatMap((service) => [`--${service}KeepAliveTimeout`, '600']),
    ],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in a terminal must not take the storage away from an app that is still draining.
      detached: true,
      env: { ...process.env, AZURITE_ACCOUNTS: accounts.map((name) => `${name}:${ACCOUNT_KEY}`).join(';') },
    },
  );
  let output = '';
  const killAtExit = (): boolean => child.kill('SIGKILL');
  process.on('exit', killAtExit);
  const exited = once(child, 'exit').finally(() => process.off('exit', killAtExit));
  exited.catch(() => undefined);
  const stop = async (): Promise<void> => {
    // It holds nothing worth saving, and its own shutdown takes seconds while clients keep connections open.
    child.kill('SIGKILL');
    await exited.catch(() => undefined);
  };
  const ports = await new Promise<Azurite['ports'] | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), START_TIMEOUT_MS);
    const look = (chunk: unknown): void => {
      output += String(chunk);
      const [blob, queue, table] = ['Blob', 'Queue', 'Table'].map((service) => portOf(output, service));
      if (blob === undefined || queue === undefined || table === undefined) return;
      clearTimeout(timer);
      resolve({ blob, queue, table });
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    const gone = (): void => {
      clearTimeout(timer);
      resolve(undefined);
    };
    exited.then(gone, gone);
  });
  if (ports === undefined) {
    await stop();
    throw new Error(`Azurite did not start: ${output.trim()}`);
  }
  child.stdout.removeAllListeners('data').resume();
  child.stderr.removeAllListeners('data').resume();
  const connectionStringOf = (account: string): string => {
    const endpoint = (port: number): string => `http://127.0.0.1:${port}/${account};`;
    return (
      `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${ACCOUNT_KEY};` +
      `BlobEndpoint=${endpoint(ports.blob)}QueueEndpoint=${endpoint(ports.queue)}TableEndpoint=${endpoint(ports.table)}`
    );
  };
  return {
    connectionString: connectionStringOf(accounts[0] ?? ACCOUNT),
    connectionStringOf,
    ports,
    pid: child.pid ?? 0,
    stop,
    unref() {
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket).unref();
    },
  };
}

/** Where it says that a service listens. */
const portOf = (output: string, service: string): number | undefined => {
  const found = new RegExp(`${service} service is successfully listening at http://127\\.0\\.0\\.1:(\\d+)`).exec(output);
  return found ? Number(found[1]) : undefined;
};
