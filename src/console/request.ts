import type { HttpRequest } from '@azure/functions';
import { RequestProblem, tooLarge } from '../functions/http';
import { CONSOLE } from './model';
import type { Sent } from './refusals';

/** Where a request goes: the path below the console, its parts still encoded, and the query. */
export function placeOf(request: HttpRequest): { readonly path: string; readonly here: string; readonly query: URLSearchParams } {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.replace(/^\/api\/console\/?/i, '').replace(/\/+$/, '');
  return { path, here: path === '' ? CONSOLE : `${CONSOLE}/${path}`, query: searchParams };
}

/**
 * Whether a form was sent from a page of this app, as far as the browser says. Every browser of today sends `Sec-Fetch-Site`; an older one
 * sends `Origin`, which is `null` because the pages send no referrer. The token decides besides, and where neither header is there.
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
 */
export function isFromHere(request: Pick<HttpRequest, 'headers'>): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const origin = request.headers.get('origin');
  if (origin === null || origin === 'null') return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.get('host');
}

/** The largest form, in bytes: one with a mapping file in it. */
export const MAX_FORM_BYTES = 5 * 1_048_576;

/** The fields of a form, in order; a file counts as its text. @throws RequestProblem when it is too large or not a form */
export async function readForm(request: HttpRequest): Promise<Sent> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= MAX_FORM_BYTES) chunks.push(chunk);
  }
  if (size > MAX_FORM_BYTES) throw tooLarge(MAX_FORM_BYTES);
  const type = request.headers.get('content-type') ?? '';
  try {
    const data = await new Response(Buffer.concat(chunks), { headers: { 'content-type': type } }).formData();
    return await Promise.all(
      [...data].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()] as const),
    );
  } catch {
    throw new RequestProblem('BadRequest', 'The request is not a form.');
  }
}

/** The fields by name: a text where one was sent, a list where several were. What all forms send is left out. */
export function fieldsOf(sent: Sent): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of sent) {
    if (name === 'act' || name === 'token') continue;
    const before = fields[name];
    fields[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return fields;
}
