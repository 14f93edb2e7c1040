import { startJob } from '../../../src/engine/control/job-control';
import { restartJob } from '../../../src/engine/control/restart';
import { closeCycles } from '../../../src/engine/cycle/close-cycles';
import { allowDeletes } from '../../../src/engine/cycle/release-staged';
import { releaseHolds } from '../../../src/engine/undo/holds';
import { OPERATOR } from '../events/ask';
import { ENTRA_EVENTS, someRole } from '../events/entra';
import { workOnTickets } from '../events/leaving';
import { OPERATOR_ACTS } from '../events/operator';
import { beginSeats } from '../events/seats';
import { ZENDESK_EVENTS } from '../events/zendesk';
import { checkBooks } from '../rules/book-rules';
import { checkDrift, repairAll } from '../rules/drift-rules';
import { checkHeld, checkWorld, failingObjects, heldObjects } from '../rules/oracle';
import { checkSeatOrder } from '../rules/seat-rules';
import { type Step, type Story, storyOf } from '../script';
import type { Violation } from '../watch/watch';
import { EXTRA_EVENTS } from './extras';
import type { FaultName } from './faults';
import { Dice } from './random';
import { Sim } from './sim';

/** How a story ended. */
export interface Ending {
  readonly sim: Sim;
  readonly story: Story;
  readonly violation: Violation | undefined;
}

const HAPPENINGS = { ...ENTRA_EVENTS, ...ZENDESK_EVENTS, ...OPERATOR_ACTS, ...EXTRA_EVENTS } as Readonly<
  Record<string, (sim: Sim, dice: Dice) => string | undefined>
>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Access ends, the account is deleted, and what is left of it erased: each is held by itself, may take two releases, and may begin anew once. */
const MOST_RELEASES = 8;

/** Steps to leave out of a story: by their place in it, or by their name. */
export interface Without {
  readonly steps?: ReadonlySet<number>;
  readonly names?: ReadonlySet<string>;
  readonly isTraced?: boolean;
}

/** Plays the story of a seed, without some of its steps, then lets everything come to rest and asks whether it is as it must be. */
export async function play(seed: string, without: Without = {}): Promise<Ending> {
  const dice = new Dice(seed);
  const story = storyOf(dice.fork('story'));
  const sim = new Sim(story.setting, dice.fork('sim'));
  sim.isTraced = without.isTraced ?? false;
  const host = new Host(sim, dice.fork('host'));
  populate(sim, story, dice.fork('people'));
  beginSeats(sim, story.setting.seats);
  sim.changed();
  for (const [at, step] of story.steps.entries()) {
    sim.faults.endAt(at);
    if (without.steps?.has(at) || without.names?.has(step.name)) continue;
    act(sim, host, step, at);
    await host.run(step.runs);
    if (sim.watch.violations.length > 0) break;
  }
  if (sim.watch.violations.length === 0) await settle(sim, host, dice.fork('settle'));
  return { sim, story, violation: sim.watch.violations[0] };
}

function populate(sim: Sim, { people, teams }: Story, dice: Dice): void {
  const { entra, zendesk } = sim;
  for (const name of ['User', 'Agent', 'Admin', 'Retired']) {
    entra.roles.push({ id: entra.newId(), value: name.toLowerCase(), displayName: name, isEnabled: name !== 'Retired' });
  }
  for (let at = 0; at < people; at += 1) {
    const mail = `p${at}@contoso.com`;
    const person = entra.addPerson({ upn: mail, name: `Person ${at}`, department: dice.chance(0.2) ? 'Contractors' : 'Sales' });
    if (dice.chance(0.7)) entra.assign(person, someRole(entra, dice));
    const existing = dice.weighted({ nothing: 6, sameAddress: 1, sameId: 1, foreign: 0.5, admin: 0.5 });
    if (existing === 'nothing') continue;
    zendesk.target.seedUser({
      name: `There before ${at}`,
      email: existing === 'sameId' ? `old${at}@contoso.com` : mail,
      externalId: existing === 'sameId' ? person.id : existing === 'foreign' ? `crm-${at}` : null,
      suspended: dice.chance(0.2),
      role: { role: existing === 'admin' ? 'admin' : 'end-user', customRoleId: null },
    });
  }
  for (let at = 0; at < teams; at += 1) {
    const team = entra.addTeam(`Team ${at}`, dice.chance(0.9));
    if (dice.chance(0.7)) entra.assign(team, someRole(entra, dice));
    for (const person of entra.people.values()) if (dice.chance(0.4)) entra.addMember(team, person);
    if (dice.chance(0.2)) zendesk.target.seedGroup(team.name);
  }
  zendesk.target.seedUser({ name: 'Stranger', email: 'stranger@elsewhere.example', role: { role: 'agent', customRoleId: null } });
  zendesk.target.seedGroup('Strangers');
}

