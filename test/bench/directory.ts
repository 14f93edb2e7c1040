import type { SourceId } from '../../src/core/model';
import type { FakeDirectory } from '../fakes/source-directory';

/** A directory to be measured, and what happens in it before the measured cycle. */
export interface Filled {
  readonly people: readonly SourceId[];
  /** Where the second cycle is of interest. */
  readonly change?: () => void;
  /** Everybody loses the assignment. */
  readonly leave?: () => void;
}

/** The shapes of a directory: how many people, in how many groups. */
export type Shape = (directory: FakeDirectory, people: number, groups: number) => Filled;

export const addressOf = (n: number): string => `user${n}@contoso.com`;

const aPerson = (directory: FakeDirectory, n: number): SourceId =>
  directory.addUser({ displayName: `User ${n}`, mail: addressOf(n), userPrincipalName: addressOf(n) });

const somePeople = (directory: FakeDirectory, count: number): readonly SourceId[] =>
  Array.from({ length: count }, (_, n) => aPerson(directory, n));

const theRole = (directory: FakeDirectory) => directory.addAppRole({ displayName: 'User', value: 'User' });

/** Everybody is assigned by name. With `groups` assignments each, by as many roles. */
export const assigned: Shape = (directory, count, each) => {
  const roles = Array.from({ length: Math.max(1, each) }, (_, n) =>
    directory.addAppRole({ displayName: 'User', value: n === 0 ? 'User' : `User ${n}` }),
  );
  const people = somePeople(directory, count);
  const assignments = people.flatMap((id) => roles.map((role) => directory.assign(id, role)));
  return {
    people,
    leave: () => {
      for (const id of assignments) directory.unassign(id);
    },
    change: () => {
      for (const id of people.slice(0, Math.ceil(count / 100))) directory.updateUser(id, { displayName: 'Renamed' });
    },
  };
};

/** One assigned group with everybody in it; later one member more. */
export const hugeGroup: Shape = (directory, count) => {
  const people = somePeople(directory, count);
  const huge = directory.addGroup({ displayName: 'Everybody' });
  directory.assign(huge, theRole(directory));
  for (const id of people) directory.addMember(huge, id);
  const late = aPerson(directory, count);
  return { people, change: () => directory.addMember(huge, late) };
};

/** Many assigned groups, each with a few of the people in it. */
export const manyGroups = (directory: FakeDirectory, count: number, groups: number) => {
  const role = theRole(directory);
  const people = somePeople(directory, count);
  const all = Array.from({ length: groups }, (_, n) => directory.addGroup({ displayName: `Group ${n}` }));
  for (const id of all) directory.assign(id, role);
  for (const [n, id] of people.entries()) {
    const group = all[n % all.length];
    if (group) directory.addMember(group, id);
  }
  return { people, all };
};

/** One person in all of many assigned groups, the others in one each; later that person changes. */
export const manyMemberships: Shape = (directory, count, groups) => {
  const { people, all } = manyGroups(directory, count, groups);
  const [busy] = people;
  for (const group of all) if (busy) directory.addMember(group, busy);
  return { people, change: () => directory.updateUser(busy ?? '', { displayName: 'Renamed' }) };
};

/** Ten levels of groups, two to a level, each in both above it, with everybody at the bottom; later somebody leaves the bottom. */
export const nested: Shape = (directory, count) => {
  const people = somePeople(directory, count);
  let above = [directory.addGroup({ displayName: 'Top' })];
  directory.assign(above[0] ?? '', theRole(directory));
  for (let level = 1; level < 10; level += 1) {
    const here = ['Left', 'Right'].map((side) => directory.addGroup({ displayName: `${side} ${level}` }));
    for (const parent of above) for (const id of here) directory.addMember(parent, id);
    above = here;
  }
  for (const id of people) for (const parent of above) directory.addMember(parent, id);
  const [leaver] = people;
  return { people, change: () => directory.removeMember(above[0] ?? '', leaver ?? '') };
};

/** Every shape by its name. */
export const SHAPES = { assigned, hugeGroup, manyGroups: manyGroups as Shape, manyMemberships, nested };
export type ShapeName = keyof typeof SHAPES;
