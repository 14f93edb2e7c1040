import type { NoticeSample } from '../../core/notice';
import type { Step } from '../../core/quarantine-advice';
import { type Html, html } from '../../html';
import type { NoticeLinks } from './links';
import { type NoticeWords, nameOf } from './words';

/** A mail's content, in two forms that say the same. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A reason may quote what other people wrote, so it may be long. */
const MAX_REASON = 500;

/** Writes the mail of a notice. Everything that comes from outside is escaped. */
export function writeMail(words: NoticeWords, links: NoticeLinks): MailContent {
  return { subject: words.subject, text: textOf(words, links), html: htmlOf(words, links).markup };
}

const SIGN_IN_NOTE =
  'Sign in with Entra ID to read it. Where the console is not switched on, the log has it: GET /api/logs with a function key.';

function textOf({ paragraphs, steps, samples, more, part }: NoticeWords, links: NoticeLinks): string {
  const lines = [
    ...paragraphs.flatMap((paragraph) => [paragraph, '']),
    ...samples.flatMap((sample) => [...sampleLines(sample), '']),
    ...(more > 0 ? [`and ${more} more.`, ''] : []),
    'What to do',
    ...steps.flatMap((step, index) => [`${index + 1}. ${step.text}`, ...(step.remedy ? [`   ${requestOf(step, links)}`] : [])]),
    '',
    `Read on: ${links.status(part)}`,
    SIGN_IN_NOTE,
  ];
  return `${lines.join('\n')}\n`;
}

/** A name in one line, the code and reason in the next: a phone shows some 40 characters. */
function* sampleLines(sample: NoticeSample): Generator<string> {
  yield nameOf(sample);
  yield `  ${[sample.code, clip(sample.reason)].filter(Boolean).join(': ')}`;
  if (sample.detail) yield `  Zendesk's own words: ${clip(sample.detail)}`;
  if (sample.action) yield `  What to do: ${sample.action}`;
}

function htmlOf({ paragraphs, steps, samples, more, part }: NoticeWords, links: NoticeLinks): Html {
  // Mail programs drop style sheets, and dark mode is theirs: only what every one of them shows, and no table, which a phone cuts off.
  return html`<!doctype html><html lang="en"><body>
${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
${
  samples.length > 0 &&
  html`<ul>${samples.map(
    (sample) =>
      html`<li><strong>${
        sample.changeId ? html`<a href="${links.entry(sample.changeId)}">${nameOf(sample)}</a>` : nameOf(sample)
      }</strong><br>${sample.code && html`${sample.code}: `}${clip(sample.reason)}${
        sample.detail && html`<br>Zendesk’s own words: ${clip(sample.detail)}`
      }${sample.action && html`<br>What to do: ${sample.action}`}</li>`,
  )}${more > 0 && html`<li>and ${more} more</li>`}</ul>`
}
<h3>What to do</h3><ol>${steps.map(
    (step) => html`<li>${step.text}${step.remedy && html`<br><code>${requestOf(step, links)}</code>`}</li>`,
  )}</ol>
<p><a href="${links.status(part)}">Read on in the console</a></p>
<p><small>${SIGN_IN_NOTE}</small></p>
</body></html>`;
}

const requestOf = ({ remedy }: Step, links: NoticeLinks): string =>
  remedy ? `${remedy.method} ${links.request(remedy.path)}${remedy.body ? ` ${remedy.body}` : ''}` : '';

const clip = (text: string): string => (text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text);
