import { NotFoundError, RejectedError } from '../../src/core/errors';
import type { TargetGroup, TargetId, TargetMembership } from '../../src/core/model';
import type { TargetGroupFields } from '../../src/ports/target-connector';
import { type FakeGroup, fold } from './target-account';

/** The groups of the fake account, and who is in them. Every agent is in one at least: the default group `Support` where there is no other. */
export class FakeGroups {
  readonly groups = new Map<TargetId, FakeGroup>();
  readonly memberships = new Map<TargetId, TargetMembership>();
  readonly default: FakeGroup;
  readonly #nextId: () => TargetId;

  constructor(nextId: () => TargetId) {
    this.#nextId = nextId;
    this.default = this.#add('Support', true);
  }

  seed(name: string): FakeGroup {
    return this.#add(name, false);
  }

  live(): FakeGroup[] {
    return [...this.groups.values()].filter(({ deleted }) => !deleted);
  }

  get(id: TargetId): FakeGroup | undefined {
    const group = this.groups.get(id);
    return group?.deleted === false ? group : undefined;
  }

  named(name: string): FakeGroup[] {
    return this.live().filter((group) => fold(group.name) === fold(name));
  }

  create(fields: TargetGroupFields): TargetGroup {
    if (fold(fields.name) === '') throw new RejectedError('name', 'Refused: no name');
    const group = this.seed(fields.name.trim());
    group.description = fields.description || null;
    return { ...group };
  }

  update(id: TargetId, fields: Partial<TargetGroupFields>): TargetGroup {
    const group = this.#found(id);
    if (fields.name !== undefined) group.name = fields.name.trim();
    if (fields.description !== undefined) group.description = fields.description || null;
    return { ...group };
  }

  /** @returns false where there is no such group any more */
  remove(id: TargetId): boolean {
    const group = this.get(id);
    if (!group) return false;
    const members = this.membersOf(id);
    if (group.isDefault || members.some(({ isDefault }) => isDefault))
      throw new RejectedError(undefined, 'Refused: a default group');
    for (const member of members) this.memberships.delete(member.id);
    group.deleted = true;
    return true;
  }

  /** @throws NotFoundError where there is no such group any more */
  membersOf(id: TargetId): TargetMembership[] {
    this.#found(id);
    return [...this.memberships.values()].filter(({ groupId }) => groupId === id);
  }

  of(userId: TargetId): TargetMembership[] {
    return [...this.memberships.values()].filter((membership) => membership.userId === userId);
  }

  join(userId: TargetId, groupId: TargetId): TargetMembership {
    const membership = { id: this.#nextId(), userId, groupId, isDefault: this.of(userId).length === 0 };
    this.memberships.set(membership.id, membership);
    return membership;
  }

  /** @returns false where the membership has ended before */
  leave({ id }: TargetMembership): boolean {
    const stored = this.memberships.get(id);
    if (!stored) return false;
    const heir = this.of(stored.userId).find((other) => other.id !== id) ?? this.#joinDefault(stored);
    this.memberships.delete(id);
    if (stored.isDefault) this.memberships.set(heir.id, { ...heir, isDefault: true });
    return true;
  }

  leaveAll(userId: TargetId): void {
    for (const membership of this.of(userId)) this.memberships.delete(membership.id);
  }

  #add(name: string, isDefault: boolean): FakeGroup {
    const group: FakeGroup = { id: this.#nextId(), name, description: null, isDefault, deleted: false };
    this.groups.set(group.id, group);
    return group;
  }

  #found(id: TargetId): FakeGroup {
    const group = this.get(id);
    if (!group) throw new NotFoundError('target', 'The group is gone');
    return group;
  }

  #joinDefault(only: TargetMembership): TargetMembership {
    if (only.groupId === this.default.id) throw new RejectedError('members', 'Refused: an agent needs a group');
    return this.join(only.userId, this.default.id);
  }
}
