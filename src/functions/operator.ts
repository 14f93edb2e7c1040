import type { HttpRequest } from '@azure/functions';
import type { ConfiguredApp } from '../compose';
import type { Initiator } from '../engine/record/log-entry';

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
