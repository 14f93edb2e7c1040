import { startAzurite } from '../../local/azurite';
import { play, startChild } from './child';
import { ACCOUNT, portOf, startStorage } from './storage';

/** Storage to be measured with. */
export interface BenchStorage {
  readonly connectionString: string;
  readonly ports: { readonly table: number; readonly queue: number };
  /** Requests to tables by verb, table and family of partitions; empty for the emulator, which does not count them. */
  tableCounts(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** The argument that makes a process of this bundle play storage. */
export const STORAGE_ROLE = '--storage';
/** Any key will do. */
const KEY = Buffer.from('bench').toString('base64');

/** The lean stand-in in a process of its own, or the emulator. */
export async function startBenchStorage(kind: 'lean' | 'azurite'): Promise<BenchStorage> {
  if (kind === 'azurite') return { ...(await startAzurite()), tableCounts: async () => ({}) };
  const child = await startChild(STORAGE_ROLE, {});
  const ports = child.ready as BenchStorage['ports'];
  const endpoint = (port: number): string => `http://127.0.0.1:${port}/${ACCOUNT};`;
  return {
    connectionString:
      `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};` +
      `QueueEndpoint=${endpoint(ports.queue)}TableEndpoint=${endpoint(ports.table)}`,
    ports,
    tableCounts: async () => (await child.ask({})) as Readonly<Record<string, number>>,
    stop: async () => child.close(),
  };
}

/** Plays it until the parent ends. */
export async function playStorage(): Promise<void> {
  const { tables, queues, counts } = await startStorage();
  play({ table: portOf(tables), queue: portOf(queues) }, () => Object.fromEntries(counts));
}
