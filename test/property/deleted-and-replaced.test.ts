import { aCompany } from '../builders/people';
import { Killed, type World } from './support/world';

const stepsOf = async (world: World, id: string): Promise<readonly string[]> =>
  (await world.deps().log.query({ sourceId: id }, 100)).entries.flatMap(({ provisioningSteps }) =>
    provisioningSteps.flatMap(({ description }) => (description?.startsWith('An earlier try') ? [description] : [])),
  );

/** What an earlier try has deleted is told, also where something else is in its place by the next one. */
describe('engine › a group whose deletion was cut off before its log entry', () => {
  it.each([
    ['the answer came', 'target.deleteGroup (answer)'],
    ['the link ended', 'provisioningLog.record'],
  ])(
    'before %s, that is wanted again, and whose name somebody has given to another: the deletion is told with it',
    async (_, moment) => {
      const { world, directory, roles } = aCompany({});
      const team = directory.addGroup({ displayName: 'Team' });
      directory.assign(team, roles.agent);
      await world.round();
      directory.softDeleteGroup(team);
      let isDeleted = false;
      world.hook = (name) => {
        if (name === 'target.deleteGroup (answer)') isDeleted = true;
        if (isDeleted && name === moment) throw new Killed();
      };
      await world.cycle();
      await expect(world.drain()).rejects.toThrow(Killed);
      world.hook = undefined;
      world.target.seedGroup('Team');
      directory.restoreGroup(team);
      world.nowMs += 3_600_000;
      await world.round();
      await world.round();
      expect(world.groupNamed('Team')).toBeDefined();
      expect(await stepsOf(world, team)).toEqual([expect.stringContaining('Zendesk group deleted')]);
    },
  );
});
