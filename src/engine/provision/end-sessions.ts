import { UnauthorizedError } from '../../core/errors';
import type { TargetId } from '../../core/model';
import type { EngineDeps } from '../deps';

/** Ends the sessions of an account that was suspended a moment ago. Where that is refused, the suspension was written all the same. */
export async function endSessions({ target }: Pick<EngineDeps, 'target'>, id: TargetId): Promise<void> {
  try {
    await target.endSessions(id);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    throw new UnauthorizedError('target', error.message, { cause: error });
  }
}
