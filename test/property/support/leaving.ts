import type { Leaving } from '../../../src/core/leaving';
import type { SourceId, TargetId } from '../../../src/core/model';
import type { ProvisioningLogEntry } from '../../../src/core/record';
import { DAY_MS } from '../../../src/core/time';
import type { JobSettings } from '../../../src/engine/job-settings';
import { type aCompany, anEmployee } from '../../builders/people';
import { entriesOf } from './told';
import type { World } from './world';

/** Everything that leaving can do. */
export const ALL: Partial<JobSettings> = {
  deprovisionUsers: 'DowngradeAndSuspend',
  offboardTickets: { kind: 'group', name: 'Tier 2' },
  offboardDeleteAfterDays: 30,
  offboardEraseAfterDays: 90,
};

/** Two agents and a user with their accounts; the first agent, Ann, has tickets. */
export async function aDesk(settings: Partial<JobSettings> = ALL, tickets = 3) {
  const { id: ann, ...company } = await anEmployee(settings, { agents: 2, users: 1 });
  company.world.target.seedGroup('Tier 2');
  company.world.target.seedTickets(company.account.id, tickets);
  return { ...company, ann };
}

/** The same desk, once Ann has left and a cycle has seen it. */
export async function annHasLeft(settings?: Partial<JobSettings>) {
  const desk = await aDesk(settings);
  disable(desk, desk.ann);
  await desk.world.round();
  return desk;
}

type Company = Pick<ReturnType<typeof aCompany>, 'world' | 'directory'>;

export const disable = ({ directory }: Company, id: SourceId) => directory.updateUser(id, { accountEnabled: false });
export const enable = ({ directory }: Company, id: SourceId) => directory.updateUser(id, { accountEnabled: true });

export const leavingOf = (world: World, id: SourceId): Promise<Leaving | undefined> => world.deps().leavings.read(id);

/** What the log tells of somebody but for what was skipped, newest first. */
export const toldOf = (world: World, id: SourceId): Promise<readonly ProvisioningLogEntry[]> =>
  entriesOf(world, id, ['success', 'warning', 'failure']);

export const ticketsIn = (world: World, group: string): number =>
  [...world.target.tickets.values()].filter((ticket) => ticket.group === world.groupNamed(group)?.id).length;

export const ticketsOf = (world: World, id: TargetId): number =>
  [...world.target.tickets.values()].filter(({ assignee }) => assignee === id).length;

export const passes = ({ world }: Company, days: number): void => {
  world.nowMs += days * DAY_MS;
};

/** A whole cycle, some days later. */
export const laterBy = (world: World, days: number) => world.later(24 * days);
