import type { SourceId } from '../../../src/core/model';
import type { ProvisioningSchema } from '../../../src/core/schema/model';
import { anEmployee } from '../../builders/people';
import type { FakeMessage } from '../../fakes/work-queue';
import { losesAnswer } from './faults';
import { only } from './only';
import { stepsOf } from './told';
import { Killed, schemaOf, type World } from './world';

/** Carries out the next message, killed just after a call of a name. @returns the message, as it is hidden until it comes back */
export async function killedAfter(world: World, name: string, times = 1): Promise<FakeMessage> {
  const message = only(world.queue.messages.splice(0, 1));
  let isDead = false;
  let left = times;
  world.hook = (call) => {
    if (isDead) throw new Killed();
    if (call === name) left -= 1;
    isDead = left === 0;
  };
  await world.work(message.item).catch(() => undefined);
  world.hook = undefined;
  expect(isDead).toBe(true);
  world.queue.messages.length = 0;
  return message;
}

/** A message that was hidden comes back, and is the only one to be carried out. */
export async function comesAgain(world: World, message: FakeMessage): Promise<void> {
  world.queue.messages.splice(0, world.queue.messages.length, message);
  await world.drain();
}

/** Somebody who left, and whose suspension was written with its answer lost. */
export async function suspendedUnheard() {
  const employee = await anEmployee();
  const { world, directory, assignment, account } = employee;
  directory.unassign(assignment);
  await world.cycle();
  losesAnswer(world, 'updateUser');
  await world.drain();
  expect(account.suspended).toBe(true);
  return employee;
}

/** Somebody who left, and whose suspension was written and put on the link; its message was killed there, before the log entry. */
export async function suspendedUntold() {
  const employee = await anEmployee();
  const { world, directory, assignment } = employee;
  directory.unassign(assignment);
  await world.cycle();
  // The claim, and the link with the suspension.
  return { ...employee, hidden: await killedAfter(world, 'linkStore.write', 2) };
}

/** Somebody who left more than a day ago, and whose account is to be deleted by now: the item waits. */
export async function dueForDeletion() {
  const employee = await anEmployee({ offboardDeleteAfterDays: 1 });
  const { world, directory, assignment } = employee;
  directory.unassign(assignment);
  await world.round();
  world.nowMs += 25 * 3600_000;
  await world.cycle();
  return employee;
}

/** From now on no account is to be made. */
export function makesNobody(world: World): void {
  const { users } = world.schema;
  world.schema = { ...world.schema, users: { ...users, actions: { ...users.actions, create: false } } };
}

/** The shipped schema, but that no group is deleted. */
export function keepsGroups(): ProvisioningSchema {
  const schema = structuredClone(schemaOf().raw) as { synchronizationRules: { objectMappings: { flowTypes?: string }[] }[] };
  Object.assign(schema.synchronizationRules[0]?.objectMappings[1] ?? {}, { flowTypes: 'Add,Update' });
  return schemaOf(JSON.stringify(schema));
}

/** What the step of an entry says of a suspension that an earlier try had written. */
export const SUSPENDED = 'What it had written: account suspended.';

export const timesSaid = async (world: World, id: SourceId, words: string): Promise<number> =>
  (await stepsOf(world, id)).split(words).length - 1;
