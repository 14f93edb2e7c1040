import { type FoundSubject, hitLine } from '../engine/find-subject';
import type { RequestProblem } from './http';
import { badParameter } from './read-query';

/** The refusal of a name that is nobody's alone: several are listed, never guessed among. */
export function notOne(parameter: string, found: Extract<FoundSubject, { kind: 'several' | 'unreadable' }>): RequestProblem {
  if (found.kind === 'unreadable')
    return badParameter(parameter, 'give an Entra or Zendesk id, a UPN, an address, a name or a part of one');
  const least = found.isComplete ? '' : ' (there may be more)';
  return badParameter(parameter, `is not one object alone${least}; give the id of the one that you mean`, {
    allowed: found.hits.map(hitLine),
  });
}
