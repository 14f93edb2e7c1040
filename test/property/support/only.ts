/** What must be there: the first of a list, or the one at a place of it. */
export function only<T>(list: readonly T[], at = 0): T {
  const one = list[at];
  if (one === undefined) throw new Error(`there is nothing at ${at} of ${list.length}`);
  return one;
}
