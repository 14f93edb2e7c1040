import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseTableFilter } from './table-filter';
import { type Place, Table, type TableWrite, type WireRow } from './tables';

/** The account that the connection string names; no signature is looked at. */
export const ACCOUNT = 'bench';
const ENTITY = /^\/\w+\/(\w+)\(PartitionKey='(.*)',RowKey='(.*)'\)$/;
const LIST = /^\/\w+\/(\w+)(?:\(\))?$/;
const JSON_TYPE = { 'content-type': 'application/json;odata=minimalmetadata' };
/** A page of the service. */
const PAGE = 1_000;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly ifMatch: string | undefined;
  readonly body: string;
}

/**
 * Stands in for Azure's tables and queues, as far as the app uses them: the requests are the real ones, their answers cost next to nothing.
 * Tables hold their rows in memory; messages are taken and forgotten. What it does not know it refuses with 501.
 * @see https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
 */
export async function startStorage(): Promise<{
  readonly tables: Server;
  readonly queues: Server;
  /** Requests to tables by verb, table and family of partitions. */
  readonly counts: ReadonlyMap<string, number>;
}> {
  const tables = new Map<string, Table>();
  const counts = new Map<string, number>();
  const counted = (asked: Asked): Answer => {
    const kind = kindOf(asked);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return answerTables(tables, asked);
  };
  return { tables: await serve(counted), queues: await serve(answerQueues), counts };
}

/** What a request is: `GET Links link`, `LIST Log time`, `BATCH Log entry`. The family is the partition key up to its first dot. */
function kindOf({ method, path, query, body }: Asked): string {
  const address = path.endsWith('/$batch')
    ? decodeURIComponent(/^(?:POST|PUT|PATCH|MERGE|DELETE) \S*?(\/\w+\/\w+(?:\(\S*\))?) HTTP/m.exec(body)?.[1] ?? '')
    : path;
  const entity = ENTITY.exec(address);
  const table = (entity ?? LIST.exec(address))?.[1] ?? '';
  const said =
    entity?.[2] ??
    /"PartitionKey":"([^"]*)"|PartitionKey (?:eq|ge) '([^']*)'/
      .exec(query.get('$filter') ?? body)
      ?.slice(1)
      .find(Boolean);
  const verb = address !== path ? 'BATCH' : method === 'GET' && !entity ? 'LIST' : method;
  return [verb, table, (said ?? '').split('.')[0]].join(' ').trim();
}

async function serve(answer: (asked: Asked) => Answer): Promise<Server> {
  const server = createServer((request, response) => void reply(request, response, answer));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Where a server listens. */
export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function reply(request: IncomingMessage, response: ServerResponse, answer: (asked: Asked) => Answer): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://storage');
  const asked = {
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    ifMatch: request.headers['if-match'],
    body: Buffer.concat(chunks).toString('utf8'),
  };
  const { status, headers, body } = answer(asked);
  response.writeHead(status, headers).end(body);
}

function answerTables(tables: Map<string, Table>, asked: Asked): Answer {
  const { method, path, query, body } = asked;
  if (path === `/${ACCOUNT}/Tables`) return createTable(tables, body);
  if (path === `/${ACCOUNT}/$batch`) return transaction(tables, body);
  const entity = ENTITY.exec(path);
  const name = (entity ?? LIST.exec(path))?.[1] ?? '';
  const table = tables.get(name);
  if (!table) return failure(404, 'TableNotFound');
  if (method === 'GET' && entity) {
    const row = table.get(keyIn(entity[2]), keyIn(entity[3]));
    return row ? { status: 200, headers: JSON_TYPE, body: JSON.stringify(row) } : failure(404, 'ResourceNotFound');
  }
  if (method === 'GET') return list(table, query);
  const write = writeOf(asked);
  if (!write) return failure(501, 'NotImplemented');
  const written = table.write([write]);
  if ('refused' in written) return failure(written.refused, CODES[written.refused] ?? '');
  const [one] = written;
  return { status: 204, ...(one?.etag && { headers: { ETag: one.etag } }) };
}

const CODES: Readonly<Record<number, string>> = {
  404: 'ResourceNotFound',
  409: 'EntityAlreadyExists',
  412: 'UpdateConditionNotSatisfied',
};
const keyIn = (text = ''): string => text.replaceAll("''", "'");
const errorText = (code: string): string => JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } });
const failure = (status: number, code: string): Answer => ({ status, headers: JSON_TYPE, body: errorText(code) });

function createTable(tables: Map<string, Table>, body: string): Answer {
  const { TableName: name } = JSON.parse(body) as { readonly TableName: string };
  if (tables.has(name)) return failure(409, 'TableAlreadyExists');
  tables.set(name, new Table());
  return { status: 204 };
}

