import { LOG_PROPERTY_NAMES } from '../../core/log-filter/properties';
import { jsonAnswer, type ParameterDoc, type RouteDoc, ref } from './route';

const person = (description: string): ParameterDoc => ({
  name: 'person',
  in: 'query',
  description: `${description} An Entra object id, a Zendesk user id, a UPN or an e-mail address.`,
  schema: { type: 'string', maxLength: 320 },
  example: 'ann@contoso.com',
});

/** The provisioning log and what it is read for. */
export const LOG_ROUTES: readonly RouteDoc[] = [
  {
    functionName: 'logs',
    method: 'GET',
    route: 'logs',
    authLevel: 'function',
    tag: 'logs',
    summary: 'The provisioning log',
    description:
      "Graph's `provisioningObjectSummary` list, newest first. A page with `@odata.nextLink` may be short or empty: follow the link until " +
      'there is none. With `format` everything that matches is one file, made as it is taken, so it may be of any size. In CSV no cell ' +
      'is read as a formula by a spreadsheet, and a file that could not be ended says INCOMPLETE in its last line. Values of mappings ' +
      'with Redact print as [Redact].',
    parameters: [
      {
        name: '$filter',
        in: 'query',
        description:
          "Comparisons with eq, gt, ge, lt, le and contains(property,'text'), joined by and, with parentheses. Properties: " +
          `${LOG_PROPERTY_NAMES.join(', ')}. Names are compared with case; ids, codes, actions and statuses without.`,
        schema: { type: 'string', maxLength: 4_000 },
        example: "status eq 'failure' and activityDateTime ge 2026-01-31T00:00:00Z",
      },
      {
        name: '$top',
        in: 'query',
        description: 'How many entries a page, or a download, has at most. Without it a page has 100 and a download has all.',
        schema: { type: 'integer', minimum: 1, maximum: 1_000 },
      },
      {
        name: '$skiptoken',
        in: 'query',
        description: 'Where to go on; opaque, from `@odata.nextLink`.',
        schema: { type: 'string' },
      },
      person("Only this person's history."),
      { name: 'format', in: 'query', description: 'Answer with a file.', schema: { type: 'string', enum: ['csv', 'json'] } },
      {
        name: 'part',
        in: 'query',
        description: 'Which of the three CSV files; they are joined by changeId.',
        schema: { type: 'string', enum: ['logs', 'steps', 'properties'], default: 'logs' },
      },
    ],
    answers: {
      200: {
        description: 'A page; with `format` a file.',
        headers: { 'Content-Disposition': { description: 'For a file: its name.', schema: { type: 'string' } } },
        content: {
          'application/json': { anyOf: [ref('LogList'), { type: 'array', items: ref('LogEntry') }] },
          'text/csv': { type: 'string' },
        },
      },
    },
    problems: [400, 503],
  },
  {
    functionName: 'explain',
    method: 'GET',
    route: 'explain',
    authLevel: 'function',
    tag: 'logs',
    summary: 'Why has somebody an account, or none?',
    description:
      'One answer with the link, the scope decision now (by which assignment and path, or out by what), the last log entries, the last ' +
      'error, the escrow with its next try, and a deletion that the brake holds. Name a person or a group. Never writes.',
    parameters: [
      person('Who.'),
      {
        name: 'group',
        in: 'query',
        description: 'Which group: an Entra object id or the exact display name.',
        schema: { type: 'string', maxLength: 320 },
      },
    ],
    answers: { 200: jsonAnswer('The explanation.', ref('Explanation')) },
    problems: [400, 404, 502, 503],
  },
];
