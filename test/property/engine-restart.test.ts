import fc from 'fast-check';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { aScenario, Play, type Scenario } from './support/scenario';
import type { World } from './support/world';

const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? numRuns) });

async function entries(world: World): Promise<readonly ProvisioningLogEntry[]> {
  const all: ProvisioningLogEntry[] = [];
  let next: string | undefined;
  do {
    const page = await world.deps().log.query({}, 1000, next);
    all.push(...page.entries);
    next = page.next;
  } while (next !== undefined);
  return all;
}

/** What a person finds in the log, apart from ids and times; whether a user joins a group or the group takes the user is chance. */
async function story(world: World): Promise<readonly string[]> {
  const all = await entries(world);
  return all
    .filter(({ provisioningStatusInfo }) => provisioningStatusInfo.status !== 'skipped')
    .filter(({ provisioningAction, modifiedProperties }) => provisioningAction !== 'update' || modifiedProperties.length > 0)
    .map(({ provisioningAction, sourceIdentity }) => `${provisioningAction} ${sourceIdentity.id}`)
    .sort();
}

/** Plays a history without any mishap. */
async function undisturbed(scenario: Scenario): Promise<World> {
  const play = new Play(scenario);
  for (const edits of [[], ...scenario.later]) {
    play.apply(edits);
    await play.world.round();
  }
  return play.world;
}

/** Plays it while every function call is killed at one of its port calls, as the numbers say; what is killed is called again. */
async function killed(scenario: Scenario, kills: readonly number[]): Promise<World> {
  const play = new Play(scenario);
  const { world } = play;
  let at = 0;
  const nextKill = (): number => kills[at++ % kills.length] ?? 0;
  for (const edits of [[], ...scenario.later]) {
    play.apply(edits);
    world.nowMs += 20 * 60_000;
    let isDone = false;
    for (let tries = 0; !isDone; tries += 1) {
      // After a while it is left alone, as no fault lasts for ever.
      const at = tries < 4 ? nextKill() : Number.POSITIVE_INFINITY;
      await world.killedAt(at, async () => {
        const outcome = await world.tick();
        isDone = outcome.kind === 'completed';
      });
      world.nowMs += 120_000;
    }
    for (let calls = 0; world.queue.messages.length > 0; calls += 1) {
      const message = world.queue.messages.shift();
      if (!message) break;
      world.nowMs += message.delayMs;
      const kill = calls < 12 ? nextKill() : Number.POSITIVE_INFINITY;
      await world.killedAt(kill, () => world.work(message.item));
    }
    await world.drain();
  }
  return world;
}

const counted = async (world: World): Promise<readonly string[]> => {
  const wrong: string[] = [];
  for (const cycle of await world.deps().cycles.latest(25)) {
    const counts = await world.counts(cycle.cycleId);
    if (counts.total !== cycle.enqueued) wrong.push(`${cycle.cycleId}: ${cycle.enqueued} enqueued, ${counts.total} recorded`);
    if (cycle.state !== 'succeeded') wrong.push(`${cycle.cycleId} is ${cycle.state}`);
  }
  const keys = (await entries(world)).map((entry) => `${entry.cycleId} ${entry.changeId}`);
  if (new Set(keys).size !== keys.length) wrong.push('two entries for one work item');
  return wrong;
};

describe('engine › restartable', () => {
  const kill = fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 60 }) }, fc.nat({ max: 400 }));

  it('killed between any two port calls and started again: the same Zendesk, every item counted once, the same story told', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), fc.array(kill, { minLength: 1, maxLength: 25 }), async (scenario, kills) => {
        const expected = await undisturbed(scenario);
        const world = await killed(scenario, kills);
        expect(world.snapshot()).toEqual(expected.snapshot());
        expect(await counted(world)).toEqual([]);
        expect(await story(world)).toEqual(await story(expected));
      }),
      runs(150),
    );
  });

  /** Somebody of every kind, in two groups one inside the other. */
  const everybody: Scenario = {
    settings: {
      groupMembership: 'Transitive',
      deprovisionUsers: 'DowngradeAndSuspend',
      hardDeletedUsers: 'Delete',
      defaultAccess: 'Skip',
    },
    users: [
      { isEnabled: true, existing: 'nothing' },
      { isEnabled: true, existing: 'sameEmail' },
      { isEnabled: true, existing: 'nothing' },
    ],
    groups: [{ isThere: false }, { isThere: true }],
    start: [
      { kind: 'join', group: 0, user: 0 },
      { kind: 'join', group: 1, user: 1 },
      { kind: 'nest', group: 0, inner: 1 },
      { kind: 'assignGroup', group: 0, role: 1 },
      { kind: 'assignGroup', group: 1, role: 1 },
      { kind: 'assignUser', user: 2, role: 0 },
    ],
    asksByCreating: false,
    later: [
      [
        { kind: 'toggleEnabled', user: 0 },
        { kind: 'changeMail', user: 1 },
        { kind: 'hardDelete', user: 2 },
        { kind: 'renameGroup', group: 1 },
        { kind: 'unnest', group: 0, inner: 1 },
      ],
      [
        { kind: 'toggleEnabled', user: 0 },
        { kind: 'unassignGroup', group: 0, role: 0 },
        { kind: 'unassignGroup', group: 1, role: 0 },
      ],
    ],
  };

  it('at every single port call of every call of timer and queue, before and after', async () => {
    const expected = await undisturbed(everybody);
    const [snapshot, told] = [expected.snapshot(), await story(expected)];
    const wrong: string[] = [];
    for (let at = 0; at < 130; at += 1) {
      const world = await killed(everybody, [at]);
      const faults = [...(await counted(world))];
      if (JSON.stringify(world.snapshot()) !== JSON.stringify(snapshot)) faults.push('another Zendesk');
      const story2 = await story(world);
      if (JSON.stringify(story2) !== JSON.stringify(told))
        faults.push(
          `another story: lacks ${told.filter((one) => !story2.includes(one))}; has ${story2.filter((one) => !told.includes(one))}`,
        );
      if (faults.length > 0) wrong.push(`killed before call ${at}: ${faults.join('; ')}`);
    }
    expect(wrong).toEqual([]);
  });

  it('the watermark moves only when every item of the cycle is in the queue', async () => {
    for (let at = 0; at < 400; at += 1) {
      const { world } = new Play(everybody);
      const isKilled = await world.killedAt(at, () => world.tick());
      if (!isKilled) return expect(at).toBeGreaterThan(60);
      const { state } = world.deps();
      const moved = (await state.read('watermark-users')) !== undefined || (await state.read('watermark-groups')) !== undefined;
      const ids = new Set(world.queue.messages.map(({ item }) => item.sourceId));
      if (moved) expect(ids.size).toBe(5);
    }
    throw new Error('the cycle never ran to its end');
  });
});
