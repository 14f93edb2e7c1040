import { setTimeout as pause } from 'node:timers/promises';

/** How long the first of several waits for others: less than a call of storage takes. */
const WINDOW_MS = 5;
/** One row of a transaction, which holds 100, is left for a counter. */
const MAX_GATHERED = 99;

/**
 * Does things together that many callers ask for at about the same time, where they fall into one group. The first of a group waits a moment
 * for others while any of its kind is under way; alone, nobody waits. Each caller waits for its own; what `work` throws, all of that work get.
 * @param groupOf names the group, such as a partition
 */
export function makeGathering<T>(
  groupOf: (one: T) => string,
  work: (many: readonly T[]) => Promise<void>,
): (one: T) => Promise<void> {
  const open = new Map<string, { readonly items: T[]; readonly done: Promise<void> }>();
  let underWay = 0;

  async function run(group: string, items: T[]): Promise<void> {
    if (underWay > 0) await pause(WINDOW_MS);
    else await Promise.resolve();
    if (open.get(group)?.items === items) open.delete(group);
    underWay += 1;
    try {
      await work(items);
    } finally {
      underWay -= 1;
    }
  }

  return (one) => {
    const group = groupOf(one);
    const gathered = open.get(group);
    if (gathered && gathered.items.length < MAX_GATHERED) {
      gathered.items.push(one);
      return gathered.done;
    }
    const items = [one];
    const done = run(group, items);
    open.set(group, { items, done });
    return done;
  };
}

/** Takes what there is for one caller, or throws why there is nothing. */
export type Settle<R> = (outcome: () => R) => void;

/** Waits for what is done together, and gives one caller its own outcome. @throws whatever the outcome throws */
export async function outcomeOf<R>(add: (settle: Settle<R>) => Promise<void>): Promise<R> {
  let outcome: (() => R) | undefined;
  await add((one) => {
    outcome = one;
  });
  if (!outcome) throw new Error('A row was left out of what was done together.');
  return outcome();
}
