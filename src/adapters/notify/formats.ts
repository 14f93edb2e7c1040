import type { Notice } from '../../core/notice';
import type { NoticeLinks } from './links';
import { webhookBody } from './webhook';
import { type NoticeWords, nameOf, oneLine } from './words';

/** What a webhook takes: our JSON, a message of Slack, or a card that Teams shows (with our JSON beside it). */
export type WebhookFormat = 'json' | 'slack' | 'teams';

/** Addresses of Teams Workflows, of Power Automate and Logic Apps behind them, and of the older connectors. */
const TEAMS_HOSTS = ['.webhook.office.com', '.logic.azure.com', '.logic.azure.us', '.powerplatform.com', '.powerautomate.com'];
const SLACK_HOSTS = ['hooks.slack.com', 'hooks.slack-gov.com'];

/** The format by the host of the address. Pure. */
export function formatOf(url: string): WebhookFormat {
  const { hostname } = new URL(url);
  if (SLACK_HOSTS.includes(hostname)) return 'slack';
  return TEAMS_HOSTS.some((end) => hostname.endsWith(end)) ? 'teams' : 'json';
}

/** A notice that is to be posted. */
export interface Posting {
  readonly notice: Notice;
  readonly words: NoticeWords;
  readonly links: NoticeLinks;
  readonly account: string;
  readonly at: Date;
}

/** The body for a webhook. Pure. */
export function bodyFor(format: WebhookFormat, posting: Posting): unknown {
  const { notice, words, links, account, at } = posting;
  if (format === 'slack') return slackBody(posting);
  const body = webhookBody(notice, words, links, account, at);
  // Workflows look at `attachments` alone, so that a Logic App of one's own still finds everything else.
  return format === 'teams' ? { type: 'message', ...body, attachments: [teamsAttachment(posting)] } : body;
}

/** Slack refuses a longer section. @see https://docs.slack.dev/reference/block-kit/blocks/section-block */
const SLACK_TEXT = 3_000;
/** And a longer header. @see https://docs.slack.dev/reference/block-kit/blocks/header-block */
const SLACK_HEADER = 150;
const MAX_REASON = 300;

/** `text` is what a notification shows, the blocks what the channel shows. @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function slackBody({ words, links }: Posting) {
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: cut(text, SLACK_TEXT) } });
  const { subject, paragraphs, samples, more, steps, part } = words;
  const objects = samples.map((sample) => `• *${forSlack(nameOf(sample))}* ${forSlack(cut(reasonOf(sample), MAX_REASON))}`);
  return {
    text: forSlack(oneLine(words, links)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(subject, SLACK_HEADER), emoji: false } },
      section(paragraphs.map(forSlack).join('\n')),
      ...(objects.length > 0 ? [section([...objects, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'))] : []),
      section(steps.map(({ text }, index) => `${index + 1}. ${forSlack(text)}`).join('\n')),
      ...(links.isWhole ? [section(`<${links.status(part)}|Read on in the console>`)] : []),
    ],
  };
}

/** Only these three mean something to Slack everywhere; `*` and `_` of a name are decoration at worst. @see https://docs.slack.dev/messaging/formatting-message-text */
const forSlack = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * A card in the envelope that "Send webhook alerts to a channel" of Workflows takes. Rich text takes no Markdown, so names stay names.
 * @see https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
function teamsAttachment({ words, links }: Posting) {
  const { subject, paragraphs, samples, more, steps, part } = words;
  const run = (text: string, style: object = {}) => ({ type: 'TextRun', text, ...style });
  const line = (...inlines: readonly object[]) => ({ type: 'RichTextBlock', inlines });
  return {
    contentType: 'application/vnd.microsoft.card.adaptive',
    contentUrl: null,
    content: {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      fallbackText: subject,
      body: [
        line(run(subject, { weight: 'Bolder', size: 'Medium' })),
        ...paragraphs.map((text) => line(run(text))),
        ...samples.map((sample) => line(run(nameOf(sample), { weight: 'Bolder' }), run(` ${cut(reasonOf(sample), MAX_REASON)}`))),
        ...(more > 0 ? [line(run(`and ${more} more`))] : []),
        ...steps.map(({ text }, index) => line(run(`${index + 1}. ${text}`))),
      ],
      actions: links.isWhole ? [{ type: 'Action.OpenUrl', title: 'Open the console', url: links.status(part) }] : [],
    },
  };
}

const reasonOf = ({ code, reason, detail }: NoticeWords['samples'][number]): string =>
  [code && `${code}:`, reason, detail && `(${detail})`].filter(Boolean).join(' ');

/** Whole characters, with an ellipsis where something is missing. */
const cut = (text: string, max: number): string => {
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
};
