import type { OutcomeCounts } from '../../ports/provisioning-log';

/** How many work items of a cycle failed. */
export const failures = (counts: OutcomeCounts): number =>
  Object.entries(counts.byOutcome).reduce((sum, [outcome, count]) => (outcome.startsWith('failure/') ? sum + count : sum), 0);

/** The state of a cycle whose work items have all ended so. */
export const closedState = (counts: OutcomeCounts): 'succeeded' | 'entryLevelErrors' =>
  failures(counts) > 0 ? 'entryLevelErrors' : 'succeeded';
