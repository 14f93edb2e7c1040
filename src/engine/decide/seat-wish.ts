import { desiredUser } from '../../core/desired';
import { MappingError, UnknownRoleError } from '../../core/errors';
import { isSameRole } from '../../core/role';
import { holdsSeat } from '../../core/seats';
import type { EngineDeps, EngineReads } from '../deps';
import { WAITING_FOR_SEAT } from '../job/seat-ledger';
import { desireRules } from './desire';
import type { Due } from './due';

type WishReads = Pick<EngineReads, 'settings' | 'schema' | 'target' | 'clock' | 'newId' | 'random'> & Pick<EngineDeps, 'escrows'>;

/**
 * Whether somebody is to become an agent or admin who is none by this app yet; nobody, where AGENT_SEATS is not set. An estimate: the plan decides.
 * Whoever failed for another reason than a seat asks with the plan alone: kept ahead for them in each cycle, a seat would stay free while others wait.
 * Whoever was made one once may have lost the seat to somebody in Zendesk: it is wanted again where a plan has found so, and the role is another one.
 */
export async function wantsSeat(reads: WishReads, { object, decision, link }: Due): Promise<boolean> {
  if (reads.settings.agentSeats === undefined || object.type !== 'user' || decision.kind !== 'in') return false;
  const account = await reads.target.describe();
  try {
    const { role } = desiredUser({ object, decision, mode: 'update' }, reads.schema.users, desireRules(reads, account));
    if (role === null || !holdsSeat(role, account.customRoles)) return false;
    const settled = link?.settledRole ?? null;
    if (settled && isSameRole(role, settled)) return false;
    const failure = await reads.escrows.read({ type: 'user', id: object.id });
    return failure ? failure.code === WAITING_FOR_SEAT : !(settled && holdsSeat(settled, account.customRoles));
  } catch (error) {
    if (error instanceof MappingError || error instanceof UnknownRoleError) return false;
    throw error;
  }
}
