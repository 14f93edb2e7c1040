/** An answer in Graph's error envelope. https://learn.microsoft.com/graph/errors */
export class GraphError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'GraphError';
  }
}

/** 404 in the words of the directory. */
export function resourceNotFound(id: string): GraphError {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return new GraphError(404, 'Request_ResourceNotFound', message);
}

/** 400 for a request that the directory does not understand. */
export function badRequest(message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message);
}

/** 400 for a query that is understood but not supported in this form. https://learn.microsoft.com/graph/aad-advanced-queries */
export function unsupportedQuery(message: string): GraphError {
  return new GraphError(400, 'Request_UnsupportedQuery', message);
}

/** The body of an error answer; `innerError` as in the examples of https://learn.microsoft.com/graph/errors */
export function errorBody(
  error: { code: string; message: string },
  requestId: string,
  clientRequestId: string,
  now: Date,
): object {
  const innerError = { date: now.toISOString().slice(0, 19), 'request-id': requestId, 'client-request-id': clientRequestId };
  return { error: { code: error.code, message: error.message, innerError } };
}
