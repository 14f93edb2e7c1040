import type { App } from '../compose';
import type { Handler } from '../functions/http';
import type { CONSOLE_ROUTES } from '../functions/routes';
import { makeConsole } from './handle';
import { makeConsoleAct } from './handle-act';

/** What stands behind each route of the console. */
export const CONSOLE: Readonly<Record<keyof typeof CONSOLE_ROUTES, (getApp: () => App) => Handler>> = {
  console: makeConsole,
  consoleAct: makeConsoleAct,
};
