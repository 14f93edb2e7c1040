import { HttpRequest } from '@azure/functions';
import type { ConfiguredApp } from '../../src/compose';
import { operatorOf } from '../../src/functions/operator';
import { CLIENT, claimsOf, headerOf, OPERATOR, TENANT } from '../support/console-app';

/** The one part of the app that decides whom to believe. */
const anApp = (isOn: boolean) => ({ config: { signIn: { isOn, tenantId: TENANT, clientId: CLIENT } } }) as ConfiguredApp;

const aRequest = (headers: Record<string, string>) =>
  new HttpRequest({ method: 'POST', url: 'http://127.0.0.1/api/job/start', headers });

const KEY_HOLDER = { type: 'application', id: '', displayName: 'function key' };

describe('who asks', () => {
  const headers = { 'x-ms-client-principal': headerOf(claimsOf(OPERATOR)) };

  test('the person signed in, where App Service authentication stands before the app', () => {
    expect(operatorOf(anApp(true), aRequest(headers))).toEqual({ type: 'user', id: OPERATOR.id, displayName: OPERATOR.name });
  });

  test('the holder of the key, where anybody could write the headers', () => {
    expect(operatorOf(anApp(false), aRequest(headers))).toEqual(KEY_HOLDER);
  });

  test('the holder of the key, where nobody is signed in', () => {
    expect(operatorOf(anApp(true), aRequest({}))).toEqual(KEY_HOLDER);
  });

  test('the holder of the key, where only the short headers are there, which say nothing of tenant and audience', () => {
    const short = { 'x-ms-client-principal-name': 'ops@contoso.com', 'x-ms-client-principal-id': OPERATOR.id };
    expect(operatorOf(anApp(true), aRequest(short))).toEqual(KEY_HOLDER);
  });
});
