import { ProvisioningError } from '../../core/errors';
import type { Notice } from '../../core/notice';
import type { DeliveryWarning, Notifier } from '../../ports/notifier';
import type { Clock, Logger } from '../../ports/runtime';
import { bodyFor, formatOf, type WebhookFormat } from './formats';
import { noticeLinks } from './links';
import { writeMail } from './mail';
import { postWebhook, WEBHOOK_TIMEOUT_MS, WebhookError } from './webhook';
import { wordsOf } from './words';

/** A mail, as the source's connector sends it. */
export interface OutgoingMail {
  readonly sender: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What notices are sent with. Without `email` and `webhookUrl` nobody is told. */
export interface NotifierOptions {
  readonly email?: { readonly to: readonly string[]; readonly sender: string };
  readonly sendMail: (mail: OutgoingMail) => Promise<void>;
  /** Carries a key perhaps: never logged. */
  readonly webhookUrl?: string;
  /** What the webhook takes; as its host says unless given. */
  readonly webhookFormat?: WebhookFormat;
  /** Default {@link WEBHOOK_TIMEOUT_MS}. */
  readonly webhookTimeoutMs?: number;
  /** Where this app is reached; undefined gives paths instead of links. */
  readonly appUrl?: string;
  /** The Zendesk subdomain, which tells several of these apps apart. */
  readonly account: string;
  /** Keeps what the status warns of: one for each channel by which the last notice did not arrive. */
  readonly keepWarnings: (warnings: readonly DeliveryWarning[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes the notifier: each channel gets each notice once, and a channel that fails keeps neither the other nor the cycle. */
export function makeNotifier(options: NotifierOptions): Notifier {
  const links = noticeLinks(options.appUrl);
  const channels = channelsOf(options, links);
  return {
    async send(notice) {
      if (channels.length === 0) return;
      const warnings: DeliveryWarning[] = [];
      for (const [channel, deliver] of channels) {
        try {
          await deliver(notice);
          options.logger.info('A notice was sent', { channel, kind: notice.kind });
        } catch (error) {
          const problem = problemOf(error);
          options.logger.warn('A notice could not be sent', { channel, kind: notice.kind, reason: problem });
          warnings.push({ at: options.clock().toISOString(), channel, kind: notice.kind, problem });
        }
      }
      try {
        await options.keepWarnings(warnings);
      } catch {
        options.logger.warn('Whether notices arrive could not be recorded', { kind: notice.kind });
      }
    },
  };
}

type Channel = readonly [name: DeliveryWarning['channel'], deliver: (notice: Notice) => Promise<void>];

function channelsOf(options: NotifierOptions, links: ReturnType<typeof noticeLinks>): readonly Channel[] {
  const { email, webhookUrl, account } = options;
  const channels: Channel[] = [];
  if (email) {
    channels.push(['email', (notice) => options.sendMail({ ...email, ...writeMail(wordsOf(notice, account), links) })]);
  }
  if (webhookUrl !== undefined) {
    const post = (notice: Notice): Promise<void> =>
      postWebhook(
        webhookUrl,
        bodyFor(options.webhookFormat ?? formatOf(webhookUrl), {
          notice,
          words: wordsOf(notice, account),
          links,
          account,
          at: options.clock(),
        }),
        options.webhookTimeoutMs ?? WEBHOOK_TIMEOUT_MS,
      );
    channels.push(['webhook', post]);
  }
  return channels;
}

/** Our own words only: a stranger's message may hold anything. */
const problemOf = (error: unknown): string =>
  error instanceof ProvisioningError || error instanceof WebhookError
    ? error.message
    : 'It failed in a way that the app did not expect.';
