import fc from 'fast-check';
import { absolute, relative, span } from '../../../src/core/time-words';
import { clip, escapeHtml, foreign, html } from '../../../src/html';

describe('html › escaping', () => {
  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`"><img src=x onerror='x'>`, '&quot;&gt;&lt;img src=x onerror=&#39;x&#39;&gt;'],
    ['a & b &amp; c', 'a &amp; b &amp;amp; c'],
    ['nul\u0000, bell\u0007, lone \ud800 surrogate', 'nul, bell, lone  surrogate'],
    ['日本語 😀', '日本語 😀'],
  ])('%j', (text, escaped) => {
    expect(html`<p title="${text}">${text}</p>`.markup).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  test('whatever comes, no part ever makes a tag, ends an attribute or starts an entity of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const markup = escapeHtml(text);
        expect(markup).not.toMatch(/[<>"']/);
        expect(markup.replace(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
    );
  });

  test('markup is kept, lists are joined, nothing is nothing', () => {
    expect(html`<ul>${[1, '<', html`<b>x</b>`, null, undefined, false]}</ul>`.markup).toBe('<ul>1&lt;<b>x</b></ul>');
  });

  test('an object that only looks like markup is no markup', () => {
    const forged = { markup: '<script>' } as unknown as string;
    expect(() => html`${forged}`.markup.includes('<script>')).toThrow();
  });

  test('endless names are cut, by whole characters', () => {
    expect(foreign('😀'.repeat(40_000), 10).markup).toBe(`<bdi>${'😀'.repeat(10)}…</bdi>`);
    expect(clip('short', 10)).toBe('short');
  });
});

describe('times', () => {
  const now = new Date('2026-03-02T09:00:00Z');
  test.each([
    [30_000, '30 s'],
    [12 * 60_000, '12 min'],
    [3 * 3600_000, '3 h'],
    [3.5 * 3600_000, '3 h 30 min'],
    [26 * 3600_000, '1 day 2 h'],
    [9 * 24 * 3600_000, '9 days'],
  ])('%d ms', (ms, text) => {
    expect(span(ms)).toBe(text);
    expect(relative(new Date(now.getTime() - ms).toISOString(), now)).toBe(`${text} ago`);
    expect(relative(new Date(now.getTime() + ms).toISOString(), now)).toBe(`in ${text}`);
  });
  test('today needs no date, other days do, nonsense is unknown', () => {
    expect(absolute('2026-03-02T08:07:00Z', now)).toBe('08:07 UTC');
    expect(absolute('2026-03-01T08:07:00Z', now)).toBe('2026-03-01 08:07 UTC');
    expect(relative('yesterday', now)).toBe('unknown');
  });
});
