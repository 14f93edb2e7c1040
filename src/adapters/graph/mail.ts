import type { GraphHttp } from './http';
import { OPERATIONS } from './operations';

/** A mail in two forms; Graph sends one body, so the HTML one goes out and the text stands in where there is none. */
export interface Mail {
  /** UPN or id of the mailbox that sends. */
  readonly sender: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Complete and escaped; an empty text means a plain mail. */
  readonly html: string;
}

/** A subject is one line. */
const MAX_SUBJECT = 255;

/**
 * Sends a mail through Graph; returns when Graph has accepted it, which says nothing of its delivery.
 *
 * @throws UnauthorizedError when the app may not send from this mailbox: it needs the Exchange role `Application Mail.Send` scoped
 * to the sender, and no tenant-wide Mail.Send in Entra. NotFoundError when there is no such mailbox. ThrottledError, UnavailableError.
 * @see https://learn.microsoft.com/graph/api/user-sendmail
 * @see https://learn.microsoft.com/exchange/permissions-exo/application-rbac
 */
export async function sendMail(http: GraphHttp, mail: Mail): Promise<void> {
  const isHtml = mail.html !== '';
  await http.post(OPERATIONS.mail, `/users/${encodeURIComponent(mail.sender)}/sendMail`, {
    message: {
      subject: mail.subject.replace(/[\r\n]+/g, ' ').slice(0, MAX_SUBJECT),
      body: { contentType: isHtml ? 'HTML' : 'Text', content: isHtml ? mail.html : mail.text },
      toRecipients: mail.to.map((address) => ({ emailAddress: { address } })),
    },
    saveToSentItems: false,
  });
}
