import type { GraphAnswer, GraphRequest } from './call';
import { badRequest, GraphError } from './graph-error';
import type { JsonObject } from './types';

/** "JSON batch requests are currently limited to 20 individual requests." https://learn.microsoft.com/graph/json-batching */
export const MAX_BATCH = 20;

interface BatchItem {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly dependsOn: readonly string[];
}

/**
 * Answers `POST /$batch`. The outer answer is 200 whatever happens inside; the inner answers come in another order than asked.
 *
 * @param dispatch Answers one inner request, faults included.
 * @throws GraphError when the batch itself is malformed
 */
export async function answerBatch(
  body: unknown,
  dispatch: (request: GraphRequest) => Promise<GraphAnswer>,
): Promise<GraphAnswer> {
  const items = readItems(body);
  const failed = new Set<string>();
  const responses: JsonObject[] = [];
  for (const item of items) {
    const answer = item.dependsOn.some((id) => failed.has(id))
      ? { status: 424, body: { error: { code: 'FailedDependency', message: 'A request that this one depends on has failed.' } } }
      : await dispatch(toRequest(item));
    if (answer.status >= 400) failed.add(item.id);
    const headers = { 'Cache-Control': 'no-cache', ...(answer.body === undefined ? {} : { 'Content-Type': 'application/json' }) };
    // Last first: nobody may rely on the order.
    responses.unshift({
      id: item.id,
      status: answer.status,
      headers: { ...headers, ...answer.headers },
      body: answer.body ?? null,
    });
  }
  return { status: 200, body: { responses } };
}

function readItems(body: unknown): BatchItem[] {
  const requests = (body as { requests?: unknown } | undefined)?.requests;
  if (!Array.isArray(requests) || requests.length === 0) throw badRequest('Invalid batch payload format.');
  if (requests.length > MAX_BATCH) throw badRequest(`Number of batch request steps exceeds the maximum value of ${MAX_BATCH}.`);
  const items = requests.map(readItem);
  if (new Set(items.map((item) => item.id)).size < items.length) throw badRequest('Duplicate request id in batch.');
  return items;
}

function readItem(request: unknown): BatchItem {
  const { id, method, url, headers, body, dependsOn } = (request ?? {}) as Partial<Record<keyof BatchItem, unknown>>;
  if (typeof id !== 'string' || typeof method !== 'string' || typeof url !== 'string' || !url.startsWith('/'))
    throw badRequest('Invalid batch payload format: id, method and a relative url are required.');
  const names = Object.entries((headers ?? {}) as Record<string, unknown>).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  const item = { id, method: method.toUpperCase(), url, headers: Object.fromEntries(names), body };
  // "If a body is supplied with the request, a headers object that contains a value for Content-Type must be included."
  if (body !== undefined && item.headers['content-type'] === undefined)
    throw new GraphError(400, 'BadRequest', `Write request id : ${id} does not contain Content-Type header or body.`);
  return { ...item, dependsOn: Array.isArray(dependsOn) ? dependsOn.map(String) : [] };
}

function toRequest(item: BatchItem): GraphRequest {
  const url = new URL(`http://batch${item.url}`);
  return { method: item.method, path: url.pathname, query: url.searchParams, headers: item.headers, body: item.body };
}
