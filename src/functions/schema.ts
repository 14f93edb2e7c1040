import { createHash } from 'node:crypto';
import { isObject } from '../core/json-object';
import { FILE_VERSION } from '../engine/mappings';
import { readMappings } from '../engine/queries/read-mappings';
import { endpoint } from './endpoint';
import { json } from './http';
import { jsonDoc } from './shapes/kit';
import { SynchronizationSchema } from './shapes/mapping';

const ETAG = { ETag: 'Changes with the content.' };

/**
 * `GET /api/schema`: the active schema as Graph's `synchronizationSchema`, as it was read, and beside it what of it has no
 * meaning for Zendesk, its version and the hash that tells versions apart. With an `ETag`; 304 for who has it already.
 */
export const makeSchema = endpoint(
  {
    tag: 'schema',
    summary: 'The schema in use',
    description:
      "Graph's `synchronizationSchema`, with what of it has no meaning for Zendesk (`ignored`), its `hash` and its version.",
    needsNoMappings: true,
    headers: { 'If-None-Match': 'The ETag that is known already.' },
    answers: {
      200: jsonDoc('The schema.', SynchronizationSchema, ETAG),
      304: { description: 'It has not changed.', headers: ETAG },
    },
    problems: [400, 409, 503],
  },
  async ({ deps }, { request }) => {
    const found = await readMappings(deps);
    const { schema, ignored } = found?.read ?? deps.mappings.file;
    const raw = isObject(schema.raw) ? schema.raw : {};
    const body = { ...raw, hash: schema.hash, ignored, schemaVersion: found?.listed.version ?? FILE_VERSION };
    const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32)}"`;
    const headers = { etag, 'cache-control': 'private, no-cache' };
    if (hasMatch(request.headers.get('if-none-match'), etag)) return { status: 304, headers };
    return json(body, 200, headers);
  },
);

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
const hasMatch = (header: string | null, etag: string): boolean =>
  (header ?? '').split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