function act(sim: Sim, host: Host, step: Step, at: number): void {
  const dice = new Dice(step.salt);
  switch (step.kind) {
    case 'tick':
      workOnTickets(sim, dice.fork('tickets'));
      host.tick(dice);
      return;
    case 'fault':
      if (step.name === 'searchLag') sim.zendesk.searchLagMs = dice.between(1, 40) * MINUTE_MS;
      sim.faults.start(step.name as FaultName, step.salt, at + dice.between(2, 9));
      sim.tell(`fault: ${step.name}`);
      return;
    case 'crash': {
      const { process } = dice.pick(sim.instances);
      process.callsLeft = 1 + dice.int(dice.chance(0.5) ? 60 : 400);
      return;
    }
    case 'expire':
      sim.source.expireWatermarks();
      sim.count('expireWatermarks');
      return;
    case 'unreadable':
      sim.queue.unreadable += 1;
      sim.count('unreadable');
      return;
    case 'loseMessage': {
      const message = dice.maybe([...sim.queue.messages.values()]);
      if (!message) return;
      sim.queue.messages.delete(message.number);
      sim.lost.add(message.item.cycleId);
      sim.tell(`the message of ${message.item.objectType} ${message.item.sourceId.slice(-4)} is lost`);
      sim.count('loseMessage');
      return;
    }
    default: {
      const told = HAPPENINGS[step.name]?.(sim, dice);
      if (told === undefined) return;
      sim.count(step.name);
      sim.tell(told);
      sim.changed();
    }
  }
}

/** Plays the function host: the timer, the queue, and the passing of time. */
class Host {
  #tickedMs = 0;

  constructor(
    private readonly sim: Sim,
    private readonly dice: Dice,
  ) {}

  tick(dice: Dice): void {
    const { sim } = this;
    if (sim.scheduler.isIdle)
      sim.scheduler.nowMs +=
        dice.weighted({ soon: 2, next: 7, late: 1 }) === 'late' ? 26 * HOUR_MS : dice.between(1, 20) * MINUTE_MS;
    sim.tick(dice.pick(sim.instances), dice.chance(0.1) ? dice.int(2_000) : undefined);
  }

  async run(runs: number | 'idle'): Promise<void> {
    const { sim } = this;
    if (runs === 0) return;
    let left = runs === 'idle' ? 40_000 : runs;
    const untilMs = sim.nowMs + 30 * MINUTE_MS;
    for (;;) {
      await sim.scheduler.run(() => {
        sim.deliver(this.dice);
        left -= 1;
        return left <= 0 || sim.watch.violations.length > 0;
      });
      if (left <= 0 || sim.watch.violations.length > 0) return;
      if (sim.queue.visible.length > 0) continue;
      const nextMs = sim.queue.nextVisibleMs;
      if (runs !== 'idle' || nextMs === undefined || nextMs > untilMs) return;
      sim.scheduler.nowMs = Math.max(sim.nowMs, nextMs);
    }
  }

