import { HttpRequest, InvocationContext } from '@azure/functions';
import { ThrottledError } from '../../src/core/errors';
import { http } from '../../src/functions/http';

const MESSAGE = 'no such person ada@acme.example\n    at forged (secret.js:1:1)';

function stumble(): never {
  throw new TypeError(MESSAGE);
}

test('an error that nobody expected › the log tells where it was made, and nothing of what it says', async () => {
  const lines: string[] = [];
  const context = new InvocationContext({
    functionName: 'status',
    invocationId: '1',
    logHandler: (_level, ...args) => void lines.push(args.join(' ')),
  });
  const answer = await http(async () => stumble())(
    new HttpRequest({ method: 'GET', url: 'http://localhost/api/status' }),
    context,
  );
  expect(answer).toMatchObject({ status: 500, body: expect.stringContaining('PROV_BUG') });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"kind":"TypeError"');
  expect(lines[0]).toMatch(/"places":"stumble \([^)]*http-unexpected\.test\.ts/);
  expect(`${lines[0]}${answer.body}`).not.toMatch(/acme|forged|secret/);
});

test.each([
  [1_500, '2'],
  [0, '1'],
])('a service that asks to wait %d ms › the caller is told to wait %s s', async (ms, seconds) => {
  const handler = http(async () => {
    throw new ThrottledError('source', ms, 'Graph asks to wait');
  });
  const context = new InvocationContext({ invocationId: 'i', functionName: 'f', logHandler: () => undefined });
  const { status, headers } = await handler(new HttpRequest({ method: 'GET', url: 'https://app.example/api/x' }), context);
  expect([status, (headers as Record<string, string>)['retry-after']]).toEqual([503, seconds]);
});
