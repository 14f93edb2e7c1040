import { REMOVAL_KINDS } from '../../core/brake';
import { REFUSAL_TABLE } from '../../core/error-table';
import { ERROR_CODES } from '../../core/errors';

import type { Json } from './route';
import { COUNT, INSTANT, INSTANT_OR_NULL, listOf, object, oneOf, TEXT, TEXT_OR_NULL } from './schema-kit';

/** What is wrong with a request or an object. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const PROBLEM_SCHEMAS: Readonly<Record<string, Json>> = {
  Problem: object(
    {
      type: TEXT,
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { ...TEXT, description: 'What was wrong and what to do; in English.' },
      code: {
        ...oneOf(...Object.keys(REFUSAL_TABLE), ...ERROR_CODES),
        description: 'Stable: handle problems by it. docs/errors.md explains each code.',
      },
      errors: listOf({ anyOf: [{ $ref: '#/components/schemas/RequestFault' }, { $ref: '#/components/schemas/SettingFault' }] }),
      cycleId: { ...TEXT_OR_NULL, description: 'Of `job/run`: the cycle that could not go on.' },
      count: { ...COUNT, description: 'Of `on-demand`: the removals that are too many.' },
      steps: {
        ...listOf({ $ref: '#/components/schemas/OnDemandStep' }),
        description: 'Of `on-demand`: the first step, where a side could not be reached.',
      },
    },
    'errors',
    'cycleId',
    'count',
    'steps',
  ),
  RequestFault: object(
    {
      pointer: { ...TEXT, description: 'A JSON pointer into the body, or the name of a parameter.' },
      detail: TEXT,
      offset: { ...COUNT, description: 'UTF-16 units from the start of the value.' },
      allowed: listOf(TEXT),
    },
    'offset',
    'allowed',
  ),
  SettingFault: object({ setting: TEXT, problem: TEXT }),
  ErrorInformation: object({
    errorCode: TEXT,
    reason: TEXT,
    additionalDetails: TEXT_OR_NULL,
    errorCategory: oneOf('failure', 'nonServiceFailure', 'success'),
    recommendedAction: TEXT,
  }),
  Escrow: object({
    key: { $ref: '#/components/schemas/ObjectKey' },
    firstFailedAt: INSTANT,
    lastFailedAt: INSTANT,
    attempts: COUNT,
    nextAttemptAt: { ...INSTANT_OR_NULL, description: 'Null: only a change at the source or an operator tries again.' },
    code: TEXT,
    reason: TEXT,
    recommendedAction: TEXT,
    cycleId: TEXT,
    changeId: TEXT,
    isTransient: { type: 'boolean' },
  }),
  StagedDeletion: object(
    {
      key: { $ref: '#/components/schemas/ObjectKey' },
      cycleId: TEXT,
      changeId: TEXT,
      kind: oneOf(...REMOVAL_KINDS),
      count: COUNT,
      reason: TEXT,
      state: oneOf('candidate', 'staged'),
      stagedAt: INSTANT,
      heldIn: { ...TEXT, description: 'The cycle that first held it: what `job/allow-deletes` takes.' },
    },
    'heldIn',
  ),
  ObjectKey: object({ type: oneOf('user', 'group'), id: TEXT }),
};
