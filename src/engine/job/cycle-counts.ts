import type { OutcomeCounts } from '../../ports/provisioning-log';

/** How many work items of a cycle failed. */
export const failures = (counts: OutcomeCounts): number =>
  Object.entries(counts.byOutcome).reduce((sum, [outcome, count]) => (outcome.startsWith('failure/') ? sum + count : sum), 0);
