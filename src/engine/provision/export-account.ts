import type { Desired } from '../../core/desired';
import { AlreadyExistsError, LicenseLimitError, UnavailableError } from '../../core/errors';
import type { TargetUser } from '../../core/model';
import { DEFAULT_ROLE } from '../../core/role';
import { endSessions } from './end-sessions';
import { changesOf, newUserOf } from './export-plan';
import { requireNoHandover } from './handover';
import type { Settle, Writing } from './stages';
import { userLinkAfter } from './user-link';

/** Changes the account of a user in scope, adopted or linked, and stores the link. */
export async function updateAccount(writing: Writing<TargetUser>, target: TargetUser, settle: Settle): Promise<TargetUser> {
  const { deps, plan } = writing;
  const written = plan.changes.length === 0 ? target : await update(writing, target);
  if (written.suspended && !target.suspended) await endSessions(deps, target.id);
  await settle(userLinkAfter(writing, written));
  return written;
}

async function update(writing: Writing<TargetUser>, target: TargetUser): Promise<TargetUser> {
  try {
    return await writing.deps.target.updateUser(target, changesOf(writing.plan), writing.pairing.renew);
  } catch (error) {
    if (error instanceof AlreadyExistsError) await explainTaken(writing, error);
    throw error;
  }
}

/** Makes an account and stores the link. */
export async function createAccount(writing: Writing<TargetUser>, settle: Settle): Promise<TargetUser> {
  const { deps, attempt, pairing, plan } = writing;
  try {
    const created = await deps.target.createUser(newUserOf(plan, attempt.item.sourceId), pairing.renew);
    deps.matchHistory.note(false);
    await pairing.reserveNew(created.id);
    await settle(userLinkAfter(writing, created));
    return created;
  } catch (error) {
    if (error instanceof LicenseLimitError) await keepWhatWasLeft(writing, settle);
    if (error instanceof AlreadyExistsError) {
      await requireNotMade(writing, error);
      await explainTaken(writing, error);
    }
    throw error;
  }
}

/**
 * Nobody had our id when the account was matched, and somebody has it now: an earlier request of ours made it that was given up, such as a
 * background job that Zendesk no longer knew and that was still at work. Planned again it is found by the id, and told as created by us.
 */
async function requireNotMade({ deps, desired }: Writing<TargetUser>, error: AlreadyExistsError): Promise<void> {
  if (error.maker === 'others' || !desired?.matchers.some(({ attribute }) => attribute === 'external_id')) return;
  const made = await deps.target.findUsers({ attribute: 'external_id', value: desired.externalId });
  if (made.length === 0) return;
  const why = 'An earlier request of this app has created the account meanwhile; it is looked at again';
  throw new AlreadyExistsError(error.attribute, why, { cause: error, maker: 'us' });
}

/** A creation that Zendesk refuses for want of a seat may leave an end user behind: that one is ours, and is raised later. */
async function keepWhatWasLeft(writing: Writing<TargetUser>, settle: Settle): Promise<void> {
  const { deps, pairing, desired } = writing;
  if (!desired) return;
  const [left] = await deps.target.findUsers({ attribute: 'external_id', value: desired.externalId });
  if (!left || left.role.role !== DEFAULT_ROLE.role) return;
  await pairing.reserve(left.id);
  await settle({ ...userLinkAfter(writing, left), createdByUs: true, settledRole: left.role });
}

/**
 * Zendesk says that a value is taken. Perhaps another one of ours is about to give it up; perhaps Zendesk's search does not know yet by whom:
 * then only time helps. Otherwise matching decides anew.
 */
async function explainTaken(writing: Writing<TargetUser>, error: AlreadyExistsError): Promise<void> {
  const { deps, attempt, desired } = writing;
  if (attempt.isSecondTry && isUniqueValue(writing, error.attribute)) {
    const why = 'The values that were free a moment ago are taken now; the next cycle looks for others';
    throw new UnavailableError('target', why, { cause: error });
  }
  const email = emailOf(desired);
  if (error.attribute !== 'email' || email === null) return;
  deps.matchHistory.note(true);
  const holders = await deps.target.findUsers({ attribute: 'email', value: email });
  await requireNoHandover(writing, 'user', { attribute: 'email', value: email }, holders);
  if (holders.length > 0) return;
  const why =
    'Zendesk says that the e-mail address is taken, but its search does not find the account yet (the index lags, or somebody holds it as a deleted or unverified address)';
  throw new UnavailableError('target', why, { cause: error });
}

const emailOf = (desired: Desired | null): string | null => desired?.email ?? null;

const isUniqueValue = ({ deps }: Writing<TargetUser>, attribute: string): boolean =>
  deps.schema.users.mappings.some(
    ({ target, source }) => target.name === attribute && source.kind === 'function' && source.expression.usesUniqueness,
  );
