/** One complaint about one attribute. `code` is stable, `text` comes in the language of the calling user. */
export interface Complaint {
  readonly attribute: string;
  readonly code: string | undefined;
  readonly text: string;
}

/** What a refusal says, whichever of Zendesk's envelopes it came in. */
export interface Envelope {
  /** Stable code such as `RecordInvalid`; undefined where there is none. */
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

/**
 * Reads any of the envelopes seen: `{error, description, details}`, `{error: {title, message}}`, `{errors: [{code, title, detail}]}`,
 * `{error}` with `error_description`, and whatever is no JSON. Never throws.
 * Codes: https://developer.zendesk.com/api-reference/introduction/requests/#response-format and public recordings.
 */
export function readEnvelope(body: unknown): Envelope {
  const root = record(body);
  if (!root) return { code: undefined, text: '', complaints: [], isJson: false };
  const complaints = complaintsOf(root.details);
  const list = Array.isArray(root.errors) ? record(root.errors[0]) : undefined;
  const nested = record(root.error);
  const code = text(list?.code) ?? text(nested?.title) ?? text(root.error);
  const words =
    text(root.description) ?? text(root.error_description) ?? text(nested?.message) ?? text(list?.detail) ?? text(list?.title);
  return {
    code,
    text: [words ?? code ?? '', ...complaints.map((complaint) => complaint.text)].join(' – ').slice(0, MAX_TEXT),
    complaints,
    isJson: true,
  };
}

function complaintsOf(details: unknown): Complaint[] {
  return Object.entries(record(details) ?? {})
    .flatMap(([attribute, rows]) =>
      (Array.isArray(rows) ? rows : [rows]).map((row) => ({
        attribute: attribute.slice(0, 100),
        code: text(record(row)?.error),
        text: text(record(row)?.description) ?? text(row) ?? '',
      })),
    )
    .slice(0, MAX_COMPLAINTS);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

/** Printable text without line breaks, or undefined. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/\p{Cc}/gu, ' ').slice(0, MAX_TEXT) : undefined;
}
