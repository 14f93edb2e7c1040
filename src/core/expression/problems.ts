/** What is wrong with an expression, and where. */
export interface ExpressionProblem {
  /** One sentence for the administrator who wrote the expression. Quotes the expression, never data. */
  readonly message: string;
  /** UTF-16 units from the start of the expression, from 0. */
  readonly offset: number;
  /** Line, from 1. */
  readonly line: number;
  /** Column in UTF-16 units, from 1. */
  readonly column: number;
  /** What to do about it, when there is something to say beyond the message. */
  readonly hint?: string;
}

/** Makes a problem at an offset of the expression's text. */
export function problemAt(text: string, offset: number, message: string, hint?: string): ExpressionProblem {
  const position = Math.max(0, Math.min(offset, text.length));
  const before = text.slice(0, position).split(/\r\n|\r|\n/);
  const column = (before.at(-1) ?? '').length + 1;
  return { message, offset: position, line: before.length, column, ...(hint === undefined ? {} : { hint }) };
}

/** A piece of the expression as a message shows it: on one line, and short. */
export function excerpt(piece: string): string {
  const flat = piece.replace(/\s+/g, ' ');
  return flat.length > 40 ? `${flat.slice(0, 39)}…` : flat;
}

/** Joins message and hint to one line, with the position, as logs and lists of problems print it. */
export function describeProblem(problem: ExpressionProblem): string {
  const hint = problem.hint === undefined ? '' : `; ${problem.hint}`;
  return `${problem.message}${hint} (line ${problem.line}, column ${problem.column})`;
}
