import { join } from 'node:path';
import { HttpRequest, type InvocationContext } from '@azure/functions';
import { QueueClient } from '@azure/storage-queue';

import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { WORK_QUEUE } from '../../src/adapters/storage/names';
import { type App, type ConfiguredApp, composeApp } from '../../src/compose';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { type CycleOutcome, runCycle } from '../../src/engine/cycle/run-cycle';
import type { EngineDeps } from '../../src/engine/deps';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import type { Handler } from '../../src/functions/http';
import { SIGNED_IN } from '../support/console-app';
import { startStorage } from '../support/storage';
import { emptyStorage } from './storage/both';

const GRAPH_TOKEN = 'simulated-graph-token';
const OAUTH_CLIENT = { identifier: 'entra-provisioning', secret: 'simulated-client-secret' };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The app between real storage and simulators, without a host: a test calls the handlers and works the queue off itself. */
export interface JobWorld {
  readonly directory: SimulatedDirectory;
  readonly servicePrincipalId: string;
  readonly graph: GraphSimulator;
  readonly zendesk: ZendeskSimulator;
  readonly app: ConfiguredApp;
  /** Of the storage. */
  readonly connectionString: string;
  /** Calls a handler as HTTP would. */
  call(make: (getApp: () => App) => Handler, body?: unknown, more?: CallOptions): Promise<Answer>;
  cycle(): Promise<CycleOutcome>;
  /** Works off the queue until nothing is left that can be seen; closes cycles. @param deps of another instance */
  drain(deps?: EngineDeps): Promise<number>;
  /** A cycle and its items. */
  settle(): Promise<CycleOutcome>;
  compose(settings: Readonly<Record<string, string>>): ConfiguredApp;
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly raw?: string;
  readonly app?: App;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly body: any;
}

/** Starts a world. @param fill puts people into the directory before anything looks at it */
export async function startJobWorld(
  settings: Readonly<Record<string, string>>,
  given?: { readonly directory: SimulatedDirectory; readonly servicePrincipalId: string; readonly now?: () => Date },
): Promise<JobWorld> {
  const directory = given?.directory ?? new SimulatedDirectory({ tenantName: 'Test' });
  const servicePrincipalId = given?.servicePrincipalId ?? directory.addServicePrincipal({ displayName: 'Zendesk' });
  const [azurite, graph, zendesk] = await Promise.all([
    startStorage(),
    startGraphSimulator({ directory, token: GRAPH_TOKEN, ...(given?.now && { now: given.now }) }),
    startZendeskSimulator({ oauthClients: [OAUTH_CLIENT], updateLanes: false }),
  ]);
  zendesk.seed.customRole('Light agent', 1);
  await emptyStorage(azurite.connectionString);
  const env = (more: Readonly<Record<string, string>>) => ({
    AzureWebJobsStorage: azurite.connectionString,
    ENTRA_TENANT_ID: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f',
    ENTRA_SERVICE_PRINCIPAL_ID: servicePrincipalId,
    GRAPH_BASE_URL: graph.url,
    GRAPH_ACCESS_TOKEN: GRAPH_TOKEN,
    ZENDESK_SUBDOMAIN: 'demo',
    ZENDESK_BASE_URL: zendesk.url,
    ZENDESK_OAUTH_CLIENT_ID: OAUTH_CLIENT.identifier,
    ZENDESK_OAUTH_CLIENT_SECRET: OAUTH_CLIENT.secret,
    LOCAL_TIME_SCALE: '100',
    PROVISIONING_STATUS: 'On',
    // As in Azure while App Service authentication is on.
    ...SIGNED_IN,
    ...more,
  });
  const compose = (more: Readonly<Record<string, string>>): ConfiguredApp => {
    const composed = composeApp(env({ ...settings, ...more }), join(__dirname, '../..'), silent);
    if (composed.kind !== 'configured') throw new Error(JSON.stringify(composed.error.issues));
    return composed;
  };
  const app = await Promise.resolve({})
    .then(compose)
    .catch(async (error: unknown) => {
      await Promise.all([graph.close(), zendesk.close(), azurite.stop()]);
      throw error;
    });
  const queue = new QueueClient(azurite.connectionString, WORK_QUEUE);

  const cycle = () => runCycle(app.deps, { owner: app.deps.newId(), budgetMs: 1_800_000 });
  const drain = async (deps: EngineDeps = app.deps): Promise<number> => {
    let handled = 0;
    await queue.createIfNotExists();
    for (;;) {
      const { receivedMessageItems: messages } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 300 });
      if (messages.length === 0) break;
      await Promise.all(
        messages.map(async (message) => {
          const item = deps.queue.decode(JSON.parse(Buffer.from(message.messageText, 'base64').toString()));
          if (item) await handleWorkItem(deps, app.gate, item);
          await queue.deleteMessage(message.messageId, message.popReceipt);
          handled += 1;
        }),
      );
    }
    await closeCycles(deps);
    return handled;
  };
  return {
    directory,
    servicePrincipalId,
    graph,
    zendesk,
    app,
    connectionString: azurite.connectionString,
    compose,
    cycle,
    drain,
    async settle() {
      const outcome = await cycle();
      await drain();
      return outcome;
    },
    call: (make, body, more = {}) => call(make, body, { app, ...more }),
    async stop() {
      await Promise.all([graph.close(), zendesk.close(), azurite.stop()]);
    },
  } satisfies JobWorld;
}

async function call(make: (getApp: () => App) => Handler, body: unknown, options: CallOptions): Promise<Answer> {
  const text = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const request = new HttpRequest({
    method: options.method ?? 'POST',
    url: `http://localhost/api/x?${new URLSearchParams(options.query ?? {})}`,
    headers: { 'content-type': 'application/json', ...options.headers },
    ...(text === undefined ? {} : { body: { string: text } }),
    ...(options.params ? { params: { ...options.params } } : {}),
  });
  const context = { ...silent, invocationId: 'test' } as unknown as InvocationContext;
  const answered = await make(() => options.app as App)(request, context);
  const answerText = await new Response(answered.body as string).text();
  const isJson = String((answered.headers as Record<string, string>)['content-type']).includes('json');
  return {
    status: answered.status ?? 200,
    headers: answered.headers as Record<string, string>,
    text: answerText,
    body: isJson ? JSON.parse(answerText) : undefined,
  };
}
