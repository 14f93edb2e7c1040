import { z } from 'zod';
import { ERROR_TABLE, type ErrorCode, REFUSAL_TABLE, type RefusalCode } from '../../core/error-table';
import { count, named, text } from './kit';
import { OnDemandStep } from './on-demand';

const CODES = Object.keys({ ...REFUSAL_TABLE, ...ERROR_TABLE }) as (ErrorCode | RefusalCode)[];

const RequestFault = named(
  'RequestFault',
  z.object({
    pointer: text.describe('A JSON pointer into the body, the name of a parameter, or a setting.'),
    detail: text,
    offset: count.describe('UTF-16 units from the start of the value.').optional(),
    allowed: z.array(text).optional(),
  }),
);

/** What is wrong with a request or an object. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = named(
  'Problem',
  z.object({
    type: text,
    title: text,
    status: z.int().min(400).max(599),
    detail: text.describe('What was wrong, the first problem first, and what to do; in English.'),
    code: z.enum(CODES).describe('Stable: handle problems by it. docs/errors.md explains each code.'),
    errors: z.array(RequestFault).optional(),
    cycleId: text.nullable().describe('Of `job/run`: the cycle that could not continue.').optional(),
    count: count.describe('Of `on-demand`: the removals that are too many.').optional(),
    steps: z
      .array(OnDemandStep)
      .describe('Of `on-demand`: the first step, if Entra ID or Zendesk could not be reached.')
      .optional(),
  }),
);
