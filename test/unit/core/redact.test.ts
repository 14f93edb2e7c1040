import { redactSecrets } from '../../../src/core/redact';

describe('redact', () => {
  const secret = 'p4ss+word/with=signs';
  test.each<[string, string, string]>([
    ['a known secret', `wrong: ${secret}!`, 'wrong: [redacted]!'],
    ['one encoded for an address', `?x=${encodeURIComponent(secret)}`, '?x=[redacted]'],
    ['one in Base64', `Ym ${Buffer.from(secret).toString('base64')}`, 'Ym [redacted]'],
    ['a bearer token', 'Authorization: Bearer abc.def-ghi_jkl', 'Authorization: [redacted] [redacted]'],
    ['a basic credential', 'got basic YWRtaW46c2VjcmV0', 'got basic [redacted]'],
    ['a value by its name', '{"client_secret":"hunter2","a":1}', '{"client_secret":"[redacted]","a":1}'],
    ['a value by its name in an address', '/x?api_key=abcd&b=2', '/x?api_key=[redacted]&b=2'],
    ['a long token', 'key 0a1b2c3d4e5f60718293a4b5c6d7e8f9 ends', 'key [redacted] ends'],
    [
      'ordinary words',
      'Email: ann@example.com is already being used by another user',
      'Email: ann@example.com is already being used by another user',
    ],
    ['a long word', 'Donaudampfschifffahrtsgesellschaftskapitän', 'Donaudampfschifffahrtsgesellschaftskapitän'],
    [
      'an object id',
      'External id b1f6a4c0-6a53-4f6b-9e6d-0c8f6f1f0001 is taken',
      'External id b1f6a4c0-6a53-4f6b-9e6d-0c8f6f1f0001 is taken',
    ],
    ['a bare word that names a scheme', 'Basic validation failed', 'Basic validation failed'],
  ])('%s', (_name, text, expected) => {
    expect(redactSecrets(text, [secret, ''])).toBe(expected);
  });
});
