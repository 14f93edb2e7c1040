import type { LogOperator, LogProperty } from './properties';

/** One comparison. `value` is a number for numbers and for instants (ms), null for "has none", else text. */
export interface LogComparison {
  readonly kind: 'comparison';
  readonly property: LogProperty;
  readonly operator: LogOperator;
  readonly value: string | number | null;
  /** The filter asks for it without case (`tolower`, `toupper`), also where the property is compared with case. */
  readonly isFolded: boolean;
}

/** A filter that has been understood. */
export type LogFilter =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly LogFilter[] }
  | { readonly kind: 'not'; readonly operand: LogFilter }
  | LogComparison;

/** What is wrong with a filter: what, at which UTF-16 unit from 0, and what may stand there instead (empty: no list to give). */
export interface LogFilterProblem {
  readonly message: string;
  readonly offset: number;
  readonly allowed: readonly string[];
}
