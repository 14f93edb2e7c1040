import { createHash } from 'node:crypto';
import type { App } from '../compose';
import { isObject } from '../core/schema/report';
import { configuredHttp, type Handler, json } from './http';

/**
 * `GET /api/schema`: the schema in force as Graph's `synchronizationSchema`, as it was read from the file, and beside it what of it has no
 * meaning for Zendesk and the hash that tells versions apart. With an `ETag`; answers 304 to who has it already.
 */
export const makeSchema = (getApp: () => App): Handler =>
  configuredHttp(getApp, async ({ deps: { schema }, ignored }, request) => {
    const raw = isObject(schema.raw) ? schema.raw : {};
    const body = { ...raw, hash: schema.hash, ignored };
    const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32)}"`;
    const headers = { etag, 'cache-control': 'private, no-cache' };
    if (hasMatch(request.headers.get('if-none-match'), etag)) return { status: 304, headers };
    return json(body, 200, headers);
  });

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
const hasMatch = (header: string | null, etag: string): boolean =>
  (header ?? '').split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
