import { resolve } from 'node:path';
import { QueueClient } from '@azure/storage-queue';
import { SimulatedDirectory } from '../../local/graph/directory';
import { WORK_QUEUE } from '../../src/adapters/storage/names';
import { type SourceObject, sourceId } from '../../src/core/model';
import { makeGraphNotifications } from '../../src/functions/graph-notifications';
import { makeProvisionObject } from '../../src/functions/provision-object';
import { watchSubscriptions } from '../../src/functions/watch-subscriptions';
import { startJobWorld } from '../contract/job-control-world';
import { serveHandler, silentContext } from '../support/serve-handler';

/** `maxPollingInterval` of host.json. */
const POLL_MS = 2_000;
const CHANGES = 30;
const TENANT = '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The emulator takes its time. */
function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += 100) yield all.slice(from, from + 100);
}

/**
 * From a change in Entra ID to the write in Zendesk, with change notifications. Graph, Zendesk and storage are the simulators and the emulator
 * over sockets; the app's functions run in this process, and the queue is looked at every 2 seconds, as host.json has it. So many people are
 * assigned; only those who change have been provisioned before. What Graph itself takes to notify comes on top: Microsoft names no figure.
 */
export async function hints(people: number) {
  const directory = new SimulatedDirectory({ tenantId: TENANT, tenantName: 'Bench' });
  const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
  const role = directory.addAppRole(servicePrincipalId, { displayName: 'User', value: 'User' });
  const ids = Array.from({ length: people }, (_, n) => {
    const address = `user${n}@contoso.com`;
    return directory.addUser({ userPrincipalName: address, mail: address, displayName: `User ${n}` });
  });
  const served = await serveHandler(() => makeGraphNotifications(() => world.app));
  const settings = {
    CHANGE_NOTIFICATIONS: 'On',
    WEBSITE_HOSTNAME: served.host,
    PROVISIONING_SCHEMA: resolve('provisioning-schema.json'),
  };
  const world = await startJobWorld(settings, { directory, servicePrincipalId });
  world.graph.permissions.add('Group.Read.All');
  let isOver = false;
  try {
    const { deps } = world.app;
    await world.settle();
    // As if an initial cycle had read and provisioned everybody; only the rows that a cycle looks at are there.
    for (const id of ids) directory.assign(id, role, servicePrincipalId);
    const assignments = [...directory.assignments()].map((one) => ({
      id: one.id,
      principalId: sourceId(one.principalId),
      principalType: 'User' as const,
      principalDisplayName: '',
      appRoleId: one.appRoleId,
    }));
    for (const some of slices(assignments)) await deps.space.putAssignments(some);
    const rows = assignments.map(({ id, principalId, appRoleId }): SourceObject => {
      const { userPrincipalName, mail, displayName } = directory.user(principalId) as Record<string, unknown>;
      const attributes = {
        id: principalId,
        accountEnabled: true,
        userPrincipalName,
        mail,
        displayName,
      } as SourceObject['attributes'];
      const entitlements = [{ assignmentId: id, appRoleId, path: [] }];
      return { type: 'user', id: principalId, attributes, deleted: 'no', entitlements, version: 1 };
    });
    for (const some of slices(rows)) await deps.space.addObjects(some, 'bench');
    const someone = ids.slice(0, CHANGES);
    await deps.space.markDirty(someone.map((id) => ({ type: 'user', id: sourceId(id) })));
    await world.settle();
    await watchSubscriptions(world.app);

    const working = (async () => {
      const queue = new QueueClient(world.connectionString, WORK_QUEUE);
      while (!isOver) {
        const { receivedMessageItems: messages } = await queue.receiveMessages({ numberOfMessages: 8, visibilityTimeout: 300 });
        await Promise.all(
          messages.map(async (message) => {
            await makeProvisionObject(() => world.app)(
              JSON.parse(Buffer.from(message.messageText, 'base64').toString()),
              silentContext,
            );
            await queue.deleteMessage(message.messageId, message.popReceipt);
          }),
        );
        if (messages.length === 0) await pause(POLL_MS);
      }
    })();
    const nameOf = (id: string) => world.zendesk.state.userByExternalId(id)?.name;
    const took: number[] = [];
    for (const [at, id] of someone.entries()) {
      directory.updateUser(id, { displayName: `Changed ${at}` });
      const startedAt = performance.now();
      while (nameOf(id) !== `Changed ${at}`) {
        if (performance.now() - startedAt > 120_000) throw new Error('A change never came through.');
        await pause(10);
      }
      took.push(Math.round(performance.now() - startedAt));
      // At any point of a poll.
      await pause(500 + 137 * (at % 11));
    }
    isOver = true;
    await working;
    took.sort((a, b) => a - b);
    const share = (part: number): number => took[Math.ceil(took.length * part) - 1] ?? 0;
    const responses = Math.round(Math.max(...served.took));
    return { changes: CHANGES, p50Ms: share(0.5), p95Ms: share(0.95), maxMs: share(1), slowestResponseMs: responses };
  } finally {
    isOver = true;
    await world.stop();
    await served.close();
  }
}
