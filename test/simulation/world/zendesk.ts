/** What the simulation remembers about the Zendesk account besides its state: who did what, which Zendesk itself does not tell. */
import type { TargetId } from '../../../src/core/model';
import type { FakeGroup, FakeTarget, FakeUser } from '../../fakes/target-account';
import { makeFakeTarget } from '../../fakes/target-connector';

export interface AccountNotes {
  /** The person in Entra for whom the app made or took the account. */
  owner: string | null;
  /**
   * `either`: by hand, while a suspension by the app was on record whose answer it never got. Nothing in Zendesk tells the two apart, so it counts as
   * what the app then stores.
   */
  suspendedBy: 'app' | 'hand' | 'either' | null;
  /** When somebody last suspended the account by hand. */
  suspendedMs?: number;
  /** When somebody last let the account in by hand. */
  letInMs?: number;
  /** True where the suspension that was lifted then was the app's. */
  wasAppsBefore?: boolean;
  roleBy: 'app' | 'hand';
  /** An operator has made the app forget the pair since: whose account it is, and who suspended it, is decided anew. */
  isDetached: boolean;
  /** Of the pair that was forgotten last: this one alone was named, so that nothing is read in full for it. */
  wasNamed?: boolean;
  /** The app has had it on record as linked. */
  wasLinked: boolean;
  /** The app has given it the id of a person. */
  hasOurId: boolean;
  /** When somebody gave it the id of another system by hand. */
  foreignIdMs?: number;
  /** When somebody gave it further addresses by hand, by address. */
  addressMs?: Readonly<Record<string, number>>;
  /** Somebody changed it by hand since the last time everything was compared. */
  isTouched: boolean;
  /** Since when the search index has known its addresses. */
  indexedFromMs: number;
}

export interface GroupNotes {
  owner: string | null;
  /** By a call whose effect we saw, whatever was answered. */
  createdByApp: boolean;
  isDetached: boolean;
  /** What the app's link says of who made it. */
  countsAsOurs: boolean;
  /** The groups of Entra that the app has had on record as linked to it, the first of them first. */
  readonly linkedTo: Set<string>;
  /** It was let go or forgotten once: taken back it counts as there before. */
  wasDetached: boolean;
  isTouched: boolean;
}

/** An effect of a call on the account, told by comparing before and after. */
export type EffectKind =
  | 'create'
  | 'disable'
  | 'enable'
  | 'delete'
  | 'erase'
  | 'downgrade'
  | 'change'
  | 'groupCreate'
  | 'groupChange'
  | 'groupDelete'
  | 'memberAdd'
  | 'memberRemove';

export class Zendesk {
  readonly target: FakeTarget;
  readonly accounts = new Map<TargetId, AccountNotes>();
  readonly groups = new Map<TargetId, GroupNotes>();
  /** Who put whom into which group: `user group`. */
  readonly members = new Map<string, 'app' | 'hand'>();
  /** Memberships that the app has on record as its own: who and where in Entra ID → `user group`. */
  readonly settledMembers = new Map<string, string>();
  /** Memberships that a call of the app made, whoever has the account by now: `user group`. */
  readonly madeMembers = new Set<string>();
  readonly selfId: TargetId;
  /** How long the search index takes to know of a new account or address. */
  searchLagMs = 0;

  constructor(nowMs: () => number) {
    this.target = makeFakeTarget({ nowMs });
    const [self] = this.target.users.keys();
    if (!self) throw new Error('the fake account has nobody');
    this.selfId = self;
  }

  notesOf(id: TargetId): AccountNotes {
    const notes = this.accounts.get(id) ?? {
      owner: null,
      suspendedBy: null,
      roleBy: 'hand',
      isDetached: false,
      wasLinked: false,
      hasOurId: false,
      isTouched: false,
      indexedFromMs: 0,
    };
    this.accounts.set(id, notes);
    return notes;
  }

  groupNotesOf(id: TargetId): GroupNotes {
    const notes = this.groups.get(id) ?? {
      owner: null,
      createdByApp: false,
      countsAsOurs: false,
      linkedTo: new Set(),
      isDetached: false,
      wasDetached: false,
      isTouched: false,
    };
    this.groups.set(id, notes);
    return notes;
  }

  /** Everything has been compared: nothing by hand is news any more. */
  untouch(): void {
    for (const notes of [...this.accounts.values(), ...this.groups.values()]) notes.isTouched = false;
  }

  get liveUsers(): readonly FakeUser[] {
    return [...this.target.users.values()].filter((user) => user.active);
  }

  get liveGroups(): readonly FakeGroup[] {
    return [...this.target.groups.values()].filter((group) => !group.deleted);
  }

  /** The accounts that carry a person's id. */
  accountsOf(personId: string): readonly FakeUser[] {
    return this.liveUsers.filter((user) => user.externalId?.toLowerCase() === personId);
  }

  /** Live accounts that have an address, as primary or not. */
  holdersOf(address: string): readonly FakeUser[] {
    const wanted = address.toLowerCase();
    return this.liveUsers.filter((user) => addressesOf(user).includes(wanted));
  }
}

export const addressesOf = (user: FakeUser): readonly string[] =>
  [user.email, ...user.otherEmails].flatMap((one) => (one === null ? [] : one.toLowerCase()));
