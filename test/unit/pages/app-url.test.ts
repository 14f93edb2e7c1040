import { compose } from './status-app';

const appUrl = (WEBSITE_HOSTNAME: string | undefined): string | undefined => {
  const app = compose({ WEBSITE_HOSTNAME });
  if (app.kind !== 'configured') throw new Error(app.error.message);
  return app.config.notification.appUrl;
};

test.each([
  ['prov.azurewebsites.net', 'https://prov.azurewebsites.net'],
  ['localhost:7071', 'http://localhost:7071'],
  [undefined, undefined],
  ['', undefined],
  ['evil.example/path?x=', undefined],
  ['"><script>', undefined],
])('the host name %j that the platform sets gives %j, and is never a reason not to run', (hostname, url) => {
  expect(appUrl(hostname)).toBe(url);
});
