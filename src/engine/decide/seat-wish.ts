import { desiredUser } from '../../core/desired';
import { MappingError, UnknownRoleError } from '../../core/errors';
import { holdsSeat } from '../../core/seats';
import type { EngineReads } from '../deps';
import { desireRules } from './desire';
import type { Due } from './due';

type WishReads = Pick<EngineReads, 'settings' | 'schema' | 'target' | 'clock' | 'newId' | 'random'>;

/** Whether somebody is to become an agent or admin who is none by this app yet; nobody, where AGENT_SEATS is not set. An estimate: the plan decides. */
export async function wantsSeat(reads: WishReads, { object, decision, link }: Due): Promise<boolean> {
  if (reads.settings.agentSeats === undefined || object.type !== 'user' || decision.kind !== 'in') return false;
  const account = await reads.target.describe();
  if (link?.settledRole && holdsSeat(link.settledRole, account.customRoles)) return false;
  try {
    const { role } = desiredUser({ object, decision, mode: 'update' }, reads.schema.users, desireRules(reads, account));
    return role !== null && holdsSeat(role, account.customRoles);
  } catch (error) {
    if (error instanceof MappingError || error instanceof UnknownRoleError) return false;
    throw error;
  }
}
