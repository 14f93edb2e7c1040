/**
 * What stories are about besides: background jobs, seats that run out, clean-up of groups, and scenes that chance would hardly bring together. Each is
 * drawn with chances of its own, so that a story without any is as it was before there were such.
 */
import { AWAY_EVENTS } from '../events/away';
import { CLEAN_UP_ACTS } from '../events/clean-up';
import { DEMAND_EVENTS } from '../events/demand';
import { MEANWHILE_EVENTS } from '../events/meanwhile';
import { MOVE_EVENTS } from '../events/moves';
import { LET_IN_EVENTS, RARE_EVENTS } from '../events/rare';
import { SCENE_EVENTS } from '../events/scenes';
import { SEAT_EVENTS, type SeatRules } from '../events/seats';
import { TAKEN_BACK_EVENTS } from '../events/taken-back';
import type { Step } from '../script';
import type { Dice } from './random';
import type { Sim } from './sim';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

/** Their events by what they belong to, and how often each of these is in a story. */
const KINDS = {
  jobs: { share: 0.15, events: {} },
  seats: { share: 0.15, events: SEAT_EVENTS },
  cleanUp: { share: 0.15, events: CLEAN_UP_ACTS },
  scenes: { share: 0.25, events: SCENE_EVENTS },
  rare: { share: 0.15, events: RARE_EVENTS },
  letIn: { share: 0.08, events: LET_IN_EVENTS },
  meanwhile: { share: 0.2, events: MEANWHILE_EVENTS },
  demand: { share: 0.12, events: DEMAND_EVENTS },
  takenBack: { share: 0.12, events: TAKEN_BACK_EVENTS },
  away: { share: 0.1, events: AWAY_EVENTS },
  moves: { share: 0.12, events: MOVE_EVENTS },
} as const satisfies Readonly<Record<string, { readonly share: number; readonly events: Readonly<Record<string, Happening>> }>>;

export const EXTRA_EVENTS = Object.assign({}, ...Object.values(KINDS).map(({ events }) => events)) as Readonly<
  Record<string, Happening>
>;

/** What a story has of it. */
export interface Extras {
  readonly hasJobs: boolean;
  readonly seats: SeatRules | undefined;
  readonly cleansUp: boolean;
  readonly hasScenes: boolean;
  readonly hasRare: boolean;
  readonly letsIn: boolean;
  readonly hasMeanwhile: boolean;
  readonly hasDemand: boolean;
  readonly takesBack: boolean;
  readonly hasAway: boolean;
  readonly hasMoves: boolean;
  /** The least number of people in the beginning: a job wants several at a time. */
  readonly people: number;
}

export function extrasOf(dice: Dice): Extras {
  const [jobs, seats] = [dice.fork('jobs'), dice.fork('seats')];
  const has = (kind: keyof typeof KINDS): boolean => dice.fork(kind).chance(KINDS[kind].share);
  const hasRare = has('rare');
  const hasMeanwhile = has('meanwhile');
  const wantsJobs = (hasRare && dice.fork('rare jobs').chance(0.4)) || (hasMeanwhile && dice.fork('meanwhile jobs').chance(0.75));
  const hasJobs = jobs.chance(KINDS.jobs.share) || wantsJobs;
  const hasSeats = seats.chance(KINDS.seats.share);
  const rules: SeatRules = { kind: seats.pick(['told', 'told', 'untold', 'fewer']), free: seats.int(4) };
  return {
    hasJobs,
    seats: hasSeats ? rules : undefined,
    cleansUp: has('cleanUp'),
    hasScenes: has('scenes'),
    hasRare,
    letsIn: has('letIn'),
    hasMeanwhile,
    hasDemand: has('demand'),
    takesBack: has('takenBack'),
    hasAway: has('away'),
    hasMoves: has('moves'),
    people: hasJobs ? jobs.between(8, 18) : 0,
  };
}

/** The steps of a story with those of its extras among them, anywhere after the first. */
export function withExtras(steps: readonly Step[], extras: Extras, dice: Dice): readonly Step[] {
  const all = [...steps];
  const add = (events: Readonly<Record<string, Happening>>, count: number): void => {
    for (let at = 0; at < count; at += 1) {
      const step: Step = {
        kind: 'extra',
        name: dice.pick(Object.keys(events)),
        salt: String(dice.int(1e9)),
        runs: dice.chance(0.5) ? 0 : dice.int(200),
      };
      all.splice(1 + dice.int(all.length), 0, step);
    }
  };
  if (extras.seats) add(KINDS.seats.events, dice.between(2, 8));
  if (extras.cleansUp) add(KINDS.cleanUp.events, dice.between(2, 8));
  if (extras.hasScenes) add(KINDS.scenes.events, dice.between(2, 6));
  if (extras.hasRare) add(KINDS.rare.events, dice.between(3, 8));
  if (extras.letsIn) add(KINDS.letIn.events, dice.between(3, 5));
  if (extras.hasMeanwhile) add(KINDS.meanwhile.events, dice.between(6, 10));
  if (extras.hasDemand) add(KINDS.demand.events, dice.between(3, 7));
  if (extras.takesBack) add(KINDS.takenBack.events, dice.between(2, 5));
  if (extras.hasAway) add(KINDS.away.events, dice.between(3, 6));
  if (extras.hasMoves) add(KINDS.moves.events, dice.between(3, 7));
  return all;
}
