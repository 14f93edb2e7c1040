import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { QueueClient } from '@azure/storage-queue';
import { cycleIds, newCycleId, type ShownStatus, waitForCycle } from '../../../local/demo/app-client';
import { startWorld, type World, type WorldOptions } from '../../../local/demo/world';
import { formatLogLine } from '../../../local/host/events';
import { openStorage } from '../../../src/adapters/storage/connection';
import { makeLinkStore } from '../../../src/adapters/storage/link-store';
import { WORK_QUEUE } from '../../../src/adapters/storage/names';
import { sourceId } from '../../../src/core/model';
import { until } from '../../support/host-fixture/until';

const APP_DIRECTORY = join(__dirname, '..', '..', '..');

/** A small demo company under the built app, its minutes passing ten times faster. Log lines are kept for a failing test. */
export async function aWorld(options: Partial<WorldOptions> = {}): Promise<World & { readonly log: string[] }> {
  if (!existsSync(join(APP_DIRECTORY, 'dist', 'main.js')))
    throw new Error('There is no dist/main.js: run `npm run build` first.');
  const log: string[] = [];
  const world = await startWorld({
    appDirectory: APP_DIRECTORY,
    people: 110,
    timeScale: 10,
    requestsPerMinute: 2500,
    onLog: (event) => void log.push(formatLogLine(event)),
    ...options,
  });
  return Object.assign(world, { log });
}

/** Runs a cycle and waits until all its work items have ended. */
export async function runCycle(world: World, timeoutMs = 900_000): Promise<ShownStatus> {
  const before = await cycleIds(world.host);
  await world.host.runTimer('provisioningCycle');
  return (await waitForCycle(world.host, await newCycleId(world.host, before), timeoutMs)).status;
}

/** Waits until nothing is under way: what Graph tells has been told, and no message is left, be it hidden or being processed. */
export async function quiet({ graph, azurite }: World): Promise<void> {
  const queue = new QueueClient(azurite.connectionString, WORK_QUEUE);
  await graph.subscriptions.settled();
  await until(
    async () => (await queue.getProperties()).approximateMessagesCount,
    (count) => count === 0,
  );
}

/** Dates back what a process that is gone had claimed, as if it had died so long ago. Returns how many claims it has left. */
export async function ageClaims({ azurite }: World, byMs: number): Promise<number> {
  const links = makeLinkStore(openStorage({ kind: 'connectionString', connectionString: azurite.connectionString }));
  let claims = 0;
  for (const type of ['user', 'group'] as const) {
    for await (const page of links.listBetween(type, sourceId('0'), sourceId('g'))) {
      for (const { id, value, etag } of page) {
        if (!value.claim || value.claim.untilMs === 0) continue;
        await links.write({ type, id }, { ...value, claim: { ...value.claim, untilMs: value.claim.untilMs - byMs } }, etag);
        claims += 1;
      }
    }
  }
  return claims;
}

/** Every account with what matters of it, by external id, for comparing the world before and after. */
export function accounts({ zendesk }: World) {
  return new Map(
    [...zendesk.state.users.values()]
      .filter((user) => user.external_id)
      .map((user) => [
        String(user.external_id),
        {
          id: user.id,
          name: user.name,
          email: user.email,
          role: user.role,
          suspended: user.suspended,
          groups: zendesk.state
            .membershipsOf(user.id)
            .map((membership) => membership.group_id)
            .sort(),
        },
      ]),
  );
}

/** The ids of the people with an account that is not suspended. */
export const active = (world: World): string[] =>
  [...accounts(world)]
    .filter(([, account]) => !account.suspended)
    .map(([id]) => id)
    .sort();
