import { ERROR_TABLE, type ErrorCode, type ErrorRow } from './error-table';

const rows = Object.entries(ERROR_TABLE) as readonly (readonly [ErrorCode, ErrorRow])[];

/** What a person does about an error, in a sentence or two; the same for every object. `docs/errors.md` says more. */
export const RECOMMENDED_ACTION = Object.fromEntries(rows.map(([code, { advice }]) => [code, advice])) as Readonly<
  Record<ErrorCode, string>
>;

/** The documented name of an error code in Entra's provisioning log, where it has one. */
export const ENTRA_ERROR_CODE: Readonly<Partial<Record<ErrorCode, string>>> = Object.fromEntries(
  rows.flatMap(([code, { entra }]) => (entra === null ? [] : [[code, entra]])),
);

/** A message as a whole sentence, which another can follow: messages of errors mostly end without a full stop. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** What went wrong and what a person does about it, as whole sentences. */
export const withAdvice = ({ code, message }: { readonly code: ErrorCode; readonly message: string }): string =>
  `${sentence(message)} ${RECOMMENDED_ACTION[code]}`;
