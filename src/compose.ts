import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { observeGraph, observePorts, observeZendesk } from './adapters/azure/observe';
import { makeTelemetry } from './adapters/azure/telemetry';
import { type GraphConnector, makeGraphConnector } from './adapters/graph/connector';
import { makeNotifier } from './adapters/notify/notifier';
import { makeAccountReports } from './adapters/storage/account-reports';
import { openStorage, type Storage } from './adapters/storage/connection';
import { makeConnectorSpace } from './adapters/storage/connector-space';
import { makeCycleStore } from './adapters/storage/cycle-store';
import { makeEscrowStore } from './adapters/storage/escrow-store';
import { makeHoldStore } from './adapters/storage/hold-store';
import { makeLeavingStore } from './adapters/storage/leaving-store';
import { makeLinkStore } from './adapters/storage/link-store';
import { makePlanStore, makeShadowSpace } from './adapters/storage/plan-store';
import { makeProvisioningLog } from './adapters/storage/provisioning-log';
import { makeSchemaStore } from './adapters/storage/schema-store';
import { makeStagedDeletionStore } from './adapters/storage/staged-deletion-store';
import { makeStateStore } from './adapters/storage/state-store';
import { makeWorkQueue } from './adapters/storage/work-queue';
import { makeZendeskConnector, type ZendeskConnector } from './adapters/zendesk/connector';
import type { Config, SignInConfig, StorageConfig } from './config/config';
import { loadConfig } from './config/load';
import { SETTINGS } from './config/schema';
import { ConfigError, type ConfigIssue } from './core/errors';
import type { IgnoredItem } from './core/schema/model';
import { readSchemaFile } from './core/schema/read';
import type { Reporting } from './engine/accounts/account-report';
import { ClaimWatch } from './engine/claim-watch';
import type { EngineDeps } from './engine/deps';
import { driftPlans } from './engine/drift/drift-run';
import { targetNeeds } from './engine/import/schema-needs';
import { type Gate, makeGate } from './engine/job/gate';
import { STATUS_KEYS } from './engine/job/status-keys';
import type { JobSettings } from './engine/job-settings';
import { makeMappings, problemWords, type ReadMappings } from './engine/mappings';
import { MatchHistory } from './engine/match-history';
import type { Planning } from './engine/preview/planning';
import { undoParts } from './engine/undo/make-undo';
import type { Notifier } from './ports/notifier';
import type { Clock, Logger } from './ports/runtime';
import type { StateStore } from './ports/state-store';
import { NO_TELEMETRY, type Telemetry } from './ports/telemetry';
import type { WorkQueue } from './ports/work-queue';
import { VERSION } from './version';

/** A hundred work items find their places within so long in most plans of Zendesk: to wait costs less than to begin anew. */
const ACCOUNT_WAIT_MS = 25_000;

/** The app with everything wired together. */
export interface ConfiguredApp {
  readonly kind: 'configured';
  readonly config: Config;
  readonly deps: EngineDeps;
  readonly gate: Gate;
  readonly planning: Planning;
  readonly reporting: Reporting;
  readonly graph: GraphConnector;
  readonly zendesk: ZendeskConnector;
  readonly telemetry: Telemetry;
  /** Parts of the schema without meaning for Zendesk. */
  readonly ignored: readonly IgnoredItem[];
  /** What works but deserves a look: the token's sunset, a setting that looks mistyped, parts of the schema without meaning. */
  readonly warnings: readonly ConfigIssue[];
  /** Those of them that the settings give rise to, whatever the mappings are. */
  readonly settingWarnings: readonly ConfigIssue[];
}

/** The app as it is while settings or schema are wrong: it says so, keeps what waits, and does nothing else. */
export interface UnconfiguredApp {
  readonly kind: 'notConfigured';
  readonly error: ConfigError;
  readonly warnings: readonly ConfigIssue[];
  /** Who may read in the console what is wrong; undefined while that cannot be told from the settings. */
  readonly signIn?: SignInConfig | undefined;
  /** Where work items are put back to wait; undefined while storage is among what is wrong. */
  readonly queue: WorkQueue | undefined;
  /** All of the app, with the mappings of the file, where only a stored version of them cannot be used: for what does without mappings. */
  readonly withoutMappings?: ConfiguredApp;
}

