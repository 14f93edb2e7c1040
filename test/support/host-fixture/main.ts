import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext, type Timer } from '@azure/functions';

/**
 * A small app for the tests of the local host. It uses `@azure/functions` as any app does and would run under the real worker. What it has
 * seen is read back over HTTP, so that tests assert on the app's state and not on the host's.
 */

/** Longer than any test: what waits this long is ended from outside. */
const FOREVER_MS = 600_000;

const timers: Timer[] = [];
const messages: { body: unknown; metadata: unknown }[] = [];
let runningNow = 0;
let mostAtOnce = 0;
const hooks: string[] = [];

app.hook.appStart(() => void hooks.push('appStart'));
app.hook.appTerminate(() => console.log('appTerminate'));
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') context.inputs = ['changed by a hook'];
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') context.result = { jsonBody: { given: context.result, hooks } };
});
app.http('hooked', { methods: ['GET'], authLevel: 'anonymous', handler: (input) => input as unknown as HttpResponseInit });

app.timer('tick', {
  schedule: '%TICK_SCHEDULE%',
  handler: (timer: Timer, context: InvocationContext) => {
    timers.push(timer);
    context.log('tick', timer.isPastDue);
  },
});

app.timer('brokenTimer', { schedule: '%NOT_SET%', handler: () => undefined });

app.storageQueue('work', {
  queueName: 'work',
  connection: 'AzureWebJobsStorage',
  handler: async (body: unknown, context: InvocationContext) => {
    messages.push({ body, metadata: context.triggerMetadata });
    runningNow += 1;
    mostAtOnce = Math.max(mostAtOnce, runningNow);
    try {
      if (typeof body !== 'object' || body === null) return;
      const attempt = Number(context.triggerMetadata?.dequeueCount);
      if ('holdTimes' in body && attempt <= Number(body.holdTimes)) await delay(FOREVER_MS);
      if ('delayMs' in body) await delay(Number(body.delayMs));
      if ('failTimes' in body && attempt <= Number(body.failTimes)) {
        throw new Error('The message asked to fail');
      }
    } finally {
      runningNow -= 1;
    }
  },
});

app.http('state', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => ({ jsonBody: { timers, messages, mostAtOnce, env: process.env } }),
});

app.http('guarded', { methods: ['GET', 'POST'], authLevel: 'function', route: 'guarded', handler: () => ({ body: 'in' }) });
app.http('adminOnly', { methods: ['GET'], authLevel: 'admin', route: 'adminonly', handler: () => ({ body: 'admin' }) });

// Both fit GET things/special; the host takes the first by name.
app.http('aThingById', {
  methods: ['GET', 'HEAD'],
  authLevel: 'anonymous',
  route: 'things/{id}',
  handler: (request: HttpRequest) => ({
    jsonBody: { by: 'id', id: request.params.id, query: Object.fromEntries(request.query) },
  }),
});
app.http('bThingSpecial', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'things/special',
  handler: () => ({ body: 'special' }),
});
app.http('numbers', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'numbers/{n:int:min(1)}/{unit?}',
  handler: (request: HttpRequest) => ({ jsonBody: { ...request.params } }),
});

app.http('echo', {
  methods: ['POST', 'PUT'],
  authLevel: 'anonymous',
  handler: async (request: HttpRequest): Promise<HttpResponseInit> => {
    const body = Buffer.from(await request.arrayBuffer());
    return {
      status: 201,
      headers: { 'x-method': request.method, 'x-sha256': createHash('sha256').update(body).digest('hex') },
      cookies: [{ name: 'seen', value: 'yes', httpOnly: true }],
      body,
    };
  },
});

/** Settles when a test has asked for it. */
let release: () => void = () => undefined;
const released = new Promise<void>((resolve) => {
  release = resolve;
});

app.http('lines', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request: HttpRequest) => ({
    headers: { 'content-type': 'text/csv' },
    body: new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const line of ['one\n', 'two\n', 'three\n']) {
          controller.enqueue(new TextEncoder().encode(line));
          await delay(20);
          if (request.query.has('hold') && line === 'one\n') await released;
        }
        controller.close();
      },
    }),
  }),
});

app.http('release', {
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: () => {
    release();
    return { status: 204 };
  },
});

app.http('endless', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (_request: HttpRequest, context: InvocationContext) => {
    context.warn('endless has begun');
    await delay(FOREVER_MS);
    return { body: 'done' };
  },
});

app.http('slow', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (_request: HttpRequest, context: InvocationContext) => {
    context.warn('slow has begun');
    await delay(600);
    return { body: 'done' };
  },
});
app.http('nothing', { methods: ['GET'], authLevel: 'anonymous', handler: () => undefined as unknown as HttpResponseInit });
app.http('broken', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => {
    throw new Error('broken on purpose');
  },
});
app.http('crash', {
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: () => {
    setTimeout(() => void Promise.reject(new Error('nobody caught this')), 20);
    return { status: 202 };
  },
});

if (process.env.FIXTURE_STREAMS === 'yes') app.setup({ enableHttpStream: true });
if (process.env.FIXTURE_FAILS === 'yes') throw new Error('the fixture will not load');
