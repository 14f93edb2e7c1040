import type { SimReply } from '../http-kit';

/** A refusal in one of Zendesk's envelopes; thrown by rules, answered by the server. */
export class ZendeskRefusal extends Error {
  override readonly name = 'ZendeskRefusal';
  constructor(readonly reply: SimReply) {
    super(`Zendesk simulator refuses with ${reply.status}`);
  }
}

/** Languages the texts come in. Codes (`error`) never change, descriptions do: reference section 1.3, trap 12. */
export type Language = 'en' | 'es';

/** One broken rule of a record: the attribute, the stable code, and the text in every language. */
export interface Violation {
  readonly field: string;
  /** Undefined imitates rows recorded without a code. */
  readonly code: string | undefined;
  readonly en: string;
  readonly es: string;
}

/** 422 `RecordInvalid`: `{"error","description","details":{field:[{description,error}]}}`. */
export class RecordInvalid extends Error {
  override readonly name = 'RecordInvalid';
  readonly violations: readonly Violation[];
  constructor(...violations: Violation[]) {
    super(violations.map((violation) => violation.en).join('; '));
    this.violations = violations;
  }

  /** The answer in one language. */
  reply(language: Language): SimReply {
    const details = new Map<string, { description: string; error?: string }[]>();
    for (const violation of this.violations) {
      const rows = details.get(violation.field) ?? [];
      rows.push({ description: violation[language], ...(violation.code === undefined ? {} : { error: violation.code }) });
      details.set(violation.field, rows);
    }
    const description = language === 'es' ? 'Errores de validación de registro' : 'Record validation errors';
    return { status: 422, body: { error: 'RecordInvalid', description, details: Object.fromEntries(details) } };
  }
}

/** One violation, thrown as a whole. */
export function invalid(field: string, code: string | undefined, en: string, es: string): RecordInvalid {
  return new RecordInvalid({ field, code, en, es });
}

/** 422 `DuplicateValue` on an e-mail. Text recorded publicly (reference section 1.3). */
export function duplicateEmail(email: string): RecordInvalid {
  return invalid(
    'email',
    'DuplicateValue',
    `Email: ${email} is already being used by another user`,
    `Correo electrónico: ${email} ya está siendo utilizado por otro usuario`,
  );
}

/** `{"error":"…","description":"…"}` with a status. */
export function simpleRefusal(status: number, error: string, description: string, headers?: SimReply['headers']): ZendeskRefusal {
  return new ZendeskRefusal({ status, body: { error, description }, ...(headers === undefined ? {} : { headers }) });
}

/** 404 of an object that is gone. */
export const recordNotFound = () => simpleRefusal(404, 'RecordNotFound', 'Not found');

/** 404 of a path the account (or its plan) does not have. */
export const invalidEndpoint = () => simpleRefusal(404, 'InvalidEndpoint', 'Not found');

/** 403 in the title/message envelope. */
export function forbidden(
  message = 'You do not have access to this page. Please contact the account owner of this help desk for further help.',
) {
  return new ZendeskRefusal({ status: 403, body: { error: { title: 'Forbidden', message } } });
}

/** 400 for an attribute of the wrong kind; envelope as recorded in public client tests. */
export function invalidAttribute(attribute: string, message: string): ZendeskRefusal {
  return new ZendeskRefusal({
    status: 400,
    body: {
      error: {
        title: 'Invalid attribute',
        message: `You passed an invalid value for the ${attribute} attribute. Invalid parameter: ${message}`,
      },
    },
  });
}

/** 401 for a wrong API token or missing credentials: `{"error":"Couldn't authenticate you"}`. */
export const couldNotAuthenticate = () => new ZendeskRefusal({ status: 401, body: { error: "Couldn't authenticate you" } });

/** 401 for a bad bearer token, as recorded in public connector tests (reference section 1.1). */
export function invalidToken(): ZendeskRefusal {
  return new ZendeskRefusal({
    status: 401,
    body: {
      error: 'invalid_token',
      error_description: 'The access token provided is expired, revoked, malformed or invalid for other reasons.',
    },
  });
}

/** The `errors[]` envelope (JSON:API style), used for paging faults. */
export function errorList(status: number, code: string, title: string, detail: string): ZendeskRefusal {
  return new ZendeskRefusal({ status, body: { errors: [{ code, title, detail, status: String(status) }] } });
}
