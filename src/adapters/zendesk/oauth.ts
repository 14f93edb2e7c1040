import { z } from 'zod';
import type { ZendeskAuth } from '../../config/config';
import { ThrottledError, UnauthorizedError, UnavailableError, UnexpectedResponseError } from '../../core/errors';
import { redactSecrets } from '../../core/redact';
import type { Clock } from '../../ports/runtime';
import { readEnvelope } from './envelope';
import { toError } from './errors';
import type { Transport } from './transport';

/** Gives the `Authorization` header of a request. */
export interface Authorizer {
  /** Renews the access token when needed; many callers share one renewal. @throws UnauthorizedError, UnavailableError, ThrottledError */
  header(): Promise<string>;
  /** Told that a header was refused: true if another one may do. */
  refused(header: string): Promise<boolean>;
  /** Every secret in use, to be taken out of texts that may echo them. */
  secrets(): readonly string[];
}

/** One space-separated string: an array is accepted, and every call is then refused. https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/ */
export const OAUTH_SCOPE = 'read write';
/** Life asked for, in seconds; allowed are 300 to 172,800 (same page). */
const EXPIRES_IN_SECONDS = 1_800;
/** Share of its life after which a token is renewed ahead. */
const RENEW_AFTER = 0.8;

const tokenAnswer = z.object({
  access_token: z.string().min(1).max(16_384),
  token_type: z.string().optional(),
  scope: z.string().nullish(),
  expires_in: z.number().nullish(),
});

interface Token {
  readonly header: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** Makes the authorizer of either form of credential. */
export function makeAuthorizer(auth: ZendeskAuth, transport: Transport, clock: Clock, random: () => number): Authorizer {
  if (auth.kind === 'oauth') return makeOAuth(auth, transport, clock, random);
  // https://developer.zendesk.com/api-reference/introduction/security-and-auth/#api-token
  const basic = `Basic ${Buffer.from(`${auth.email}/token:${auth.token.reveal()}`, 'utf8').toString('base64')}`;
  const secrets = [auth.token.reveal(), basic.slice('Basic '.length)];
  return { header: async () => basic, refused: async () => false, secrets: () => secrets };
}

type OAuth = Extract<ZendeskAuth, { kind: 'oauth' }>;

function makeOAuth(auth: OAuth, transport: Transport, clock: Clock, random: () => number): Authorizer {
  let token: Token | undefined;
  let renewal: Promise<Token> | undefined;
  const renew = () => {
    renewal ??= requestToken(auth, transport, clock, random)
      .then((fresh) => {
        token = fresh;
        return fresh;
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };
  return {
    async header() {
      const now = clock().getTime();
      if (token && now < token.renewAt) return token.header;
      const old = token;
      try {
        return (await renew()).header;
      } catch (error) {
        // Renewed ahead of time: the old token still lives, and the token endpoint may be back before it ends.
        const isPassing = error instanceof UnavailableError || error instanceof ThrottledError;
        if (isPassing && old && old === token && now < old.expiresAt) return old.header;
        throw error;
      }
    },
    async refused(header) {
      if (token?.header === header) token = undefined;
      return true;
    },
    secrets: () => [auth.clientSecret.reveal(), ...(token ? [token.header.slice('Bearer '.length)] : [])],
  };
}

async function requestToken(auth: OAuth, transport: Transport, clock: Clock, random: () => number): Promise<Token> {
  const askedAt = clock().getTime();
  const answer = await transport.send({
    method: 'POST',
    path: '/oauth/tokens',
    body: {
      grant_type: 'client_credentials',
      client_id: auth.clientId,
      client_secret: auth.clientSecret.reveal(),
      scope: OAUTH_SCOPE,
      expires_in: EXPIRES_IN_SECONDS,
    },
  });
  const { status, body } = answer;
  if ((status === 400 || status === 401 || status === 403) && body !== undefined) {
    throw new UnauthorizedError(
      'target',
      `Zendesk answered ${status} to POST /oauth/tokens: check OAuth client id (its unique identifier) and secret`,
    );
  }
  if (status !== 200 && status !== 201) {
    const envelope = readEnvelope(body, (text) => redactSecrets(text, [auth.clientSecret.reveal()]));
    throw toError({ ...answer, envelope, method: 'POST', route: '/oauth/tokens' }, askedAt, random());
  }
  const parsed = tokenAnswer.safeParse(body);
  if (!parsed.success) throw new UnexpectedResponseError('target', 'Zendesk answered POST /oauth/tokens without an access token');
  const missing = missingScopes(parsed.data.scope);
  if (missing.length > 0)
    throw new UnauthorizedError(
      'target',
      `The OAuth token lacks the scope ${missing.join(' and ')}: allow it for the OAuth client`,
    );
  const lifeMs = (parsed.data.expires_in ?? EXPIRES_IN_SECONDS) * 1000;
  return { header: `Bearer ${parsed.data.access_token}`, renewAt: askedAt + lifeMs * RENEW_AFTER, expiresAt: askedAt + lifeMs };
}

/** Scopes asked for and not granted; an answer without any scope is taken at its word elsewhere. */
export function missingScopes(granted: string | null | undefined): string[] {
  if (granted === null || granted === undefined) return [];
  const has = new Set(granted.split(/\s+/));
  return OAUTH_SCOPE.split(' ').filter((scope) => !has.has(scope));
}
