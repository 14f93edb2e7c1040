import { type Deprovisioning, deprovisionUser } from '../../core/deprovision';
import { fateOfLeaver, isErasureDue, type LeaverAccount, type Leaving } from '../../core/leaving';
import type { Link, SourceObject } from '../../core/model';
import type { OutCause, ScopeDecision } from '../../core/scope';
import type { EngineReads } from '../deps';

type LeaverReads = Pick<EngineReads, 'settings' | 'schema' | 'clock'>;

/**
 * What is kept of somebody who left, where it can matter: out of scope while there is an account, or one that may have to be erased; in scope to
 * call off what has begun. Nobody else costs a read.
 */
export async function readLeaving(
  { leavings, settings }: Pick<EngineReads, 'leavings' | 'settings'>,
  object: SourceObject,
  decision: ScopeDecision,
  link: Link | null,
): Promise<Leaving | null> {
  if (object.type !== 'user' || decision.kind === 'unknown') return null;
  const mayMatter = link ? decision.kind === 'out' || link.disabledByUs : settings.offboardEraseAfterDays !== undefined;
  const leaving = mayMatter ? await leavings.read(object.id) : undefined;
  // What is kept of a former account says nothing of the one that took its place.
  return leaving && (!link || link.targetId === leaving.targetId) ? leaving : null;
}

/** What becomes of the account of a user who is out of scope: what the settings say, and what the days have brought. */
export function fateOf(
  { settings, schema, clock }: LeaverReads,
  cause: OutCause,
  leaving: Leaving | null,
  account: LeaverAccount,
): Deprovisioning {
  const { actions } = schema.users;
  const fate = deprovisionUser(cause, { ...settings, actions });
  return fateOfLeaver({ fate, leaving, account, rules: { ...settings, actions }, now: clock() });
}

/** Whether the account that a user out of scope has left behind, and that this app has deleted, is to be erased now. */
export const isToBeErased = ({ settings, schema, clock }: LeaverReads, leaving: Leaving | null): boolean =>
  isErasureDue({ leaving, rules: { ...settings, actions: schema.users.actions }, now: clock() });
