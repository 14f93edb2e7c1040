import { credentialAdvice, credentialEnd } from '../../../src/core/credential-end';

const NOW = new Date('2026-11-27T12:00:00Z');
const day = (text: string): Date => new Date(`${text}T00:00:00Z`);

test.each([
  ['OAuth without an end', 'oauth', undefined, undefined],
  ['OAuth, a secret that ends', 'oauth', '2026-12-27', { on: '2026-12-27', daysLeft: 30, kind: 'secret' }],
  ['the day itself', 'oauth', '2026-11-27', { on: '2026-11-27', daysLeft: 0, kind: 'secret' }],
  ['past', 'oauth', '2026-11-20', { on: '2026-11-20', daysLeft: -7, kind: 'secret' }],
  ['an API token', 'apiToken', undefined, { on: '2027-04-30', daysLeft: 154, kind: 'apiTokens' }],
  ['an API token that ends before all do', 'apiToken', '2027-01-01', { on: '2027-01-01', daysLeft: 35, kind: 'secret' }],
  ['an API token that would outlive them', 'apiToken', '2028-01-01', { on: '2027-04-30', daysLeft: 154, kind: 'apiTokens' }],
] as const)('%s', (_name, auth, ends, expected) => {
  expect(credentialEnd(auth, ends === undefined ? undefined : day(ends), NOW)).toEqual(
    expected && { ...expected, daysLeft: expect.closeTo(expected.daysLeft, 0) },
  );
});

test.each([
  [2, 'ends on 2027-06-30, in 2 days'],
  [1, 'ends on 2027-06-30, in 1 day;'],
  [0, 'ended on 2027-06-30'],
])('%d days left › is said in words, with what to do', (daysLeft, words) => {
  const advice = credentialAdvice({ on: '2027-06-30', daysLeft, kind: 'secret' });
  expect(advice).toContain(words);
  expect(advice).toContain('ZENDESK_SECRET_EXPIRES_AT');
});
