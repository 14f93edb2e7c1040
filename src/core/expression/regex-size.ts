/** A piece of an RE2 pattern as the translator writes it: one character, class or escape; a repeat count; or a mark. */
const piece =
  /\\[xpP]\{[^}]*\}|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:[ims-]*:|[ims-]+(?=\))))?|\{(\d{1,4})(?:,(\d{0,4}))?\}|[\s\S]/gu;

const marks: ReadonlySet<string> = new Set(['|', '*', '+', '?', '^', '$']);

/**
 * About how many instructions a pattern becomes once its repeats are written out, so that one which would take seconds and hundreds of
 * megabytes to compile is refused before it does. Alternatives that the engine merges are counted one by one.
 */
export function estimatedSize(pattern: string): number {
  // One entry for each open group: what it holds so far, and how much of that is its last part.
  const open = [{ total: 0, last: 0 }];
  for (const [text, least, most] of pattern.matchAll(piece)) {
    const top = open.at(-1) ?? { total: 0, last: 0 };
    if (text.startsWith('(')) open.push({ total: 0, last: 0 });
    else if (text === ')' && open.length > 1) add(open[open.length - 2], (open.pop()?.total ?? 0) + 2);
    else if (least !== undefined) {
      const times = Math.max(Number(least), Number(most ?? 0));
      top.total += top.last * (times - 1);
      top.last *= times;
    } else add(top, marks.has(text) ? 0 : 1);
  }
  return open.reduce((sum, { total }) => sum + total, 0);
}

function add(group: { total: number; last: number } | undefined, size: number): void {
  if (group === undefined) return;
  group.total += size;
  group.last = size;
}
