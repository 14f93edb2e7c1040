import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { makeGraphConnector } from '../../src/adapters/graph/connector';
import { ProvisioningError } from '../../src/core/errors';

const servicePrincipalId = '99999999-9999-4999-8999-999999999999';
const clientId = '66666666-6666-4666-8666-666666666666';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The app's managed identity as a function app meets it: a local endpoint told by two environment variables.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
describe('graph connector › managed identity', () => {
  let simulator: GraphSimulator;
  let endpoint: Server;
  let asked: URL[];
  let answer: (response: ServerResponse) => void;
  const before = { ...process.env };

  // One endpoint for all tests: the identity library remembers where it was.
  beforeAll(async () => {
    endpoint = createServer((request: IncomingMessage, response) => {
      asked.push(new URL(request.url ?? '/', 'http://msi'));
      response.setHeader('content-type', 'application/json');
      answer(response);
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    process.env.IDENTITY_ENDPOINT = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/msi/token`;
    process.env.IDENTITY_HEADER = 'header-secret';
  });
  afterAll(() => {
    process.env = { ...before };
    endpoint.close();
    endpoint.closeAllConnections();
  });
  beforeEach(async () => {
    asked = [];
    const directory = new SimulatedDirectory();
    directory.addServicePrincipal({ id: servicePrincipalId, displayName: 'Zendesk' });
    simulator = await startGraphSimulator({ directory, token: 'from-identity' });
  });
  afterEach(() => simulator.close());

  const connect = (id: string) =>
    makeGraphConnector({
      baseUrl: simulator.url,
      servicePrincipalId,
      credential: { kind: 'identity', clientId: id },
      clock: () => new Date(),
      sleep: async () => {},
      logger: silent,
    });

  test('its token is asked for once, for this cloud and this identity, and opens Graph', async () => {
    const expiresOn = Math.floor(Date.now() / 1000) + 86_400;
    answer = (response) =>
      response.end(
        JSON.stringify({ access_token: 'from-identity', expires_on: String(expiresOn), resource: 'x', token_type: 'Bearer' }),
      );
    const connector = connect(clientId);
    expect((await connector.readApplication()).displayName).toBe('Zendesk');
    await connector.readApplication();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.searchParams.get('client_id')).toBe(clientId);
    expect(asked[0]?.searchParams.get('resource')).toBe(new URL(simulator.url).origin);
  });

  test('a token that Graph no longer takes is replaced once', async () => {
    let token = 'revoked';
    const expiresOn = Math.floor(Date.now() / 1000) + 86_400;
    answer = (response) => {
      response.end(JSON.stringify({ access_token: token, expires_on: String(expiresOn), resource: 'x', token_type: 'Bearer' }));
      token = 'from-identity';
    };
    expect((await connect('44444444-4444-4444-8444-444444444444').readApplication()).displayName).toBe('Zendesk');
    expect(asked).toHaveLength(2);
  });

  test('no such identity: unauthorized, with what to do and without the secrets', async () => {
    answer = (response) => {
      response.statusCode = 400;
      response.end(
        JSON.stringify({
          error: 'invalid_request',
          error_description: 'Identity not found',
          statusCode: 400,
          message: 'No identity',
        }),
      );
    };
    const error = await connect('55555555-5555-4555-8555-555555555555')
      .readApplication()
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof ProvisioningError)) throw error;
    expect(error.code).toBe('PROV_SOURCE_UNAUTHORIZED');
    expect(error.message).toContain('AZURE_CLIENT_ID');
    expect(error.message).not.toContain('header-secret');
    expect(simulator.stats.count).toBe(0);
  });
});
