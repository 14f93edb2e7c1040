import { z } from 'zod';
import { isGuid } from '../core/guid';
import type { TicketReceiver } from '../core/leaving';
import { ncrontabProblem } from './ncrontab';
import { Secret } from './secret';

/**
 * A zod schema from the text of one setting to its value; its messages name the problem and the remedy, never the value of a secret.
 * The words and bounds that it accepts are its `meta()`, for the documents and the template.
 */
export type Parser<T> = z.ZodType<T, string>;

const EMAIL = /^[^\s@<>()",;:\\[\]]{1,64}@[^\s@<>()",;:\\[\]]{1,255}$/;

/** Any text. */
export const text: Parser<string> = z.string().max(4096, 'is longer than 4,096 characters');

/** A secret text; it never prints. */
export const secret: Parser<Secret> = z
  .string()
  .max(16_384, 'is longer than 16,384 characters')
  .transform((value) => new Secret(value));

const HEADER = /^(?:authorization:|bearer\s|basic\s)/i;
const NAMED_TOKEN = /^([^\s@:/]+@[^\s@:/]+)\/token:(.+)$/i;
const PLAIN_WORD = /^[\x21-\x7e]*$/;
const NOT_PLAIN = 'contains a space, a line break or a character that is not ASCII; copy it again';

/** The secret of an OAuth client. */
export const clientSecret: Parser<Secret> = z
  .string()
  .refine((value) => !HEADER.test(value), 'is an Authorization header; set the secret of the OAuth client alone')
  .refine(
    (value) => !NAMED_TOKEN.test(value),
    'is an API token with its e-mail address; set the secret of the OAuth client, or ZENDESK_ADMIN_EMAIL and ZENDESK_API_TOKEN',
  )
  .regex(PLAIN_WORD, NOT_PLAIN)
  .pipe(secret);

/** A Zendesk API token. `email` is set where the token was given as Zendesk's own examples write it, `name@host/token:…`. */
export interface ApiToken {
  readonly token: Secret;
  readonly email?: string;
}

/** @see https://developer.zendesk.com/api-reference/introduction/security-and-auth/#api-token */
export const apiToken: Parser<ApiToken> = z
  .string()
  .max(1024, 'is longer than 1,024 characters')
  .refine(
    (value) => !HEADER.test(value),
    'is an Authorization header; set the API token alone, or use an OAuth client (ZENDESK_OAUTH_CLIENT_ID and _SECRET)',
  )
  .regex(PLAIN_WORD, NOT_PLAIN)
  .transform((value) => {
    const [, email, token = value] = NAMED_TOKEN.exec(value) ?? [];
    return { token, ...(email !== undefined && { email }) };
  })
  .refine(({ token }) => !/[@:]/.test(token), 'must be the API token alone, or name@host/token: followed by it')
  .transform(({ token, ...rest }) => ({ ...rest, token: new Secret(token) }));

/** An access token; the word `Bearer` before it is dropped. */
export const bearerToken: Parser<Secret> = z
  .string()
  .transform((value) => value.replace(/^bearer\s+/i, ''))
  .refine((value) => PLAIN_WORD.test(value), NOT_PLAIN)
  .pipe(secret);

/** A GUID, in lower case. */
export const guid: Parser<string> = z
  .string()
  .refine(isGuid, 'must be a GUID such as 11111111-2222-3333-4444-555555555555')
  .transform((value) => value.toLowerCase());

/** One of some words, compared without case, given back as it is spelt here. */
export function oneOf<const Word extends string>(...words: readonly [Word, ...Word[]]): Parser<Word> {
  return z
    .string()
    .transform((value, context) => {
      const word = words.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
      if (word !== undefined) return word;
      context.addIssue(`must be one of ${words.join(', ')}`);
      return z.NEVER;
    })
    .meta({ words });
}

/** Whether a setting of the platform says `True`; anything else is false. */
export const isTrue: Parser<boolean> = z.string().transform((value) => /^true$/i.test(value));

/** A whole number within bounds (inclusive). */
export function integer(min: number, max: number): Parser<number> {
  const accepts = (value: number): boolean => value >= min && value <= max;
  return numberWithin(/^\d{1,15}$/, accepts, `must be a whole number from ${min} to ${max}`).meta({ min, max });
}

/** A number above zero and at most `max`. */
export function positive(max: number): Parser<number> {
  return numberWithin(
    /^\d{1,9}(\.\d{1,9})?$/,
    (value) => value > 0 && value <= max,
    `must be a number above 0 and at most ${max}`,
  );
}

