import { createHash } from 'node:crypto';
import { ENTRA_ERROR_CODE } from '../../core/advice';
import type { ErrorCode } from '../../core/errors';
import type { TargetDescription } from '../../ports/target-connector';
import type { EngineDeps } from '../deps';
import { type Looks, noteLook } from '../job/rare-looks';
import { STATUS_KEYS } from '../job/status-keys';

/** Failures that may be for want of a role, an organization, a field … of the account. */
const CODES: readonly ErrorCode[] = ['PROV_ROLE_UNKNOWN', 'PROV_MAPPING_FAILED', 'PROV_TARGET_REJECTED'];
const FOR_WANT: ReadonlySet<string> = new Set(CODES.map((code) => ENTRA_ERROR_CODE[code] ?? code));

/** Instances keep what the account is like for ten minutes: an item that another one carried out meanwhile may have gone by the former. */
const AGAIN_AFTER_MS = 11 * 60_000;

/**
 * Has everybody tried again who was refused, or got only a part, for what the account lacked, once the account has changed: a role, a locale,
 * a field, a group or an organization may be there now. Once more after some minutes, for what went by the former state. Safe to repeat.
 * @param account as just read
 */
export async function followAccount(deps: EngineDeps, account: TargetDescription): Promise<void> {
  const now = fingerprint(account);
  const before = (await deps.state.read<string>(STATUS_KEYS.account))?.value;
  if (now === before) return;
  if (before !== undefined) {
    await markWaiting(deps);
    await noteLook(deps, 'accountChange', true);
  }
  await deps.state.write(STATUS_KEYS.account, now, '*');
}

/** The second time, when every instance knows what has changed. */
export async function followAccountAgain(deps: EngineDeps, looks: Looks): Promise<void> {
  const at = looks.accountChange;
  if (!at || deps.clock().getTime() - Date.parse(at) < AGAIN_AFTER_MS) return;
  await markWaiting(deps);
  await noteLook(deps, 'accountChange', false);
}

async function markWaiting({ escrows, links, space }: EngineDeps): Promise<void> {
  for await (const page of escrows.list()) {
    await space.markDirty(page.filter(({ code }) => FOR_WANT.has(code)).map(({ key }) => key));
  }
  for await (const page of links.listLinks('user')) {
    const waiting = page.filter(({ awaits }) => awaits !== undefined);
    await space.markDirty(waiting.map(({ sourceId: id }) => ({ type: 'user', id })));
  }
}

/** Stands for what mappings may name. Lists in an order of our own: in another one nothing has changed. */
function fingerprint({ selfId: _self, ownerId: _owner, ...account }: TargetDescription): string {
  const parts = Object.entries(account).map(([name, value]) => [name, Array.isArray(value) ? sorted(value) : value]);
  return createHash('sha256').update(JSON.stringify(parts.sort())).digest('hex');
}

const sorted = (list: readonly unknown[]): readonly string[] => list.map((one) => JSON.stringify(one)).sort();
