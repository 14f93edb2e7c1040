import type { SourceId } from '../../../src/core/model';
import type { ProvisioningLogEntry } from '../../../src/core/record';
import type { World } from './world';

type Status = ProvisioningLogEntry['provisioningStatusInfo']['status'];

/** What the log tells of an object, newest first: what was done, unless other statuses are asked for. */
export const entriesOf = async (
  world: World,
  id: SourceId,
  statuses: readonly Status[] = ['success', 'warning'],
): Promise<readonly ProvisioningLogEntry[]> => (await world.deps().log.query({ sourceId: id, statuses }, 100)).entries;

export const lastEntry = async (world: World, id: SourceId): Promise<ProvisioningLogEntry | undefined> =>
  (await world.deps().log.query({ sourceId: id }, 1)).entries[0];

/** What was done to an object, newest first. */
export const actionsOf = async (world: World, id: SourceId, statuses?: readonly Status[]): Promise<readonly string[]> =>
  (await entriesOf(world, id, statuses)).map(({ provisioningAction }) => provisioningAction);

/** What the entries of an object say, a step a line. */
export const stepsOf = async (world: World, id: SourceId): Promise<string> =>
  (await entriesOf(world, id)).flatMap((entry) => entry.provisioningSteps.map(({ description }) => description)).join('\n');

/** Why an object failed, newest first. */
export const failuresOf = async (world: World, id: SourceId): Promise<readonly string[]> =>
  (await entriesOf(world, id, ['failure'])).map((entry) => entry.provisioningStatusInfo.errorInformation?.reason ?? '');
