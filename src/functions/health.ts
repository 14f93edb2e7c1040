import type { HttpResponseInit } from '@azure/functions';
import type { App } from '../compose';
import { readHealth } from '../engine/queries/read-health';
import { VERSION } from '../version';
import { type Handler, http } from './http';
import { watchedJob } from './watched-job';

/** `GET /api/health`: pass, warn or fail for anybody who asks, and nothing that would help a stranger. */
export const makeHealth = (getApp: () => App): Handler =>
  http(async () => {
    const app = getApp();
    const status = app.kind === 'notConfigured' ? 'fail' : await readHealth(app.deps, watchedJob(app));
    return health(status);
  });

const health = (status: 'pass' | 'warn' | 'fail'): HttpResponseInit => ({
  status: status === 'fail' ? 503 : 200,
  headers: { 'content-type': 'application/health+json', 'cache-control': 'no-store' },
  body: JSON.stringify({ status, version: VERSION.split('.')[0] ?? '', serviceId: 'zendesk-provisioning' }),
});
