import { makeAuthorizer, missingScopes } from '../../../src/adapters/zendesk/oauth';
import type { Transport, WireAnswer, WireRequest } from '../../../src/adapters/zendesk/transport';
import { Secret } from '../../../src/config/secret';
import { UnauthorizedError, UnavailableError } from '../../../src/core/errors';
import { makeVirtualTime } from './virtual-time';

const auth = { kind: 'oauth', clientId: 'client', clientSecret: new Secret('top-secret') } as const;

/** The wire: counts token requests and answers them as told. */
function makeWire(answer: (count: number) => Partial<WireAnswer> | Error = () => ({})) {
  const sent: WireRequest[] = [];
  const transport: Transport = {
    origin: 'https://acme.zendesk.com',
    async send(request) {
      sent.push(request);
      const given = answer(sent.length);
      if (given instanceof Error) throw given;
      const body = { access_token: `token-${sent.length}`, token_type: 'bearer', scope: 'read write', expires_in: 1_000 };
      return { status: 201, headers: {}, body, ...given };
    },
    close: async () => undefined,
  };
  return { transport, sent };
}

describe('oauth', () => {
  it('trap 2 › asks with one text of scopes, and compares what was granted', async () => {
    const time = makeVirtualTime();
    const { transport, sent } = makeWire();
    await makeAuthorizer(auth, transport, time.clock, () => 0).header();
    expect(sent[0]).toMatchObject({
      path: '/oauth/tokens',
      body: { grant_type: 'client_credentials', scope: 'read write', expires_in: 1_800 },
    });
    expect(missingScopes('read')).toEqual(['write']);
    expect(missingScopes('write extra read')).toEqual([]);
    expect(missingScopes('["read","write"]')).toEqual(['read', 'write']);
    expect(missingScopes(undefined)).toEqual([]);
  });

  it('renews at four fifths of the life, once for all callers', async () => {
    const time = makeVirtualTime();
    const { transport, sent } = makeWire();
    const authorizer = makeAuthorizer(auth, transport, time.clock, () => 0);
    expect(await authorizer.header()).toBe('Bearer token-1');
    await time.runUntil(time.now() + 799_000);
    expect(await authorizer.header()).toBe('Bearer token-1');
    await time.runUntil(time.now() + 1_000);
    expect(await Promise.all(Array.from({ length: 10 }, () => authorizer.header()))).toEqual(Array(10).fill('Bearer token-2'));
    expect(sent).toHaveLength(2);
  });

  it('a renewal ahead that fails leaves the living token in use, until it ends', async () => {
    const time = makeVirtualTime();
    const { transport } = makeWire((count) => (count === 1 ? {} : new UnavailableError('target', 'down')));
    const authorizer = makeAuthorizer(auth, transport, time.clock, () => 0);
    await authorizer.header();
    await time.runUntil(time.now() + 900_000);
    expect(await authorizer.header()).toBe('Bearer token-1');
    await time.runUntil(time.now() + 100_000);
    await expect(authorizer.header()).rejects.toBeInstanceOf(UnavailableError);
  });

  it('a refused token is renewed once, even when many learn of it', async () => {
    const time = makeVirtualTime();
    const { transport, sent } = makeWire();
    const authorizer = makeAuthorizer(auth, transport, time.clock, () => 0);
    const old = await authorizer.header();
    await Promise.all([authorizer.refused(old), authorizer.refused(old)]);
    expect(await authorizer.header()).toBe('Bearer token-2');
    await authorizer.refused(old);
    expect(await authorizer.header()).toBe('Bearer token-2');
    expect(sent).toHaveLength(2);
  });

  it('a wrong secret is said without it', async () => {
    const { transport } = makeWire(() => ({ status: 401, body: { error: 'invalid_client', error_description: 'top-secret' } }));
    const failure = makeAuthorizer(
      auth,
      transport,
      () => new Date(0),
      () => 0,
    ).header();
    await expect(failure).rejects.toBeInstanceOf(UnauthorizedError);
    await expect(failure).rejects.not.toThrow(/top-secret/);
  });

  it('an API token goes out as it should, and nothing renews it', async () => {
    const { transport, sent } = makeWire();
    const authorizer = makeAuthorizer(
      { kind: 'apiToken', email: 'a@b.c', token: new Secret('t') },
      transport,
      () => new Date(0),
      () => 0,
    );
    expect(await authorizer.header()).toBe(`Basic ${Buffer.from('a@b.c/token:t').toString('base64')}`);
    expect(await authorizer.refused('x')).toBe(false);
    expect(sent).toEqual([]);
  });
});
