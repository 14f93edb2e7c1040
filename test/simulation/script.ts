import { ENTRA_EVENTS } from './events/entra';
import { leavingRules } from './events/leaving';
import { OPERATOR_ACTS } from './events/operator';
import { ZENDESK_EVENTS } from './events/zendesk';
import { type Extras, extrasOf, withExtras } from './play/extras';
import { FAULTS, type FaultName, isLie } from './play/faults';
import type { Dice } from './play/random';
import type { Setting } from './play/sim';

/** One step of a story. Its salt decides everything about it, so that it stays the same when others are left out. */
export interface Step {
  readonly kind:
    | 'entra'
    | 'zendesk'
    | 'operator'
    | 'extra'
    | 'fault'
    | 'crash'
    | 'tick'
    | 'loseMessage'
    | 'expire'
    | 'unreadable';
  readonly name: string;
  readonly salt: string;
  /** How long everything runs before the next step: so many port calls, or until nothing is left to do. */
  readonly runs: number | 'idle';
}

/** What a story consists of. */
export interface Story {
  readonly setting: Setting;
  /** How many people, groups and accounts there are in the beginning. */
  readonly people: number;
  readonly teams: number;
  readonly steps: readonly Step[];
}

const MINUTE_MS = 60_000;

const RARE: Partial<Record<string, number>> = {
  changeMapping: 0.5,
  changeSettings: 1,
  undo: 2,
  hint: 2,
  restartLinks: 0.5,
  restartFull: 0.5,
  toggleRole: 0.4,
  cutTeam: 0.5,
  redeploy: 0.5,
  letInByHand: 1.5,
  restore: 3,
  restoreTeam: 3,
  start: 3,
  makeGroupByHand: 3,
  unassignTeam: 2,
  newTeam: 2,
};

const weightsOf = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, RARE[name] ?? 1]));

const ENTRA = weightsOf(Object.keys(ENTRA_EVENTS));
const ZENDESK = weightsOf(Object.keys(ZENDESK_EVENTS));
const OPERATOR = weightsOf(Object.keys(OPERATOR_ACTS));

/** Tells a story. Some are plain, so that what goes wrong without any fault is told plainly too. */
export function storyOf(dice: Dice): Story {
  const isCrowd = dice.chance(0.08);
  const has = {
    lies: dice.chance(0.35),
    failures: dice.chance(0.5),
    crashes: dice.chance(0.4),
    hands: dice.chance(0.7),
    operators: dice.chance(0.7),
  };
  const rounds = dice.between(4, 14);
  const steps: Step[] = [tickStep(dice, 'idle')];
  for (let round = 0; round < rounds; round += 1) {
    if ((has.lies || has.failures) && dice.chance(0.5)) steps.push(faultStep(dice, has));
    for (let event = dice.int(isCrowd ? 9 : 6); event > 0; event -= 1) steps.push(eventStep(dice, has));
    if (has.crashes && dice.chance(0.4)) steps.push(step('crash', 'crash', dice, 0));
    if (has.failures && dice.chance(0.05)) steps.push(step('unreadable', 'unreadable', dice, 0));
    if (has.lies && dice.chance(0.2)) steps.push(step('expire', 'expireWatermarks', dice, 0));
    if (dice.chance(0.85)) steps.push(tickStep(dice, dice.chance(0.6) ? 'idle' : dice.int(400)));
    if (dice.chance(0.15)) steps.push(tickStep(dice, dice.int(300)));
    if (has.failures && dice.chance(0.02)) steps.push(step('loseMessage', 'loseMessage', dice, 0));
  }
  const extras = extrasOf(dice.fork('extras 30'));
  return {
    setting: settingOf(dice, isCrowd, extras),
    people: Math.max(isCrowd ? dice.between(22, 34) : dice.between(2, 9), extras.people),
    teams: dice.int(4),
    steps: withExtras(steps, extras, dice.fork('extra steps')),
  };
}

function settingOf(dice: Dice, isCrowd: boolean, extras: Extras): Setting {
  const skews = dice.chance(0.5) ? [0, dice.between(-6, 6) * MINUTE_MS + dice.int(MINUTE_MS)] : [0, 0];
  // A seat that was given back is what a repair could take once more.
  const usual = extras.letsIn ? 'DowngradeAndSuspend' : 'Suspend';
  return {
    rules: {
      scope: dice.chance(0.05) ? 'All' : 'AssignedOnly',
      groupMembership: dice.pick(['Direct', 'Transitive']),
      defaultAccess: dice.pick(['Skip', 'EndUser']),
      deprovisionUsers: dice.pick([usual, usual, 'DowngradeAndSuspend']),
      hardDeletedUsers: dice.pick(extras.hasMeanwhile ? ['Delete', 'Delete'] : ['Suspend', 'Delete']),
      variant: extras.cleansUp && dice.fork('groups').chance(0.6) ? 'keepsGroups' : 'shipped',
    },
    customs: {
      lingeringAssignments: dice.chance(0.4),
      deletionTellsGroups: dice.chance(0.5),
      returnTellsMembers: dice.chance(0.5),
    },
    deletionThreshold: isCrowd ? 500 : dice.pick([1, 2, 3, 500]),
    deletionThresholdPercent: isCrowd ? dice.pick([10, 30, 60]) : 10,
    protectedUsers: dice.chance(0.4) ? [`p${dice.int(12)}@contoso.com`] : [],
    skewsMs: skews,
    leaving: leavingRules(dice.fork('leaving')),
    hasJobs: extras.hasJobs,
    ...(extras.seats && { seats: extras.seats }),
  };
}

const step = (kind: Step['kind'], name: string, dice: Dice, runs: Step['runs']): Step => ({
  kind,
  name,
  salt: String(dice.int(1e9)),
  runs,
});

const tickStep = (dice: Dice, runs: Step['runs']): Step => step('tick', 'tick', dice, runs);

function faultStep(dice: Dice, has: { readonly lies: boolean; readonly failures: boolean }): Step {
  const names = (Object.keys(FAULTS) as FaultName[]).filter((name) => (isLie(name) ? has.lies : has.failures));
  const weights = Object.fromEntries(names.map((name) => [name, FAULTS[name] as number]));
  return step('fault', dice.weighted(weights), dice, 0);
}

function eventStep(dice: Dice, has: { readonly hands: boolean; readonly operators: boolean }): Step {
  const runs = dice.chance(0.5) ? 0 : dice.int(60);
  const kind = dice.weighted({ entra: 60, zendesk: has.hands ? 18 : 0, operator: has.operators ? 18 : 0 });
  const weights = kind === 'entra' ? ENTRA : kind === 'zendesk' ? ZENDESK : OPERATOR;
  return step(kind, dice.weighted(weights), dice, runs);
}
