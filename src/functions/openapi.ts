import { z } from 'zod';
import { openEndpoint } from './endpoint';
import { json } from './http';

/** `GET /api/openapi.json`: what this app offers over HTTP, as OpenAPI 3.1. Works also while the app is not configured. */
export const makeOpenApi = openEndpoint(
  {
    tag: 'status',
    summary: 'This document',
    description: 'OpenAPI 3.1.',
    answers: {
      200: { description: 'The document.', content: { 'application/openapi+json': z.record(z.string(), z.unknown()) } },
    },
    problems: [400],
  },
  async () => {
    // Loaded when it is asked for: it is printed from every endpoint, of which this is one.
    const { openApiDocument } = await import('./openapi-document');
    return json(openApiDocument(), 200, {
      'content-type': 'application/openapi+json;version=3.1',
      'cache-control': 'private, max-age=300',
    });
  },
);
