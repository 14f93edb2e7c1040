import { parseArgs } from 'node:util';
import { tellAbout } from './about';
import { play } from './play/episode';
import { shrink } from './shrink';
import { Tally } from './tally';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string' },
    seed: { type: 'string' },
    until: { type: 'string' },
    drop: { type: 'string' },
    without: { type: 'string' },
    about: { type: 'string' },
    trace: { type: 'boolean', default: false },
    story: { type: 'boolean', default: false },
    shrink: { type: 'string', default: 'yes' },
    keep: { type: 'boolean', default: false },
    kinds: { type: 'string' },
  },
});

/** `90s`, `10m` or `1h` in milliseconds. @throws Error for anything else */
function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (!count || !unit) throw new Error(`--until takes a time such as 90s, 10m or 1h, not ${text}`);
  return Number(count) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'] * 1000;
}

/** `3,7-9` as a set. */
function numbers(text: string): ReadonlySet<number> {
  return new Set(
    text.split(',').flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    }),
  );
}

const isOne = values.seed !== undefined && values.cycles === undefined && values.until === undefined;
const firstSeed = Number(values.seed ?? Math.floor(Date.now() % 1e9));
const wanted = Number(values.cycles ?? (values.until ? Number.POSITIVE_INFINITY : 2_000));
const deadlineMs = Date.now() + (values.until ? durationMs(values.until) : Number.POSITIVE_INFINITY);
const steps = values.drop ? numbers(values.drop) : new Set<number>();
const names = new Set(values.without?.split(',') ?? []);

const startedMs = Date.now();
const tally = new Tally();
let failures = 0;
console.log(`simulate: seed ${firstSeed}${isOne ? '' : ' and on'}`);
for (let seed = firstSeed; ; seed += 1) {
  const ending = await play(String(seed), { steps, names, isTraced: values.trace });
  tally.add(ending.sim);
  if (values.story) for (const line of ending.sim.history) console.log(line);
  if (values.about) await tellAbout(ending.sim, values.about);
  if (ending.violation) {
    failures += 1;
    const { rule, text } = ending.violation;
    const drop = isOne || values.shrink === 'no' ? values.drop : (await shrink(String(seed), rule, names)).join(',');
    console.log(
      `VIOLATION ${rule}: npm run simulate -- --seed ${seed}${drop ? ` --drop ${drop}` : ''}${values.without ? ` --without ${values.without}` : ''} # after ${tally.cycles} cycles: ${text}`,
    );
    if (!values.keep) break;
  }
  if (isOne || tally.cycles >= wanted || Date.now() >= deadlineMs) break;
}
const minutes = (Date.now() - startedMs) / 60_000;
if (!isOne) console.log(tally.table());
console.log(
  `${tally.cycles} cycles, ${tally.stories} stories, ${failures} violations, ${Math.round(tally.cycles / minutes)} cycles a minute`,
);
const never = values.kinds === 'events' || values.kinds === 'all' ? tally.never(values.kinds) : [];
if (never.length > 0) console.log(`NEVER ${never.join(', ')}`);
process.exitCode = failures === 0 && never.length === 0 ? 0 : 1;
