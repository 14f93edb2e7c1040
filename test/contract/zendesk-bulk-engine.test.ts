import { QueueClient } from '@azure/storage-queue';
import { zendeskFaults } from '../../local/zendesk/faults';
import { WORK_QUEUE } from '../../src/adapters/storage/names';
import { type ConfiguredApp, composeApp } from '../../src/compose';
import { runCycle } from '../../src/engine/cycle/run-cycle';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import { invocationLogger } from '../../src/functions/logger';
import { aDirectory, type HttpApp, startHttpApp } from '../support/http-app';

const PEOPLE = 120;

describe('bulk under the whole app: a hundred work items at once', () => {
  let world: HttpApp;
  let queue: QueueClient;
  const { directory, application, user } = aDirectory();
  const ids: string[] = [];
  const assignments = new Map<string, string>();

  beforeAll(async () => {
    for (let at = 0; at < PEOPLE; at++) {
      const name = `person${at}`;
      const id = directory.addUser({ userPrincipalName: `${name}@contoso.com`, mail: `${name}@contoso.com`, displayName: name });
      assignments.set(id, directory.assign(id, user));
      ids.push(id);
    }
    world = await startHttpApp(directory, application, undefined, {
      DELETION_THRESHOLD: '100',
      DELETION_THRESHOLD_PERCENT: '100',
    });
    world.zendesk.features.bulkCreateEnabled = true;
    queue = new QueueClient(world.azurite.connectionString, WORK_QUEUE);
    await queue.createIfNotExists();
  });
  afterAll(() => world?.stop());

  /** A hundred items and more at once, shared by the instances, until nothing is due. */
  async function workOff(...apps: readonly ConfiguredApp[]): Promise<void> {
    for (;;) {
      const pages = await Promise.all(
        Array.from({ length: 4 }, () => queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 300 })),
      );
      const messages = pages.flatMap(({ receivedMessageItems }) => receivedMessageItems);
      if (messages.length === 0) return;
      await Promise.all(
        messages.map(async ({ messageId, popReceipt, messageText }, at) => {
          const app = apps[at % apps.length]!;
          const item = app.deps.queue.decode(JSON.parse(Buffer.from(messageText, 'base64').toString('utf8')));
          if (item) await handleWorkItem(app.deps, app.gate, item);
          await queue.deleteMessage(messageId, popReceipt);
        }),
      );
    }
  }

  const cycle = async () => {
    const outcome = await runCycle(world.app.deps, { owner: 'test', budgetMs: 1_800_000 });
    expect(outcome.kind).toBe('completed');
  };
  const accounts = () => [...world.zendesk.state.users.values()].filter(({ external_id: key, active }) => key !== null && active);
  const jobs = (route: string) => world.zendesk.stats.byRoute.get(route) ?? 0;

  it('the initial cycle creates everybody once, in bundles, though a job is killed and an answer is lost', async () => {
    world.zendesk.faults.killJobs = 1;
    world.zendesk.faults.next({ path: /create_many/ }, zendeskFaults.resetAfterWrite());
    const second = composeApp(world.env, process.cwd(), invocationLogger);
    if (second.kind !== 'configured') throw second.error;
    await cycle();
    await workOff(world.app, second);
    // Whoever was told to come back does so with the next cycle, if not by the queue.
    await cycle();
    await workOff(world.app, second);
    await second.zendesk.close();
    expect(
      accounts()
        .map(({ external_id: key }) => key)
        .sort(),
    ).toEqual([...ids].sort());
    expect(jobs('POST /api/v2/users/create_many')).toBeGreaterThan(0);
  });

  it('whoever is unassigned is suspended in bundles, and nobody else', async () => {
    const leaving = ids.slice(0, 60);
    for (const id of leaving) directory.unassign(assignments.get(id)!);
    await cycle();
    await workOff(world.app);
    const suspended = accounts().filter((row) => row.suspended);
    expect(suspended.map(({ external_id: key }) => key).sort()).toEqual([...leaving].sort());
    expect(jobs('PUT /api/v2/users/update_many')).toBeGreaterThan(0);
  });
});
