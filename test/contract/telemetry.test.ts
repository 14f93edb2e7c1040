import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { makeTelemetry } from '../../src/adapters/azure/telemetry';
import type { HttpClient } from '../../src/adapters/azure/telemetry-options';
import { NO_TELEMETRY, type Telemetry } from '../../src/ports/telemetry';
import { METRICS } from '../../src/ports/telemetry-names';

/** One record as Azure Monitor's ingestion takes it. @see https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete */
interface Envelope {
  readonly tags: Record<string, string>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly name?: string;
      readonly id?: string;
      readonly success?: boolean;
      readonly duration?: string;
      readonly properties?: Record<string, string>;
      readonly metrics?: readonly {
        readonly name: string;
        readonly value: number;
        readonly count?: number;
        readonly max?: number;
      }[];
    };
  };
}

const KEY = '11111111-2222-3333-4444-555555555555';
let server: Server;
let origin: string;
let received: Envelope[] = [];
let authorizations: (string | undefined)[] = [];
let answerStatus = 200;

/** Takes the exporter's requests, meant for https, to the server of the test. */
const httpClient: HttpClient = {
  async sendRequest(request) {
    const { pathname } = new URL(request.url);
    const body = request.body as Uint8Array | string;
    const answer = await fetch(`${origin}${pathname}`, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body: body as string,
    });
    const bodyAsText = await answer.text();
    const headers = request.headers;
    return { request, headers, status: answer.status, bodyAsText } as Awaited<ReturnType<HttpClient['sendRequest']>>;
  },
};

beforeAll(async () => {
  process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'] = 'true';
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
      const items = JSON.parse(text) as Envelope[];
      received.push(...items);
      authorizations.push(request.headers.authorization);
      response.statusCode = answerStatus;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ itemsReceived: items.length, itemsAccepted: items.length, errors: [] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  delete process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  received = [];
  authorizations = [];
  answerStatus = 200;
});

const problems: unknown[] = [];
const opened: Telemetry[] = [];
function open(credential?: { getToken: () => Promise<{ token: string; expiresOnTimestamp: number }> }): Telemetry {
  const telemetry = makeTelemetry(
    {
      connectionString: `InstrumentationKey=${KEY};IngestionEndpoint=https://ingestion.invalid/`,
      serviceName: 'func-test',
      version: '1.2.3',
      httpClient,
      ...(credential && { credential }),
    },
    (error) => problems.push(error),
  );
  opened.push(telemetry);
  return telemetry;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((telemetry) => telemetry.close()));
});

const metricsNamed = (name: string) =>
  received.flatMap(({ data }) =>
    (data.baseData.metrics ?? [])
      .filter((metric) => metric.name === name)
      .map((metric) => ({ metric, properties: data.baseData.properties })),
  );
const spansNamed = (name: string) =>
  received.filter(({ data }) => data.baseType === 'RemoteDependencyData' && data.baseData.name === name);

test('metrics › of each kind › arrive with their value and attributes', async () => {
  const telemetry = open();
  telemetry.metric('provisioning.objects', 1, { action: 'create', status: 'success', skipReason: undefined });
  telemetry.metric('provisioning.objects', 2, { action: 'create', status: 'success' });
  telemetry.metric('zendesk.request.duration', 10, { method: 'GET' });
  telemetry.metric('zendesk.request.duration', 30, { method: 'GET' });
  telemetry.metric('zendesk.quota.remaining', 700);
  telemetry.metric('zendesk.quota.remaining', 640);
  await telemetry.flush();
  const [objects] = metricsNamed('provisioning.objects');
  expect(objects?.metric.value).toBe(3);
  expect(objects?.properties).toMatchObject({ action: 'create', status: 'success' });
  expect(Object.keys(objects?.properties ?? {})).not.toContain('skipReason');
  const [duration] = metricsNamed('zendesk.request.duration');
  expect([duration?.metric.value, duration?.metric.count, duration?.metric.max]).toEqual([40, 2, 30]);
  expect(metricsNamed('zendesk.quota.remaining').map(({ metric }) => metric.value)).toEqual([640]);
  expect(problems).toEqual([]);
});

test('metrics › every declared one › can be sent', async () => {
  const telemetry = open();
  const names = Object.keys(METRICS) as (keyof typeof METRICS)[];
  for (const name of names) telemetry.metric(name, 1);
  await telemetry.flush();
  expect(names.filter((name) => metricsNamed(name).length === 0)).toEqual([]);
});

test('spans › within an invocation › form one tree under its operation', async () => {
  const telemetry = open();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const answer = await telemetry.span(
    'provisioning.work_item',
    { cycleId: 'c-1', sourceId: 's-1' },
    async (span) => {
      span.set({ outcome: 'succeeded' });
      telemetry.finishedSpan('zendesk.request', 25, { method: 'PUT', route: '/users/{id}', status: 200 }, false);
      return 'done';
    },
    `00-${traceId}-b7ad6b7169203331-01`,
  );
  await telemetry.flush();
  expect(answer).toBe('done');
  const [work] = spansNamed('provisioning.work_item');
  const [call] = spansNamed('zendesk.request');
  expect([work?.tags['ai.operation.id'], call?.tags['ai.operation.id']]).toEqual([traceId, traceId]);
  expect(work?.tags['ai.operation.parentId']).toBe('b7ad6b7169203331');
  expect(call?.tags['ai.operation.parentId']).toBe(work?.data.baseData.id);
  expect(work?.data.baseData.properties).toMatchObject({ cycleId: 'c-1', sourceId: 's-1', outcome: 'succeeded' });
  expect(call?.data.baseData.duration).toBe('00:00:00.025');
  expect(work?.tags['ai.cloud.role']).toBe('func-test');
});

test('spans › of work that throws › fail by code, tell no message and hand the error on', async () => {
  const telemetry = open();
  const error = Object.assign(new Error('jane@example.com was refused'), { code: 'PROV_TARGET_REJECTED' });
  await expect(telemetry.span('provisioning.cycle', {}, () => Promise.reject(error))).rejects.toBe(error);
  await telemetry.flush();
  const [span] = spansNamed('provisioning.cycle');
  expect(span?.data.baseData.success).toBe(false);
  expect(JSON.stringify(received)).not.toContain('jane@example.com');
});

test('credential › given › its token is sent', async () => {
  const telemetry = open({ getToken: async () => ({ token: 'entra-token', expiresOnTimestamp: Date.now() + 3_600_000 }) });
  telemetry.metric('graph.requests', 1);
  await telemetry.flush();
  expect(authorizations).toContain('Bearer entra-token');
});

test('ingestion › down › harms nobody', async () => {
  answerStatus = 503;
  const telemetry = open();
  telemetry.metric('graph.requests', 1);
  await expect(telemetry.span('provisioning.cycle', {}, async () => 7)).resolves.toBe(7);
  await expect(telemetry.flush()).resolves.toBeUndefined();
});

test('close › sends what is left, and a second time is fine', async () => {
  const telemetry = open();
  telemetry.metric('graph.requests', 1);
  await telemetry.close();
  await telemetry.close();
  expect(metricsNamed('graph.requests')).toHaveLength(1);
});

test('no connection string › nothing is sent and work runs', async () => {
  const telemetry = makeTelemetry(undefined, (error) => problems.push(error));
  expect(telemetry).toBe(NO_TELEMETRY);
  telemetry.metric('graph.requests', 1);
  await expect(telemetry.span('provisioning.cycle', {}, async () => 7)).resolves.toBe(7);
  await telemetry.flush();
  expect(received).toEqual([]);
});
