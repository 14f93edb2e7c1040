import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import type { ConfiguredApp } from '../compose';
import type { Initiator } from '../engine/record/log-entry';
import { RequestProblem, readOptionalJson } from './http';

/** Reads a JSON body of a shape; an empty one counts as `{}`. @throws RequestProblem naming every fault by JSON pointer */
export async function readBody<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse((await readOptionalJson(request)) ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, 50).map((issue) => ({
    pointer: `#/${issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
    detail: issue.message,
  }));
  throw new RequestProblem('BadRequest', 'The body of the request is not as it should be.', errors);
}

const MAX_NAME = 256;

const KEY_HOLDER: Initiator = { type: 'application', id: '', displayName: 'function key' };

/**
 * Who asks: the person whom App Service authentication has signed in, else whoever holds the function key. Where authentication is off,
 * anybody could write these headers, so they say nothing.
 * @see https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
 */
export function operatorOf(app: ConfiguredApp, request: HttpRequest): Initiator {
  if (!app.config.signIn.isOn) return KEY_HOLDER;
  const header = (name: string): string =>
    (request.headers.get(name) ?? '')
      .replace(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
      .slice(0, MAX_NAME);
  const id = header('x-ms-client-principal-id');
  const name = header('x-ms-client-principal-name');
  if (id === '' && name === '') return KEY_HOLDER;
  return { type: 'user', id, displayName: name || id };
}
