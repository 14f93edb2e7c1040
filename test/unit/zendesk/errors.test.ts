import { readEnvelope } from '../../../src/adapters/zendesk/envelope';
import { toError } from '../../../src/adapters/zendesk/errors';
import { quotaOf, updateBucketOf } from '../../../src/adapters/zendesk/headers';
import { idNumber, parseJson } from '../../../src/adapters/zendesk/json';
import { makeUserPace } from '../../../src/adapters/zendesk/user-update-pace';
import type { ProvisioningError } from '../../../src/core/errors';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const refuse = (
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
  request: { readonly method?: string; readonly isAccountWide?: boolean } = {},
): ProvisioningError =>
  toError(
    { status, envelope: readEnvelope(body), headers, method: 'PUT', route: '/api/v2/users/{user_id}', ...request },
    NOW,
    0.5,
  );

describe('errors › by status and code, never by text', () => {
  const invalid = (attribute: string, error: string | undefined, description = 'texto') => ({
    error: 'RecordInvalid',
    description: 'Errores',
    details: { [attribute]: [{ description, ...(error === undefined ? {} : { error }) }] },
  });
  it.each<[string, ProvisioningError, object]>([
    ['401', refuse(401, { error: "Couldn't authenticate you" }), { code: 'PROV_TARGET_UNAUTHORIZED' }],
    ['403 of what all objects need', refuse(403, undefined, {}, { isAccountWide: true }), { code: 'PROV_TARGET_UNAUTHORIZED' }],
    ['403 read', refuse(403, undefined, {}, { method: 'GET' }), { code: 'PROV_TARGET_REJECTED' }],
    ['403 write', refuse(403, { error: { title: 'Forbidden', message: 'No' } }), { code: 'PROV_TARGET_REJECTED', detail: 'No' }],
    ['404 of a record', refuse(404, { error: 'RecordNotFound', description: 'Not found' }), { code: 'PROV_TARGET_NOT_FOUND' }],
    [
      '404 of a path proves nothing',
      refuse(404, { error: 'InvalidEndpoint', description: 'Not found' }),
      { code: 'PROV_TARGET_UNEXPECTED' },
    ],
    ['404 in HTML proves nothing', refuse(404), { code: 'PROV_TARGET_UNEXPECTED' }],
    ['409', refuse(409, { error: 'DatabaseConflict' }), { code: 'PROV_TARGET_UNAVAILABLE' }],
    ['422 taken', refuse(422, invalid('email', 'DuplicateValue')), { code: 'PROV_TARGET_EXISTS', attribute: 'email' }],
    ['422 taken identity', refuse(422, invalid('value', 'DuplicateValue')), { code: 'PROV_TARGET_EXISTS', attribute: 'email' }],
    [
      '422 other',
      refuse(422, invalid('name', 'BlankValue', 'está vacío')),
      { code: 'PROV_TARGET_REJECTED', attribute: 'name', detail: 'Errores – está vacío' },
    ],
    ['422 without a code', refuse(422, invalid('name', undefined)), { code: 'PROV_TARGET_REJECTED', attribute: 'name' }],
    [
      '422 no seat',
      refuse(422, { error: 'MaxAgentExceeded', description: 'Lleno' }),
      { code: 'PROV_TARGET_LICENSE_LIMIT', detail: 'Lleno' },
    ],
    ['403 no seat', refuse(403, { error: 'MaxAgentExceeded' }), { code: 'PROV_TARGET_LICENSE_LIMIT' }],
    ['422 no seat in the details', refuse(422, invalid('base', 'MaxAgentExceeded')), { code: 'PROV_TARGET_LICENSE_LIMIT' }],
    [
      '429 jobs',
      refuse(429, { error: 'TooManyJobs', description: 'x' }),
      { code: 'PROV_TARGET_THROTTLED', retryAfterMs: 10_000 },
    ],
    ['429 with a wait', refuse(429, undefined, { 'retry-after': '93' }), { code: 'PROV_TARGET_THROTTLED', retryAfterMs: 93_000 }],
    ['429 with a wait of years', refuse(429, undefined, { 'retry-after': '999999999' }), { retryAfterMs: 3_600_000 }],
    [
      '429 with a window of years',
      refuse(429, undefined, { 'rate-limit-remaining': '0', 'rate-limit-reset': '999999999' }),
      { retryAfterMs: 3_600_000 },
    ],
    ['503 with a wait of years', refuse(503, undefined, { 'retry-after': '999999999' }), { retryAfterMs: 3_600_000 }],
    ['429 with a date', refuse(429, undefined, { 'retry-after': 'Mon, 23 Nov 2026 08:02:00 GMT' }), { retryAfterMs: 120_000 }],
    [
      '429 with the end of the window',
      refuse(429, undefined, { 'rate-limit-remaining': '0', 'rate-limit-reset': '12' }),
      { retryAfterMs: 12_000 },
    ],
    ['429 with nothing', refuse(429), { retryAfterMs: 67_500 }],
    ['429 write', refuse(429), { isUnwritten: true }],
    ['429 read', refuse(429, undefined, {}, { method: 'GET' }), { isUnwritten: false }],
    ['503 write with a wait', refuse(503, undefined, { 'retry-after': '5' }), { isUnwritten: false }],
    ['500', refuse(500), { code: 'PROV_TARGET_UNAVAILABLE' }],
    ['503 with a wait', refuse(503, undefined, { 'retry-after': '5' }), { code: 'PROV_TARGET_THROTTLED', retryAfterMs: 5_000 }],
    ['503', refuse(503), { code: 'PROV_TARGET_UNAVAILABLE' }],
    ['a redirect', refuse(302, undefined, { location: 'https://x.invalid' }), { code: 'PROV_TARGET_UNEXPECTED' }],
    ['413', refuse(413), { code: 'PROV_TARGET_REJECTED' }],
  ])('%s', (_name, error, expected) => {
    expect(error).toMatchObject(expected);
  });

  it('messages hold no words of the other side', () => {
    const error = refuse(422, {
      error: 'ann@example.com',
      description: 'ann@example.com',
      details: { 'a<script>': [{ description: 'ann@example.com' }] },
    });
    expect(error.message).not.toMatch(/ann@example|<script>/);
  });

  it('a detail holds no credential, wherever the other side echoes one', () => {
    const echoes = ['Bearer 0a1b2c3d4e5f60718293', 'client_secret=hunter2', '0a1b2c3d4e5f60718293a4b5c6d7e8f9'];
    for (const echo of echoes) {
      const bodies = [
        { error: echo, description: `wrong ${echo}` },
        { error: { title: echo, message: echo } },
        { errors: [{ code: echo, title: echo, detail: echo }] },
        { error: 'RecordInvalid', details: { name: [{ description: echo, error: echo }], [echo]: [echo] } },
        { error: 'MaxAgentExceeded', description: echo },
        { error_description: echo.padStart(520) },
      ];
      for (const status of [400, 401, 403, 404, 422, 429, 500, 503])
        for (const body of bodies) {
          const { message, ...rest } = refuse(status, body);
          for (const part of echo.split(/[ =]/).slice(-1)) expect(`${message} ${JSON.stringify(rest)}`).not.toContain(part);
        }
    }
  });

  it('envelopes › all forms, and hostile ones', () => {
    expect(readEnvelope({ errors: [{ code: 'X', title: 'T', detail: 'D' }] })).toMatchObject({ code: 'X', text: 'D' });
    expect(readEnvelope({ error: 'invalid_token', error_description: 'D' })).toMatchObject({ code: 'invalid_token', text: 'D' });
    expect(readEnvelope({ error: { title: 'T', message: 'M' } })).toMatchObject({ code: 'T', text: 'M' });
    for (const body of [undefined, null, 'x', 3, [], [{ error: 'x' }]])
      expect(readEnvelope(body)).toMatchObject({ isJson: false });
    for (const body of [{ error: 3, details: 'x' }, { details: { a: null, b: [3, null] } }, { errors: ['x'] }])
      expect(readEnvelope(body).isJson).toBe(true);
    expect(readEnvelope({ error: 'x'.repeat(70_000), description: '\u0007'.repeat(70_000) }).text.length).toBeLessThanOrEqual(
      500,
    );
  });
});

