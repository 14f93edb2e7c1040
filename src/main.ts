import { join } from 'node:path';
import { app } from '@azure/functions';
import { POISON_QUEUE, WORK_QUEUE } from './adapters/storage/names';
import type { App } from './compose';
import { timerSchedule } from './config/schedule';
import type { CurrentApp } from './current-app';
import { CONSOLE_ROUTES, ROUTES, type RouteName } from './functions/routes';

/** The folder of the app: `dist` is one level below it. */
const APP_DIRECTORY = join(__dirname, '..');
const CONNECTION = 'AzureWebJobsStorage';

/** Everything behind the registrations. */
type Parts = typeof import('./app');

/** How often a plan that did not fit into its HTTP call is continued. Each run is billed a second at least, so not every minute. */
const PLAN_WORK_SCHEDULE = '0 */5 * * * *';

let running: CurrentApp | undefined;

/**
 * A handler that is loaded with its first invocation, and the app composed with it: loading this file registers the functions and
 * does nothing else, so that a cold start is short.
 * @param looks whether each invocation begins with a look at which mappings are in use. Cycles and work items ask for theirs themselves, with
 *   what they read anyway.
 */
function lazily<A extends unknown[], R>(
  make: (parts: Parts, getApp: () => App) => (...args: A) => R | Promise<R>,
  looks = true,
): (...args: A) => Promise<R> {
  let made: ReturnType<typeof load> | undefined;
  const load = async () => {
    const parts = await import('./app');
    const follow = (): CurrentApp => {
      running ??= parts.followMappings(parts.composeApp(process.env, APP_DIRECTORY, parts.invocationLogger));
      return running;
    };
    return { follow, handle: make(parts, () => follow().current()) };
  };
  return async (...args) => {
    made ??= load();
    const { follow, handle } = await made;
    if (looks) await follow().look();
    return handle(...args);
  };
}

// A download of the log may be of any size: with streams it leaves page by page, without them the library holds it whole first. Streams
// need the proxy of the Azure host, and a host that lacks it would wait for requests that never come; so only in Azure.
if (process.env.WEBSITE_SITE_NAME) app.setup({ enableHttpStream: true });

app.hook.appTerminate(async () => {
  const now = running?.current();
  const app = now?.kind === 'notConfigured' ? now.withoutMappings : now;
  await app?.telemetry.close();
});

app.timer('provisioningCycle', {
  schedule: timerSchedule(process.env, 'CYCLE_SCHEDULE'),
  handler: lazily((parts, getApp) => parts.makeProvisioningCycle(getApp), false),
});
app.timer('planWork', {
  schedule: PLAN_WORK_SCHEDULE,
  handler: lazily((parts, getApp) => parts.makePlanWork(getApp)),
});
app.storageQueue('provisionObject', {
  queueName: WORK_QUEUE,
  connection: CONNECTION,
  handler: lazily((parts, getApp) => parts.makeProvisionObject(getApp), false),
});
app.storageQueue('provisionObjectPoison', {
  queueName: POISON_QUEUE,
  connection: CONNECTION,
  handler: lazily((parts, getApp) => parts.makeProvisionObjectPoison(getApp), false),
});

for (const [name, { method, route, authLevel }] of Object.entries(ROUTES))
  app.http(name, {
    methods: [method],
    route,
    authLevel,
    handler: lazily((parts, getApp) => parts.ENDPOINTS[name as RouteName](getApp)),
  });

for (const [name, { method, route, authLevel }] of Object.entries(CONSOLE_ROUTES))
  app.http(name, {
    methods: [method],
    route,
    authLevel,
    handler: lazily((parts, getApp) => parts.CONSOLE[name as keyof typeof CONSOLE_ROUTES](getApp)),
  });
