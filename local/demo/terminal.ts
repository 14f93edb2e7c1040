const WIDTH = 36;

/** A progress bar on one line of the terminal; where there is no terminal, a line for every tenth. */
export class ProgressBar {
  private lastTenth = -1;
  private isOpen = false;

  constructor(
    private readonly label: string,
    private readonly out: NodeJS.WriteStream = process.stdout,
  ) {}

  show(done: number, total: number, words = ''): void {
    if (total === 0) {
      if (this.out.isTTY) this.out.write(`\r\u001b[2K  ${this.label}  reading from Entra ID …`);
      this.isOpen = this.out.isTTY;
      return;
    }
    const share = Math.min(1, done / total);
    if (!this.out.isTTY) {
      const tenth = Math.floor(share * 10);
      if (tenth === this.lastTenth) return;
      this.lastTenth = tenth;
      this.out.write(`  ${this.label}  ${tenth * 10} %  ${done} of ${total} ${words}\n`);
      return;
    }
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.out.write(
      `\r\u001b[2K  ${this.label}  ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${done} of ${total} ${words}`,
    );
    this.isOpen = true;
  }

  end(): void {
    if (this.isOpen) this.out.write('\n');
    this.isOpen = false;
  }
}

/** Rows as aligned columns; numbers to the right. The first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  return rows
    .map((row, index) => {
      const cells = row.map((cell, column) => {
        const text = String(cell);
        const width = widths[column] ?? 0;
        return typeof cell === 'number' ? text.padStart(width) : column === row.length - 1 ? text : text.padEnd(width);
      });
      const line = `  ${cells.join('  ')}`.trimEnd();
      return index === 0 ? `${line}\n  ${'─'.repeat(Math.max(0, line.length - 2))}` : line;
    })
    .join('\n');
}

/** Milliseconds as people say them. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
