import type { SkipReason } from '../../src/core/scope';
import type { ShownCycle, ShownStatus } from './app-client';
import { table } from './text';

/** What an outcome is called in the summary, and in which order. */
const OUTCOMES: readonly (readonly [prefix: string, words: string])[] = [
  ['create', 'created'],
  ['update', 'updated'],
  ['disable', 'suspended'],
  ['delete', 'deleted'],
  ['stagedDelete', 'held by the brake'],
  ['other', 'let go'],
];

/** What a skip's code means. */
const SKIPS: Readonly<Record<SkipReason, string>> = {
  RedundantExport: 'source and target already agree',
  NotEffectivelyEntitled: 'Default Access only, no usable role, or disabled in Entra ID before there was an account',
  NotInScope: 'not assigned any more, and no account to take away',
  NotSecurityEnabled: 'assigned group that is not security-enabled',
  UnsupportedPrincipal: 'assigned service principal: neither user nor group',
  Protected: 'protected account',
  ActionDisabled: 'the mapping does not allow it',
  AwaitingCycle: 'held by the brake, or waits for the next cycle to count it',
  AwaitingSeat: 'waits for a free agent seat',
  Unknown: 'could not be read for certain, so nothing was changed',
  HeldByOperator: 'held after an undo',
  NotRestorable: 'cannot be taken back',
};

/** One cycle as a table, no wider than `width`, whose rows add up to the objects read. */
export function summaryOf(cycle: ShownCycle, width: number): string {
  const { counts } = cycle;
  const written = OUTCOMES.map(([action, words]) => {
    const count = sum(counts.byOutcome, (key) => key === `success/${action}` || key === `warning/${action}`);
    const warnings = sum(counts.byOutcome, (key) => key === `warning/${action}`);
    return [words, count, warnings > 0 ? `${warnings} with a warning` : ''] as const;
  }).filter(([, count]) => count > 0);
  const skipped = Object.entries(counts.bySkipReason).map(
    ([code, count]) => ['skipped', count, `${code}: ${SKIPS[code as SkipReason] ?? ''}`] as const,
  );
  const failed = Object.entries(counts.byErrorCode).map(([code, count]) => ['failed', count, code] as const);
  const rows = [...written, ...skipped, ...failed];
  const total = rows.reduce((all, [, count]) => all + count, 0);
  const check = total === cycle.enqueued ? 'all accounted for' : `NOT all accounted for: ${cycle.enqueued} were read`;
  return table([['Outcome', 'Objects', ''], ...rows, ['all objects', total, check]], width);
}

/** True when the rows of a cycle add up to the objects it read. */
export const addsUp = (cycle: ShownCycle): boolean => cycle.counts.total === cycle.enqueued && cycle.pending === 0;

/** The failures that wait, each with its reason. @param nameOf who an object of the company is */
export function failuresOf(status: ShownStatus, nameOf: (id: string) => string): string[] {
  return status.escrows.listed.map((escrow) => `${nameOf(escrow.key.id)}: ${escrow.code}. ${escrow.reason}`);
}

const sum = (counts: Readonly<Record<string, number>>, picks: (key: string) => boolean): number =>
  Object.entries(counts).reduce((all, [key, count]) => (picks(key) ? all + count : all), 0);
