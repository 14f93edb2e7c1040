import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { QueueClient } from '@azure/storage-queue';
import { ConfigError } from '../../core/errors';
import type { Clock } from '../../ports/runtime';
import type { TableName } from './names';
import { makeStoreClock } from './store-clock';
import { StoreQueue } from './store-queue';
import { StoreTable } from './store-table';

/** How storage is reached: by a connection string (local use), or by an identity and the name or addresses of the account. */
export type StorageConfig =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | {
      readonly kind: 'identity';
      readonly accountName?: string | undefined;
      readonly queueServiceUri?: string | undefined;
      readonly tableServiceUri?: string | undefined;
      /** Client id of a user-assigned managed identity; undefined means the system-assigned one. */
      readonly clientId?: string | undefined;
    };

/** Makes the credential of an identity-based connection, on first use only, so that the identity library loads when needed. */
export type MakeCredential = (clientId: string | undefined) => TokenCredential | Promise<TokenCredential>;

/** Tables and queues of one storage account. Each is created on its first use. */
export interface Storage {
  table(name: TableName): StoreTable;
  queue(name: string): StoreQueue;
  /** The clock that all instances share: this machine's, moved to what the table service's answers tell. */
  readonly clock: Clock;
  /** In [0, 1): spreads those who try again. */
  readonly random: () => number;
}

/** What storage takes from the machine; both have a default. */
export interface StorageMachine {
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Tries of one call: five within about eight seconds, so that a busy partition is waited for and an outage fails well inside the
 * time of a function. @see https://learn.microsoft.com/azure/storage/tables/scalability-targets
 */
const TABLE_RETRY = { maxRetries: 4, retryDelayInMs: 250, maxRetryDelayInMs: 4_000 };
/** How long a call of a table with all its tries may take before it counts as lost. */
const CALL_TIMEOUT_MS = 30_000;
const QUEUE_RETRY = { maxTries: 5, retryDelayInMs: 250, maxRetryDelayInMs: 4_000, tryTimeoutInMs: 30_000 };

/**
 * The library's own time-out ends with the headers and leaves its timer behind when a connection fails, so this signal is used.
 * @see https://github.com/Azure/azure-sdk-for-js/blob/main/sdk/core/ts-http-runtime/src/nodeHttpClient.ts
 */
const CALL_TIMEOUT: NonNullable<TableServiceClientOptions['additionalPolicies']>[number] = {
  position: 'perCall',
  policy: {
    name: 'callTimeout',
    sendRequest: (request, next) => {
      const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const signals = request.abortSignal instanceof AbortSignal ? [request.abortSignal, timeout] : [timeout];
      request.abortSignal = AbortSignal.any(signals);
      return next(request);
    },
  },
};
type TableOptions = Pick<TableServiceClientOptions, 'retryOptions' | 'additionalPolicies'>;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const SETTING = 'AzureWebJobsStorage';

const refuse = (problem: string): never => {
  throw new ConfigError([{ setting: SETTING, problem }]);
};

/** Plain http is for the emulator on this machine only. */
function isInsecure(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : refuse('contains an address that is not a URL');
  if (url.protocol === 'https:') return false;
  return url.protocol === 'http:' && LOOPBACK.has(url.hostname) ? true : refuse('must use https (http only on loopback)');
}

/** Whether a connection string leads to plain http. Names of parts are compared without case. */
function isInsecureConnectionString(text: string): boolean {
  const parts = new Map(
    text.split(';').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const;
    }),
  );
  if (parts.get('usedevelopmentstorage')?.toLowerCase() === 'true') return true;
  const addresses = [parts.get('tableendpoint'), parts.get('queueendpoint')].filter((address) => address !== undefined);
  if (addresses.length > 0) return addresses.map(isInsecure).some(Boolean);
  return parts.get('defaultendpointsprotocol') === 'http' ? refuse('must use https (http only on loopback)') : false;
}

/** Asks for the real credential when the first token is needed. */
function lazyCredential(make: MakeCredential, clientId: string | undefined): TokenCredential {
  let made: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      made ??= Promise.resolve(make(clientId)).catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return (await made).getToken(scopes, options);
    },
  };
}

const trimSlash = (address: string): string => address.replace(/\/+$/, '');

/**
 * Opens storage. Offline: nothing is sent before the first call of a store.
 * @param makeCredential needed for an identity-based connection only
 * @throws ConfigError when the connection cannot be used
 */
export function openStorage(config: StorageConfig, makeCredential?: MakeCredential, machine: StorageMachine = {}): Storage {
  const { clock, policy } = makeStoreClock(machine.clock ?? (() => new Date()));
  const options: TableOptions = { retryOptions: TABLE_RETRY, additionalPolicies: [CALL_TIMEOUT, policy] };
  const clients =
    config.kind === 'identity'
      ? byIdentity(config, makeCredential, options)
      : byConnectionString(config.connectionString, options);
  const tables = new Map<string, StoreTable>();
  const queues = new Map<string, StoreQueue>();
  return {
    table(name) {
      const table = tables.get(name) ?? new StoreTable(name, clients.table(name));
      tables.set(name, table);
      return table;
    },
    queue(name) {
      const queue = queues.get(name) ?? new StoreQueue(name, clients.queue(name));
      queues.set(name, queue);
      return queue;
    },
    clock,
    random: machine.random ?? Math.random,
  };
}

interface Clients {
  table(name: string): TableClient;
  queue(name: string): QueueClient;
}

function byConnectionString(connectionString: string, tableOptions: TableOptions): Clients {
  const options = { ...tableOptions, allowInsecureConnection: isInsecureConnectionString(connectionString) };
  try {
    TableClient.fromConnectionString(connectionString, 'probe', options);
  } catch {
    // The library's own message may quote the string and with it the key.
    refuse('is not a storage connection string');
  }
  return {
    table: (name) => TableClient.fromConnectionString(connectionString, name, options),
    queue: (name) => new QueueClient(connectionString, name, { retryOptions: QUEUE_RETRY }),
  };
}

function byIdentity(
  config: Extract<StorageConfig, { kind: 'identity' }>,
  makeCredential: MakeCredential | undefined,
  options: TableOptions,
): Clients {
  const make = makeCredential ?? refuse('names an identity, but no credential is available');
  const { accountName } = config;
  const address = (service: 'table' | 'queue', uri: string | undefined): string =>
    uri ??
    (accountName
      ? `https://${accountName}.${service}.core.windows.net`
      : refuse(`needs __accountName or __${service}ServiceUri`));
  const tableUri = trimSlash(address('table', config.tableServiceUri));
  const queueUri = trimSlash(address('queue', config.queueServiceUri));
  if (isInsecure(tableUri) || isInsecure(queueUri)) refuse('must use https with an identity');
  const credential = lazyCredential(make, config.clientId);
  return {
    table: (name) => new TableClient(tableUri, name, credential, options),
    queue: (name) => new QueueClient(`${queueUri}/${name}`, credential, { retryOptions: QUEUE_RETRY }),
  };
}
