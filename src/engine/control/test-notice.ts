import type { DeliveryWarning } from '../../ports/notifier';
import type { EngineDeps } from '../deps';
import { STATUS_KEYS } from '../job/status-keys';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/** What came of a test notice. */
export interface NoticeTest {
  /** False: nobody is named to be told, so nothing was sent. */
  readonly isConfigured: boolean;
  readonly problems: readonly Pick<DeliveryWarning, 'channel' | 'problem'>[];
}

/** Sends a notice that says that it is a test, by every way that is set. */
export async function sendTestNotice(deps: EngineDeps, operator: Initiator, isConfigured: boolean): Promise<NoticeTest> {
  if (!isConfigured) return { isConfigured, problems: [] };
  const at = deps.clock().toISOString();
  await deps.notifier.send({ kind: 'test', by: operator.displayName });
  const undelivered = (await deps.state.read<readonly DeliveryWarning[]>(STATUS_KEYS.undelivered))?.value ?? [];
  const problems = undelivered
    .filter((one) => one.kind === 'test' && one.at >= at)
    .map(({ channel, problem }) => ({ channel, problem }));
  await recordOperation(deps, operator, {
    description: problems.length === 0 ? 'A test notice was sent.' : 'A test notice could not be sent.',
  });
  return { isConfigured, problems };
}
