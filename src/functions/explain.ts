import { z } from 'zod';
import { UnavailableError } from '../core/errors';
import { asGraphEntry } from '../core/graph-entry';
import type { ObjectType, SourceObject } from '../core/model';
import type { EngineDeps } from '../engine/deps';
import { findSubject } from '../engine/find-subject';
import { type Explanation, explainObject } from '../engine/queries/explain-object';
import type { ObjectKey } from '../ports/stored';
import { endpoint } from './endpoint';
import { holdBody } from './holds';
import { RequestProblem, respond } from './http';
import { notOne } from './not-one';
import { jsonDoc } from './shapes/kit';
import { Explanation as ExplanationShape, personParameter } from './shapes/logs';
import { heldBody } from './status-body';

/**
 * `GET /api/explain?person=` or `?group=`: why somebody has an account in Zendesk or has none, in one response. Both are named by
 * Entra or Zendesk id, UPN, address, name or a part of one.
 */
export const makeExplain = endpoint(
  {
    tag: 'logs',
    summary: 'Why does somebody have an account, or not?',
    description:
      'The account that belongs to the person, the scope decision now (by which assignment and path, or excluded by what), the last log entries, the last error, the stored ' +
      'failure with its next try, and a removal that the brake holds. Name a person or a group. Never writes.',
    query: z.strictObject({
      person: personParameter('Who.'),
      group: z
        .string()
        .max(320)
        .optional()
        .meta({ description: 'Which group: an Entra or Zendesk id, a name or a part of one.' }),
    }),
    answers: { 200: jsonDoc('The explanation.', ExplanationShape) },
    problems: [400, 404, 502, 503],
  },
  async ({ deps, config }, { query }) => {
    if ((query.person === undefined) === (query.group === undefined))
      throw new RequestProblem(
        'BadRequest',
        'Name one of them: person or group, by Entra or Zendesk id, UPN, address, name or a part of it.',
      );
    const key = await (query.person === undefined ? keyOf(deps, query.group ?? '', 'group') : keyOf(deps, query.person, 'user'));
    const result = await explainObject(deps, key);
    switch (result.kind) {
      case 'notFound':
        throw new RequestProblem('NotFound', 'Entra ID has no such object, and no cycle has ever read one.');
      case 'unknown':
        throw new UnavailableError('source', `The object could not be read from Entra ID: ${result.reason}`);
      case 'explained':
        return respond(ExplanationShape, { provisioningStatus: config.job.status, ...bodyOf(result.explanation) });
    }
  },
);

async function keyOf(deps: EngineDeps, name: string, type: ObjectType): Promise<ObjectKey> {
  const found = await findSubject(deps, name, type);
  switch (found.kind) {
    case 'one':
      return found.key;
    case 'target':
      throw new RequestProblem(
        'NotFound',
        `This app has never touched this Zendesk ${type}: neither its records nor its log name it.`,
      );
    case 'none':
      throw new RequestProblem('NotFound', `Nobody knows a ${type} of this name: not Entra ID, not the cycles, not the log.`);
    default:
      throw notOne(type === 'user' ? 'person' : 'group', found);
  }
}

function bodyOf({ object, decision, ...rest }: Explanation) {
  const { link, entries, lastError, escrow, staged, hold } = rest;
  return {
    answer: rest.answer,
    subject: {
      type: object.type,
      id: object.id,
      displayName: textOf(object, 'displayName'),
      userPrincipalName: textOf(object, 'userPrincipalName'),
      mail: textOf(object, 'mail'),
      deleted: object.deleted,
      isImported: rest.isImported,
    },
    link,
    scope: {
      decision: decision.kind,
      reason: decision.reason,
      cause: decision.kind === 'out' ? decision.cause : null,
      skipReason: decision.kind === 'out' ? decision.skipReason : null,
      role: rest.role,
      path: rest.path,
    },
    lastError: lastError && {
      activityDateTime: lastError.entry.activityDateTime,
      cycleId: lastError.entry.cycleId,
      changeId: lastError.entry.changeId,
      errorInformation: lastError.error,
    },
    escrow,
    stagedDeletion: staged && heldBody(staged),
    hold: hold && holdBody(hold),
    leaving: rest.leaving,
    heldBecause: rest.heldBecause,
    log: entries.map(asGraphEntry),
  };
}

function textOf({ attributes }: SourceObject, name: string): string | null {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return typeof value === 'string' ? value : null;
}
