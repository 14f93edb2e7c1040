import { createHash } from 'node:crypto';
import type { HttpResponseInit } from '@azure/functions';
import type { Child } from 'hono/jsx';
import { SCRIPT } from './script';
import { STYLE } from './style';

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing from elsewhere is loaded, only the app's own style sheet and script run, and nobody may frame a page. */
const POLICY = [
  "default-src 'none'",
  `style-src ${sha256(STYLE)}`,
  `script-src ${sha256(SCRIPT)}`,
  "connect-src 'self'",
  "img-src 'none'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Control characters except tab and line feed, and lone surrogates: no name needs them, and no page may carry them. */
const CONTROLS = /(?![\t\n])[\p{Cc}\p{Surrogate}]/gu;

/** A page as a response. @param page the whole document, whose parts the renderer has escaped */
export const htmlResponse = (page: Child, status = 200): HttpResponseInit => ({
  status,
  headers: HEADERS,
  body: `<!doctype html>\n${String(page).replace(CONTROLS, '')}`,
});

/** Leads to another address of this app. 303, so that a browser fetches it and does not send a form there again. */
export const redirectTo = (location: string): HttpResponseInit => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' },
});
