import type { Step } from '../../core/quarantine-advice';
import { type Html, html } from '../../html';
import { changeFilter, type NoticeLinks } from './links';
import type { NoticeWords } from './words';

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

const KEY_NOTE = 'Links need a function key of yours: add code=<key> to the address.';

function textOf({ paragraphs, steps, samples, filter }: NoticeWords, links: NoticeLinks): string {
  const lines = [
    ...paragraphs.flatMap((paragraph) => [paragraph, '']),
    'What to do',
    ...steps.flatMap((step, index) => [
      `  ${index + 1}. ${step.text}`,
      ...(step.remedy ? [`     ${requestOf(step, links)}`] : []),
    ]),
    '',
    ...(samples.length > 0 ? ['Objects', ...samples.flatMap((sample) => [...sampleLines(sample, links)]), ''] : []),
    ...(filter === undefined ? [] : [`All log entries: ${links.logs(filter)}`]),
    `Status page: ${links.status}`,
    KEY_NOTE,
  ];
  return `${lines.join('\n')}\n`;
}

function* sampleLines(sample: NoticeWords['samples'][number], links: NoticeLinks): Generator<string> {
  yield `  ${sample.sourceId}  ${[sample.code, clip(sample.reason)].filter(Boolean).join(': ')}`;
  if (sample.action) yield `    What to do: ${sample.action}`;
  if (sample.changeId) yield `    Log entry: ${links.logs(changeFilter(sample.changeId))}`;
}

function htmlOf({ paragraphs, steps, samples, filter }: NoticeWords, links: NoticeLinks): Html {
  // Mail programs drop style sheets, and dark mode is theirs: only what every one of them shows.
  return html`<!doctype html><html lang="en"><body>
${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
<h3>What to do</h3><ol>${steps.map(
    (step) => html`<li>${step.text}${step.remedy && html`<br><code>${requestOf(step, links)}</code>`}</li>`,
  )}</ol>
${
  samples.length > 0 &&
  html`<h3>Objects</h3><table border="1" cellpadding="6" cellspacing="0">
<tr><th align="left">Object in Entra ID</th><th align="left">What happened</th><th align="left">What to do</th></tr>
${samples.map(
  (sample) =>
    html`<tr><td>${
      sample.changeId ? html`<a href="${links.logs(changeFilter(sample.changeId))}">${sample.sourceId}</a>` : sample.sourceId
    }</td><td>${sample.code && html`<strong>${sample.code}</strong> `}${clip(sample.reason)}</td><td>${sample.action}</td></tr>`,
)}</table>`
}
<p>${filter !== undefined && html`<a href="${links.logs(filter)}">All log entries</a> · `}<a href="${links.status}">Status page</a></p>
<p><small>${KEY_NOTE}</small></p>
</body></html>`;
}

const requestOf = ({ remedy }: Step, links: NoticeLinks): string =>
  remedy ? `${remedy.method} ${links.request(remedy.path)}${remedy.body ? ` ${remedy.body}` : ''}` : '';

const clip = (text: string): string => (text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text);
