import { ACCOUNT_FINDINGS, type AccountFinding, accountFindings } from '../../core/account-findings';
import { type ErrorCode, ProvisioningError, StateUnavailableError } from '../../core/errors';
import type { TeamMember } from '../../core/model';
import { roleText } from '../../core/plan';
import { protectedBy } from '../../core/protection';
import { disposition, isTransientFailure } from '../../core/retry';
import { memberHoldsSeat } from '../../core/seats';
import type { AccountReports, AccountRow } from '../../ports/account-report';
import type { TargetDescription } from '../../ports/target-connector';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { dueFor, type Rules, readRules } from '../decide/due';
import type { EngineDeps } from '../deps';
import { changeDocument, readJob } from '../job/job-state';
import { takeLease } from '../job/lease';
import { withMappingsInUse } from '../job/mappings-in-use';
import { requireSameSystems } from '../job/same-systems';
import { STATUS_KEYS } from '../job/status-keys';
import { type Initiator, THE_CYCLE } from '../record/log-entry';

/** What reporting needs besides the engine. */
export interface Reporting {
  readonly deps: EngineDeps;
  readonly reports: AccountReports;
}

/** A report of the agents and admins of Zendesk, without its rows. */
export interface AccountReport {
  readonly reportId: string;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly isScheduled: boolean;
  /** Null while it is being made. */
  readonly endedAt: string | null;
  /** Where Zendesk's list continues; null at its beginning, and at its end. */
  readonly next: string | null;
  /** Agents and admins looked at. */
  readonly accounts: number;
  /** Of them by kind: `admin`, `agent`, and those who take no seat. */
  readonly byRole: Readonly<Record<'admin' | 'agent' | 'withoutSeat', number>>;
  readonly seatsUsed: number;
  readonly byFinding: Readonly<Partial<Record<AccountFinding, number>>>;
  /** Why it stopped, or stands still for now. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The reports that are kept: the last whole one, and one that is being made. */
export interface ReportState {
  readonly done: AccountReport | null;
  readonly running: AccountReport | null;
  /** The last one that could not be made, until another is; the last whole one stays. */
  readonly failed: { readonly reportId: string; readonly at: string; readonly code: ErrorCode; readonly message: string } | null;
  /** When a scheduled report last began, or the schedule was first looked at (ISO 8601). */
  readonly scheduledFrom: string | null;
}

const NONE: ReportState = { done: null, running: null, failed: null, scheduledFrom: null };
const LEASE = 'accounts-lease';

/** Reads which reports there are. */
export const readReports = async ({ state }: Pick<EngineDeps, 'state'>): Promise<ReportState> =>
  (await state.read<ReportState>(STATUS_KEYS.accounts))?.value ?? NONE;

const change = ({ state }: EngineDeps, next: (now: ReportState) => ReportState): Promise<ReportState> =>
  changeDocument<ReportState>(state, STATUS_KEYS.accounts, (now) => next({ ...NONE, ...now }));

/** Begins a report, unless one is being made already. Returns the one at work. Nothing in Zendesk is changed by it. */
export async function beginReport({ deps }: Reporting, operator: Initiator, isScheduled = false): Promise<AccountReport> {
  const fresh: AccountReport = {
    reportId: deps.newId(),
    startedAt: deps.clock().toISOString(),
    startedBy: operator.displayName,
    isScheduled,
    endedAt: null,
    next: null,
    accounts: 0,
    byRole: { admin: 0, agent: 0, withoutSeat: 0 },
    seatsUsed: 0,
    byFinding: {},
    error: null,
  };
  const { running } = await change(deps, (now) => ({ ...now, running: now.running ?? fresh }));
  return running ?? fresh;
}

/** Begins a report if the schedule says so; to be called every few minutes. @param next the first time of the schedule after an instant */
export async function beginReportIfDue(reporting: Reporting, next: (after: Date) => Date | undefined): Promise<void> {
  const { deps } = reporting;
  const now = deps.clock();
  const { scheduledFrom } = await readReports(deps);
  const due = scheduledFrom === null ? undefined : next(new Date(scheduledFrom));
  if (scheduledFrom !== null && (!due || due > now)) return;
  if (due) {
    const { value: job } = await readJob(deps.state);
    if (job.quarantine?.reason === 'EncounteredQuarantineException') return;
    await beginReport(reporting, THE_CYCLE, true);
  }
  await change(deps, (before) => ({ ...before, scheduledFrom: now.toISOString() }));
}

/** Continues the report that is being made, page by page, as far as it gets. Safe to repeat; what breaks off is never told as whole. */
export async function continueReport(
  reporting: Reporting,
  { owner, budgetMs }: { readonly owner: string; readonly budgetMs: number },
): Promise<ReportState> {
  const { deps } = reporting;
  if ((await readReports(deps)).running === null) return readReports(deps);
  const lease = await takeLease(deps.state, LEASE, owner, deps.clock, deps.sleep);
  if (!lease) return readReports(deps);
  const deadlineMs = deps.clock().getTime() + budgetMs;
  try {
    const used = await withMappingsInUse(deps);
    await requireSameSystems(used);
    const account = await used.target.describe(true);
    const rules = await readRules(used);
    for (let { running } = await readReports(deps); running; ) {
      running = await readPage({ ...reporting, deps: used }, running, account, rules);
      await lease.renew();
      if (deps.clock().getTime() >= deadlineMs) break;
    }
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    await noteError(reporting, error);
  } finally {
    await lease.release();
  }
  return readReports(deps);
}

/** Reads one page and keeps the place. Returns the report as it continues; null once it is whole. */
async function readPage(
  reporting: Reporting,
  report: AccountReport,
  account: TargetDescription,
  rules: Rules,
): Promise<AccountReport | null> {
  const { deps, reports } = reporting;
  const { members, next } = await deps.target.listTeam(report.next ?? undefined);
  const rows = await concurrently(members, STORAGE_CONCURRENCY, (member) => rowOf(deps, account, rules, member));
  await reports.putRows(report.reportId, rows);
  const counted: AccountReport = { ...withRows(report, rows), next: next ?? null, error: null };
  if (next !== undefined) {
    await change(deps, (now) => (now.running?.reportId === report.reportId ? { ...now, running: counted } : now));
    return counted;
  }
  const done: AccountReport = { ...counted, endedAt: deps.clock().toISOString() };
  const before = (await readReports(deps)).done;
  await change(deps, (now) => ({ ...now, running: null, failed: null, done }));
  if (before) await reports.remove(before.reportId);
  if (done.isScheduled) await tell(reporting, done);
  return null;
}

function withRows(report: AccountReport, rows: readonly AccountRow[]): AccountReport {
  const byRole = { ...report.byRole };
  const byFinding: Partial<Record<AccountFinding, number>> = { ...report.byFinding };
  for (const row of rows) {
    byRole[row.holdsSeat ? (row.role.role === 'admin' ? 'admin' : 'agent') : 'withoutSeat'] += 1;
    for (const finding of row.findings) byFinding[finding] = (byFinding[finding] ?? 0) + 1;
  }
  const seatsUsed = report.seatsUsed + rows.filter((row) => row.holdsSeat).length;
  return { ...report, accounts: report.accounts + rows.length, byRole, byFinding, seatsUsed };
}

async function rowOf(deps: EngineDeps, account: TargetDescription, rules: Rules, member: TeamMember): Promise<AccountRow> {
  const { settings } = deps;
  const source = await deps.links.sourceOf('user', member.id);
  const link = source && (await deps.links.read({ type: 'user', id: source }))?.value.link;
  const isLinked = link?.targetId === member.id;
  const object = source && isLinked ? (await deps.space.readObject({ type: 'user', id: source }))?.value : undefined;
  const due = object && (await dueFor(deps, rules, object));
  const seat = memberHoldsSeat(member, account.customRoles);
  const findings = accountFindings(member, {
    behind: !isLinked
      ? 'nobody'
      : due?.decision.kind === 'in'
        ? 'inScope'
        : due?.decision.kind === 'out'
          ? 'outOfScope'
          : 'unknown',
    holdsSeat: seat,
    isServiceAccount: [member.id, member.email?.toLowerCase()].some((name) => name && settings.serviceAccounts.includes(name)),
    isProtected: protectedBy({ ...account, protectedUsers: settings.protectedUsers }, member, []) !== undefined,
    now: deps.clock(),
  });
  const name = object?.attributes['displayName'];
  const custom = account.customRoles.find(({ id }) => id === member.role.customRoleId);
  return {
    ...member,
    roleName: custom ? `${member.role.role} (${custom.name})` : roleText(member.role),
    holdsSeat: seat,
    source: source && isLinked ? { id: source, name: typeof name === 'string' ? name : '' } : null,
    findings,
  };
}

async function tell({ deps }: Reporting, { accounts, seatsUsed, byFinding }: AccountReport): Promise<void> {
  const counts = Object.fromEntries(ACCOUNT_FINDINGS.map((finding) => [finding, byFinding[finding] ?? 0]));
  const bought = deps.settings.agentSeats ?? null;
  await deps.notifier.send({ kind: 'accounts', accounts, seatsUsed, seatsBought: bought, byFinding: counts });
}

/** What comes and goes by itself is waited for; anything else ends the report, and the last whole one stays. */
async function noteError({ deps, reports }: Reporting, error: ProvisioningError): Promise<void> {
  const { kind } = disposition(error);
  const isPassing = kind === 'defer' || isTransientFailure(error) || error instanceof StateUnavailableError;
  const told = { code: error.code, message: error.message };
  const { running } = await readReports(deps);
  if (isPassing || !running) {
    await change(deps, (now) => ({ ...now, running: now.running && { ...now.running, error: told } }));
    return;
  }
  const failed = { reportId: running.reportId, at: deps.clock().toISOString(), ...told };
  await change(deps, (now) => ({ ...now, running: null, failed }));
  await reports.remove(running.reportId);
  deps.logger.error('The report of accounts could not be made', { code: error.code, reason: error.message });
}
