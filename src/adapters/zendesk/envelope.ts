import { redactSecrets } from '../../core/redact';

/** One complaint about one attribute. `code` is stable, `text` comes in the language of the calling user. */
export interface Complaint {
  readonly attribute: string;
  readonly code: string | undefined;
  readonly text: string;
}

/** What a refusal says, whichever of Zendesk's envelopes it came in. Credentials are taken out of every text. */
export interface Envelope {
  /** Stable code such as `RecordInvalid`; undefined where there is none. Made of letters and underscores: fit for messages and logs. */
  readonly code: string | undefined;
  /** Zendesk's words, localised; never to be compared. */
  readonly text: string;
  readonly complaints: readonly Complaint[];
  /** False when the body is no JSON object: an answer of the edge or of another host. */
  readonly isJson: boolean;
}

/** Longest text of the other side that is carried along. */
const MAX_TEXT = 500;
const MAX_COMPLAINTS = 20;
const MAX_ATTRIBUTE = 100;
/** Longest text that is looked at. */
const MAX_READ = 8_000;
/** Codes are words; anything else in their place is a text, a localised title, say. */
const CODE = /^[A-Za-z_]{1,60}$/;

/**
 * Reads any of the envelopes seen: `{error, description, details}`, `{error: {title, message}}`, `{errors: [{code, title, detail}]}`,
 * `{error}` with `error_description`, and whatever is not JSON. Never throws.
 * @param redact takes out what must not be carried along; by default whatever looks like a credential
 * Codes: https://developer.zendesk.com/api-reference/introduction/requests/#response-format and public recordings.
 */
export function readEnvelope(body: unknown, redact: Redact = redactSecrets): Envelope {
  const root = record(body);
  if (!root) return { code: undefined, text: '', complaints: [], isJson: false };
  const text = (value: unknown) => printable(value, redact);
  const complaints = complaintsOf(root.details, text);
  const list = Array.isArray(root.errors) ? record(root.errors[0]) : undefined;
  const nested = record(root.error);
  const code = text(list?.code) ?? text(nested?.title) ?? text(root.error);
  const words =
    text(root.description) ?? text(root.error_description) ?? text(nested?.message) ?? text(list?.detail) ?? text(list?.title);
  return {
    code: code !== undefined && CODE.test(code) ? code : undefined,
    text: [words ?? code ?? '', ...complaints.map((complaint) => complaint.text)].join(' – ').slice(0, MAX_TEXT),
    complaints,
    isJson: true,
  };
}

/** Takes credentials out of a text. */
export type Redact = (text: string) => string;

function complaintsOf(details: unknown, text: (value: unknown) => string | undefined): Complaint[] {
  return Object.entries(record(details) ?? {})
    .flatMap(([attribute, rows]) =>
      (Array.isArray(rows) ? rows : [rows]).map((row) => ({
        attribute: text(attribute)?.slice(0, MAX_ATTRIBUTE) ?? '',
        code: text(record(row)?.error),
        text: text(record(row)?.description) ?? text(row) ?? '',
      })),
    )
    .slice(0, MAX_COMPLAINTS);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

/** Text without line breaks and credentials, or undefined. It is cut last, so that no cut leaves half a credential. */
function printable(value: unknown, redact: Redact): string | undefined {
  if (typeof value !== 'string') return undefined;
  return redact(value.slice(0, MAX_READ).replace(/\p{Cc}/gu, ' ')).slice(0, MAX_TEXT);
}
