import type { SourceId } from '../../src/core/model';
import type { JobSettings } from '../../src/engine/job-settings';
import { only } from '../property/support/only';
import { World, type WorldOptions } from '../property/support/world';

/** A world in which `agents` and `users` are assigned directly, with the ids of both. */
export function aCompany(counts: { readonly agents?: number; readonly users?: number }, options: WorldOptions = {}) {
  const world = new World(options);
  const { directory } = world;
  const roles = {
    user: directory.addAppRole({ displayName: 'User', value: 'user' }),
    agent: directory.addAppRole({ displayName: 'Agent', value: 'agent' }),
    admin: directory.addAppRole({ displayName: 'Admin', value: 'admin' }),
  };
  const people = (count: number, word: string, role: string): { readonly id: SourceId; readonly assignment: string }[] =>
    Array.from({ length: count }, (_, at) => {
      const id = aPerson(world, `${word}${at}`);
      return { id, assignment: directory.assign(id, role) };
    });
  return {
    world,
    directory,
    roles,
    /** Somebody new with a role. */
    hire: (word: string, role: keyof typeof roles = 'user'): SourceId => {
      const id = aPerson(world, word);
      directory.assign(id, roles[role]);
      return id;
    },
    /** A new group that is assigned as agents. */
    team: (displayName: string, ...members: readonly SourceId[]): SourceId => {
      const id = directory.addGroup({ displayName });
      for (const member of members) directory.addMember(id, member);
      directory.assign(id, roles.agent);
      return id;
    },
    agents: people(counts.agents ?? 0, 'agent', roles.agent),
    users: people(counts.users ?? 0, 'user', roles.user),
  };
}

/** A company with an account for everybody; `id`, `assignment` and `account` are those of the first agent, or the first user. */
export async function anEmployee(settings: Partial<JobSettings> = {}, counts: Parameters<typeof aCompany>[0] = { users: 1 }) {
  const company = aCompany(counts, { settings });
  await company.world.round();
  const { id, assignment } = only([...company.agents, ...company.users]);
  return { ...company, id, assignment, account: company.world.rowOf(id) };
}

/** A company whose only person, a user, has no account yet. */
export function aNewcomer(settings: Partial<JobSettings> = {}) {
  const company = aCompany({ users: 1 }, { settings });
  return { ...company, ...only(company.users) };
}

/** A person in Entra whom nothing is assigned to. */
export const aPerson = (world: World, word: string): SourceId =>
  world.directory.addUser({ displayName: word, mail: `${word}@contoso.com`, userPrincipalName: `${word}@contoso.com` });
