import { z } from 'zod';
import type { SignInConfig } from '../config/config';
import { isGuid } from '../core/guid';

/** What a person may do; each includes those before it. */
export const ROLES = ['Read', 'Operate', 'Approve'] as const;

/** One of {@link ROLES}; in Entra ID it is the app role `Provisioning.<role>`. */
export type Role = (typeof ROLES)[number];

/** A person whom App Service authentication has signed in. */
export interface Principal {
  /** Entra object id. */
  readonly id: string;
  readonly name: string;
  /** The highest role held; undefined without any. */
  readonly role: Role | undefined;
}

/** Who asks, as far as that can be believed. */
export type Sight =
  /** Signing in is not set up: whatever the headers say, anybody could have written them. */
  | { readonly kind: 'off'; readonly missing: 'authentication' | 'registration' }
  | { readonly kind: 'nobody' }
  /** Signed in, but not for this app or not in its tenant. */
  | { readonly kind: 'stranger'; readonly reason: string }
  | { readonly kind: 'person'; readonly principal: Principal };

/** Whether a role is enough for what needs another. Pure. */
export const allows = (held: Role | undefined, needed: Role): boolean =>
  held !== undefined && ROLES.indexOf(held) >= ROLES.indexOf(needed);

/** The largest header that is looked at, in characters; the platform's own limit for all headers is about as large. */
const MAX_HEADER = 65_536;
const MAX_NAME = 256;

/** @see https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities#decode-the-client-principal-header */
const ClientPrincipal = z.object({
  auth_typ: z.string(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })).max(2_000),
});

/** The short names of claims in tokens, and the long ones that the platform may write instead. */
const CLAIMS = {
  tenant: ['tid', 'http://schemas.microsoft.com/identity/claims/tenantid'],
  issuer: ['iss'],
  audience: ['aud'],
  objectId: ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'],
  name: ['name'],
  login: ['preferred_username', 'upn', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn'],
  roles: ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'],
} as const;

/**
 * Believes the principal header only when all of this holds; anything else is nobody, or a stranger. Pure; never throws.
 *
 *   1  the platform says that its authentication is on: then it removes such headers from what comes in and writes its own
 *   2  a registration is named in the settings, so that there is an audience to compare with
 *   3  the header is what the platform writes: base64, JSON, the provider `aad`
 *   4  the tenant of the token is ours, and so is its issuer
 *   5  the token was made for our registration
 *   6  it names one person by an object id
 *
 * @see https://learn.microsoft.com/azure/app-service/reference-app-settings#authentication--authorization for 1 (`WEBSITE_AUTH_ENABLED`)
 * @see https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities for 1 and 3
 * @see https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference for 4 to 6
 */
export function whoAsks(signIn: SignInConfig | undefined, headers: { get(name: string): string | null }): Sight {
  if (!signIn?.isOn) return { kind: 'off', missing: 'authentication' };
  const { clientId, tenantId } = signIn;
  if (clientId === undefined) return { kind: 'off', missing: 'registration' };
  const header = headers.get('x-ms-client-principal');
  if (!header) return { kind: 'nobody' };
  const principal = decode(header);
  if (principal?.auth_typ !== 'aad') return { kind: 'nobody' };
  const all = (names: readonly string[]): readonly string[] => [
    ...new Set(principal.claims.filter(({ typ }) => names.includes(typ)).map(({ val }) => val)),
  ];
  /** A claim that is there once; two different ones are none. */
  const one = (names: readonly string[]): string => {
    const [only = '', ...others] = all(names);
    return others.length === 0 ? only : '';
  };
  if (!isSame(one(CLAIMS.tenant), tenantId) || !issuersOf(tenantId).includes(one(CLAIMS.issuer).toLowerCase()))
    return { kind: 'stranger', reason: 'The account belongs to another tenant than the one that this app serves.' };
  if (![clientId, `api://${clientId}`].some((audience) => isSame(one(CLAIMS.audience), audience)))
    return { kind: 'stranger', reason: 'The sign-in was made for another application.' };
  const id = one(CLAIMS.objectId).toLowerCase();
  if (!isGuid(id)) return { kind: 'stranger', reason: 'The sign-in names nobody: it has no object id.' };
  const name = clean(one(CLAIMS.name)) || clean(one(CLAIMS.login)) || id;
  const held = all(CLAIMS.roles);
  return { kind: 'person', principal: { id, name, role: ROLES.findLast((role) => held.includes(`Provisioning.${role}`)) } };
}

/** Of version 2 and of version 1 of the tokens. @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
const issuersOf = (tenantId: string): readonly string[] => [
  `https://login.microsoftonline.com/${tenantId.toLowerCase()}/v2.0`,
  `https://login.microsoftonline.us/${tenantId.toLowerCase()}/v2.0`,
  `https://login.partner.microsoftonline.cn/${tenantId.toLowerCase()}/v2.0`,
  `https://sts.windows.net/${tenantId.toLowerCase()}/`,
];

const isSame = (left: string, right: string): boolean => left !== '' && left.toLowerCase() === right.toLowerCase();

const clean = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '')
    .trim()
    .slice(0, MAX_NAME);

function decode(header: string): z.output<typeof ClientPrincipal> | undefined {
  if (header.length > MAX_HEADER || !/^[A-Za-z0-9+/]+={0,2}$/.test(header)) return undefined;
  try {
    const parsed = ClientPrincipal.safeParse(JSON.parse(Buffer.from(header, 'base64').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
