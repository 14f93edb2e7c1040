import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLevel } from './core-types';

/** The settings of `host.json` that this host honours, with Azure's defaults where the file is silent. Times in milliseconds. */
export interface HostSettings {
  readonly functionTimeoutMs: number;
  /** Without slashes at the ends; empty for none. */
  readonly routePrefix: string;
  readonly queues: QueueSettings;
  /** Category prefix (or `default`) → least severe level that is shown. */
  readonly logLevels: Readonly<Record<string, LogLevel>>;
}

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#hostjson-settings */
export interface QueueSettings {
  readonly batchSize: number;
  /** A new batch is fetched when this many or fewer messages are being processed. */
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  /** How long a message that failed stays invisible: the delay before the retry, not the run lease. */
  readonly retryDelayMs: number;
  readonly maxPollingIntervalMs: number;
  readonly messageEncoding: 'base64' | 'none';
}

/** Azure fetches at most 32 messages at once. @see https://learn.microsoft.com/rest/api/storageservices/get-messages */
const MAX_BATCH_SIZE = 32;
/** Consumption's default; the file of this app always says it. */
const DEFAULT_FUNCTION_TIMEOUT_MS = 5 * 60_000;

/** Reads the app's `host.json`. @throws Error naming the setting, when a value is not what Azure would accept. */
export function readHostSettings(appDirectory: string): HostSettings {
  const file: unknown = JSON.parse(readFileSync(join(appDirectory, 'host.json'), 'utf8'));
  if (at(file, 'version') !== '2.0') throw new Error('host.json: version must be "2.0"');
  const queues = at(at(file, 'extensions'), 'queues');
  const batchSize = integer(queues, 'batchSize', 16, 1, MAX_BATCH_SIZE);
  const encoding = at(queues, 'messageEncoding') ?? 'base64';
  if (encoding !== 'base64' && encoding !== 'none') throw new Error('host.json: queues.messageEncoding must be base64 or none');
  const prefix = at(at(at(file, 'extensions'), 'http'), 'routePrefix') ?? 'api';
  if (typeof prefix !== 'string') throw new Error('host.json: http.routePrefix must be text');
  return {
    functionTimeoutMs: duration(file, 'functionTimeout', DEFAULT_FUNCTION_TIMEOUT_MS),
    routePrefix: prefix.replace(/^\/+|\/+$/g, ''),
    queues: {
      batchSize,
      newBatchThreshold: integer(queues, 'newBatchThreshold', Math.floor(batchSize / 2), 0, Number.MAX_SAFE_INTEGER),
      maxDequeueCount: integer(queues, 'maxDequeueCount', 5, 1, Number.MAX_SAFE_INTEGER),
      retryDelayMs: duration(queues, 'visibilityTimeout', 0),
      maxPollingIntervalMs: duration(queues, 'maxPollingInterval', 60_000),
      messageEncoding: encoding,
    },
    logLevels: readLogLevels(at(at(file, 'logging'), 'logLevel')),
  };
}

const SEVERITY: readonly LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

/** Does a line of that category and level pass the filter? The longest matching category wins. */
export function isLogged(levels: HostSettings['logLevels'], category: string, level: LogLevel): boolean {
  let best = levels.default ?? 'information';
  let bestLength = 0;
  for (const [prefix, least] of Object.entries(levels)) {
    const matches = category === prefix || category.startsWith(`${prefix}.`);
    if (matches && prefix.length > bestLength) [best, bestLength] = [least, prefix.length];
  }
  return best !== 'none' && SEVERITY.indexOf(level) >= SEVERITY.indexOf(best);
}

function readLogLevels(value: unknown): Record<string, LogLevel> {
  const levels: Record<string, LogLevel> = {};
  for (const [category, level] of Object.entries(value ?? {})) {
    const known = SEVERITY.find((name) => name === String(level).toLowerCase());
    if (known === undefined) throw new Error(`host.json: logging.logLevel.${category} is not a level`);
    levels[category] = known;
  }
  return levels;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function integer(parent: unknown, key: string, fallback: number, min: number, max: number): number {
  const value = at(parent, key) ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new Error(`host.json: ${key} must be a whole number of at least ${min}`);
  }
  return value;
}

/** Reads .NET's `[d.]hh:mm:ss[.fff]`. */
function duration(parent: unknown, key: string, fallbackMs: number): number {
  const value = at(parent, key);
  if (value === undefined) return fallbackMs;
  const parts = /^(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]?\d):([0-5]?\d)(\.\d{1,7})?$/.exec(String(value));
  if (parts === null) throw new Error(`host.json: ${key} must look like hh:mm:ss`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = parts;
  return (
    (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 +
    Math.round(Number(fraction) * 1000)
  );
}
