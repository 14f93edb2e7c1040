import { type Json, ref } from './route';

/** A text. */
export const TEXT: Json = { type: 'string' };
/** A text, or null. */
export const TEXT_OR_NULL: Json = { type: ['string', 'null'] };
/** An instant in ISO 8601. */
export const INSTANT: Json = { type: 'string', format: 'date-time' };
/** An instant, or null. */
export const INSTANT_OR_NULL: Json = { type: ['string', 'null'], format: 'date-time' };
/** A whole number from 0. */
export const COUNT: Json = { type: 'integer', minimum: 0 };
/** True or false. */
export const FLAG: Json = { type: 'boolean' };

/** One of these texts. */
export const oneOf = (...values: readonly string[]): Json => ({ type: 'string', enum: values });

/** A list. */
export const listOf = (items: Json): Json => ({ type: 'array', items });

/** A named schema, or null. */
export const orNull = (name: string): Json => ({ anyOf: [ref(name), { type: 'null' }] });

/** Values of one kind by any name. */
export const mapOf = (values: Json): Json => ({ type: 'object', additionalProperties: values });

/** An object whose named properties are all there, but for those named as optional. */
export const object = (properties: Readonly<Record<string, Json>>, ...optional: readonly string[]): Json => {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
};
