import type { Evidence } from '../../core/continued';
import type { Desired } from '../../core/desired';
import { NotFoundError, type ProvisioningError } from '../../core/errors';
import type { Link, MayCome } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { EngineDeps } from '../deps';
import type { Attempt, NamedTarget, Skip } from './attempt';
import type { Found } from './match-target';
import type { MembershipChange } from './memberships';
import type { Pairing } from './pairing';
import type { MembershipResult } from './write-memberships';

/** A plan that is being carried out. */
export interface Writing<T> {
  readonly deps: EngineDeps;
  readonly attempt: Attempt;
  readonly pairing: Pairing;
  readonly found: Found<T>;
  readonly desired: Desired | null;
  readonly plan: Plan;
  /** What the log tells: the plan, with what an earlier try of it had written. */
  readonly told: Plan;
  /** True where the role was taken out of the plan, because no agent seat is free. */
  readonly awaitsSeat: boolean;
  /** What the export leaves undone and has tried again as a failure: filled by it. */
  readonly left: Left;
  /** What earlier requests may still do to the account: kept in mind with its link. Undefined for nothing. */
  readonly mayCome: MayCome | undefined;
}

/** What could not be written beside what was. */
export interface Left {
  error: ProvisioningError | undefined;
  /** The attributes of the plan that were not written. */
  readonly attributes: string[];
}

/**
 * What was gone before this app asked for it was deleted by somebody else, unless an earlier try had asked already.
 * @throws NotFoundError then, so that the plan is made anew and nobody reads of a deletion of ours
 */
export function requireOurDeletion({ attempt }: Pick<Writing<unknown>, 'attempt'>, isDone: boolean): void {
  if (isDone || attempt.pairing.row.claim?.plan.action === 'delete') return;
  throw new NotFoundError('target', 'Somebody else has deleted it in Zendesk a moment ago');
}

/** Stores the link once the target is as planned. */
export type Settle = (link: Link) => Promise<void>;

/** What users and groups do differently on the one way that both go. */
export interface Stages<T extends NonNullable<NamedTarget>> {
  /** The target object: by the link, else by the matching attributes. @throws DisputedMatchError, HandoverError */
  match(attempt: Attempt): Promise<Found<T>>;
  /** What the object is to be; null where it is not to be there. @throws MappingError, UnknownRoleError */
  desire(attempt: Attempt, found: Found<T>): Promise<Desired | null>;
  /** Everything that differs, or the reason why nothing is done. */
  plan(attempt: Attempt, found: Found<T>, desired: Desired | null): Promise<Plan | Skip>;
  /** Whether the plan takes or frees an agent seat; undefined for neither. */
  seat(attempt: Attempt, found: Found<T>, plan: Plan): 'takes' | 'frees' | undefined;
  /** What there is to see, for telling what an earlier try had written. */
  evidence(found: Found<T>, desired: Desired | null, attempt: Attempt): Evidence;
  /** The memberships that would change; asked in a dry run. */
  foreseeMembers(attempt: Attempt, found: Found<T>): Promise<ForeseenMembers>;
  /** Writes the plan and stores the link. Returns the object as it is now; undefined where it is gone, or let go. */
  export(writing: Writing<T>, settle: Settle): Promise<T | undefined>;
  /** Where nothing is to be written: brings the link in line with what was seen. */
  settle(writing: Writing<T>): Promise<void>;
  /** Brings memberships in line, once the link is stored. */
  memberships(writing: Writing<T>): Promise<MembershipResult>;
}

/** Memberships that a dry run foresees. */
export interface ForeseenMembers {
  readonly added: readonly MembershipChange[];
  readonly removed: readonly MembershipChange[];
  readonly skipped: number;
}
