import { UnavailableError } from '../../../src/core/errors';
import type { SourceId, WorkItem } from '../../../src/core/model';
import type { NewTargetUser, TargetConnector } from '../../../src/ports/target-connector';
import { anEmployee } from '../../builders/people';
import type { FakeUser } from '../../fakes/target-account';
import { failsOnce } from './faults';
import { takeFirst } from './queue';
import type { World } from './world';

export const HAS_NOT_ENDED = new UnavailableError('target', 'A background job of Zendesk has not ended');

/** The next call of a method is given up with nothing done yet. */
export const givesUp = (world: World, method: keyof TargetConnector, error: Error = HAS_NOT_ENDED): void =>
  failsOnce(world, method, error);

/** The next cycle, five minutes after the one before. @returns the item that it asks for */
export async function soon(world: World): Promise<WorkItem> {
  const { nowMs } = world;
  await world.cycle();
  world.nowMs = nowMs + 5 * 60_000;
  return takeFirst(world).item;
}

/** A user who is to be an agent by a request that was given up; `raised` is the assignment. */
export async function raisedUnheard() {
  const employee = await anEmployee();
  const { world, directory, roles, id, assignment } = employee;
  givesUp(world, 'updateUser');
  directory.unassign(assignment);
  const raised = directory.assign(id, roles.agent);
  await world.round();
  return { ...employee, raised };
}

/** A leaver who has come back, whose return to access was given up; `again` is the assignment. */
export async function returnedUnheard() {
  const employee = await anEmployee();
  const { world, directory, roles, id, assignment } = employee;
  directory.unassign(assignment);
  await world.round();
  givesUp(world, 'updateUser');
  const again = directory.assign(id, roles.user);
  await world.round();
  return { ...employee, again };
}

/** What a cycle asks for now is tried, waits, and is done once the first request has come. */
export async function waitsFor(world: World, comes: () => unknown): Promise<void> {
  await world.work(await soon(world));
  expect(world.queue.messages).toHaveLength(1);
  comes();
  await world.drain();
  await world.rounds(2);
}

/** The creation of the first user's account that was given up comes. */
export const arrives = (world: World, id: SourceId, as: Partial<FakeUser> = {}): FakeUser =>
  world.target.seedUser({ name: 'user0', email: 'user0@contoso.com', externalId: id, ...as });

/** The account is there just before the next request to create it, which goes on to fail where an error is given. */
export function createdBefore(world: World, error?: Error): void {
  world.target.hook = (moment, method, args) => {
    if (moment !== 'before' || method !== 'createUser') return;
    world.target.hook = undefined;
    const { name, email, externalId } = args[0] as NewTargetUser;
    world.target.seedUser({ name, email, externalId });
    if (error) throw error;
  };
}