function numberWithin(shape: RegExp, accepts: (value: number) => boolean, message: string) {
  return z
    .string()
    .refine((value) => shape.test(value) && accepts(Number(value)), message)
    .transform(Number);
}

/** One e-mail address. */
export const email: Parser<string> = z.string().regex(EMAIL, 'must be an e-mail address');

/** The e-mail address of a Zendesk admin; the `/token` that Zendesk's own examples put behind it is dropped. */
export const adminEmail: Parser<string> = z
  .string()
  .transform((value) => value.replace(/\/token$/i, ''))
  .refine((value) => EMAIL.test(value), 'must be an e-mail address; put the API token into ZENDESK_API_TOKEN');

/** E-mail addresses, separated by commas or semicolons. */
export const emails: Parser<readonly string[]> = z
  .string()
  .transform(splitList)
  .refine((list) => list.length > 0 && list.every((item) => EMAIL.test(item)), 'must be e-mail addresses separated by commas');

/** E-mail addresses (given back in lower case) and Zendesk ids, separated by commas or semicolons. */
export const people: Parser<readonly string[]> = z
  .string()
  .transform((value) => splitList(value).map((item) => item.toLowerCase()))
  .refine(
    (list) => list.every((item) => EMAIL.test(item) || /^\d{1,20}$/.test(item)),
    'must be e-mail addresses or numeric Zendesk user ids, separated by commas',
  );

const RECEIVER = /^(group|user):(.*)$/is;

/** Who gets the tickets of an agent who leaves: nobody (`Leave`, `Unassign`), `group:<name>` or `user:<e-mail>`. */
export const ticketReceiver: Parser<TicketReceiver> = z.string().transform((value, context): TicketReceiver => {
  const word = value.toLowerCase();
  if (word === 'leave' || word === 'unassign') return { kind: word };
  const [, kind = '', rest = ''] = RECEIVER.exec(value) ?? [];
  const name = rest.trim();
  if (kind.toLowerCase() === 'group' && name !== '' && name.length <= 200) return { kind: 'group', name };
  if (kind.toLowerCase() === 'user' && EMAIL.test(name)) return { kind: 'user', email: name.toLowerCase() };
  context.addIssue(
    'must be Leave, Unassign, group: with the name of a Zendesk group, or user: with the e-mail address of an agent',
  );
  return z.NEVER;
});

/** A day as `2027-06-30`; given back as the instant at which it begins in UTC. */
export const day: Parser<Date> = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2027-06-30')
  .transform((value) => new Date(`${value}T00:00:00Z`))
  .refine((value) => !Number.isNaN(value.getTime()), 'must be a day that exists, such as 2027-06-30');

/** One DNS label. */
export const dnsLabel: Parser<string> = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine(
    (value) => /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/.test(value),
    'must be the first part of the address only: "acme" of "acme.zendesk.com" (2 to 63 letters, digits or hyphens)',
  );

/** The name of an Azure storage account. */
export const storageAccountName: Parser<string> = z
  .string()
  .regex(/^[a-z0-9]{3,24}$/, 'must be the name of a storage account: 3 to 24 lower-case letters and digits');

/** An http or https address without credentials, query or fragment; given back without a trailing slash. */
export const baseUrl: Parser<string> = z
  .string()
  .refine((value) => isPlainUrl(value), 'must be an address such as https://host/path, without user name, query or fragment')
  .transform((value) => new URL(value).href.replace(/\/+$/, ''));

/** An address that may carry a secret in its path or query. */
export const secretUrl: Parser<Secret> = z
  .string()
  .refine((value) => /^https?:$/.test(urlOf(value)?.protocol ?? ''), 'must be an https address')
  .transform((value) => new Secret(new URL(value).href));

/** A timer schedule. */
export const schedule: Parser<string> = z.string().transform((value, context) => {
  const problem = ncrontabProblem(value);
  if (problem === undefined) return value.trim().split(/\s+/).join(' ');
  context.addIssue(problem);
  return z.NEVER;
});

/** A timer schedule, or `Off`, which is null. */
export const scheduleOrOff: Parser<string | null> = z.string().transform((value, context) => {
  if (/^off$/i.test(value.trim())) return null;
  const problem = ncrontabProblem(value);
  if (problem === undefined) return value.trim().split(/\s+/).join(' ');
  context.addIssue(`${problem}; or set Off`);
  return z.NEVER;
});

/** Whether an address points at this machine: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback(url: string): boolean {
  const host = urlOf(url)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isPlainUrl(value: string): boolean {
  const url = urlOf(value);
  return url !== undefined && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === '';
}

function urlOf(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

function splitList(value: string): readonly string[] {
  return value
    .split(/[,;]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
