import { type CredentialEnd, credentialAdvice, TELL_DAYS_BEFORE } from '../../core/credential-end';
import type { ConfigIssue } from '../../core/errors';
import { isOverSource } from '../cycle/close-cycles';
import type { HintsVerdict } from '../hints/hint-advice';
import { heldWords } from '../job/held-summary';
import { WAITING_FOR_SEAT } from '../job/seat-ledger';
import { permissionAdvice, unreadAdvice } from './permission-advice';
import type { JobStatus } from './read-status';

/** Every kind of warning, for the OpenAPI document too. */
export const WARNING_CODES = [
  'Setting',
  'SchemaIgnored',
  'PermissionMissing',
  'CyclesOverdue',
  'CredentialEnds',
  'WatermarkOld',
  'CycleStopped',
  'ItemsWaiting',
  'NotProved',
  'Drift',
  'ObjectsHeld',
  'SeatsMissing',
  'NoticeNotSent',
  'ChangeNotifications',
  'MappingFileUnused',
] as const;

/** Something that works but deserves a look. */
export interface StatusWarning {
  readonly code: (typeof WARNING_CODES)[number];
  /** The setting, the place in the schema or the permission that it is about; empty when it is about none. */
  readonly setting: string;
  readonly problem: string;
}

/** Everything that the status tells, in whatever form. */
export interface StatusView {
  readonly version: string;
  readonly provisioningStatus: 'On' | 'Off';
  /** NCRONTAB, UTC. */
  readonly schedule: string;
  /** ISO 8601; null when no cycle will start by itself. */
  readonly nextRunAt: string | null;
  /** ISO 8601; null when no comparison with Zendesk will start by itself. */
  readonly nextDriftAt: string | null;
  readonly driftRepair: 'Report' | 'Repair';
  readonly account: string;
  readonly tenantId: string;
  readonly status: JobStatus;
  readonly changeNotifications: HintsVerdict;
  readonly warnings: readonly StatusWarning[];
  readonly now: Date;
}

const CHANNEL_SETTINGS = { email: 'NOTIFICATION_EMAIL', webhook: 'NOTIFICATION_WEBHOOK_URL' } as const;

const DAY_MS = 24 * 3600_000;

/**
 * Graph forgets where a delta stands after seven days for directory objects; from five days on somebody should look.
 * @see https://learn.microsoft.com/graph/delta-query-overview#token-duration
 */
const OLD_WATERMARK_DAYS = 5;

/** Collects everything that deserves a look, the most urgent first. Pure. */
export function warningsOf(
  configured: readonly ConfigIssue[],
  status: JobStatus,
  provisioningStatus: 'On' | 'Off',
  credential: CredentialEnd | undefined,
  hints: HintsVerdict,
  now: Date,
): readonly StatusWarning[] {
  const warnings: StatusWarning[] = [];
  const warn = (code: StatusWarning['code'], problem: string, setting = ''): void =>
    void warnings.push({ code, setting, problem });
  if (status.watch.verdict !== 'well') {
    warn(
      'CyclesOverdue',
      `No cycle has run since ${status.watch.aliveAt} although several were due. Is the timer function enabled?`,
    );
  }
  // The end of API tokens is a warning of the settings, from the first day on.
  if (credential?.kind === 'secret' && credential.daysLeft <= TELL_DAYS_BEFORE) {
    warn('CredentialEnds', credentialAdvice(credential), 'ZENDESK_SECRET_EXPIRES_AT');
  }
  for (const finding of status.permissions.missing) warn('PermissionMissing', permissionAdvice(finding), finding.permission);
  for (const advice of unreadAdvice(status.permissions.unread)) warn('PermissionMissing', advice);
  const ageMs = status.watermarkAt === null ? 0 : now.getTime() - Date.parse(status.watermarkAt);
  if (provisioningStatus === 'On' && ageMs > OLD_WATERMARK_DAYS * DAY_MS) {
    const days = Math.floor(ageMs / DAY_MS);
    warn(
      'WatermarkOld',
      `Entra ID was last read completely ${days} days ago; after 7 days the next cycle has to read everything again.`,
    );
  }
  const { stopped } = status.job;
  // What put the job into quarantine is told there.
  if (stopped && stopped.message !== status.quarantine?.message) {
    warn(
      'CycleStopped',
      `The cycle was stopped at ${stopped.at} and continues with the next run: ${stopped.code}: ${stopped.message}`,
    );
  }
  if (status.items.verdict !== 'well') {
    const { waiting, since } = status.items;
    warn('ItemsWaiting', `${waiting} objects of a cycle wait, and none of them has been carried out since ${since}.`);
  }
  const unproved = status.cycles.find(({ cycle }) => isOverSource(cycle))?.cycle.unknowns ?? 0;
  if (unproved > 0) {
    warn(
      'NotProved',
      `Entra ID left ${unproved} known assignments, memberships or people out of its lists, and direct reads could not prove that they are gone. Nothing was changed for them.`,
    );
  }
  const waitingForSeat = status.escrows.byCode[WAITING_FOR_SEAT] ?? 0;
  if (waitingForSeat > 0) {
    warn(
      'SeatsMissing',
      `${waitingForSeat} people wait for an agent seat: free some in Zendesk (GET /api/accounts lists suspended agents and those who never signed in), or buy more and raise AGENT_SEATS.`,
      'AGENT_SEATS',
    );
  }
  const { last, failed } = status.drift;
  if (failed) {
    warn(
      'Drift',
      `The comparison with Zendesk of ${failed.at} could not be finished and proves nothing: ${failed.code}: ${failed.message}`,
    );
  }
  if (last && last.differing > 0 && !last.isRepaired) {
    warn(
      'Drift',
      `${last.differing} of ${last.compared} objects were changed in Zendesk, as compared at ${last.endedAt}: GET /api/plan/${last.planId} lists them.`,
    );
  }
  if (status.holds.count > 0) warn('ObjectsHeld', heldWords(status.holds));
  if (status.mappings.hasFileChanged) {
    const { version, by, since } = status.mappings;
    warn(
      'MappingFileUnused',
      `The mapping file was changed, and is not active: ${by} activated version ${version} of the mappings at ${since}. To use the file, activate version 0.`,
      'PROVISIONING_SCHEMA',
    );
  }
  for (const { channel, kind, at, problem } of status.undelivered) {
    warn('NoticeNotSent', `A notice (${kind}) could not be sent by ${channel} at ${at}: ${problem}`, CHANNEL_SETTINGS[channel]);
  }
  for (const problem of hints.problems) warn('ChangeNotifications', problem, 'CHANGE_NOTIFICATIONS');
  for (const { setting, problem } of configured) {
    warnings.push({ code: setting.startsWith('schema ') ? 'SchemaIgnored' : 'Setting', setting, problem });
  }
  return warnings;
}

/** When the next cycle starts by itself; null while none will. A quarantine puts it off to the first run after its wait. Pure. */
export function nextRunOf(
  status: JobStatus,
  provisioningStatus: 'On' | 'Off',
  nextRun: (after: Date) => Date | undefined,
  now: Date,
): string | null {
  if (provisioningStatus === 'Off' || status.job.paused) return null;
  const heldUntil = status.job.quarantine && !status.job.runNow ? new Date(status.job.quarantine.nextAttempt) : now;
  // A run that is due at the very moment when the wait ends counts.
  const from = heldUntil > now ? new Date(heldUntil.getTime() - 1) : now;
  return nextRun(from)?.toISOString() ?? null;
}
