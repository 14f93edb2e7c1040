import { ENTRA_EVENTS } from './events/entra';
import { OPERATOR_ACTS } from './events/operator';
import { ZENDESK_EVENTS } from './events/zendesk';
import { EXTRA_EVENTS } from './play/extras';
import { FAULTS } from './play/faults';
import type { Sim } from './play/sim';
import { JOB_FATES } from './ports/jobs';

/** Tells an effect on Zendesk from an event of the same name. */
const DONE = 'done: ';

/** Every kind of thing that may happen in a story, by where it happens. A long run leaves none out. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'In Entra ID': Object.keys(ENTRA_EVENTS),
  'By hand in Zendesk': Object.keys(ZENDESK_EVENTS),
  'By operators': Object.keys(OPERATOR_ACTS),
  'Seats, clean-up, scenes': [
    ...Object.keys(EXTRA_EVENTS).filter((name) => !Object.hasOwn(ZENDESK_EVENTS, name)),
    'workOnTickets',
    'one seat for several',
    'repair of all',
    ...['begun', 'refused', 'held'].map((kind) => `clean-up ${kind}`),
    ...['group', 'member'].map((kind) => `cleaned up: ${kind}`),
  ],
  'Jobs of Zendesk': [...Object.keys(JOB_FATES), 'jobRowRefused'],
  'To the app': ['crash', 'expireWatermarks', 'unreadable', 'loseMessage', 'poisoned message'],
  'Faults met by a call': [
    ...Object.keys(FAULTS),
    ...['createGroup', 'createUser', 'updateUser', 'deleteUser', 'stall'].map((method) => `once: ${method}`),
  ],
  'Held by the brake': ['userDisable', 'userDelete', 'userErase', 'agentDowngrade', 'groupDelete', 'membershipRemoval'].map(
    (kind) => `held ${kind}`,
  ),
  Cycles: ['initial', 'incremental', 'completed', 'interrupted', 'failed', 'notRun'].map((kind) => `cycle ${kind}`),
  'Done to Zendesk': [
    ...['create', 'change', 'disable', 'enable', 'downgrade', 'delete', 'erase'],
    ...['groupCreate', 'groupChange', 'groupDelete', 'memberAdd', 'memberRemove'],
  ].map((kind) => `${DONE}${kind}`),
};

/** What stories draw by themselves: even a short run leaves none out. */
const EVENTS = [ENTRA_EVENTS, ZENDESK_EVENTS, OPERATOR_ACTS, EXTRA_EVENTS].flatMap((one) => Object.keys(one));

/** How often what happened, over all stories. */
export class Tally {
  cycles = 0;
  stories = 0;
  readonly #counts = new Map<string, number>();

  add(sim: Sim): void {
    this.cycles += sim.cycles;
    this.stories += 1;
    for (const [name, count] of [...sim.counts, ...sim.faults.met]) this.#count(name, count);
    for (const { kind } of sim.watch.effects) this.#count(`${DONE}${kind}`, 1);
  }

  #count(name: string, more: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + more);
  }

  /** What has not happened once: of the events alone, or of all. */
  never(which: 'events' | 'all'): readonly string[] {
    const wanted = which === 'events' ? EVENTS : Object.values(KINDS).flat();
    return wanted.filter((name) => !this.#counts.has(name));
  }

  #shown(name: string): string {
    return (this.#counts.get(name) ?? 0).toLocaleString('en');
  }

  /** As a table in Markdown. */
  table(): string {
    const row = ([title, names]: readonly [string, readonly string[]]): string =>
      `| ${title} | ${names.map((name) => `${name.replace(DONE, '')} ${this.#shown(name)}`).join(', ')} |`;
    const listed = new Set(Object.values(KINDS).flat());
    const others = [...this.#counts.keys()].filter((name) => !listed.has(name)).sort();
    const rows = [...Object.entries(KINDS), ...(others.length > 0 ? [['Else', others] as const] : [])];
    return ['| Where | How often |', '|---|---|', ...rows.map(row)].join('\n');
  }
}
