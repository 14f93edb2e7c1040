import { wrap } from './text';

/** Where there is no terminal, text is as wide as the smallest that people use. */
const DEFAULT_COLUMNS = 80;
/** Longer lines are hard to read, however wide the window. */
const MAX_COLUMNS = 100;
const BAR_COLUMNS = 36;

/** The part of standard output that is used. */
export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** What a program tells its user: wrapped to the terminal, with one line of progress, and silent once it is closed. */
export class Screen {
  #isClosed = false;
  /** A line of progress stands on the terminal, without its end. */
  #isOpen = false;
  #lastTenth = 0;

  constructor(private readonly out: Output = process.stdout) {}

  /** Columns that a line may take. */
  get width(): number {
    return Math.min(this.out.columns || DEFAULT_COLUMNS, MAX_COLUMNS);
  }

  /** Writes text, broken between words. @param indent columns before the lines that follow a break */
  say(text = '', indent?: number): void {
    this.print(wrap(text, this.width, indent));
  }

  /** Writes lines as they are. */
  print(text: string): void {
    if (this.#isClosed) return;
    this.endProgress();
    this.out.write(`${text}\n`);
  }

  /** Tells how far something is: on a terminal a bar that moves, elsewhere a line for every tenth. `total` 0: not known yet. */
  progress(done: number, total: number, isReading: boolean): void {
    if (this.#isClosed) return;
    if (total === 0 || isReading) {
      this.#redraw(
        total === 0 ? '   Reading from Entra ID …' : `   Reading from Entra ID: ${total} objects to provision so far …`,
      );
      return;
    }
    const share = Math.min(1, done / total);
    const percent = `${Math.floor(share * 100)} %`;
    const words = `${done} of ${total} objects done`;
    if (this.out.isTTY) {
      const filled = Math.round(share * BAR_COLUMNS);
      this.#redraw(`   ${'█'.repeat(filled)}${'░'.repeat(BAR_COLUMNS - filled)} ${percent.padStart(5)}  ${words}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth <= this.#lastTenth) return;
    this.#lastTenth = tenth;
    this.out.write(`   ${percent}: ${words}\n`);
  }

  /** Ends the line of progress; the next one begins anew. */
  endProgress(): void {
    if (this.#isOpen) this.out.write('\n');
    this.#isOpen = false;
    this.#lastTenth = 0;
  }

  /** Writes nothing from now on, whoever still tries. */
  close(): void {
    this.endProgress();
    this.#isClosed = true;
  }

  #redraw(line: string): void {
    if (!this.out.isTTY) return;
    // One column stays free: some terminals begin a new line as soon as the last one is filled.
    this.out.write(`\r\u001b[2K${line.slice(0, this.width - 1)}`);
    this.#isOpen = true;
  }
}
