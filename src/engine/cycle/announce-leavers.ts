import { DAY_MS } from '../../core/time';
import type { EngineDeps } from '../deps';
import { changeDocument } from '../job/job-state';
import { AHEAD_DAYS, readLeaversAhead } from '../job/leavers-ahead';
import { STATUS_KEYS } from '../job/status-keys';

/**
 * Tells people once a week which accounts the days will delete or erase within the next week, so that each is announced before it happens. Nothing
 * where nothing is to come.
 */
export async function announceLeavers(deps: EngineDeps): Promise<void> {
  const { offboardDeleteAfterDays, offboardEraseAfterDays } = deps.settings;
  if (offboardDeleteAfterDays === undefined && offboardEraseAfterDays === undefined) return;
  const now = deps.clock();
  const since = new Date(now.getTime() - AHEAD_DAYS * DAY_MS).toISOString();
  const told = (await deps.state.read<string>(STATUS_KEYS.leaversTold))?.value;
  if (told !== undefined && told > since && told <= now.toISOString()) return;
  const { delete: deletions, erase: erasures } = await readLeaversAhead(deps);
  const days = [deletions, erasures].map((step) => step?.days ?? []);
  if (days.every((list) => list.length === 0)) return;
  let isOurs = false;
  // Stored before it is sent, under the document's mark: of two instances one tells.
  await changeDocument<string>(deps.state, STATUS_KEYS.leaversTold, (before) => {
    isOurs = before === told;
    return isOurs || before === undefined ? now.toISOString() : before;
  });
  if (!isOurs) return;
  await deps.notifier.send({ kind: 'accountsDue', deletions: deletions?.days ?? [], erasures: erasures?.days ?? [] });
}
