import type { InvocationContext, Timer } from '@azure/functions';
import type { App, ConfiguredApp } from '../compose';
import { nextOccurrence } from '../config/ncrontab';
import { type CredentialEnd, credentialEnd } from '../core/credential-end';
import { ProvisioningError } from '../core/errors';
import { beginReportIfDue, continueReport } from '../engine/accounts/account-report';
import { beginIfDue, settleDrift } from '../engine/drift/drift-check';
import { continueApply } from '../engine/preview/apply-plan';
import { continuePlan } from '../engine/preview/make-plan';
import { jobStateLine, tellOfCredentialEnd } from '../engine/queries/job-state-line';
import type { Telemetry } from '../ports/telemetry';
import { invocationLogger, withinInvocation } from './logger';
import { watchSubscriptions } from './watch-subscriptions';
import { watchedJob } from './watched-job';

/** Both together well inside the ten minutes of host.json. */
const REPORT_BUDGET_MS = 2 * 60_000;
const BUDGET_MS = 6 * 60_000;

/**
 * The timer that does what does not wait for CYCLE_SCHEDULE: it says how the job stands, for alerts, keeps the subscriptions to change
 * notifications, and continues with plans. Also while
 * PROVISIONING_STATUS is Off, because a plan is what one looks at before, and silence would look like an app that does not run.
 */
export const makePlanWork =
  (getApp: () => App) =>
  (_timer: Timer, context: InvocationContext): Promise<void> =>
    withinInvocation(context, async () => {
      const app = getApp();
      if (app.kind === 'notConfigured') {
        invocationLogger.warn('How the job stands', { status: 'NotConfigured' });
        return;
      }
      // Without storage nothing else can be done, and the line has said so.
      if (!(await tellState(app))) return;
      const part = partOf(app);
      await part('change notifications', () => watchSubscriptions(app));
      await part('comparison with Zendesk', () => compareIfDue(app));
      await part('report of accounts', () => makeReports(app, context.invocationId));
      await part('plans', () => continuePlans(app, context.invocationId));
    });

/** Runs the parts of the timer: what one of them cannot do now is tried again with the next tick, and keeps none of the others waiting. */
const partOf =
  ({ deps }: ConfiguredApp) =>
  async (part: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error;
      deps.logger.warn('A part of the timer will be tried again', { part, code: error.code, reason: error.message });
    }
  };

async function compareIfDue({ config, planning }: ConfiguredApp): Promise<void> {
  const { driftCheckSchedule } = config.job;
  if (driftCheckSchedule !== null) await beginIfDue(planning, (after) => nextOccurrence(driftCheckSchedule, after));
}

async function continuePlans({ planning }: ConfiguredApp, owner: string): Promise<void> {
  const options = { owner, budgetMs: BUDGET_MS };
  const open = [...(await planning.plans.list())].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const next = open.find((plan) => plan.state === 'planning' || plan.state === 'applying');
  if (next?.state === 'planning') await continuePlan(planning, next.planId, options);
  await settleDrift(planning);
  if (next?.state === 'applying') await continueApply(planning, next.planId, options);
}

/** Begins the report of accounts where its schedule says so, and continues the one that is being made. */
async function makeReports({ reporting, config }: ConfiguredApp, owner: string): Promise<void> {
  const { accountsReportSchedule } = config.job;
  if (accountsReportSchedule !== null)
    await beginReportIfDue(reporting, (after) => nextOccurrence(accountsReportSchedule, after));
  await continueReport(reporting, { owner, budgetMs: REPORT_BUDGET_MS });
}

/** Tells how many days the credential still has; call it once per tick. Nothing for one without an end. */
export function observeCredential(end: CredentialEnd | undefined, telemetry: Telemetry): void {
  if (end) telemetry.metric('zendesk.credential.days_left', end.daysLeft, { kind: end.kind });
}

/** How the job stands, as a line, a metric and, where the credential ends soon, a notice. @returns false where storage does not answer */
async function tellState(app: ConfiguredApp): Promise<boolean> {
  const { config, deps, telemetry } = app;
  const end = credentialEnd(config.target.auth.kind, config.target.credentialEndsOn, deps.clock());
  const line = await jobStateLine(deps, watchedJob(app), end);
  deps.logger.info('How the job stands', line);
  observeCredential(end, telemetry);
  if (line.status === 'Unknown') return false;
  await tellOfCredentialEnd(deps, end);
  return true;
}
