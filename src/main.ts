import { join } from 'node:path';
import { app, type HttpHandler } from '@azure/functions';
import { POISON_QUEUE, WORK_QUEUE } from './adapters/storage/names';
import type { App } from './compose';
import { timerSchedule } from './config/schedule';

/** The folder of the app: `dist` is one level below it. */
const APP_DIRECTORY = join(__dirname, '..');
const CONNECTION = 'AzureWebJobsStorage';

/** Everything behind the registrations. */
type Parts = typeof import('./app');

/** How often a plan that did not fit into its HTTP call goes on. Each run is billed a second at least, so not every minute. */
const PLAN_WORK_SCHEDULE = '0 */5 * * * *';

let composed: App | undefined;

/**
 * A handler that is loaded with its first invocation, and the app composed with it: loading this file registers the functions and
 * does nothing else, so that a cold start is short.
 */
function lazily<A extends unknown[], R>(
  make: (parts: Parts, getApp: () => App) => (...args: A) => R | Promise<R>,
): (...args: A) => Promise<R> {
  let made: Promise<(...args: A) => R | Promise<R>> | undefined;
  const load = async () => {
    const parts = await import('./app');
    return make(parts, () => {
      composed ??= parts.composeApp(process.env, APP_DIRECTORY, parts.invocationLogger);
      return composed;
    });
  };
  return async (...args) => {
    made ??= load();
    return (await made)(...args);
  };
}

/** Registers a function that only looks. */
const looks = (name: string, route: string, handler: HttpHandler): void =>
  app.http(name, { methods: ['GET'], route, authLevel: 'function', handler });

/** Registers a function that acts. Each is a function of its own, so that Azure's keys separate who may look from who may act. */
const acts = (name: string, route: string, handler: HttpHandler): void =>
  app.http(name, { methods: ['POST'], route, authLevel: 'function', handler });

// A download of the log may be of any size: with streams it leaves page by page, without them the library holds it whole first. Streams
// need the proxy of the Azure host, and a host that lacks it would wait for requests that never come; so only in Azure.
if (process.env.WEBSITE_SITE_NAME) app.setup({ enableHttpStream: true });

app.hook.appTerminate(async () => {
  if (composed?.kind === 'configured') await composed.telemetry.close();
});

app.timer('provisioningCycle', {
  schedule: timerSchedule(process.env, 'CYCLE_SCHEDULE'),
  handler: lazily((parts, getApp) => parts.makeProvisioningCycle(getApp)),
});
app.timer('planWork', {
  schedule: PLAN_WORK_SCHEDULE,
  handler: lazily((parts, getApp) => parts.makePlanWork(getApp)),
});
app.storageQueue('provisionObject', {
  queueName: WORK_QUEUE,
  connection: CONNECTION,
  handler: lazily((parts, getApp) => parts.makeProvisionObject(getApp)),
});
app.storageQueue('provisionObjectPoison', {
  queueName: POISON_QUEUE,
  connection: CONNECTION,
  handler: lazily((parts, getApp) => parts.makeProvisionObjectPoison(getApp)),
});

app.http('health', {
  methods: ['GET'],
  route: 'health',
  authLevel: 'anonymous',
  handler: lazily((parts, getApp) => parts.makeHealth(getApp)),
});

looks(
  'explain',
  'explain',
  lazily((parts, getApp) => parts.makeExplain(getApp)),
);
looks(
  'logs',
  'logs',
  lazily((parts, getApp) => parts.makeLogs(getApp)),
);
looks(
  'openapi',
  'openapi.json',
  lazily((parts) => parts.makeOpenApi()),
);
looks(
  'planRead',
  'plan/{id}',
  lazily((parts, getApp) => parts.makePlanRead(getApp)),
);
looks(
  'schema',
  'schema',
  lazily((parts, getApp) => parts.makeSchema(getApp)),
);
looks(
  'status',
  'status',
  lazily((parts, getApp) => parts.makeStatus(getApp)),
);

acts(
  'evaluateFilter',
  'schema/evaluate-filter',
  lazily((parts, getApp) => parts.makeEvaluateFilter(getApp)),
);
acts(
  'jobAllowDeletes',
  'job/allow-deletes',
  lazily((parts, getApp) => parts.makeJobAllowDeletes(getApp)),
);
acts(
  'jobForgetEscrow',
  'job/escrows/forget',
  lazily((parts, getApp) => parts.makeJobForgetEscrow(getApp)),
);
acts(
  'jobPause',
  'job/pause',
  lazily((parts, getApp) => parts.makeJobPause(getApp)),
);
acts(
  'jobRestart',
  'job/restart',
  lazily((parts, getApp) => parts.makeJobRestart(getApp)),
);
acts(
  'jobRetryEscrow',
  'job/escrows/retry',
  lazily((parts, getApp) => parts.makeJobRetryEscrow(getApp)),
);
acts(
  'jobRun',
  'job/run',
  lazily((parts, getApp) => parts.makeJobRun(getApp)),
);
acts(
  'jobStart',
  'job/start',
  lazily((parts, getApp) => parts.makeJobStart(getApp)),
);
acts(
  'jobUnlink',
  'job/unlink',
  lazily((parts, getApp) => parts.makeJobUnlink(getApp)),
);
acts(
  'onDemand',
  'on-demand',
  lazily((parts, getApp) => parts.makeOnDemand(getApp)),
);
acts(
  'parseExpression',
  'schema/parse-expression',
  lazily((parts, getApp) => parts.makeParseExpression(getApp)),
);
acts(
  'planApply',
  'plan/{id}/apply',
  lazily((parts, getApp) => parts.makePlanApply(getApp)),
);
acts(
  'planCreate',
  'plan',
  lazily((parts, getApp) => parts.makePlanCreate(getApp)),
);
acts(
  'testConnection',
  'test-connection',
  lazily((parts, getApp) => parts.makeTestConnection(getApp)),
);
