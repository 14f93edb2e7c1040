import { AsyncLocalStorage } from 'node:async_hooks';
import type { InvocationContext } from '@azure/functions';
import type { LogFields, Logger } from '../ports/runtime';

const invocations = new AsyncLocalStorage<InvocationContext>();

/** Runs a handler so that whatever it logs, however deep, belongs to its invocation. */
export const withinInvocation = <T>(context: InvocationContext, run: () => T): T => invocations.run(context, run);

/**
 * The app's logger: a constant message and the fields as JSON, written to the invocation under way. Outside of one there is
 * nobody to tell, so nothing is written.
 */
export const invocationLogger: Logger = {
  debug: (message, fields) => invocations.getStore()?.debug(line(message, fields)),
  info: (message, fields) => invocations.getStore()?.info(line(message, fields)),
  warn: (message, fields) => invocations.getStore()?.warn(line(message, fields)),
  error: (message, fields) => invocations.getStore()?.error(line(message, fields)),
};

const line = (message: string, fields: LogFields | undefined): string =>
  fields && Object.keys(fields).length > 0 ? `${message} ${JSON.stringify(fields)}` : message;
