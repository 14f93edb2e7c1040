import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, PageIterator } from '@microsoft/microsoft-graph-client';
import type { ProvisioningObjectSummary } from '@microsoft/microsoft-graph-types';
import type { App } from '../../src/compose';
import { ConfigError } from '../../src/core/errors';
import { asGraphEntry } from '../../src/core/graph-entry';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { makeAuditLogs } from '../../src/functions/audit-logs';
import { makeLogs } from '../../src/functions/logs';
import { makeFakeProvisioningLog } from '../fakes/provisioning-log';
import { ask } from '../support/http-app';
import { type LogEntryOptions, logEntry } from './storage/log-entry';

/** The log at Graph's path, asked as public scripts and Microsoft's own documents ask it. */
const SP = '8a1e2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b';
const JOB = 'zendesk.7f1c2a3e0d5b4c6a9e8f1a2b3c4d5e6f.8a1e2b3c';
const log = makeFakeProvisioningLog();
const app = {
  kind: 'configured',
  deps: { log, clock: () => new Date('2026-02-01T00:00:00Z') },
  config: { notification: { appUrl: 'https://prov.azurewebsites.net' } },
} as unknown as App;
const graph = makeAuditLogs(() => app);

function entry(cycle: string, change: string, options: LogEntryOptions): ProvisioningLogEntry {
  const made = logEntry(cycle, change, options);
  return {
    ...made,
    id: change,
    jobId: JOB,
    tenantId: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f',
    servicePrincipal: { id: SP, displayName: 'Zendesk' },
    sourceSystem: { id: 'tenant', displayName: 'Microsoft Entra ID', details: {} },
    targetSystem: { id: 'acme', displayName: 'Zendesk', details: {} },
    provisioningSteps: ['import', 'scoping', 'matching', 'processing', 'export'].map((type) => ({
      name: type,
      provisioningStepType: type as 'import',
      status: made.provisioningStatusInfo.status,
      description: '',
      details: {},
    })),
  };
}

const ENTRIES = [
  entry('cycle-1', 'ann-create', {
    at: '2026-01-10T08:00:00Z',
    action: 'create',
    name: 'Ann Lee',
    upn: 'ann@contoso.com',
    sourceId: 'a1',
    targetId: '11',
  }),
  entry('cycle-1', 'bob-fail', {
    at: '2026-01-10T09:00:00Z',
    action: 'create',
    status: 'failure',
    errorCode: 'DuplicateTargetEntries',
    name: 'Bob Ray',
    sourceId: 'b1',
    targetId: '',
  }),
  entry('cycle-2', 'cy-skip', {
    at: '2026-01-11T08:00:00Z',
    action: 'other',
    status: 'skipped',
    skipReason: 'RedundantExport',
    name: 'Cy Dow',
    sourceId: 'c1',
    targetId: '13',
  }),
  entry('cycle-2', 'ann-disable', {
    at: '2026-01-12T08:00:00Z',
    action: 'disable',
    name: 'Ann Lee',
    sourceId: 'a1',
    targetId: '11',
  }),
  entry('cycle-3', 'dee-update', {
    at: '2026-01-13T08:00:00Z',
    action: 'update',
    status: 'warning',
    name: 'Dee Fox',
    sourceId: 'd1',
    targetId: '14',
  }),
];

beforeAll(async () => {
  for (const one of ENTRIES) await log.record(one);
});

interface Page {
  readonly '@odata.context': string;
  readonly '@odata.count'?: number;
  readonly '@odata.nextLink'?: string;
  readonly value: readonly ProvisioningLogEntry[];
}

async function page(query: string): Promise<Page> {
  const response = await ask(graph, `auditLogs/provisioning${query}`);
  const body = await response.json();
  expect([query, response.status, body]).toEqual([query, 200, expect.anything()]);
  return body as Page;
}
const ids = ({ value }: Page): string[] => value.map(({ changeId }) => changeId);

