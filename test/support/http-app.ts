import { HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import { QueueClient } from '@azure/storage-queue';
import type { Azurite } from '../../local/azurite';
import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { WORK_QUEUE } from '../../src/adapters/storage/names';
import { type App, type ConfiguredApp, composeApp } from '../../src/compose';
import { runCycle } from '../../src/engine/cycle/run-cycle';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import type { Handler } from '../../src/functions/http';
import { invocationLogger } from '../../src/functions/logger';
import { startStorage } from './storage';

/** Of the repository: tests and benchmarks are run from there. */
const ROOT = process.cwd();
const OAUTH = { identifier: 'provisioning', secret: 'secret' };
const TOKEN = 'token';

/** The real app, composed from settings, on the storage emulator and both simulators. */
export interface HttpApp {
  readonly app: ConfiguredApp;
  readonly getApp: () => App;
  /** The settings it was composed from. */
  readonly env: Readonly<Record<string, string>>;
  readonly azurite: Azurite;
  readonly graph: GraphSimulator;
  readonly zendesk: ZendeskSimulator;
  /** Runs a cycle and works its items off. */
  cycle(): Promise<void>;
  /** Works off what is in the queue. */
  workOff(): Promise<void>;
  stop(): Promise<void>;
}

/** A directory with the enterprise application "Zendesk" and its roles; answers their ids. */
export function aDirectory() {
  const directory = new SimulatedDirectory();
  const application = directory.addServicePrincipal({ displayName: 'Zendesk' });
  const role = (displayName: string): string => directory.addAppRole(application, { displayName, value: displayName });
  return { directory, application, agent: role('Agent'), user: role('User'), odd: role('Astronaut') };
}

/** Composes and starts everything. @param schemaPath another mapping file @param settings besides those that it needs */
export async function startHttpApp(
  directory: SimulatedDirectory,
  application: string,
  schemaPath?: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<HttpApp> {
  const [azurite, graph, zendesk] = await Promise.all([
    startStorage(),
    startGraphSimulator({ directory, token: TOKEN }),
    startZendeskSimulator({ requestsPerMinute: 100_000, timeScale: 100, oauthClients: [OAUTH], features: { agentSeats: 50 } }),
  ]);
  const env = {
    AzureWebJobsStorage: azurite.connectionString,
    ENTRA_TENANT_ID: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f',
    ENTRA_SERVICE_PRINCIPAL_ID: application,
    GRAPH_BASE_URL: graph.url,
    GRAPH_ACCESS_TOKEN: TOKEN,
    ZENDESK_SUBDOMAIN: 'demo',
    ZENDESK_BASE_URL: zendesk.url,
    ZENDESK_OAUTH_CLIENT_ID: OAUTH.identifier,
    ZENDESK_OAUTH_CLIENT_SECRET: OAUTH.secret,
    LOCAL_TIME_SCALE: '100',
    PROVISIONING_STATUS: 'On',
    ...(schemaPath && { PROVISIONING_SCHEMA: schemaPath }),
    ...settings,
  };
  const app = composeApp(env, ROOT, invocationLogger);
  if (app.kind !== 'configured') throw app.error;
  return {
    app,
    getApp: () => app,
    env,
    azurite,
    graph,
    zendesk,
    async cycle() {
      const outcome = await runCycle(app.deps, { owner: 'test', budgetMs: 1_800_000 });
      if (outcome.kind !== 'completed') throw new Error(`The cycle did not complete: ${JSON.stringify(outcome)}`);
      await workOff(app, azurite);
    },
    workOff: () => workOff(app, azurite),
    async stop() {
      await Promise.all([azurite.stop(), graph.close(), zendesk.close()]);
    },
  };
}

async function workOff(app: ConfiguredApp, azurite: Azurite): Promise<void> {
  const queue = new QueueClient(azurite.connectionString, WORK_QUEUE);
  await queue.createIfNotExists();
  for (;;) {
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
    if (receivedMessageItems.length === 0) return;
    for (const message of receivedMessageItems) {
      const text: unknown = JSON.parse(Buffer.from(message.messageText, 'base64').toString('utf8'));
      const item = app.deps.queue.decode(text);
      // A test runs its cycles itself.
      if (!item && app.deps.queue.asksForCycle(text)) {
        await queue.deleteMessage(message.messageId, message.popReceipt);
        continue;
      }
      if (!item) throw new Error('A message of the work queue is no work item');
      await handleWorkItem(app.deps, app.gate, item);
      await queue.deleteMessage(message.messageId, message.popReceipt);
    }
  }
}

/** A request as the platform hands it over, and the answer as a client gets it. */
export async function ask(
  handler: Handler,
  path: string,
  init: {
    readonly method?: string;
    readonly body?: unknown;
    readonly text?: string;
    readonly headers?: Record<string, string>;
    readonly params?: Record<string, string>;
  } = {},
): Promise<Response> {
  const text = init.text ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
  const request = new HttpRequest({
    method: init.method ?? (text === undefined ? 'GET' : 'POST'),
    url: new URL(path, 'https://app.example/api/').href,
    headers: { ...init.headers },
    ...(init.params && { params: init.params }),
    ...(text !== undefined && { body: { string: text } }),
  });
  const context = new InvocationContext({ invocationId: 'test', functionName: 'test', logHandler: () => undefined });
  return responseOf(await handler(request, context));
}

const responseOf = ({ status, headers, body }: HttpResponseInit): Response =>
  new Response((status === 304 ? null : body) as string | null, {
    ...(status !== undefined && { status }),
    headers: { ...(headers as Record<string, string>) },
  });
