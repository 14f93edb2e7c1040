import { sentence } from '../../core/advice';
import { heldSentence, idsIn, withNames } from '../../core/held-words';
import { type Leaving, type LeavingStep, leavingSteps } from '../../core/leaving';
import { DEFAULT_ACCESS_ROLE_ID, type Link, type SourceId, type SourceObject, sourceId } from '../../core/model';
import type { ErrorInformation, ProvisioningLogEntry } from '../../core/record';
import type { ScopeDecision } from '../../core/scope';
import type { Escrow } from '../../ports/escrow-store';
import type { Hold } from '../../ports/hold-store';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import type { ObjectKey } from '../../ports/stored';
import { readRules } from '../decide/due';
import { heldNow, heldReason } from '../decide/held';
import { canSignIn } from '../decide/loss';
import { decideScope } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { readJob } from '../job/job-state';
import { readNames } from '../read-names';
import { readSubject } from './read-subject';

/** How many log entries an explanation shows. */
export const ENTRIES_SHOWN = 10;

/** A group on the way from an assignment to an object. */
export interface PathGroup {
  readonly id: SourceId;
  /** Null where the group was not read yet. */
  readonly displayName: string | null;
}

/** Everything that decides why an object has an account in Zendesk or has none. */
export interface Explanation {
  readonly object: SourceObject;
  /** False when no cycle has read the object yet: then it was read from Entra ID just now. */
  readonly isImported: boolean;
  readonly decision: ScopeDecision;
  /** The role that the assignment which counts gives; null out of scope, or where the scope alone entitles. */
  readonly role: string | null;
  /** The groups between object and assignment, nearest first; empty for a direct assignment. */
  readonly path: readonly PathGroup[];
  readonly link: Link | null;
  /** Newest first. */
  readonly entries: readonly ProvisioningLogEntry[];
  readonly lastError: { readonly entry: ProvisioningLogEntry; readonly error: ErrorInformation } | null;
  readonly escrow: Escrow | null;
  readonly staged: StagedDeletion | null;
  /** The hold that an undo has left on it, while it is in force. */
  readonly hold: Hold | null;
  /** Where somebody is who left, step by step; null for everybody else. */
  readonly leaving: (Pick<Leaving, 'leftAt' | 'createdByUs' | 'deletedAt'> & { readonly steps: readonly LeavingStep[] }) | null;
  /** Why nothing moves at present, besides all this; null when the job runs. */
  readonly heldBecause: string | null;
  /** The answer in one or two sentences. */
  readonly answer: string;
}

/** What there is to say about an object; `unknown` when it could not be read, which says nothing about it. */
export type ExplainResult =
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Answers "why does she have no account?" (and why does she have one) in one go: link, scope decision now, last log entries, last error,
 * escrow, staged deletion. Reads only; asks Entra ID only about an object that no cycle has read yet, and Zendesk about nothing.
 */
export async function explainObject(deps: EngineDeps, key: ObjectKey): Promise<ExplainResult> {
  const subject = await readSubject(deps, key);
  if (subject.kind !== 'found') return subject;
  const { object, isImported } = subject;
  const [rules, linkRow, recent, failed, escrow, staged, held, leaving, heldBecause] = await Promise.all([
    readRules(deps),
    deps.links.read(key),
    deps.log.query({ sourceId: key.id }, ENTRIES_SHOWN),
    deps.log.query({ sourceId: key.id, statuses: ['failure'] }, 1),
    deps.escrows.read(key),
    deps.staged.read(key),
    heldNow(deps, object),
    key.type === 'user' ? deps.leavings.read(key.id) : undefined,
    reasonHeld(deps),
  ]);
  const decision = decideScope(deps, rules.appRoles, object, subject.above);
  const facts = {
    object,
    isImported,
    decision,
    role: roleOf(decision),
    path: await pathOf(deps, decision, object),
    link: linkRow?.value.link ?? null,
    entries: recent.entries,
    lastError: lastErrorOf(failed.entries),
    escrow: escrow ?? null,
    staged: staged?.state === 'staged' ? staged : null,
    hold: held.kind === 'held' ? held.stored.value : null,
    leaving: leavingOf(deps, decision, leaving, linkRow?.value.link ?? null),
    heldBecause,
  };
  const mentioned = idsIn([decision.reason, facts.staged?.reason ?? '']).map((id) => ({
    type: 'group' as const,
    id: sourceId(id),
  }));
  const names = await readNames(deps, mentioned);
  return { kind: 'explained', explanation: { ...facts, answer: answerOf(facts, names) } };
}

