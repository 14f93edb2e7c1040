import type { HttpRequest } from '@azure/functions';
import type { ConfiguredApp } from '../compose';
import type { Initiator } from '../engine/record/log-entry';
import { type Principal, whoAsks } from './principal';

const KEY_HOLDER: Initiator = { type: 'application', id: '', displayName: 'function key' };

/** Who asks: the person who has signed in, believed under the conditions of {@link whoAsks}, else whoever holds the function key. */
export function operatorOf(app: ConfiguredApp, request: Pick<HttpRequest, 'headers'>): Initiator {
  const sight = whoAsks(app.config.signIn, request.headers);
  return sight.kind === 'person' ? initiatorOf(sight.principal) : KEY_HOLDER;
}

/** A person as the log names them. */
export const initiatorOf = ({ id, name }: Principal): Initiator => ({ type: 'user', id, displayName: name });
