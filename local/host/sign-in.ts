import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** For whom and for which registration the local host signs people in. */
export interface SignInOptions {
  readonly tenantId: string;
  readonly clientId: string;
}

/** Somebody whom one can be on this machine. */
interface SimulatedPerson {
  readonly id: string;
  readonly name: string;
  readonly login: string;
  readonly roles: readonly string[];
  readonly about: string;
}

/** The people to choose from: one for each role, a second approver, and one without. */
export const PEOPLE: readonly SimulatedPerson[] = [
  person(1, 'Rita Reader', ['Provisioning.Read'], 'may look at everything'),
  person(2, 'Olaf Operator', ['Provisioning.Operate'], 'may also run, pause, plan and retry'),
  person(3, 'Ada Approver', ['Provisioning.Approve'], 'may also let removals go'),
  person(4, 'Amir Approver', ['Provisioning.Approve'], 'a second one, for approval by two'),
  person(5, 'Nobody Special', [], 'has no role'),
];

function person(number: number, name: string, roles: readonly string[], about: string): SimulatedPerson {
  const login = `${name.toLowerCase().replace(' ', '.')}@contoso.example`;
  return { id: `5aadf00d-0000-4000-8000-00000000000${number}`, name, login, roles, about };
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;
const COOKIE = 'AppServiceAuthSession';
/** Headers that the platform alone may set. @see https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities */
const OWN_HEADERS = /^x-ms-(client-principal|token-)/i;

/**
 * Plays the part of App Service authentication, on loopback and with simulated people: signs them in and out, keeps their sessions, takes
 * the platform's headers off every request that comes in and puts its own on. There is no password: whoever is on this machine may be anybody.
 * @see https://learn.microsoft.com/azure/app-service/configure-authentication-customize-sign-in-out
 */
export class SignIn {
  private readonly sessions = new Map<string, SimulatedPerson>();

  constructor(private readonly options: SignInOptions) {}

  /** Responds to a request below `/.auth/`. @returns false for any other request, whose headers are then those of the platform */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    for (const name of Object.keys(request.headers)) if (OWN_HEADERS.test(name)) delete request.headers[name];
    const session = this.sessionOf(request);
    const signedIn = session === undefined ? undefined : this.sessions.get(session);
    // A page elsewhere whose name was made to lead to this machine is not from here.
    if (!LOOPBACK.test(request.headers.host ?? '')) return false;
    if (!url.pathname.startsWith('/.auth/')) {
      if (signedIn) Object.assign(request.headers, this.headersOf(signedIn));
      return false;
    }
    if (url.pathname === '/.auth/login/aad') this.login(response, url);
    else if (url.pathname === '/.auth/logout') {
      if (session !== undefined) this.sessions.delete(session);
      redirect(response, local(url.searchParams.get('post_logout_redirect_uri')), `${COOKIE}=; Path=/; Max-Age=0`);
    } else if (url.pathname === '/.auth/me' && signedIn) {
      const principal = { provider_name: 'aad', user_id: signedIn.login, user_claims: this.claimsOf(signedIn) };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([principal]));
    } else response.writeHead(url.pathname === '/.auth/me' ? 401 : 404).end();
    return true;
  }

  private login(response: ServerResponse, url: URL): void {
    const back = local(url.searchParams.get('post_login_redirect_uri'));
    const chosen = PEOPLE.find(({ id }) => id === url.searchParams.get('person'));
    if (!chosen) {
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      });
      response.end(choicePage(back));
      return;
    }
    const session = randomBytes(24).toString('base64url');
    this.sessions.set(session, chosen);
    redirect(response, back, `${COOKIE}=${session}; Path=/; HttpOnly; SameSite=Lax`);
  }

  private sessionOf(request: IncomingMessage): string | undefined {
    return new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
  }

  private claimsOf({ id, name, login, roles }: SimulatedPerson): { readonly typ: string; readonly val: string }[] {
    const { tenantId, clientId } = this.options;
    return [
      { typ: 'aud', val: clientId },
      { typ: 'iss', val: `https://login.microsoftonline.com/${tenantId}/v2.0` },
      { typ: 'name', val: name },
      { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: id },
      { typ: 'preferred_username', val: login },
      { typ: 'http://schemas.microsoft.com/identity/claims/tenantid', val: tenantId },
      ...roles.map((val) => ({ typ: 'roles', val })),
    ];
  }

  private headersOf(who: SimulatedPerson): Record<string, string> {
    const principal = {
      auth_typ: 'aad',
      claims: this.claimsOf(who),
      name_typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      role_typ: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    };
    return {
      'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64'),
      'x-ms-client-principal-id': who.id,
      'x-ms-client-principal-name': who.login,
      'x-ms-client-principal-idp': 'aad',
    };
  }
}

/** Only paths of this host: an address elsewhere leads to the console. */
const local = (path: string | null): string => (path !== null && /^\/(?![/\\])/.test(path) ? path : '/api/console');

function redirect(response: ServerResponse, location: string, cookie: string): void {
  response.writeHead(302, { location, 'set-cookie': cookie }).end();
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

const choicePage = (
  back: string,
): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in – simulated</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}li{margin:.6rem 0}</style></head>
<body><main><h1>Who are you today?</h1><p>This is not Microsoft Entra ID: the local host plays its part, on this machine only. Choose somebody.</p><ul>${PEOPLE.map(
  ({ id, name, about }) =>
    `<li><a href="/.auth/login/aad?person=${id}&amp;post_login_redirect_uri=${escapeHtml(encodeURIComponent(back))}">${name}</a>: ${about}</li>`,
).join('')}</ul></main></body></html>`;
