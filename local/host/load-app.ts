import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { CORE_MODULE, type CoreApi } from './core-api';

/**
 * Loads the app as the real worker does: `require` is intercepted for the whole process, then the `main` of `package.json` is required.
 * For a process that runs one app and nothing else. @throws what the app throws while it loads.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker/blob/v4.x/src/setupCoreModule.ts
 */
export function loadIntoProcess(appDirectory: string, core: CoreApi): void {
  const original = Module.prototype.require;
  Module.prototype.require = function interceptedRequire(this: NodeJS.Module, id: string): unknown {
    return id === CORE_MODULE ? core.module : original.call(this, id);
  } as typeof Module.prototype.require;
  createRequire(join(appDirectory, 'package.json'))(mainFile(appDirectory));
}

/**
 * Loads the app beside others in this process, each with its own modules and its own `process.env`. The bundle must be CommonJS.
 * @throws what the app throws while it loads.
 */
export function loadIsolated(appDirectory: string, core: CoreApi, env: NodeJS.ProcessEnv): void {
  const file = mainFile(appDirectory);
  const requireFromApp = createRequire(file);
  const requireOf = (id: string): unknown => (id === CORE_MODULE ? core.module : requireFromApp(id));
  const ownProcess = new Proxy(process, { get: (target, key) => (key === 'env' ? env : Reflect.get(target, key)) });
  const module = { exports: {} };
  const names = ['exports', 'require', 'module', '__filename', '__dirname', 'process'];
  const run = compileFunction(readFileSync(file, 'utf8'), names, { filename: file });
  run.call(module.exports, module.exports, Object.assign(requireOf, requireFromApp), module, file, dirname(file), ownProcess);
}

function mainFile(appDirectory: string): string {
  const { main } = JSON.parse(readFileSync(join(appDirectory, 'package.json'), 'utf8')) as { main?: string };
  if (main === undefined) throw new Error('package.json has no "main": the worker would find no functions');
  return join(appDirectory, main);
}