/** The app, fit to run or not. */
export type App = ConfiguredApp | UnconfiguredApp;

/**
 * Wires the app together: settings ▸ schema ▸ adapters ▸ engine. Never throws for what a person got wrong: that is an
 * {@link UnconfiguredApp} with every problem. Sends nothing.
 * @param env The environment, read here and nowhere else.
 * @param appDirectory Where relative paths start.
 */
export function composeApp(env: Readonly<Record<string, string | undefined>>, appDirectory: string, logger: Logger): App {
  const loaded = loadConfig(env);
  const schemaPath = loaded.ok
    ? loaded.config.job.schemaPath
    : (loaded.partial.schemaPath ?? SETTINGS.PROVISIONING_SCHEMA.default);
  const schema = loadSchema(isAbsolute(schemaPath) ? schemaPath : join(appDirectory, schemaPath));
  const opened = tryStorage(loaded.ok ? loaded.config.storage : loaded.partial.storage);
  if (!loaded.ok || !schema.ok || !opened.storage) {
    const issues = [...(loaded.ok ? [] : loaded.error.issues), ...opened.issues, ...(schema.ok ? [] : schema.issues)];
    const queue = opened.storage && makeWorkQueue(opened.storage);
    const signIn = loaded.ok ? loaded.config.signIn : loaded.partial.signIn;
    return { kind: 'notConfigured', error: new ConfigError(issues), warnings: loaded.warnings, signIn, queue };
  }
  return configured(loaded.config, opened.storage, schema.file, loaded.warnings, logger);
}

const random = (): number => randomBytes(4).readUInt32BE() / 2 ** 32;

/** Opens storage, or tells what is wrong with its settings. An absent one has been reported already. */
function tryStorage(config: StorageConfig | undefined): { readonly storage?: Storage; readonly issues: readonly ConfigIssue[] } {
  try {
    return { ...(config && { storage: openStorage(storageOf(config), makeCredential, { random }) }), issues: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { issues: error.issues };
    throw error;
  }
}

type LoadedSchema =
  | { readonly ok: true; readonly file: ReadMappings }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

function loadSchema(path: string): LoadedSchema {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return {
      ok: false,
      issues: [{ setting: 'PROVISIONING_SCHEMA', problem: 'the mapping file could not be read; check the path' }],
    };
  }
  const read = readSchemaFile(bytes);
  if (read.ok) return { ok: true, file: read };
  return {
    ok: false,
    issues: read.problems.map((problem) => ({
      setting: `PROVISIONING_SCHEMA ${problem.path}`.trim(),
      problem: problemWords(problem),
    })),
  };
}

