/**
 * A value inside the mapping language: text, a list of texts, or no value (`null`).
 * There is nothing else: Booleans are "True" and "False", numbers and dates are their text.
 */
export type Value = string | readonly string[] | null;

/** A value as a source object holds it, before it becomes a {@link Value}. `undefined` is an absent attribute and equals `null`. */
export type SourceValue = string | number | boolean | null | undefined | readonly (string | number | boolean | null)[];

/**
 * What an expression may ask while it is evaluated. Clock, randomness and the look at the target are handed in, because core is pure.
 */
export interface EvaluationContext {
  /** The attribute of the whole source object, by its exact name. Must be cheap: it is asked for each use. */
  attribute(name: string): SourceValue;
  /** The instant that `Now()` gives. */
  readonly now: Date;
  /** A fresh GUID, in any case; printed as it is. */
  newGuid(): string;
  /** A number in [0, 1). Use a cryptographic source: `RandomString` may make passwords of it. */
  random(): number;
  /** Whether no target object holds this value yet. Absent in a try-out: then the first non-empty candidate counts as free. */
  isUniqueInTarget?(candidate: string): boolean;
}

/** How a Boolean prints in the language. */
export function fromBoolean(value: boolean): 'True' | 'False' {
  return value ? 'True' : 'False';
}

/** Turns a source value into a language value: Booleans and numbers become text, an empty list and an absent attribute no value. */
export function normalise(source: SourceValue): Value {
  if (typeof source === 'string') return source;
  if (source === null || source === undefined) return null;
  if (typeof source === 'boolean') return fromBoolean(source);
  if (typeof source === 'number') return numberText(source);
  if (!Array.isArray(source)) return null;
  const elements: string[] = [];
  for (const element of source as readonly SourceValue[]) {
    const value = normalise(element);
    if (typeof value === 'string') elements.push(value);
  }
  return elements.length === 0 ? null : elements;
}

function numberText(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

/** Whether there is nothing in the value: no value, empty text, or a list of nothing. */
export function isEmpty(value: Value): boolean {
  return value === null || value.length === 0;
}

const decimalText = /^[+-]?\d+(?:\.\d+)?$/;
const wholeText = /^[+-]?\d+$/;
const hexText = /^&[Hh][0-9A-Fa-f]+$/;

/** Whether the text is a number as the language writes one: digits with an optional sign and fraction. No exponent, no blanks. */
export function isNumeric(text: string): boolean {
  return decimalText.test(text);
}

/** The whole number a text holds (decimal, or hexadecimal as `&HFF`), or `undefined`. Texts over 100 characters hold none. */
export function wholeNumber(text: string): bigint | undefined {
  if (text.length > 100) return undefined;
  if (wholeText.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text);
  return hexText.test(text) ? BigInt(`0x${text.slice(2)}`) : undefined;
}

/** Orders two numeric texts: negative, 0 or positive. Whole numbers compare exactly at any size. */
export function compareNumbers(left: string, right: string): number {
  const a = wholeNumber(left);
  const b = wholeNumber(right);
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  return Number(left) - Number(right);
}

/** Whether a value holds as a condition: "True" (any case) or a number other than zero. Everything else, and no value, does not. */
export function isTruthy(value: Value): boolean {
  const text = typeof value === 'string' || value === null ? value : value.length === 1 ? (value[0] ?? null) : null;
  if (text === null) return false;
  if (text.toLowerCase() === 'true') return true;
  if (isNumeric(text)) return Number(text) !== 0;
  const whole = wholeNumber(text);
  return whole !== undefined && whole !== 0n;
}

/** Cuts text by UTF-16 units like .NET, but never leaves half of a surrogate pair, which no JSON could carry. */
export function slice(text: string, start: number, end: number): string {
  const from = isLowSurrogate(text, start) && start > 0 ? start + 1 : start;
  const to = isLowSurrogate(text, end) && end < text.length ? end - 1 : end;
  return from < to ? text.slice(from, to) : '';
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
