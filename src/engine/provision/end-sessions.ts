import { afterWrite } from '../../core/errors';
import type { TargetId } from '../../core/model';
import type { EngineDeps } from '../deps';

/** Ends the sessions of an account that was suspended a moment ago. Where that is refused, or has to wait, the suspension was written all the same. */
export async function endSessions({ target }: Pick<EngineDeps, 'target'>, id: TargetId): Promise<void> {
  try {
    await target.endSessions(id);
  } catch (error) {
    throw afterWrite(error);
  }
}
