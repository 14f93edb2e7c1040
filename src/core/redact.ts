import { isGuid } from './guid';

const GONE = '[redacted]';
/** A shorter value would blot out ordinary words. */
const SHORTEST_SECRET = 6;

/** What follows the name of an authorization scheme. */
const SCHEME = /\b(Bearer|Basic|Digest)\s+[\w.~+/=-]{12,}/gi;
/** A value beside a name that says that it is secret: `token=…`, `"client_secret": "…"`. */
const NAMED =
  /([\w-]*(?:secret|passwor[dt]|passwd|token|api[_-]?key|authorization|signature)[\w-]*["']?\s*[=:]\s*["']?)([^\s"',;&<>]{4,})/gi;
/** A long run that mixes letters and digits: a token, a key, a hash. */
const LONG_RUN = /[\w+~-]{24,}={0,2}/g;

/**
 * Takes credentials out of a text from the other side, before it goes into an error, a log or a notice. Pure.
 * @param known secrets of ours: wherever they are echoed, plain, encoded for an address or in Base64, they go
 */
export function redactSecrets(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known.filter(({ length }) => length >= SHORTEST_SECRET)) {
    for (const echo of [secret, encodeURIComponent(secret), base64(secret)]) clean = clean.replaceAll(echo, GONE);
  }
  return clean
    .replace(SCHEME, `$1 ${GONE}`)
    .replace(NAMED, `$1${GONE}`)
    .replace(LONG_RUN, (run) => (isGuid(run) || !/\d/.test(run) || !/[a-z]/i.test(run) ? run : GONE));
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
