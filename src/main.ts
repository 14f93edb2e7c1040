import { join } from 'node:path';
import { app } from '@azure/functions';
import { POISON_QUEUE, WORK_QUEUE } from './adapters/storage/names';
import { type App, composeApp } from './compose';
import { cycleSchedule } from './config/schedule';
import { makeHealth } from './functions/health';
import { invocationLogger } from './functions/invocation-log';
import { makeProvisionObject, makeProvisionObjectPoison } from './functions/provision-object';
import { makeProvisioningCycle } from './functions/provisioning-cycle';
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
