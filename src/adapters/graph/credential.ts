import { type ProvisioningError, UnauthorizedError, UnavailableError } from '../../core/errors';
import type { Clock } from '../../ports/runtime';

/** How the app signs in to Graph: a static token (simulator only), or its own identity. */
export type GraphCredential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'identity'; readonly clientId?: string };

/** Gives access tokens, from memory while one lives; `isFresh` asks for a new one. @throws UnauthorizedError, UnavailableError */
export type TokenSource = (isFresh: boolean) => Promise<string>;

/** A token is renewed this long before it ends, so that it lives through a slow request. */
const RENEWAL_MARGIN_MS = 5 * 60_000;

/**
 * Tokens for one cloud. The identity library is loaded with the first request, not with the app: it is most of a cold start. Its
 * managed identity asks the endpoint for every token anew (measured), hence the memory here.
 * @see https://learn.microsoft.com/azure/developer/javascript/sdk/authentication/credential-chains
 */
export function makeTokenSource(credential: GraphCredential, origin: string, clock: Clock): TokenSource {
  if (credential.kind === 'token') return async () => credential.token;
  let identity: ReturnType<typeof loadIdentity> | undefined;
  let known: { readonly token: string; readonly untilMs: number } | undefined;
  return async (isFresh) => {
    if (!isFresh && known !== undefined && known.untilMs > clock().getTime()) return known.token;
    identity ??= loadIdentity(credential.clientId);
    try {
      const { token, expiresOnTimestamp } = await (await identity).getToken(`${origin}/.default`);
      known = { token, untilMs: expiresOnTimestamp - RENEWAL_MARGIN_MS };
      return token;
    } catch (error) {
      throw tokenError(error);
    }
  };
}

/** A named identity is the only one that may speak for the app. Without one: the system-assigned, or the developer's own sign-in. */
async function loadIdentity(clientId: string | undefined) {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  return clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
}

/** The library's words for "no" (an outage has other names or a status). @see https://learn.microsoft.com/javascript/api/@azure/identity */
const REFUSED = new Set([
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
]);

/** The library's errors by name, because its messages hold endpoints and ids we do not want to pass on. */
function tokenError(error: unknown): ProvisioningError {
  const { name, statusCode, message } = Object(error) as Partial<Record<'name' | 'statusCode' | 'message', unknown>>;
  // An endpoint that does not answer is an outage, though the library calls the credential "unavailable" either way.
  const isSilent = name === 'CredentialUnavailableError' && /network[ _](unreachable|error)/i.test(String(message));
  const isOutage = isSilent || (typeof statusCode === 'number' && (statusCode >= 500 || statusCode === 429));
  if (!isOutage && REFUSED.has(String(name))) {
    const action = 'Turn on the managed identity of the app, or set AZURE_CLIENT_ID to the client id of a user-assigned one.';
    return new UnauthorizedError('source', `No access token for Graph (${String(name)}). ${action}`, { cause: error });
  }
  return new UnavailableError(
    'source',
    'The token service of the managed identity could not be reached. Check that the app has an identity.',
    { cause: error },
  );
}
