import type { Attributes, AttributeValue, TargetId, TargetMembership, TargetRole } from '../../src/core/model';
import type { TargetConnector, TargetDescription, TargetWait } from '../../src/ports/target-connector';

/** The port's methods that change Zendesk. */
export type WriteMethod =
  | 'createUser'
  | 'updateUser'
  | 'removeEmail'
  | 'endSessions'
  | 'deleteUser'
  | 'eraseUser'
  | 'handOverTickets'
  | 'createGroup'
  | 'updateGroup'
  | 'deleteGroup'
  | 'addMembership'
  | 'removeMembership';

/** Called before and after each call; what it throws, the caller sees. Thrown `after`, the change has happened all the same. */
export type FaultHook = (
  moment: 'before' | 'after',
  method: keyof TargetConnector,
  args: readonly unknown[],
) => void | Promise<void>;

/** A user as the fake keeps it. */
export interface FakeUser {
  readonly id: TargetId;
  externalId: string | null;
  email: string | null;
  /** Addresses besides the primary one. */
  otherEmails: string[];
  name: string;
  role: TargetRole;
  suspended: boolean;
  active: boolean;
  attributes: Attributes;
  createdAt?: string;
  updatedAt?: string;
  lastLoginAt?: string | null;
}

/** An open ticket as the fake keeps it. */
export interface FakeTicket {
  assignee: TargetId | null;
  group: TargetId | null;
  /** Zendesk refuses to give it to anybody else. */
  isStubborn?: boolean;
}

/** A group as the fake keeps it. */
export interface FakeGroup {
  readonly id: TargetId;
  name: string;
  description: string | null;
  readonly isDefault: boolean;
  deleted: boolean;
}

/** How to start the fake account. */
export interface FakeTargetOptions {
  readonly description?: Partial<TargetDescription>;
  /** Free paid seats; undefined: no end of them. */
  readonly seats?: number;
  /** False: users created since are not found by anything but their external id, as in a lagging search index. */
  readonly isSearchCurrent?: boolean;
  /** What Zendesk says of when an account was deleted; without it nothing. */
  readonly nowMs?: () => number;
}

/** An in-memory Zendesk account behind the port: far simpler than the real one, the same in what the port promises. */
export interface FakeTarget extends TargetConnector {
  readonly users: Map<TargetId, FakeUser>;
  readonly groups: Map<TargetId, FakeGroup>;
  readonly memberships: Map<TargetId, TargetMembership>;
  /** Users whose sessions were ended, oldest first. */
  readonly endedSessions: TargetId[];
  /** Users who have requested tickets that are not closed: they cannot be deleted. */
  readonly openTickets: Set<TargetId>;
  /** Users who were erased, oldest first. */
  readonly erased: TargetId[];
  /** Open tickets by their ids. */
  readonly tickets: Map<TargetId, FakeTicket>;
  /** Puts open tickets of an agent there. */
  seedTickets(assignee: TargetId, count: number): void;
  /** Waits that the account asks for. */
  waits: readonly TargetWait[];
  /** What `busyForMs` says of changes of accounts. */
  busyMs: number;
  /** Addresses that were sent a welcome mail. */
  readonly mails: string[];
  /** Calls that changed something. */
  readonly writes: Map<WriteMethod, number>;
  /** Sum of `writes`. */
  writeCount(): number;
  hook: FaultHook | undefined;
  isSearchCurrent: boolean;
  seats: number | undefined;
  /** Puts a user there without the port. */
  seedUser(user: Partial<Omit<FakeUser, 'id'>> & { readonly name: string }): FakeUser;
  seedGroup(name: string): FakeGroup;
}

/** A text as Zendesk compares it. */
export const fold = (text: AttributeValue | undefined): string =>
  String(text ?? '')
    .trim()
    .toLowerCase();
