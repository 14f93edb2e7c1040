import type { SourceId } from '../../src/core/model';
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
    agents: people(counts.agents ?? 0, 'agent', roles.agent),
    users: people(counts.users ?? 0, 'user', roles.user),
  };
}

/** A person in Entra whom nothing is assigned to. */
export const aPerson = (world: World, word: string): SourceId =>
  world.directory.addUser({ displayName: word, mail: `${word}@contoso.com`, userPrincipalName: `${word}@contoso.com` });