function writeOf({ method, path, ifMatch, body }: Omit<Asked, 'query'>): TableWrite | undefined {
  const entity = ENTITY.exec(path);
  const keys = entity && { PartitionKey: keyIn(entity[2]), RowKey: keyIn(entity[3]) };
  const columns = body === '' ? {} : (JSON.parse(body) as Readonly<Record<string, unknown>>);
  if (method === 'POST' && !entity) return { kind: 'insert', row: columns as WireRow, ifMatch: undefined };
  if (!keys) return undefined;
  const kind = ({ PUT: 'replace', PATCH: 'merge', MERGE: 'merge', DELETE: 'delete' } as const)[method];
  return kind && { kind, row: { ...columns, ...keys }, ifMatch };
}

function list(table: Table, query: URLSearchParams): Answer {
  const partition = query.get('NextPartitionKey');
  const after: Place | undefined = partition === null ? undefined : { partition, row: query.get('NextRowKey') ?? '' };
  const top = Math.min(Number(query.get('$top') ?? PAGE), PAGE);
  const { rows, next } = table.list(parseTableFilter(query.get('$filter') ?? ''), top, after);
  const select = query.get('$select')?.split(',');
  const value = select ? rows.map((row) => onlyOf(row, select)) : rows;
  const headers = next && {
    'x-ms-continuation-NextPartitionKey': next.partition,
    'x-ms-continuation-NextRowKey': next.row,
  };
  return { status: 200, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify({ value }) };
}

function onlyOf(row: WireRow, select: readonly string[]): Readonly<Record<string, unknown>> {
  const kept = select.flatMap((name) => [name, `${name}@odata.type`]).filter((name) => row[name] !== undefined);
  return Object.fromEntries([...kept, 'odata.etag'].map((name) => [name, row[name]]));
}

/** Several writes to one partition, as a multipart body of requests. */
function transaction(tables: Map<string, Table>, body: string): Answer {
  const parts = body.split(/^--changeset_[^\r\n]*\r?\n?/m).slice(1, -1);
  const asked = parts.map((part) => {
    const [, head = '', ...rest] = part.split(/\r?\n\r?\n/);
    const [line = '', ...headers] = head.split(/\r?\n/);
    const [method = '', address = ''] = line.split(' ');
    const ifMatch = headers.find((header) => /^if-match:/i.test(header))?.replace(/^[^:]*:\s*/, '');
    return { method, path: decodeURIComponent(new URL(address).pathname), ifMatch, body: rest.join('\n\n').trim() };
  });
  const name = /^\/\w+\/(\w+)/.exec(asked[0]?.path ?? '')?.[1] ?? '';
  const table = tables.get(name);
  if (!table) return subResponses([{ status: 404, body: errorText('TableNotFound') }]);
  const writes = asked.flatMap((one) => writeOf(one) ?? []);
  if (writes.length !== asked.length) return failure(501, 'NotImplemented');
  const written = table.write(writes);
  if ('refused' in written) return subResponses([{ status: written.refused, body: errorText(CODES[written.refused] ?? '') }]);
  return subResponses(written);
}

function subResponses(all: readonly { readonly status: number; readonly etag?: string; readonly body?: string }[]): Answer {
  const parts = all.map(({ status, etag, body }) =>
    [
      '--changesetresponse_bench',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      `HTTP/1.1 ${status} Answer`,
      ...(etag ? [`ETag: ${etag}`] : []),
      '',
      body ?? '',
      '',
    ].join('\r\n'),
  );
  return {
    status: 202,
    headers: { 'content-type': 'multipart/mixed; boundary=batchresponse_bench' },
    body: `--batchresponse_bench\r\nContent-Type: multipart/mixed; boundary=changesetresponse_bench\r\n\r\n${parts.join('')}--changesetresponse_bench--\r\n--batchresponse_bench--\r\n`,
  };
}

const MESSAGE =
  '<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage><MessageId>m</MessageId>' +
  '<InsertionTime>Fri, 27 Nov 2026 00:00:00 GMT</InsertionTime><ExpirationTime>Fri, 27 Nov 2036 00:00:00 GMT</ExpirationTime>' +
  '<PopReceipt>p</PopReceipt><TimeNextVisible>Fri, 27 Nov 2026 00:00:00 GMT</TimeNextVisible></QueueMessage></QueueMessagesList>';
const XML = { 'content-type': 'application/xml' };

function answerQueues({ method, path }: Asked): Answer {
  if (path.endsWith('/messages')) {
    if (method === 'POST') return { status: 201, headers: XML, body: MESSAGE };
    return { status: 200, headers: XML, body: '<?xml version="1.0" encoding="utf-8"?><QueueMessagesList />' };
  }
  if (method === 'PUT') return { status: 201 };
  return { status: 200, headers: { 'x-ms-approximate-messages-count': '0' } };
}
