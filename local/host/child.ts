import { type AppHost, startAppHost } from './app-host';
import type { FromChild, ToChild } from './messages';
import { peakRssBytes } from './peak-memory';

/**
 * The process that hosts one app. It is forked by `startHost`, told what to do over IPC, and never outlives its parent. Its environment
 * is the app's, so nothing here may come from, or go into, environment variables.
 */

/** How long what runs may continue after a bare SIGTERM. */
const TERMINATE_GRACE_MS = 10_000;

let host: AppHost | undefined;
let isStopping = false;

const now = (): number => performance.timeOrigin + performance.now();
const send = (message: FromChild): void => {
  if (process.connected) process.send?.(message);
};

async function start(options: Extract<ToChild, { kind: 'start' }>['options']): Promise<void> {
  const baselineRssBytes = process.memoryUsage.rss();
  try {
    host = await startAppHost(
      options,
      process.env,
      {
        onLog: (event) => send({ kind: 'log', event }),
        onInvocation: (event) => send({ kind: 'invocation', event }),
        onFirstFunction: () => {
          const { user, system } = process.cpuUsage();
          send({ kind: 'firstFunction', at: now(), cpuMs: (user + system) / 1000 });
        },
      },
      false,
    );
    send({ kind: 'ready', at: now(), port: host.port, functions: host.functions, baselineRssBytes });
  } catch (error) {
    send({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    leave(1);
  }
}

async function stop(graceMs: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await host?.stop(graceMs);
  send({ kind: 'stopped', peakRssBytes: peakRssBytes(process.pid) ?? 0 });
  leave(0);
}

/** Leaves once the messages already sent are written. */
function leave(code: number): void {
  if (!process.connected) process.exit(code);
  process.removeAllListeners('disconnect');
  process.once('disconnect', () => process.exit(code));
  process.disconnect();
}

process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'start':
      void start(message.options);
      break;
    case 'runTimer': {
      const run = host === undefined ? Promise.reject(new Error('The host is not ready')) : host.runTimer(message.name);
      run.then(
        () => send({ kind: 'ran', requestId: message.requestId }),
        (error: unknown) =>
          send({ kind: 'ran', requestId: message.requestId, error: error instanceof Error ? error.message : String(error) }),
      );
      break;
    }
    case 'stop':
      void stop(message.graceMs);
      break;
  }
});
// The parent is gone: so is the host. Nothing is drained, just as when Azure takes an instance away.
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => void stop(TERMINATE_GRACE_MS));
// Ctrl-C reaches the whole terminal group; the parent decides what it means.
process.on('SIGINT', () => undefined);
// As in the real worker, an error nobody catches ends the process. It is told first.
process.on('uncaughtExceptionMonitor', (error, origin) => {
  send({
    kind: 'log',
    event: {
      at: new Date().toISOString(),
      level: 'critical',
      category: 'Worker',
      message: `${origin}: ${error?.stack ?? String(error)}`,
    },
  });
});
