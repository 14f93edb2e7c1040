import { format } from 'node:util';
import type { FunctionCallback, FunctionMetadata, HookCallback, LogLevel, ProgrammingModel } from './core-types';

/** The name under which `@azure/functions` asks for the worker. */
export const CORE_MODULE = '@azure/functions-core';

/** The hooks the worker offers. @see https://github.com/Azure/azure-functions-nodejs-worker/blob/v4.x/src/hooks/getHooks.ts */
const HOOK_NAMES = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
type HookName = (typeof HOOK_NAMES)[number];

/** A function of the app: its metadata and its handler. */
export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** Called for each line the library or the worker logs outside an invocation. */
export type SystemLog = (level: LogLevel, message: string) => void;

/** Undoes a registration, as `vscode.Disposable` does. */
class Disposable {
  readonly #onDispose: () => void;
  constructor(onDispose: () => void) {
    this.#onDispose = onDispose;
  }
  dispose(): void {
    this.#onDispose();
  }
}

/**
 * What one loaded app has told the worker: its functions, its hooks and its programming model; and the module
 * `@azure/functions-core` through which it does so.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker/blob/v4.x/src/setupCoreModule.ts
 */
export class CoreApi {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly appHookData: Record<string, unknown> = {};
  readonly #hooks = new Map<string, HookCallback[]>();
  readonly #log: SystemLog;
  readonly #onFirstFunction: () => void;
  #programmingModel: ProgrammingModel | undefined;
  #hasStarted = false;

  constructor(log: SystemLog, onFirstFunction: () => void) {
    this.#log = log;
    this.#onFirstFunction = onFirstFunction;
  }

  /** The model the app registered; undefined when the app never touched `@azure/functions`. */
  get programmingModel(): ProgrammingModel | undefined {
    return this.#programmingModel;
  }

  /** From here on a registration is refused, as in the real worker. */
  finishStartup(): void {
    this.#hasStarted = true;
  }

  /** Runs the hooks of that name one after another. @throws what a hook throws; the later ones then do not run. */
  async runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(context);
  }

  /** The value that `require('@azure/functions-core')` gives the app. */
  readonly module = {
    version: 'local',
    hostVersion: '4.0.0-local',
    Disposable,
    setProgrammingModel: (model: ProgrammingModel): void => {
      this.#programmingModel = model;
    },
    getProgrammingModel: (): ProgrammingModel | undefined => this.#programmingModel,
    log: (level: LogLevel, _category: string, ...args: unknown[]): void => this.#log(level, format(...args)),
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback): Disposable =>
      this.#registerFunction(metadata, callback),
    registerHook: (name: string, callback: HookCallback): Disposable => this.#registerHook(name, callback),
  };

  #registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.#hasStarted) throw new Error('A function can only be registered during app startup.');
    if (this.functions.size === 0) this.#onFirstFunction();
    this.functions.set(metadata.name, { metadata, callback });
    return new Disposable(() => this.functions.delete(metadata.name));
  }

  #registerHook(name: string, callback: HookCallback): Disposable {
    if (!(HOOK_NAMES as readonly string[]).includes(name)) throw new RangeError(`Unrecognized hook "${name}"`);
    const hooks = this.#hooks.get(name) ?? [];
    hooks.push(callback);
    this.#hooks.set(name, hooks);
    return new Disposable(() =>
      this.#hooks.set(
        name,
        hooks.filter((hook) => hook !== callback),
      ),
    );
  }
}