  /** Until no task runs and no message waits. */
  async drain(): Promise<void> {
    const { sim } = this;
    for (let jumps = 0; jumps < 3_000; jumps += 1) {
      await this.run('idle');
      if (sim.watch.violations.length > 0) return;
      const nextMs = sim.queue.nextVisibleMs;
      if (nextMs === undefined) return;
      sim.scheduler.nowMs = Math.max(sim.nowMs, nextMs);
      // What waits for a refused credential waits for the cycle that finds out.
      if (sim.nowMs - this.#tickedMs > HOUR_MS) this.#tick();
    }
    sim.watch.violate('neverEmpty', `The queue never empties: ${sim.queue.messages.size} messages go round`);
  }

  async operator(title: string, work: Parameters<Sim['begin']>[2]): Promise<void> {
    const { sim } = this;
    sim.watch.started();
    sim.begin(this.dice.pick(sim.instances), { kind: 'operator', title }, work);
    sim.tell(`operator: ${title}`);
    await this.drain();
  }

  /** Some hours later the timer runs, and everything that comes of it ends. */
  async round(hours: number): Promise<void> {
    this.sim.scheduler.nowMs += hours * HOUR_MS;
    this.#tick();
    await this.drain();
  }

  #tick(): void {
    this.#tickedMs = this.sim.nowMs;
    this.sim.tick(this.dice.pick(this.sim.instances));
  }

  /** Rounds until nothing changes any more. */
  async rest(): Promise<void> {
    const { sim } = this;
    let quiet = 0;
    for (let round = 0; round < 16; round += 1) {
      const before = sim.watch.effects.length;
      await this.round(round % 3 === 2 ? 25 : 7);
      if (sim.watch.violations.length > 0) return;
      quiet = sim.watch.effects.length === before ? quiet + 1 : 0;
      if (round >= 4 && quiet >= 2) return;
    }
    sim.watch.violate('neverSettles', 'Zendesk is written again and again although nothing changes');
  }
}

/** Compares Zendesk with what Entra ID says, brings back what differs, and asks whether all that does was named. */
async function repair(sim: Sim, host: Host): Promise<void> {
  let rows: Awaited<ReturnType<typeof repairAll>>;
  await host.operator('repair', async (deps, instance) => {
    rows = await repairAll(sim.planning(deps, instance));
  });
  if (sim.watch.violations.length > 0 || !rows) return;
  sim.count('repair of all');
  await checkDrift(sim, rows);
}

/** Every fault ends; what is left to do is done; then everything must be as the oracle says. */
async function settle(sim: Sim, host: Host, dice: Dice): Promise<void> {
  sim.calm();
  sim.tell('everything settles');
  // What an operator has asked for last ends before the job is switched on for good.
  await host.run('idle');
  await host.operator('start', (deps) => startJob(deps, OPERATOR));
  await host.operator('release holds', (deps) => releaseHolds(deps, OPERATOR, { kind: 'all' }));
  await host.rest();
  const isOk = (): boolean => sim.watch.violations.length === 0;
  if (isOk() && !sim.needsInitial && sim.lost.size === 0) {
    await checkWorld(sim, false);
    if (isOk() && dice.chance(0.4)) await repair(sim, host);
  }
  if (isOk()) await host.operator('close', closeCycles);
  if (isOk()) await checkBooks(sim);
  if (!isOk()) return;
  await host.operator('restart', (deps) => restartJob(deps, OPERATOR, ['QuarantineState', 'Watermark', 'Escrows'], deps.newId()));
  await host.rest();
  if (isOk()) sim.zendesk.untouch();
  if (isOk()) await checkHeld(sim);
  if (isOk()) await checkWorld(sim, true);
  for (let tries = 0; isOk() && tries < MOST_RELEASES && (await heldObjects(sim)).length > 0; tries += 1) {
    // What fails for a cause of its own may be held by the last cycle: the others' turn comes with all of them.
    await host.operator('allow-deletes', (deps) => allowDeletes(deps, OPERATOR, tries % 2 === 0 ? undefined : 'all'));
    await host.rest();
  }
  // What fails for a cause of its own, such as a taken address, stays let go and undone: that cause is asked for below.
  const failing = await failingObjects(sim);
  const held = isOk() ? (await heldObjects(sim)).filter((name) => !failing.has(name)) : [];
  if (held.length > 0) sim.watch.violate('heldForEver', `What was allowed is held again and again: ${held.join(', ')}`);
  if (isOk()) await checkWorld(sim, true);
  if (isOk()) await checkSeatOrder(sim, () => host.rest());
  if (isOk()) await host.operator('close', closeCycles);
  if (isOk()) await checkBooks(sim);
}
