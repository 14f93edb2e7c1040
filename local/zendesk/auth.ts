import { randomBytes } from 'node:crypto';
import type { SimReply, SimRequest } from '../http-kit';
import { asRecord } from '../http-kit';
import { couldNotAuthenticate, forbidden, invalidToken } from './errors';
import type { ApiToken, OAuthClient } from './options';
import type { Access, Actor, World } from './world';

/** Life of access tokens: 5 minutes to 48 hours, 30 minutes unless asked (support articles 10212201463962, 9182123625370). */
const defaultExpiresIn = 1_800;
const minExpiresIn = 300;
const maxExpiresIn = 172_800;

interface Token {
  readonly ownerUserId: number;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

/** Credentials of the account, and the tokens issued. */
export class Authenticator {
  readonly #tokens = new Map<string, Token>();
  /** Tokens issued so far. */
  issued = 0;

  constructor(
    readonly world: World,
    readonly clients: OAuthClient[],
    readonly apiTokens: ApiToken[],
  ) {}

  /** Revokes every access token at once; callers learn it from their next request. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /**
   * `POST /oauth/tokens`, client credentials: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
   * A scope that is not a string (an array, say) or names nothing known is issued all the same and refused at every call (trap 2).
   */
  issue(request: SimRequest): SimReply {
    const body = asRecord(request.body) ?? Object.fromEntries(new URLSearchParams(request.rawBody));
    if (body.grant_type !== 'client_credentials') {
      return refusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported by the authorization server.');
    }
    const client = this.clients.find(({ identifier }) => identifier === body.client_id);
    if (!client || client.secret !== body.client_secret || this.world.faults.rejectCredentials) {
      return refusal(
        401,
        'invalid_client',
        'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
      );
    }
    const asked = body.expires_in;
    if (asked !== undefined && (typeof asked !== 'number' || asked < minExpiresIn || asked > maxExpiresIn)) {
      return refusal(400, 'invalid_request', 'expires_in must be between 300 and 172800 seconds');
    }
    const expiresIn = typeof asked === 'number' ? asked : defaultExpiresIn;
    const scope = body.scope === undefined ? 'read' : typeof body.scope === 'string' ? body.scope : JSON.stringify(body.scope);
    const token = randomBytes(24).toString('hex');
    this.#tokens.set(token, {
      ownerUserId: client.ownerUserId ?? this.world.state.ownerId,
      scopes: scope.split(' ').filter(Boolean),
      expiresAt: this.world.now() + expiresIn * 1000,
    });
    this.issued += 1;
    return { status: 201, body: { access_token: token, token_type: 'bearer', scope, expires_in: expiresIn } };
  }

  /**
   * Finds out who calls. Missing or password credentials give the anonymous actor (trap 3).
   * @throws ZendeskRefusal 401 for a wrong API token and for a dead bearer token
   */
  identify(request: SimRequest): Actor {
    const header = request.headers.authorization ?? '';
    if (this.world.faults.rejectCredentials && header !== '')
      throw header.startsWith('Bearer') ? invalidToken() : couldNotAuthenticate();
    const bearer = /^Bearer\s+(.+)$/i.exec(header)?.[1];
    if (bearer !== undefined) return this.#byBearer(bearer.trim());
    const basic = /^Basic\s+(.+)$/i.exec(header)?.[1];
    return basic === undefined ? anonymous : this.#byBasic(Buffer.from(basic, 'base64').toString('utf8'));
  }

  #byBearer(value: string): Actor {
    const token = this.#tokens.get(value);
    const user = token && this.world.state.users.get(token.ownerUserId);
    // The token acts as the client's owner: once that user is suspended or deleted, it is worthless.
    if (!token || token.expiresAt <= this.world.now() || !user?.active || user.suspended) throw invalidToken();
    return { user, scopes: token.scopes };
  }

  #byBasic(pair: string): Actor {
    const colon = pair.lastIndexOf(':');
    const name = pair.slice(0, colon);
    // Password access was removed at the end of 2025; what is left of it is the anonymous user.
    if (!name.endsWith('/token')) return anonymous;
    const user = this.world.state.userByEmail(name.slice(0, -'/token'.length));
    const isKnown = this.apiTokens.some(({ token }) => token === pair.slice(colon + 1));
    if (!isKnown || !user || user.suspended) throw couldNotAuthenticate();
    return { user, scopes: undefined };
  }
}

const anonymous: Actor = { user: undefined, scopes: undefined };

/**
 * Checks role and scopes for a route.
 * @throws ZendeskRefusal 401 for anonymous callers, 403 for everyone else who may not
 */
export function authorize(actor: Actor, access: Access, method: string, pattern: string): void {
  if (access !== 'anyone') {
    if (!actor.user) throw couldNotAuthenticate();
    if (actor.user.role === 'end-user') throw forbidden();
    if (access === 'admin' && actor.user.role !== 'admin') throw forbidden();
  }
  if (actor.scopes && !allows(actor.scopes, method, pattern))
    throw forbidden('You do not have the required scope to access this resource.');
}

/**
 * `read` and `write` open everything; `users:…` and `organizations:…` only their own paths, and never user identities
 * (https://developer.zendesk.com/api-reference/ticketing/users/user_identities/). Groups have no scope of their own.
 */
function allows(scopes: readonly string[], method: string, pattern: string): boolean {
  const verb = method === 'GET' ? 'read' : 'write';
  if (scopes.includes(verb)) return true;
  if (pattern.includes('/identities')) return false;
  const resource = /^\/api\/v2\/(users|organizations)(\/|$)/.exec(pattern)?.[1];
  return resource !== undefined && scopes.includes(`${resource}:${verb}`);
}

function refusal(status: number, error: string, description: string): SimReply {
  return { status, body: { error, error_description: description } };
}
