import { maxValueLength, maxWork } from './limits';
import type { EvaluationContext, Value } from './values';

/** One evaluation under way: what it may ask, and how much work it has left. */
export interface Run {
  readonly context: EvaluationContext;
  /** Units of work left, see `maxWork`. */
  workLeft: number;
}

/** A compiled piece of an expression. */
export type Evaluator = (run: Run) => Value;

/** Ends an evaluation that cannot give a value. Its message goes to logs, so it never quotes data. Does not leave the expression folder. */
export class EvaluationFailure extends Error {}

/** Ends an evaluation because `IgnoreFlowIfNullOrEmpty` drops the attribute. Does not leave the expression folder. */
export class FlowDropped extends Error {}

/** Starts an evaluation. */
export function startRun(context: EvaluationContext): Run {
  return { context, workLeft: maxWork };
}

/** Spends work before it is done. @throws EvaluationFailure when none is left, so that no expression can hang the app. */
export function charge(run: Run, units: number): void {
  run.workLeft -= units;
  if (run.workLeft < 0) throw new EvaluationFailure('the expression takes too much work on this value');
}

/** Passes a value on if it is small enough, and charges for it. @throws EvaluationFailure beyond `maxValueLength` */
export function bounded(run: Run, value: Value): Value {
  if (value === null) return value;
  let length = value.length;
  if (typeof value !== 'string') for (const element of value) length += element.length;
  refuseLongerThan(length);
  charge(run, length + 1);
  return value;
}

/** Guards a text before it is built. @throws EvaluationFailure beyond `maxValueLength` */
export function refuseLongerThan(length: number): void {
  if (length > maxValueLength) {
    throw new EvaluationFailure(`the value grows over ${maxValueLength.toLocaleString('en-US')} characters`);
  }
}

/** Builds a text piece by piece and never holds more than the limit. */
export class BoundedText {
  private text = '';

  /** @throws EvaluationFailure beyond `maxValueLength` */
  add(piece: string): void {
    refuseLongerThan(this.text.length + piece.length);
    this.text += piece;
  }

  toString(): string {
    return this.text;
  }
}

/** Replaces all occurrences of a text literally (`$` means nothing), within the limit. An empty `search` changes nothing. */
export function replaceLiterally(text: string, search: string, replacement: string): string {
  if (search === '') return text;
  const result = new BoundedText();
  let from = 0;
  for (;;) {
    const found = text.indexOf(search, from);
    if (found < 0) break;
    result.add(text.slice(from, found));
    result.add(replacement);
    from = found + search.length;
  }
  result.add(text.slice(from));
  return result.toString();
}
