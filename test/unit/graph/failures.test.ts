import { type Operation, type Refusal, refusalError } from '../../../src/adapters/graph/failures';
import { ThrottledError, WatermarkExpiredError } from '../../../src/core/errors';

const origin = 'https://graph.microsoft.com';
const delta: Operation = { name: 'GET users/delta', permission: 'User.Read.All', isDelta: true };
const plain: Operation = { name: 'GET users/{id}', permission: 'User.Read.All' };
const refusal = (status: number, extra: Partial<Refusal> = {}): Refusal => ({
  status,
  code: undefined,
  text: undefined,
  requestId: undefined,
  retryAfterMs: undefined,
  location: undefined,
  ...extra,
});

describe('graph failures › error', () => {
  test.each<[string, Operation, Refusal, string]>([
    ['401', plain, refusal(401), 'PROV_SOURCE_UNAUTHORIZED'],
    ['403', plain, refusal(403), 'PROV_SOURCE_UNAUTHORIZED'],
    ['404', plain, refusal(404), 'PROV_SOURCE_NOT_FOUND'],
    ['429', plain, refusal(429), 'PROV_SOURCE_THROTTLED'],
    ['500', plain, refusal(500), 'PROV_SOURCE_UNAVAILABLE'],
    ['504', delta, refusal(504), 'PROV_SOURCE_UNAVAILABLE'],
    ['410 of delta', delta, refusal(410), 'PROV_WATERMARK_EXPIRED'],
    ['410 elsewhere', plain, refusal(410), 'PROV_SOURCE_UNEXPECTED'],
    ['400 syncStateNotFound', delta, refusal(400, { code: 'syncStateNotFound' }), 'PROV_WATERMARK_EXPIRED'],
    ['404 SyncStateNotFound', delta, refusal(404, { code: 'SyncStateNotFound' }), 'PROV_WATERMARK_EXPIRED'],
    ['400 resyncRequired', delta, refusal(400, { code: 'resyncRequired' }), 'PROV_WATERMARK_EXPIRED'],
    ['400 expired page token', delta, refusal(400, { code: 'Directory_ExpiredPageToken' }), 'PROV_WATERMARK_EXPIRED'],
    ['400 badly formed token', delta, refusal(400, { text: 'Badly formed token.' }), 'PROV_WATERMARK_EXPIRED'],
    ['400 of a bad select', delta, refusal(400, { code: 'BadRequest' }), 'PROV_SOURCE_UNEXPECTED'],
    ['403 of delta is no expiry', delta, refusal(403, { code: 'Authorization_RequestDenied' }), 'PROV_SOURCE_UNAUTHORIZED'],
    ['302', plain, refusal(302), 'PROV_SOURCE_UNEXPECTED'],
  ])('%s', (_name, operation, told, code) => {
    expect(refusalError(operation, told, origin).code).toBe(code);
  });

  test('the whole wait is kept', () => {
    const error = refusalError(plain, refusal(429, { retryAfterMs: 3_600_000 }), origin);
    expect(error instanceof ThrottledError && error.retryAfterMs).toBe(3_600_000);
  });

  test('a denial names the permission', () => {
    expect(refusalError(plain, refusal(403), origin).message).toContain('User.Read.All');
  });

  test('Graph texts stay out, but for the name of an unknown property', () => {
    const text = "Resource 'ann@acme.test' ... Could not find a property named 'departmnt' on type";
    const { message } = refusalError(delta, refusal(400, { text }), origin);
    expect(message).toContain("'departmnt'");
    expect(message).not.toContain('ann@');
  });

  test.each<[string, string, boolean]>([
    ['same host', `${origin}/v1.0/users/delta?$deltatoken=`, true],
    ['other host', 'https://evil.example/v1.0/users/delta?$deltatoken=', false],
    ['other port', `${origin}:444/v1.0/users/delta`, false],
    ['all groups instead of ours', `${origin}/v1.0/groups/delta?$deltatoken=`, false],
    ['our groups', `${origin}/v1.0/groups/delta?$filter=id%20eq%20'x'`, true],
    ['no URL', 'nonsense', false],
  ])('restart link › %s', (_name, location, isKept) => {
    const error = refusalError(delta, refusal(410, { location }), origin);
    expect(error instanceof WatermarkExpiredError && error.restartLink).toBe(isKept ? location : undefined);
  });
});
