import { jsonAnswer, type RouteDoc, ref } from './route';

const HEALTH = 'The answer.';

/** How the app and its job stand. */
export const STATUS_ROUTES: readonly RouteDoc[] = [
  {
    functionName: 'health',
    method: 'GET',
    route: 'health',
    authLevel: 'anonymous',
    tag: 'status',
    summary: 'Pass, warn or fail',
    description: 'For monitors. Says nothing that would help a stranger.',
    answers: {
      200: { description: HEALTH, content: { 'application/health+json': ref('Health') } },
      503: { description: 'The same, for fail.', content: { 'application/health+json': ref('Health') } },
    },
    problems: [],
  },
  {
    functionName: 'status',
    method: 'GET',
    route: 'status',
    authLevel: 'function',
    tag: 'status',
    summary: 'How the job stands',
    description:
      "Graph's `synchronizationStatus`, and beside it the cycles with their true counts, escrows, staged deletions and the next run. " +
      'Says `NotConfigured` with every problem while settings or mappings are wrong. `Accept: text/html` gives the status page.',
    parameters: [
      {
        name: 'person',
        in: 'query',
        description: 'Of the page alone: somebody to look up, by Entra or Zendesk id, UPN, e-mail or whole name.',
        schema: { type: 'string' },
      },
    ],
    answers: {
      200: {
        description: 'The status, as data or as a page.',
        content: { 'application/json': { oneOf: [ref('Status'), ref('StatusNotConfigured')] }, 'text/html': { type: 'string' } },
      },
    },
    problems: [503],
  },
  {
    functionName: 'testConnection',
    method: 'POST',
    route: 'test-connection',
    authLevel: 'function',
    tag: 'status',
    summary: 'Try everything the app needs',
    description:
      'Zendesk (credential, Admin role, quota), Graph (each permission, the enterprise application) and storage: one row per check with ' +
      'what was tried and what to do. Answers 200 also when checks fail. Never writes.',
    answers: { 200: jsonAnswer('The rows.', ref('TestConnection')) },
    problems: [],
  },
  {
    functionName: 'openapi',
    method: 'GET',
    route: 'openapi.json',
    authLevel: 'function',
    tag: 'status',
    summary: 'This document',
    description: 'OpenAPI 3.1.',
    answers: { 200: { description: 'The document.', content: { 'application/openapi+json': { type: 'object' } } } },
    problems: [],
  },
];
