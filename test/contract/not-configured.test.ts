import { join } from 'node:path';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { QueueClient } from '@azure/storage-queue';
import { WORK_QUEUE } from '../../src/adapters/storage/names';
import { type App, composeApp } from '../../src/compose';
import { HELD_DEFER_MS } from '../../src/engine/job/gate';
import { makeExplain } from '../../src/functions/explain';
import { invocationLogger } from '../../src/functions/logger';
import { makeProvisionObject } from '../../src/functions/provision-object';
import { withAzurite } from './storage/both';

const ROOT = join(__dirname, '../..');
const GOOD = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  ENTRA_TENANT_ID: '11111111-1111-1111-1111-111111111111',
  ENTRA_SERVICE_PRINCIPAL_ID: '22222222-2222-2222-2222-222222222222',
  ZENDESK_SUBDOMAIN: 'acme',
  ZENDESK_OAUTH_CLIENT_ID: 'client',
  ZENDESK_OAUTH_CLIENT_SECRET: 'secret',
};
const compose = (env: Record<string, string>): App => composeApp({ ...GOOD, ...env }, ROOT, invocationLogger);

const handle = (app: App, message: unknown): Promise<void> =>
  makeProvisionObject(() => app)(
    message,
    new InvocationContext({ invocationId: 'test', functionName: 'test', logHandler: () => undefined }),
  );

const ITEM = { v: 1, objectType: 'user', sourceId: 'u1', cycleId: 'y', changeId: 'c', mayDeprovision: true };

describe('an app that is not configured', () => {
  const azurite = withAzurite();

  test('a work item is put back to wait, so that no try of it is spent', async () => {
    const { connectionString } = azurite();
    for (const env of [{ ZENDESK_SUBDOMAIN: 'no label' }, { PROVISIONING_SCHEMA: 'no-such-file.json' }]) {
      const queue = new QueueClient(connectionString, WORK_QUEUE);
      await queue.deleteIfExists();
      await handle(compose({ ...env, AzureWebJobsStorage: connectionString }), ITEM);
      expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
      expect((await queue.peekMessages()).peekedMessageItems).toEqual([]);
      expect(HELD_DEFER_MS).toBeLessThanOrEqual(300_000);
    }
  });

  test('what is no work item, and anything while storage is not configured, is left to the queue', async () => {
    await expect(handle(compose({ ENTRA_TENANT_ID: 'x' }), 'no item')).rejects.toThrow('Not configured');
    await expect(handle(compose({ AzureWebJobsStorage: '' }), ITEM)).rejects.toThrow('Not configured');
  });

  test('a request is refused with the names of the settings, and what is wrong with each', async () => {
    const app = compose({
      ZENDESK_OAUTH_CLIENT_SECRET: 'Bearer tok-1',
      ENTRA_TENANT_ID: 'x',
      PROVISIONING_SCHEMA: 'no-such-file',
    });
    const request = new HttpRequest({ method: 'GET', url: 'http://localhost/api/explain?subject=x' });
    const response = await makeExplain(() => app)(request, new InvocationContext({ functionName: 'explain' }));
    const body = await new Response(response.body as string).text();
    expect(response.status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      code: 'NotConfigured',
      detail: expect.stringContaining('Correct ENTRA_TENANT_ID, ZENDESK_OAUTH_CLIENT_SECRET, PROVISIONING_SCHEMA.'),
      errors: [{ pointer: 'ENTRA_TENANT_ID' }, { pointer: 'ZENDESK_OAUTH_CLIENT_SECRET' }, { pointer: 'PROVISIONING_SCHEMA' }],
    });
    expect(body).not.toContain('tok-1');
  });

  test.each([
    ['not a connection string', 'garbage', 'is not a storage connection string'],
    [
      'http elsewhere',
      'DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==;TableEndpoint=http://x.example/x',
      'must use https',
    ],
  ])('storage that can not be opened › %s › a problem like any other, beside the others', (_, text, problem) => {
    const told = (env: Record<string, string>) => {
      const app = compose({ AzureWebJobsStorage: text, ...env });
      return app.kind === 'notConfigured' ? app.error.issues.map((issue) => `${issue.setting} ${issue.problem}`) : [];
    };
    expect(told({})).toEqual([expect.stringContaining(`AzureWebJobsStorage ${problem}`)]);
    expect(told({ ENTRA_TENANT_ID: 'x' })).toEqual([
      expect.stringContaining('ENTRA_TENANT_ID'),
      expect.stringContaining(`AzureWebJobsStorage ${problem}`),
    ]);
  });
});