function configured(
  config: Config,
  storage: Storage,
  file: ReadMappings,
  settingWarnings: readonly ConfigIssue[],
  logger: Logger,
): ConfiguredApp {
  const { clock, random } = storage;
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const state = makeStateStore(storage);
  const { source, target } = config;
  const telemetry = telemetryOf(config, logger);
  const graph = makeGraphConnector({
    baseUrl: source.baseUrl,
    servicePrincipalId: source.servicePrincipalId,
    credential: source.accessToken
      ? { kind: 'token', token: source.accessToken.reveal() }
      : { kind: 'identity', ...(source.identityClientId === undefined ? {} : { clientId: source.identityClientId }) },
    clock,
    sleep,
    logger,
    onRequest: observeGraph(telemetry),
  });
  const zendesk: ZendeskConnector = makeZendeskConnector({
    baseUrl: target.baseUrl,
    auth: target.auth,
    stateStore: state,
    rateLimitShare: target.rateLimitShare,
    clock,
    sleep,
    random,
    logger,
    timeScale: config.local.timeScale,
    accountWaitMs: ACCOUNT_WAIT_MS,
    ...targetNeeds(file.schema),
    protectedUsers: config.job.protectedUsers,
    ticketReceiver: config.job.offboardTickets,
    onRequest: observeZendesk(telemetry, () => zendesk.quota()),
  });
  const ports: EngineDeps = {
    settings: settingsOf(config),
    schema: file.schema,
    mappings: makeMappings({
      store: makeSchemaStore(storage),
      file,
      targetFor: (schema) => zendesk.withNeeds(targetNeeds(schema)),
    }),
    source: graph,
    target: zendesk,
    state,
    ...storesOf(storage),
    matchHistory: new MatchHistory(),
    claims: new ClaimWatch(),
    notifier: notifierOf(config, graph, state, clock, logger),
    clock,
    sleep,
    newId: randomUUID,
    random,
    logger,
  };
  const deps = observePorts(ports, telemetry);
  const planning: Planning = {
    deps,
    plans: makePlanStore(storage),
    shadow: makeShadowSpace(storage),
    kinds: { drift: driftPlans, undo: undoParts },
  };
  const reporting: Reporting = { deps, reports: makeAccountReports(storage) };
  const made = {
    kind: 'configured',
    config,
    deps,
    gate: makeGate(deps),
    planning,
    reporting,
    graph,
    zendesk,
    telemetry,
  } as const;
  const { ignored } = file;
  return { ...made, ignored, settingWarnings, warnings: [...settingWarnings, ...remarksOn(ignored)] };
}

/** What is said of the parts of mappings without meaning for Zendesk. */
export const remarksOn = (ignored: readonly IgnoredItem[]): readonly ConfigIssue[] =>
  ignored.map((item) => ({ setting: `schema ${item.path}`, problem: `${item.name}: ${item.reason}` }));

/** Telemetry signs as the app where the app has an identity; locally, and without a connection string, there is none. */
function telemetryOf({ telemetry, storage }: Config, logger: Logger): Telemetry {
  const { connectionString } = telemetry;
  if (!connectionString) return NO_TELEMETRY;
  const clientId = storage.kind === 'identity' ? storage.clientId : undefined;
  const credential: TokenCredential = {
    getToken: async (scopes, options) => (await makeCredential(clientId)).getToken(scopes, options),
  };
  return makeTelemetry(
    {
      connectionString: connectionString.reveal(),
      serviceName: 'zendesk-provisioning',
      version: VERSION,
      ...(storage.kind === 'identity' ? { credential } : {}),
    },
    () => logger.warn('Telemetry could not be loaded'),
  );
}

function notifierOf(config: Config, graph: GraphConnector, state: StateStore, clock: Clock, logger: Logger): Notifier {
  const { email, webhookUrl, appUrl } = config.notification;
  return makeNotifier({
    ...(email && { email }),
    ...(webhookUrl && { webhookUrl: webhookUrl.reveal() }),
    ...(appUrl && { appUrl }),
    sendMail: (mail) => graph.sendMail(mail),
    account: config.target.subdomain,
    keepWarnings: async (warnings) => {
      await state.write(STATUS_KEYS.undelivered, warnings, '*');
    },
    clock,
    logger,
  });
}

const storesOf = (storage: Storage) => ({
  queue: makeWorkQueue(storage),
  space: makeConnectorSpace(storage),
  links: makeLinkStore(storage),
  escrows: makeEscrowStore(storage),
  staged: makeStagedDeletionStore(storage),
  holds: makeHoldStore(storage),
  leavings: makeLeavingStore(storage),
  cycles: makeCycleStore(storage),
  log: makeProvisioningLog(storage),
});

const settingsOf = ({ job, source, target }: Config): JobSettings => ({
  ...job,
  tenantId: source.tenantId,
  servicePrincipalId: source.servicePrincipalId,
  subdomain: target.subdomain,
});

const storageOf = (config: StorageConfig) =>
  config.kind === 'connectionString'
    ? ({ kind: 'connectionString', connectionString: config.connectionString.reveal() } as const)
    : config;

/** Loaded on first need: the identity library is large, and locally nobody needs it. */
async function makeCredential(clientId: string | undefined) {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
}
