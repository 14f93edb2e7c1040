import { HttpRequest } from '@azure/functions';
import type { ConfiguredApp } from '../../src/compose';
import { operatorOf } from '../../src/functions/operator';

/** The one part of the app that decides whom to believe. */
const anApp = (isOn: boolean) => ({ config: { signIn: { isOn } } }) as ConfiguredApp;

const aRequest = (headers: Record<string, string>) =>
  new HttpRequest({ method: 'POST', url: 'http://127.0.0.1/api/job/start', headers });

describe('who asks', () => {
  const headers = { 'x-ms-client-principal-name': 'ops@contoso.com', 'x-ms-client-principal-id': 'a1' };

  test('the person signed in, where App Service authentication stands before the app', () => {
    expect(operatorOf(anApp(true), aRequest(headers))).toEqual({ type: 'user', id: 'a1', displayName: 'ops@contoso.com' });
  });

  test('the holder of the key, where anybody could write the headers', () => {
    expect(operatorOf(anApp(false), aRequest(headers))).toEqual({ type: 'application', id: '', displayName: 'function key' });
  });

  test('the holder of the key, where nobody is signed in', () => {
    expect(operatorOf(anApp(true), aRequest({}))).toEqual({ type: 'application', id: '', displayName: 'function key' });
  });
});
