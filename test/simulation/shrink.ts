import { play, type Without } from './play/episode';

const MAX_TRIES = 250;

/**
 * Leaves out steps of a failing story for as long as it breaks the same rule: halves first, then ever smaller parts.
 * @returns the steps left out, as `--drop` takes them
 */
export async function shrink(seed: string, rule: string, names: NonNullable<Without['names']>): Promise<readonly string[]> {
  const { story } = await play(seed);
  let kept = story.steps.map((_, at) => at);
  let tries = 0;
  const fails = async (keep: readonly number[]): Promise<boolean> => {
    tries += 1;
    const dropped = new Set(story.steps.keys());
    for (const at of keep) dropped.delete(at);
    return (await play(seed, { steps: dropped, names })).violation?.rule === rule;
  };
  for (let size = Math.ceil(kept.length / 2); size >= 1 && tries < MAX_TRIES; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && tries < MAX_TRIES; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (await fails(fewer)) kept = fewer;
      else from += size;
    }
  }
  return ranges([...story.steps.keys()].filter((at) => !kept.includes(at)));
}

function ranges(numbers: readonly number[]): readonly string[] {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}
