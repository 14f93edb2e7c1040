import { randomBytes, randomUUID } from 'node:crypto';
import type { CoreApi, RegisteredFunction } from './core-api';
import type { CoreInvocationContext, InvocationResponse, TypedData } from './core-types';
import type { InvocationEvent, Log, Outcome, TriggerKind } from './events';

/** A call of one function. */
export interface Call {
  readonly trigger: TriggerKind;
  /** The value of the trigger binding. */
  readonly data: TypedData;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly invocationId?: string;
  /** The caller's W3C `traceparent`; undefined starts a new trace. */
  readonly traceParent?: string;
}

/** How a call ended. */
export interface CallResult {
  readonly outcome: Outcome;
  /** Only after a success. */
  readonly response?: InvocationResponse;
  /** True when the handler returned null or undefined. */
  readonly isEmpty?: boolean;
  readonly error?: unknown;
}

/**
 * Calls the app's functions in the order of the real worker: arguments, `preInvocation` hooks, handler, `postInvocation` hooks, response.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker/blob/v4.x/src/eventHandlers/InvocationHandler.ts
 */
export class Invoker {
  readonly #core: CoreApi;
  readonly #timeoutMs: number;
  readonly #log: Log;
  readonly #onInvocation: (event: InvocationEvent) => void;
  readonly #running = new Set<Promise<unknown>>();

  constructor(core: CoreApi, timeoutMs: number, log: Log, onInvocation: (event: InvocationEvent) => void) {
    this.#core = core;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
    this.#onInvocation = onInvocation;
  }

  /** Never throws: a handler that throws is an outcome. */
  async call(fn: RegisteredFunction, call: Call): Promise<CallResult> {
    const promise = this.#call(fn, { ...call, invocationId: call.invocationId ?? randomUUID() });
    this.#running.add(promise);
    try {
      return await promise;
    } finally {
      this.#running.delete(promise);
    }
  }

  /** Waits until no call runs, at most that long. @returns the number of calls still running. */
  async drain(graceMs: number): Promise<number> {
    const deadline = Date.now() + graceMs;
    while (this.#running.size > 0 && Date.now() < deadline) {
      await withTimeout(Promise.allSettled(this.#running), deadline - Date.now());
    }
    return this.#running.size;
  }

  async #call(fn: RegisteredFunction, call: Call & { readonly invocationId: string }): Promise<CallResult> {
    const { name } = fn.metadata;
    const startedAt = performance.now();
    this.#log('information', `Function.${name}`, `Executing 'Functions.${name}' (Id=${call.invocationId})`, call.invocationId);
    const result = await withTimeout(
      this.#invoke(fn, call).catch((error: unknown): CallResult => ({ outcome: 'failed', error })),
      this.#timeoutMs,
    ).then(
      (value): CallResult =>
        value ?? { outcome: 'timedOut', error: new Error(`Timeout of ${this.#timeoutMs} ms exceeded by ${name}`) },
    );
    const durationMs = Math.round(performance.now() - startedAt);
    const words = { succeeded: 'Succeeded', failed: 'Failed', timedOut: 'Failed, timed out' }[result.outcome];
    const level = result.outcome === 'succeeded' ? 'information' : 'error';
    const summary = `Executed 'Functions.${name}' (${words}, Id=${call.invocationId}, Duration=${durationMs}ms)`;
    const error = result.outcome === 'succeeded' ? undefined : describe(result.error);
    this.#log(level, `Function.${name}`, error === undefined ? summary : `${summary} ${error}`, call.invocationId);
    this.#onInvocation({
      functionName: name,
      invocationId: call.invocationId,
      trigger: call.trigger,
      outcome: result.outcome,
      durationMs,
      ...(error === undefined ? {} : { error }),
    });
    return result;
  }

  async #invoke(fn: RegisteredFunction, call: Call & { readonly invocationId: string }): Promise<CallResult> {
    const { metadata } = fn;
    const model = this.#core.programmingModel;
    if (model === undefined) throw new Error('The app has set no programming model');
    const [triggerName] = Object.entries(metadata.bindings).find(([, binding]) => binding.type.endsWith('Trigger')) ?? [''];
    const category = `Function.${metadata.name}`;
    const coreContext: CoreInvocationContext = {
      invocationId: call.invocationId,
      metadata,
      request: {
        invocationId: call.invocationId,
        functionId: metadata.name,
        inputData: [{ name: triggerName, data: call.data }],
        triggerMetadata: call.triggerMetadata,
        traceContext: { traceParent: call.traceParent ?? newTraceParent(), traceState: '' },
      },
      log: (level, kind, message) =>
        this.#log(level, kind === 'user' ? `${category}.User` : category, message, call.invocationId),
    };
    const invocation = await model.getInvocationModel(coreContext);
    const { context, inputs } = await invocation.getArguments();
    const shared = { hookData: {}, appHookData: this.#core.appHookData, invocationContext: context };
    const before = { ...shared, functionCallback: fn.callback, inputs };
    await inState(coreContext, 'preInvocationHooks', () => this.#core.runHooks('preInvocation', before));
    const after: { result: unknown; error: unknown } & Record<string, unknown> = {
      ...shared,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    await inState(coreContext, 'invocation', async () => {
      try {
        after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
      } catch (error) {
        after.error = error ?? new Error('The handler threw nothing');
      }
    });
    await inState(coreContext, 'postInvocationHooks', () => this.#core.runHooks('postInvocation', after));
    if (after.error !== null && after.error !== undefined) throw after.error;
    const response = await invocation.getResponse(context, after.result);
    return { outcome: 'succeeded', response, isEmpty: after.result === null || after.result === undefined };
  }
}

async function inState(
  context: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext['state']>,
  work: () => Promise<void>,
): Promise<void> {
  context.state = state;
  try {
    await work();
  } finally {
    context.state = undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'stack' in error)
    ? String(error.stack)
    : String(error);
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The promise's value, or undefined after that many milliseconds; a rejection passes through. */
export async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.min(ms, 2 ** 31 - 1));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