/** Queries collected from Microsoft's documents and from public scripts; names and ids replaced by those of the entries above. */
const PUBLIC_QUERIES: readonly (readonly [from: string, query: string, answer: readonly string[]])[] = [
  ['Graph docs', "$filter=id eq 'bob-fail'", ['bob-fail']],
  ['Graph docs', '$top=2', ['dee-update', 'ann-disable']],
  [
    'Microsoft how-to, the portal',
    `$filter=((contains(tolower(servicePrincipal/id), '${SP}') or contains(tolower(servicePrincipal/displayName), '${SP}')) and activityDateTime gt 2026-01-10 and activityDateTime lt 2026-01-11)&$top=500&$orderby=activityDateTime desc`,
    ['bob-fail', 'ann-create'],
  ],
  [
    'migration report',
    `$filter=(activityDateTime ge 2026-01-10T00:00:00Z and activityDateTime le 2026-01-12T00:00:00Z and (provisioningStatusInfo/status eq microsoft.graph.provisioningResult'failure') and (contains(tolower(servicePrincipal/id), '${SP}') or contains(tolower(servicePrincipal/displayName), 'Zendesk')))`,
    ['bob-fail'],
  ],
  ['cycle ids of a job', `$filter=jobid eq '${JOB}' and cycleId ne 'cycle-3'&$top=1`, ['ann-disable']],
  ['SDK sample', `$filter=servicePrincipal/id eq '${SP}'&$top=50`, ENTRIES.map(({ changeId }) => changeId).reverse()],
  ['sync monitor', `$filter=jobId eq '${JOB}'&$top=2`, ['dee-update', 'ann-disable']],
  [
    'portal extension',
    `$filter=activityDateTime ge 2026-01-11T00:00:00.000Z and servicePrincipal/id eq '${SP}'&$top=100&$orderby=activityDateTime desc`,
    ['dee-update', 'ann-disable', 'cy-skip'],
  ],
  ['posture collector', '$filter=activityDateTime ge 2026-01-12T00:00:00Z&$top=1000', ['dee-update', 'ann-disable']],
  ['PowerShell sample', '$filter=activityDateTime ge 2026-01-13', ['dee-update']],
  [
    'telemetry receiver',
    '$filter=activityDateTime+gt+2026-01-11T00:00:00Z+and+activityDateTime+lt+2026-01-12T00:00:00Z&$top=500',
    ['cy-skip'],
  ],
  ['data workspace check', "$filter=servicePrincipal/displayName eq 'Zendesk'&$top=1", ['dee-update']],
  ['tenant health check', "$filter=provisioningStatusInfo/status ne 'success'&$top=100", ['dee-update', 'cy-skip', 'bob-fail']],
  ['SOC command line', "$filter=provisioningStatusInfo/status eq 'failure'", ['bob-fail']],
  ['filter builder', "$filter=statusInfo/status eq 'Failure'", ['bob-fail']],
  ['filter builder', "$filter=action eq 'Disable'", ['ann-disable']],
  ['filter builder', "$filter=Tenantid eq '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f' and Changeid eq 'ann-create'", ['ann-create']],
  ['filter builder', "$filter=sourceSystem/displayName eq 'Microsoft Entra ID' and targetIdentity/id eq '13'", ['cy-skip']],
  [
    'log downloader',
    "$filter=provisioningAction eq 'create' and sourceIdentity/identityType eq 'User'&$orderby=activityDateTime asc",
    ['ann-create', 'bob-fail'],
  ],
  [
    'log downloader',
    "$filter=(contains(sourceIdentity/displayName,'Ann') or startswith(targetIdentity/id,'14')) and not (provisioningAction eq 'disable')",
    ['dee-update', 'ann-create'],
  ],
  [
    'downloads',
    "$select=id,activityDateTime,provisioningAction&$filter=cycleId eq 'cycle-3'&$count=true",
    // Only what was selected comes back, and the change id was not.
    [undefined as unknown as string],
  ],
];

test.each(PUBLIC_QUERIES)('%s › %s', async (_, query, answer) => {
  expect(ids(await page(`?${query}`))).toEqual(answer);
});

test('docs/api.md shows each of them', () => {
  const doc = readFileSync('docs/api.md', 'utf8');
  const bare = (text: string): string => text.replaceAll(SP, '<id>').replaceAll(JOB, '<job>');
  expect(PUBLIC_QUERIES.length).toBeGreaterThanOrEqual(20);
  for (const [, query] of PUBLIC_QUERIES) expect(doc).toContain(`\`${bare(query)}\``);
});

/** Microsoft's types are all writable. */
type Writable<T> = T extends readonly (infer I)[]
  ? Writable<I>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;

test('an entry is of the type that Microsoft publishes', () => {
  const shown: readonly ProvisioningObjectSummary[] = ENTRIES.map(asGraphEntry) as Writable<ProvisioningLogEntry>[];
  expect(shown).toHaveLength(ENTRIES.length);
});

test('steps and systems read as those of Microsoft’s service', async () => {
  const [ann] = (await page("?$filter=id eq 'ann-create'")).value;
  expect(ann?.provisioningSteps.map(({ name }) => name)).toEqual([
    'EntryImportAdd',
    'EntrySynchronizationScoping',
    'EntrySynchronizationAdd',
    'EntrySynchronizationAdd',
    'EntryExportAdd',
  ]);
  expect(ann?.provisioningSteps.at(-1)?.details).toEqual({ ReportableIdentifier: 'ann@contoso.com' });
  expect(ann?.targetSystem.details).toEqual({ ServicePrincipalId: SP, ServicePrincipalDisplayName: 'Zendesk' });
  const [cy] = (await page("?$filter=id eq 'cy-skip'")).value;
  expect(cy?.provisioningSteps.map(({ name }) => name)).toContain('EntrySynchronizationSkip');
  const [gone] = (await page("?$filter=id eq 'ann-disable'")).value;
  expect(gone?.provisioningSteps.at(-1)).toMatchObject({
    name: 'EntryExportUpdate',
    details: { ReportableIdentifier: 'Ann Lee' },
  });
});

