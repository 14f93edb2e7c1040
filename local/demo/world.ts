import { type Azurite, startAzurite } from '../azurite';
import { type GraphSimulator, startGraphSimulator } from '../graph/simulator';
import type { InvocationEvent, LogEvent } from '../host/events';
import type { HostKeys } from '../host/keys';
import { type LocalHost, startHost } from '../host/start-host';
import { startZendeskSimulator, type ZendeskSimulator } from '../zendesk/simulator';
import { buildDemoDirectory, type DemoDirectory, TENANT_ID } from './directory';
import { demoZendeskSeed } from './directory-zendesk';

/** How the demo world is made. */
export interface WorldOptions {
  readonly appDirectory: string;
  readonly people?: number;
  /** How many times faster Zendesk's minutes pass; 1 is real time. */
  readonly timeScale: number;
  /** The simulated plan's requests per (compressed) minute. */
  readonly requestsPerMinute: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly recordTraffic?: boolean;
  /** On loopback; undefined takes free ones. */
  readonly ports?: { readonly app: number; readonly graph: number; readonly zendesk: number };
  /** Of the app; undefined makes new ones. */
  readonly keys?: HostKeys;
  readonly messageLeaseMs?: number;
  /** Puts something between the app and its storage: returns the connection string to use. */
  readonly viaStorage?: (connectionString: string) => Promise<string>;
  readonly onInvocation?: (event: InvocationEvent) => void;
  readonly onLog: (event: LogEvent) => void;
}

/** A demo company, a Zendesk account, storage and the app, all on this machine. */
export interface World {
  readonly demo: DemoDirectory;
  readonly graph: GraphSimulator;
  readonly zendesk: ZendeskSimulator;
  readonly host: LocalHost;
  readonly azurite: Azurite;
  /** Ends everything that was started. */
  stop(): Promise<void>;
}

/** At the beginning of a year: cycles are run by whoever shows or tests them, and none falls in between by the clock. */
const SELDOM = '0 0 0 1 1 *';

/** The registration of the demo's console; any GUID will do. */
const CONSOLE_CLIENT_ID = '9c0f4a52-5b1e-4d0c-8a55-3c1f7a0d9e11';
const OAUTH_CLIENT = { identifier: 'entra-provisioning', secret: 'simulated-client-secret' };

/** What the simulated Graph accepts. */
export const GRAPH_TOKEN = 'simulated-graph-token';

/**
 * The heap that the app has to make do with, in MB. Its memory does not grow with the directory, and an app that needed more than
 * this would end here with an error rather than show a smaller figure than the truth.
 */
const HEAP_LIMIT_MB = 112;
/** Half of what Node takes for young objects otherwise, three times over: the app's are many and short-lived. In MB. */
const YOUNG_MB = 8;

/** Builds and starts the world. Everything listens on loopback. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const demo = buildDemoDirectory(options.people === undefined ? {} : { people: options.people });
  const [azurite, graph, zendesk] = await Promise.all([
    startAzurite(),
    startGraphSimulator({
      directory: demo.directory,
      token: GRAPH_TOKEN,
      recordTraffic: options.recordTraffic ?? false,
      ...(options.ports === undefined ? {} : { port: options.ports.graph }),
    }),
    startZendeskSimulator({
      requestsPerMinute: options.requestsPerMinute,
      timeScale: options.timeScale,
      recordTraffic: options.recordTraffic ?? false,
      oauthClients: [OAUTH_CLIENT],
      features: { agentSeats: 150 },
      locales: ['en-US', 'en-GB', 'de', 'fr'],
      ...(options.ports === undefined ? {} : { port: options.ports.zendesk }),
    }),
  ]);
  seedZendesk(zendesk, demo);
  const host = await startHost({
    appDirectory: options.appDirectory,
    env: {
      ENTRA_TENANT_ID: TENANT_ID,
      ENTRA_SERVICE_PRINCIPAL_ID: demo.servicePrincipalId,
      GRAPH_BASE_URL: graph.url,
      GRAPH_ACCESS_TOKEN: GRAPH_TOKEN,
      ZENDESK_SUBDOMAIN: 'demo',
      ZENDESK_BASE_URL: zendesk.url,
      ZENDESK_OAUTH_CLIENT_ID: OAUTH_CLIENT.identifier,
      ZENDESK_OAUTH_CLIENT_SECRET: OAUTH_CLIENT.secret,
      LOCAL_TIME_SCALE: String(options.timeScale),
      PROVISIONING_STATUS: 'On',
      CYCLE_SCHEDULE: SELDOM,
      ...options.settings,
    },
    signIn: { tenantId: TENANT_ID, clientId: CONSOLE_CLIENT_ID },
    storageConnectionString: await (options.viaStorage?.(azurite.connectionString) ?? azurite.connectionString),
    ...(options.onInvocation === undefined ? {} : { onInvocation: options.onInvocation }),
    nodeArguments: [`--max-old-space-size=${HEAP_LIMIT_MB}`, `--max-semi-space-size=${YOUNG_MB}`],
    maxPollingIntervalMs: 200,
    ...(options.ports === undefined ? {} : { port: options.ports.app }),
    ...(options.keys === undefined ? {} : { keys: options.keys }),
    ...(options.messageLeaseMs === undefined ? {} : { messageLeaseMs: options.messageLeaseMs }),
    onLog: options.onLog,
  });
  return {
    demo,
    graph,
    zendesk,
    host,
    azurite,
    async stop() {
      await host.stop();
      await Promise.all([graph.close(), zendesk.close(), azurite.stop()]);
    },
  };
}

/** What the account holds before the first cycle, and the light agent role that its plan has. */
function seedZendesk(zendesk: ZendeskSimulator, demo: DemoDirectory): void {
  zendesk.seed.customRole('Light agent', 1);
  for (const { name, email, role, external_id, phone, tags } of demoZendeskSeed(demo).users) {
    zendesk.seed.user({
      name,
      email,
      role,
      external_id,
      ...(phone === undefined ? {} : { phone }),
      ...(tags === undefined ? {} : { tags: [...tags] }),
    });
  }
}