/** What is still kept of an earlier time says nothing of somebody who is back. */
function leavingOf(
  { settings, clock }: EngineDeps,
  decision: ScopeDecision,
  leaving: Leaving | undefined,
  link: Link | null,
): Explanation['leaving'] {
  if (!leaving || decision.kind === 'in' || (link && link.targetId !== leaving.targetId)) return null;
  const account = { isSuspended: link !== null && !canSignIn(link), isAgent: link?.isAgent === true };
  const { leftAt, createdByUs, deletedAt } = leaving;
  return { leftAt, createdByUs, deletedAt, steps: leavingSteps(leaving, account, settings, clock()) };
}

const roleOf = (decision: ScopeDecision): string | null =>
  decision.kind === 'in' ? (decision.roles[0]?.role.displayName ?? null) : null;

/** The way of the assignment that counts; out of scope, that of the first one there is. */
async function pathOf(deps: EngineDeps, decision: ScopeDecision, object: SourceObject): Promise<readonly PathGroup[]> {
  const granted = decision.kind === 'in' ? decision.roles[0]?.entitlement : undefined;
  const entitlement =
    granted ?? object.entitlements.find((one) => one.appRoleId === DEFAULT_ACCESS_ROLE_ID) ?? object.entitlements[0];
  return Promise.all(
    (entitlement?.path ?? []).map(async (id) => {
      const name = (await deps.space.readObject({ type: 'group', id }))?.value.attributes['displayName'];
      return { id, displayName: typeof name === 'string' ? name : null };
    }),
  );
}

function lastErrorOf([entry]: readonly ProvisioningLogEntry[]): Explanation['lastError'] {
  const error = entry?.provisioningStatusInfo.errorInformation;
  return entry && error ? { entry, error } : null;
}

async function reasonHeld({ state }: EngineDeps): Promise<string | null> {
  const { value: job } = await readJob(state);
  if (job.paused) return 'The job is paused.';
  // The brake holds single removals, not the job.
  if (job.quarantine && job.quarantine.reason !== 'TooManyDeletes')
    return `The job is in quarantine (${job.quarantine.reason}); next attempt at ${job.quarantine.nextAttempt}.`;
  return null;
}

function answerOf(facts: Omit<Explanation, 'answer'>, names: ReadonlyMap<string, string>): string {
  const { decision, escrow, staged, hold, link, heldBecause } = facts;
  const account = link ? `Linked to the Zendesk ${link.type} ${link.targetId}` : 'No account in Zendesk';
  const held = heldBecause ? ` ${heldBecause}` : '';
  const why = withNames(decision.reason, names);
  if (hold) return `${account}${suspendedBy(link)}. ${heldReason(hold)}${held}`;
  if (staged) return `${account}. ${heldSentence(staged, withNames(staged.reason, names))}${held}`;
  if (escrow) {
    const next = escrow.nextAttemptAt ? `next try at ${escrow.nextAttemptAt}` : 'no further try by itself';
    const words = escrow.detail ? ` Zendesk's own words: ${sentence(escrow.detail)}` : '';
    return `${account}. The last try failed: ${escrow.reason} (${next}).${words} ${escrow.recommendedAction}${held}`;
  }
  if (decision.kind === 'unknown') return `${account}. ${why}${held}`;
  if (decision.kind === 'out') return `${account}${suspendedBy(link)}. Out of scope: ${why}${whatIsAhead(facts.leaving)}${held}`;
  if (link) return `${account}${suspendedBy(link)}. In scope: ${why}${held}`;
  const skipped = facts.entries[0]?.skipReason ? ` The last entry of the log: skipped, ${facts.entries[0].skipReason}.` : '';
  const waits = facts.isImported ? '' : ' The next cycle reads it for the first time.';
  return `${account} yet. In scope: ${why}${waits}${skipped}${held}`;
}

function suspendedBy(link: Link | null): string {
  if (link?.disabledByUs) return ', disabled by this app';
  return link?.suspendedByOthers ? ', suspended in Zendesk by somebody else: this app leaves that as it is' : '';
}

/** The next step that waits for its day, in a sentence. */
function whatIsAhead(leaving: Explanation['leaving']): string {
  const next = leaving?.steps.find(({ at, state }) => at !== null && (state === 'waits' || state === 'due'));
  if (!next?.at) return '';
  const what = next.step === 'delete' ? 'The account is deleted' : 'The deleted account is erased permanently';
  return next.state === 'due'
    ? ` ${what} with the next cycle, if the brake lets it go.`
    : ` ${what} after ${next.at}, unless the user returns.`;
}
