import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { SignInConfig } from '../config/config';

const ANSWERS = /^\s*(text\/html|application\/xhtml\+xml|application\/(?:[\w.-]+\+)?json|\*\/\*)\s*(?:;\s*q\s*=\s*([\d.]+))?/i;

/** Whether people can sign in to the console. */
const isOpen = (signIn: SignInConfig | undefined): boolean => signIn?.isOn === true && signIn.clientId !== undefined;

/**
 * Whether a request is that of a person who is better served by the console. Where nobody can sign in to it yet, a browser with a key gets the
 * data.
 */
export const belongsToConsole = (signIn: SignInConfig | undefined, request: Pick<HttpRequest, 'headers'>): boolean =>
  isOpen(signIn) && wantsHtml(request.headers.get('accept'));

/** True when the caller would rather have a page than JSON. JSON wins a draw, so programs that say nothing get it. */
function wantsHtml(accept: string | null): boolean {
  let [page, data] = [0, 0];
  for (const item of (accept ?? '').slice(0, 1_000).split(',')) {
    const [, type = '', quality] = ANSWERS.exec(item) ?? [];
    const weight = quality === undefined ? 1 : Number(quality);
    if (/html/i.test(type)) page = Math.max(page, weight);
    else if (/json/i.test(type)) data = Math.max(data, weight);
  }
  return page > data;
}

/** Where people read what programs get as JSON: the console, at one of its pages. A query or a key of the address is left behind. */
export const toConsole = (path = ''): HttpResponseInit => ({
  status: 303,
  headers: { location: `/api/console${path}`, 'cache-control': 'no-store', vary: 'accept', 'x-content-type-options': 'nosniff' },
});
