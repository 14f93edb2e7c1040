import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import { ThrottledError } from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { makeFakeStateStore } from '../fakes/state-store';
import { aNewUser } from './target-connector-suite';
import { connectorOptions, makeZendeskWorld } from './zendesk-connector-world';

describe('Zendesk connector › throughput against the limits of a real account', () => {
  const timeScale = 10;
  const minuteMs = 60_000 / timeScale;

  // Of small accounts: what is asked of the machine must be far below what it can do, or the test would measure the machine.
  it('trap 4 › two instances use most of their share of the plan and are not refused once', async () => {
    const simulator = { requestsPerMinute: 200, timeScale, updateLanes: true };
    const world = await makeZendeskWorld({ simulator });
    const shared = { stateStore: makeFakeStateStore(), rateLimitShare: 0.7, startPerMinute: 200, timeScale };
    const instances = [0, 1].map(() => makeZendeskConnector(connectorOptions(world.simulator.url, shared)));
    await Promise.all(instances.map((instance) => instance.describe()));
    const endsAt = Date.now() + minuteMs;
    let created = 0;
    const workers = Array.from({ length: 8 }, async (_, worker) => {
      for (let at = 0; Date.now() < endsAt; at++) {
        const externalId = `user-${worker}-${at}`;
        await instances[worker % 2]!.createUser(aNewUser({ externalId, email: `${externalId}@example.com` })).catch(
          (error: unknown) => {
            if (!(error instanceof ThrottledError)) throw error;
          },
        );
        created += 1;
      }
    });
    await Promise.all(workers);
    console.info(
      `created ${created} users in one (compressed) minute; the share allows 140; refused ${world.simulator.stats.throttled}`,
    );
    expect(world.simulator.stats.throttled).toBe(0);
    expect(created).toBeGreaterThan(0.6 * 140);
    expect(created).toBeLessThanOrEqual(140 + 8);
    await Promise.all(instances.map((instance) => instance.close()));
    await world.close();
  });

  it('trap 4 › updates next to it keep to their own lane', async () => {
    // Slower: a lane's place is a (compressed) second wide, and two requests must not come that much closer on their way.
    const slow = 3;
    const world = await makeZendeskWorld({
      simulator: { requestsPerMinute: 700, timeScale: slow, updateLanes: true },
      connector: { timeScale: slow, startPerMinute: 700 },
    });
    const ids = Array.from({ length: 12 }, (_, at) => world.seedUser({ name: `User ${at}` }));
    const users = (await Promise.all(ids.map((id) => world.connector.getUser(targetId(id))))).flatMap((user) => user ?? []);
    const startedAt = Date.now();
    let updated = 0;
    const next = users[Symbol.iterator]();
    const workers = Array.from({ length: 8 }, async () => {
      for (const user of { [Symbol.iterator]: () => next }) {
        // As the engine does: an item that is told to wait comes back.
        for (let isDone = false; !isDone; ) {
          isDone = await world.connector.updateUser(user, { suspended: true }).then(
            () => true,
            (error: unknown) => {
              if (error instanceof ThrottledError) return false;
              throw error;
            },
          );
        }
        updated += 1;
      }
    });
    await Promise.all(workers);
    const perSecond = (updated * 1_000) / ((Date.now() - startedAt) * slow);
    console.info(
      `updated ${updated} users, ${perSecond.toFixed(2)} per (compressed) second; refused ${world.simulator.stats.throttled}`,
    );
    expect(updated).toBe(12);
    // A busy machine may bring two of them closer together than a (compressed) second, now and then.
    expect(world.simulator.stats.throttled).toBeLessThanOrEqual(2);
    expect([...world.simulator.state.users.values()].filter(({ suspended }) => suspended)).toHaveLength(12);
    expect(perSecond).toBeLessThan(1.5);
    await world.close();
  });
});
