/** Text as a terminal shows it. Widths count UTF-16 units: the demo writes nothing that is wider than one column each. */

/**
 * Breaks text between words so that no line is longer than `width`; a word that is longer, such as an address, keeps a line of its own.
 * Each line break in the text starts a new one.
 *
 * @param indent columns before the lines that follow a break; without it as many as the text itself begins with
 */
export function wrap(text: string, width: number, indent?: number): string {
  return text
    .split('\n')
    .map((paragraph) => {
      const before = /^\s*/.exec(paragraph)?.[0] ?? '';
      const next = ' '.repeat(indent ?? before.length);
      const lines: string[] = [];
      let line = '';
      for (const word of paragraph.trim().split(/\s+/)) {
        if (line === '') line = `${lines.length === 0 ? before : next}${word}`;
        else if (line.length + 1 + word.length <= width) line += ` ${word}`;
        else {
          lines.push(line);
          line = `${next}${word}`;
        }
      }
      return [...lines, line].join('\n').trimEnd();
    })
    .join('\n');
}

/** Rows as aligned columns, numbers to the right, the last column wrapped. The first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[], width: number): string {
  const last = (rows[0]?.length ?? 1) - 1;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  const left = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 2);
  const lines = rows.map((row) => {
    const cells = row
      .slice(0, last)
      .map((cell, column) =>
        typeof cell === 'number' ? String(cell).padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      );
    const rest = wrap(String(row[last] ?? ''), width - left).replaceAll('\n', `\n${' '.repeat(left)}`);
    return `  ${[...cells, rest].join('  ')}`.trimEnd();
  });
  return [lines[0], `  ${'─'.repeat(Math.max(0, Math.min(width, left + (widths[last] ?? 0)) - 2))}`, ...lines.slice(1)].join(
    '\n',
  );
}

/** Milliseconds as people say them. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
