import { z } from 'zod';
import type { AnswerDoc } from '../endpoint';

/** A text. */
export const text = z.string();
/** An instant in ISO 8601, UTC. */
export const instant = z.iso.datetime();
/** A whole number from 0. */
export const count = z.int().min(0);
/** True or false. */
export const flag = z.boolean();
/** Texts by any name. */
export const texts = z.record(z.string(), z.string());

/** A shape with a name of its own in the OpenAPI document. */
export const named = <S extends z.ZodType>(id: string, shape: S): S => shape.meta({ id });

/** A response in JSON. */
export const jsonDoc = (description: string, shape: z.ZodType, headers?: Readonly<Record<string, string>>): AnswerDoc => ({
  description,
  content: { 'application/json': shape },
  ...(headers && { headers }),
});
