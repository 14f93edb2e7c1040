import { type Handler, http, json } from './http';
import { openApiDocument } from './openapi/document';

/** `GET /api/openapi.json`: what this app offers over HTTP, as OpenAPI 3.1. Answers also while the app is not configured. */
export const makeOpenApi = (): Handler =>
  http(async () =>
    json(openApiDocument(), 200, {
      'content-type': 'application/openapi+json;version=3.1',
      'cache-control': 'private, max-age=300',
    }),
  );
