import { join } from 'node:path';
import { app } from '@azure/functions';
import { POISON_QUEUE, WORK_QUEUE } from './adapters/storage/names';
import { type App, composeApp } from './compose';
import { cycleSchedule } from './config/schedule';
import { makeJobForgetEscrow, makeJobRetryEscrow, makeJobUnlink } from './functions/escrow-control';
import { makeEvaluateFilter } from './functions/evaluate-filter';
import { makeExplain } from './functions/explain';
import { makeHealth } from './functions/health';
import { invocationLogger } from './functions/invocation-log';
import { makeJobAllowDeletes, makeJobPause, makeJobRestart, makeJobRun, makeJobStart } from './functions/job-control';
import { makeLogs } from './functions/logs';
import { makeOnDemand } from './functions/on-demand';
import { makeOpenApi } from './functions/openapi';
import { makeParseExpression } from './functions/parse-expression';
import { makePlanApply, makePlanCreate, makePlanRead } from './functions/plan';
import { makePlanWork, PLAN_WORK_SCHEDULE } from './functions/plan-work';
import { makeProvisionObject, makeProvisionObjectPoison } from './functions/provision-object';
import { makeProvisioningCycle } from './functions/provisioning-cycle';
import { makeSchema } from './functions/schema';
import { makeStatus } from './functions/status';
import { makeTestConnection } from './functions/test-connection';

/** The folder of the app: `dist` is one level below it. */
const APP_DIRECTORY = join(__dirname, '..');
const CONNECTION = 'AzureWebJobsStorage';

let composed: App | undefined;
/** Composed when first needed: loading the app registers its functions and does nothing else. */
const getApp = (): App => {
  composed ??= composeApp(process.env, APP_DIRECTORY, invocationLogger);
  return composed;
};

// A download of the log may be of any size: with streams it leaves page by page, without them the library holds it whole first. Streams
// need the proxy of the Azure host, and a host that lacks it would wait for requests that never come; so only in Azure.
if (process.env.WEBSITE_SITE_NAME) app.setup({ enableHttpStream: true });

app.hook.appTerminate(async () => {
  if (composed?.kind === 'configured') await composed.telemetry.close();
});

app.timer('provisioningCycle', { schedule: cycleSchedule(process.env), handler: makeProvisioningCycle(getApp) });
app.storageQueue('provisionObject', { queueName: WORK_QUEUE, connection: CONNECTION, handler: makeProvisionObject(getApp) });
app.storageQueue('provisionObjectPoison', {
  queueName: POISON_QUEUE,
  connection: CONNECTION,
  handler: makeProvisionObjectPoison(getApp),
});

app.http('status', { methods: ['GET'], route: 'status', authLevel: 'function', handler: makeStatus(getApp) });
app.http('testConnection', {
  methods: ['POST'],
  route: 'test-connection',
  authLevel: 'function',
  handler: makeTestConnection(getApp),
});
app.http('health', { methods: ['GET'], route: 'health', authLevel: 'anonymous', handler: makeHealth(getApp) });

const acts = (name: string, route: string, make: typeof makeOnDemand): void =>
  app.http(name, { methods: ['POST'], route, authLevel: 'function', handler: make(getApp) });
acts('onDemand', 'on-demand', makeOnDemand);
acts('jobStart', 'job/start', makeJobStart);
acts('jobPause', 'job/pause', makeJobPause);
acts('jobRestart', 'job/restart', makeJobRestart);
acts('jobRun', 'job/run', makeJobRun);
acts('jobAllowDeletes', 'job/allow-deletes', makeJobAllowDeletes);
acts('jobRetryEscrow', 'job/escrows/retry', makeJobRetryEscrow);
acts('jobForgetEscrow', 'job/escrows/forget', makeJobForgetEscrow);
acts('jobUnlink', 'job/unlink', makeJobUnlink);
app.http('evaluateFilter', {
  methods: ['POST'],
  route: 'schema/evaluate-filter',
  authLevel: 'function',
  handler: makeEvaluateFilter(getApp),
});
app.http('explain', { methods: ['GET'], route: 'explain', authLevel: 'function', handler: makeExplain(getApp) });
app.http('logs', { methods: ['GET'], route: 'logs', authLevel: 'function', handler: makeLogs(getApp) });
app.http('openapi', { methods: ['GET'], route: 'openapi.json', authLevel: 'function', handler: makeOpenApi() });
app.http('parseExpression', {
  methods: ['POST'],
  route: 'schema/parse-expression',
  authLevel: 'function',
  handler: makeParseExpression(getApp),
});
app.http('schema', { methods: ['GET'], route: 'schema', authLevel: 'function', handler: makeSchema(getApp) });
acts('planCreate', 'plan', makePlanCreate);
app.http('planRead', { methods: ['GET'], route: 'plan/{id}', authLevel: 'function', handler: makePlanRead(getApp) });
acts('planApply', 'plan/{id}/apply', makePlanApply);
app.timer('planWork', { schedule: PLAN_WORK_SCHEDULE, handler: makePlanWork(getApp) });
