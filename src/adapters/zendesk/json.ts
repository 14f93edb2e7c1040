/** `JSON.rawJSON` and the source text handed to a reviver are newer than the types: https://github.com/tc39/proposal-json-parse-with-source */
const modernJson = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** A number that a double may not hold exactly. */
const LONG_NUMBER = /\d{16}/;
const WHOLE_NUMBER = /^-?\d+$/;

/** Reads JSON; whole numbers beyond 2^53 come as text, so that no id loses digits. @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as unknown;
  const keepDigits: SourceReviver = (_key, value, { source }) => {
    const isCut = typeof value === 'number' && source !== undefined && WHOLE_NUMBER.test(source) && !Number.isSafeInteger(value);
    return isCut ? source : value;
  };
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as unknown;
}

/** An id as a JSON number, whatever its size. @throws RangeError for text that is not a whole number */
export function idNumber(id: string): unknown {
  if (!/^\d{1,20}$/.test(id)) throw new RangeError('Not a Zendesk id');
  const value = Number(id);
  return Number.isSafeInteger(value) ? value : modernJson.rawJSON(BigInt(id).toString());
}
