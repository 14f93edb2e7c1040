import { DAY_MS } from './time';
/** The day on which Zendesk stops API tokens. @see https://developer.zendesk.com/documentation/api-basics/authentication/oauth-migration/ */
export const API_TOKENS_END_ON = '2027-04-30';

/** From how many days before its end on people are notified of a credential. Making a new one takes an admin of Zendesk and a deployment. */
export const TELL_DAYS_BEFORE = 30;

/** When the credential of the target ends. */
export interface CredentialEnd {
  /** `2027-06-30`; it ends as that day begins, in UTC. */
  readonly on: string;
  /** Whole days left, rounded up: 0 or less once it has ended. */
  readonly daysLeft: number;
  /** What ends: the secret that an admin made with an end, or API tokens altogether. */
  readonly kind: 'secret' | 'apiTokens';
}

/**
 * Finds the earlier of the two ends that a credential can have; undefined when it has none. Pure.
 *
 * @param secretEndsOn As the settings say; undefined when they say nothing
 */
export function credentialEnd(auth: 'oauth' | 'apiToken', secretEndsOn: Date | undefined, now: Date): CredentialEnd | undefined {
  const ends = [
    ...(secretEndsOn ? [{ on: secretEndsOn.toISOString().slice(0, 10), kind: 'secret' } as const] : []),
    ...(auth === 'apiToken' ? [{ on: API_TOKENS_END_ON, kind: 'apiTokens' } as const] : []),
  ].sort((a, b) => a.on.localeCompare(b.on));
  const [first] = ends;
  return first && { ...first, daysLeft: Math.ceil((Date.parse(`${first.on}T00:00:00Z`) - now.getTime()) / DAY_MS) };
}

/** Says what ends when and what to do, in two sentences. */
export function credentialAdvice({ on, daysLeft, kind }: CredentialEnd): string {
  const what = kind === 'secret' ? 'The Zendesk credential of this app' : 'Every Zendesk API token';
  const when = daysLeft > 0 ? `ends on ${on}, in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}` : `ended on ${on}`;
  return `${what} ${when}; nothing is provisioned after that. ${
    kind === 'secret'
      ? 'Create a new one in Zendesk, put it into the vault and set ZENDESK_SECRET_EXPIRES_AT to the day on which it expires.'
      : 'Create an OAuth client in Zendesk and set ZENDESK_OAUTH_CLIENT_ID and its secret.'
  }`;
}
