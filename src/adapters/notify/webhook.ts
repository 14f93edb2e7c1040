import { request } from 'undici';
import type { Notice } from '../../core/notice';
import { changeFilter, type NoticeLinks } from './links';
import { type NoticeWords, oneLine } from './words';

/** A cycle waits for this, so it is short. */
export const WEBHOOK_TIMEOUT_MS = 10_000;
/** Nobody reads the answer; it is taken only so that the connection ends well. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_REASON = 500;

/** A notice as JSON. `text` says it in one line, which is what chat systems show; the rest is for programs. */
export function webhookBody(notice: Notice, words: NoticeWords, links: NoticeLinks, account: string, at: Date) {
  return {
    version: 1,
    kind: notice.kind,
    at: at.toISOString(),
    account,
    subject: words.subject,
    text: oneLine(words, links),
    paragraphs: words.paragraphs,
    whatToDo: words.steps.map(({ text, remedy }) => ({
      text,
      ...(remedy ? { request: { ...remedy, url: links.request(remedy.path) } } : {}),
    })),
    samples: words.samples.map((sample) => ({
      ...sample,
      reason: sample.reason.slice(0, MAX_REASON),
      detail: sample.detail?.slice(0, MAX_REASON) ?? null,
      logUrl: sample.changeId === null ? null : links.logs(changeFilter(sample.changeId)),
    })),
    statusUrl: links.status(words.part),
    logUrl: words.filter === undefined ? null : links.logs(words.filter),
    ...countsOf(notice),
  };
}

function countsOf(notice: Notice) {
  switch (notice.kind) {
    case 'failures':
      return {
        cycleId: notice.cycleId,
        newFailures: notice.newFailures,
        failures: notice.failures,
        solved: notice.solved,
        byCode: notice.byCode,
      };
    case 'quarantine': {
      const { reason, code, message, nextAttempt, hasChanged } = notice;
      return { reason, code, message, nextAttempt, hasChanged };
    }
    case 'brake':
      return { reason: 'TooManyDeletes', message: notice.message, held: notice.held };
    case 'stuck':
      return { since: notice.since, waiting: notice.waiting };
    case 'accountsDue':
      return { deletions: notice.deletions, erasures: notice.erasures };
    case 'switchedOff':
    case 'recovered':
      return { reason: notice.reason, since: notice.since };
    case 'seats': {
      const { cycleId, waiting, used, bought } = notice;
      return { cycleId, waiting, used, bought };
    }
    case 'accounts': {
      const { accounts, seatsUsed, seatsBought, byFinding } = notice;
      return { accounts, seatsUsed, seatsBought, byFinding };
    }
    case 'drift': {
      const { planId, compared, differing, reported, isRepaired, byCode } = notice;
      return { planId, compared, differing, reported, isRepaired, byCode };
    }
    case 'test':
      return {};
    case 'credentialEnds':
      return { endsOn: notice.credential.on, daysLeft: notice.credential.daysLeft };
  }
}

/** A webhook that did not take the notice. The message holds no part of the address, which may carry a key. */
export class WebhookError extends Error {}

/** Posts JSON once: no redirect is followed and nothing repeated, because the other side may have acted on it. @throws WebhookError */
export async function postWebhook(url: string, body: unknown, timeoutMs: number): Promise<void> {
  let statusCode: number;
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'zendesk-provisioning-for-entra-id' },
      body: JSON.stringify(body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    statusCode = answer.statusCode;
    await answer.body.dump({ limit: MAX_ANSWER_BYTES });
  } catch {
    throw new WebhookError('The webhook could not be reached, or did not answer in time.');
  }
  if (statusCode >= 300 && statusCode < 400) {
    throw new WebhookError(`The webhook answered ${statusCode}: redirects are not followed; set the final address.`);
  }
  if (statusCode >= 400) throw new WebhookError(`The webhook answered ${statusCode}.`);
}