describe('headers', () => {
  it('quota › all spellings, lists, nonsense', () => {
    expect(quotaOf({ 'x-rate-limit': '400', 'x-rate-limit-remaining': '3' })).toMatchObject({ limit: 400, remaining: 3 });
    expect(quotaOf({ 'ratelimit-limit': '700', 'ratelimit-remaining': '0', 'ratelimit-reset': '9' })).toEqual({
      limit: 700,
      remaining: 0,
      resetSeconds: 9,
    });
    expect(quotaOf({ 'rate-limit': ['10', '10'] })).toMatchObject({ limit: 10 });
    expect(quotaOf({ 'x-rate-limit': 'many' })).toEqual({ limit: undefined, remaining: undefined, resetSeconds: undefined });
  });
  it('update bucket', () => {
    expect(updateBucketOf({ 'zendesk-ratelimit-create-update-user': 'total=1; remaining=0; resets=1' })).toEqual({
      total: 1,
      remaining: 0,
      resets: 1,
    });
  });
});

describe('json', () => {
  it('long ids keep their digits; everything else is as ever', () => {
    expect(parseJson('{"id":12345678901234567890,"n":1.5,"big":1e300,"s":"1234567890123456"}')).toEqual({
      id: '12345678901234567890',
      n: 1.5,
      big: 1e300,
      s: '1234567890123456',
    });
    expect(JSON.stringify({ id: idNumber('36028797018963969'), small: idNumber('7') })).toBe(
      '{"id":36028797018963969,"small":7}',
    );
    for (const bad of ['', '1.5', '-1', 'abc', '1e3', '1,"x":2']) expect(() => idNumber(bad)).toThrow(RangeError);
  });
});

describe('user pace', () => {
  it('trap 4 › five updates of one user a minute, others are not held up', () => {
    const pace = makeUserPace();
    for (let at = 0; at < 5; at++) {
      pace.check('1', NOW + at);
      pace.note('1', NOW + at);
    }
    expect(() => pace.check('1', NOW + 10)).toThrow(expect.objectContaining({ retryAfterMs: 60_990 }));
    expect(() => pace.check('2', NOW + 10)).not.toThrow();
    expect(() => pace.check('1', NOW + 61_000)).not.toThrow();
    pace.silence('2', NOW + 30_000);
    expect(() => pace.check('2', NOW)).toThrow(expect.objectContaining({ retryAfterMs: 30_000 }));
  });
});
