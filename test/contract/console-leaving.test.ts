import type { SimulatedDirectory } from '../../local/graph/directory';
import { READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aDirectory, type HttpApp, startHttpApp } from '../support/http-app';

/** Somebody who has left, as the console, the status and explain show it, through real storage. */
describe('the console › people who left', () => {
  let world: HttpApp;
  let directory: SimulatedDirectory;
  let ann: string;

  beforeAll(async () => {
    const made = aDirectory();
    directory = made.directory;
    ann = directory.addUser({ displayName: 'Ann', userPrincipalName: 'ann@contoso.com', mail: 'ann@contoso.com' });
    directory.assign(ann, made.user);
    world = await startHttpApp(directory, made.application, undefined, {
      ...SIGNED_IN,
      OFFBOARD_DELETE_AFTER_DAYS: '5',
      OFFBOARD_ERASE_AFTER_DAYS: '9',
      OFFBOARD_TICKETS: 'Unassign',
    });
    await world.cycle();
    directory.updateUser(ann, { accountEnabled: false });
    await world.cycle();
  });
  afterAll(() => world?.stop());

  const page = async (path: string) => textOf(await visit(() => world.app, READER).get(path));

  test('the overview counts what the days bring within a week', async () => {
    expect(await page('')).toMatch(/People who left.*1 account will be deleted within a week: 1 on \d{4}-\d\d-\d\d/s);
  });

  test('the page of the person says where she is, step by step', async () => {
    const text = await page(`people/user/${ann}`);
    for (const words of ['Leaving', 'Access ended: suspended, sessions closed: done', 'Account deleted: waits'])
      expect(text.replaceAll(/\s+/g, ' ')).toContain(words);
  });
});
