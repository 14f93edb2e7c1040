import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { endpoint } from './endpoint';
import { json, type Refusal } from './http';
import { isOldestFirst, listParameters, logList, MAX_TOP, readFilter } from './log-list';
import { jsonDoc, named, text } from './shapes/kit';
import { LogList } from './shapes/logs';

/** @see https://learn.microsoft.com/graph/errors */
const GraphError = named(
  'GraphError',
  z.object({
    error: z.object({
      code: text.describe('As the `code` of a problem.'),
      message: text,
      innerError: z.object({ date: text, 'request-id': text, 'client-request-id': text }),
    }),
  }),
);

const refuse = ({ status, code, detail }: Refusal, requestId: string): HttpResponseInit =>
  json(
    {
      error: {
        code,
        message: detail,
        innerError: { date: new Date().toISOString().slice(0, 19), 'request-id': requestId, 'client-request-id': requestId },
      },
    },
    status,
  );

const DEFAULT_TOP = 100;

/**
 * `GET /api/auditLogs/provisioning`: the provisioning log for what was written for Microsoft Graph: its path, query options (in any case,
 * with or without the dollar sign) and errors, so that a script or an SDK works with another base address.
 */
export const makeAuditLogs = endpoint(
  {
    tag: 'logs',
    summary: "The provisioning log, at Graph's path",
    needsNoMappings: true,
    description:
      "The list of `provisioningObjectSummary` as Microsoft Graph has it, for scripts and SDKs written for it: base address `…/api`. Errors have Graph's shape.",
    query: z.strictObject({
      ...listParameters,
      $top: z.coerce
        .number()
        .int()
        .min(1)
        .default(DEFAULT_TOP)
        .describe(`How many entries a page has at most; more than ${MAX_TOP} count as ${MAX_TOP}.`),
    }),
    queryName: (name) => `$${name.replace(/^\$/, '').toLowerCase()}`,
    answers: { 200: jsonDoc('A page.', LogList) },
    problems: [400, 503],
    refusal: { type: 'application/json', shape: GraphError, print: refuse },
  },
  async ({ deps, config }, { query, request }) => {
    const question = { filter: readFilter(query.$filter), isOldestFirst: isOldestFirst(query.$orderby) };
    const options = { ...query, top: Math.min(query.$top, MAX_TOP) };
    return logList(deps.log, request, config.notification.appUrl, question, options);
  },
);
