import { createHash } from 'node:crypto';
import type { HttpResponseInit } from '@azure/functions';
import { Html, html } from '../html';
import { STYLE } from './style';

/** A page, without what all pages share. */
export interface Page {
  readonly title: string;
  /** Beside the app's name, such as which account it serves. */
  readonly subtitle?: Html | string;
  readonly main: Html;
  readonly footer?: Html;
  /** Seconds; undefined for a page that stands still. */
  readonly refreshSeconds?: number;
  /** Runs in the page; the page must do without it too. A constant, never built from data. */
  readonly script?: string;
}

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const STYLE_SOURCE = sha256(STYLE);

/** A constant of the app as it is: style sheets and scripts must not be escaped, and hold no data. */
const raw = (text: string): Html => new Html(text);

/** Writes a page out: landmarks, the style sheet, and the script where there is one. Pure. */
export function writePage(page: Page): string {
  const { title, subtitle, main, footer, refreshSeconds, script } = page;
  return html`<!doctype html>
<html lang="en"${refreshSeconds !== undefined && html` data-refresh="${refreshSeconds}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
${refreshSeconds !== undefined && refreshTag(refreshSeconds, script !== undefined)}
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header><h1>Zendesk provisioning</h1>${subtitle !== undefined && html`<p>${subtitle}</p>`}</header>
<p class="hidden" role="status" aria-live="polite" id="say"></p>
<main id="main">
${script !== undefined && html`<p class="verdict warn" role="alert" id="stale" hidden>This page could not be refreshed. It shows how things were.</p>`}
${main}
</main>
${footer && html`<footer>${footer}</footer>`}
${script !== undefined && html`<script>${raw(script)}</script>`}
</body>
</html>`.markup;
}

/** A page with a script refreshes itself in place, and as a whole only where scripts are off. */
const refreshTag = (seconds: number, hasScript: boolean): Html =>
  hasScript
    ? html`<noscript><meta http-equiv="refresh" content="${seconds * 2}"></noscript>`
    : html`<meta http-equiv="refresh" content="${seconds}">`;

/** Answers with a page. Nothing from elsewhere is loaded, nobody may frame it, and its address, which may hold a key, goes nowhere. */
export function htmlAnswer(page: Page, status = 200): HttpResponseInit {
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    page.script === undefined ? "script-src 'none'" : `script-src ${sha256(page.script)}`,
    page.script === undefined ? "connect-src 'none'" : "connect-src 'self'",
    "img-src 'none'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
      vary: 'accept',
    },
    body: writePage(page),
  };
}

const ANSWERS = /^\s*(text\/html|application\/xhtml\+xml|application\/(?:[\w.-]+\+)?json|\*\/\*)\s*(?:;\s*q\s*=\s*([\d.]+))?/i;

/** True when the caller would rather have a page than JSON. JSON wins a draw, so programs that say nothing get it. */
export function wantsHtml(accept: string | null): boolean {
  let [page, data] = [0, 0];
  for (const item of (accept ?? '').slice(0, 1_000).split(',')) {
    const [, type = '', quality] = ANSWERS.exec(item) ?? [];
    const weight = quality === undefined ? 1 : Number(quality);
    if (/html/i.test(type)) page = Math.max(page, weight);
    else if (/json/i.test(type)) data = Math.max(data, weight);
  }
  return page > data;
}