test('$select, $count, names in any case and without the sign', async () => {
  const body = await page('?SELECT=Id,provisioningAction&$Count=true&top=1&$filter=startswith(id,%27ann%27)');
  expect(body['@odata.context']).toMatch(/#auditLogs\/provisioning\(id,provisioningAction\)$/);
  expect(body['@odata.count']).toBe(2);
  expect(body.value).toEqual([{ id: 'ann-disable', provisioningAction: 'disable' }]);
});

test.each(['', '&$orderby=activityDateTime asc', '&$orderby=ACTIVITYDATETIME'])(
  'following @odata.nextLink gives everything once%s',
  async (order) => {
    const seen: string[] = [];
    let query: string | undefined = `?$top=2&code=secret${order}`;
    while (query !== undefined) {
      const body: Page = await page(query);
      seen.push(...ids(body));
      const next: URL | undefined = body['@odata.nextLink'] === undefined ? undefined : new URL(body['@odata.nextLink']);
      expect(next?.origin ?? 'https://prov.azurewebsites.net').toBe('https://prov.azurewebsites.net');
      expect(next?.href ?? '').not.toContain('secret');
      query = next?.search;
    }
    const oldest = ENTRIES.map(({ changeId }) => changeId);
    expect(seen).toEqual(order === '' ? oldest.reverse() : oldest);
  },
);

test('a page of more than a thousand is one of a thousand, as an SDK asks for it', async () => {
  expect(ids(await page('?$top=5000'))).toHaveLength(ENTRIES.length);
});

describe('errors have the shape of Graph', () => {
  test.each<[string, RegExp]>([
    ["?$filter=createdDateTime ge 2026-01-01 and status eq 'failure'", /at offset 0: `createdDateTime` is not a property/],
    ["?$filter=status eq 'failed'", /status is never 'failed'\. Allowed: success/],
    ['?$orderby=changeId', /\$orderby: must be activityDateTime desc/],
    ['?$select=changId', /\$select: "changId" is not a property of an entry; did you mean changeId\?/],
    ['?$skiptoken=x', /\$skiptoken: /],
    ['?$expand=x', /\$expand: there is no such parameter/],
    ['?$top=2&top=3', /\$top: was given more than once/],
  ])('%s', async (query, message) => {
    const response = await ask(graph, `auditLogs/provisioning${query}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, expect.stringMatching(/^application\/json/)]);
    expect(await response.json()).toEqual({
      error: {
        code: 'BadRequest',
        message: expect.stringMatching(message),
        innerError: { date: expect.stringMatching(/^\d{4}-/), 'request-id': 'test', 'client-request-id': 'test' },
      },
    });
  });

  test('not configured', async () => {
    const error = new ConfigError([{ setting: 'ZENDESK_SUBDOMAIN', problem: 'is missing' }]);
    const handler = makeAuditLogs(() => ({ kind: 'notConfigured', error, warnings: [], queue: undefined }));
    const response = await ask(handler, 'auditLogs/provisioning');
    expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'NotConfigured' } }]);
  });
});

describe("Microsoft's own SDK, with another base address", () => {
  let server: Server;
  let client: Client;

  beforeAll(async () => {
    // On one's own machine no platform gives the app an address, so links lead to where it was asked.
    const local = makeAuditLogs(() => ({ ...app, config: { notification: {} } }) as unknown as App);
    server = createServer(async (request, response) => {
      const answer = await ask(local, `http://${request.headers.host}${request.url}`);
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = Client.init({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      defaultVersion: 'api',
      authProvider: (done) => done(null, 'unused'),
    });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('a list with every option, page by page', async () => {
    const first = await client
      .api('/auditLogs/provisioning')
      .filter("provisioningStatusInfo/status ne 'success'")
      .orderby('activityDateTime asc')
      .select(['id', 'provisioningAction'])
      .count(true)
      .top(1)
      .get();
    expect(first['@odata.count']).toBe(3);
    const seen: string[] = [];
    await new PageIterator(client, first, (one: { id: string }) => seen.push(one.id) > 0).iterate();
    expect(seen).toEqual(['bob-fail', 'cy-skip', 'dee-update']);
  });

  test('an error that it understands', async () => {
    await expect(client.api('/auditLogs/provisioning').filter("nope eq 'x'").get()).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
      message: expect.stringContaining('`nope` is not a property'),
      requestId: 'test',
    });
  });
});

test('the same options on /api/logs', async () => {
  const response = await ask(
    makeLogs(() => app),
    'logs?$orderby=activityDateTime asc&$top=1&$select=changeId&$count=true',
  );
  expect(await response.json()).toMatchObject({ '@odata.count': 5, value: [{ changeId: 'ann-create' }] });
});
