/** One check of Test Connection: what was tried, what came of it, what to do. */
export interface ProbeRow {
  readonly name: string;
  readonly status: 'pass' | 'fail' | 'warn';
  /** What was tried, such as `GET /api/v2/users/me`. */
  readonly tried: string;
  readonly result: string;
  /** What to do; empty when nothing is to be done. */
  readonly action: string;
}
