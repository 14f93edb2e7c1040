import { setTimeout as delay } from 'node:timers/promises';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite';
import { type LocalHost, type StartHostOptions, startHost } from '../../local/host/start-host';
import { type BuiltFixture, buildFixture } from '../support/host-fixture/build-fixture';
import { until } from '../support/host-fixture/until';
import { startStorage } from '../support/storage';

interface Seen {
  readonly body: unknown;
  readonly metadata: { readonly dequeueCount: number } & Readonly<Record<string, unknown>>;
}

let azurite: Azurite;
let fixture: BuiltFixture;
let queue: QueueClient;
let poison: QueueClient;
let host: LocalHost | undefined;

const start = async (more: Partial<StartHostOptions> = {}): Promise<LocalHost> => {
  host = await startHost({
    appDirectory: fixture.appDirectory,
    childScript: fixture.childScript,
    env: { TICK_SCHEDULE: '0 0 0 1 1 *' },
    storageConnectionString: azurite.connectionString,
    maxPollingIntervalMs: 100,
    onLog: () => undefined,
    ...more,
  });
  return host;
};
const state = async (): Promise<{ messages: Seen[]; mostAtOnce: number }> =>
  (await fetch(`${host?.url}/api/state`)).json() as never;
const seen = (count: number) => until(state, ({ messages }) => messages.length >= count).then(({ messages }) => messages);
const send = (body: unknown) =>
  queue.sendMessage(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)).toString('base64'));
/** Hidden messages count too: only a deleted message is gone. */
const countOf = async (client: QueueClient): Promise<number> => (await client.getProperties()).approximateMessagesCount ?? 0;
const isEmpty = () =>
  until(
    () => countOf(queue),
    (count) => count === 0,
  );

beforeAll(async () => {
  azurite = await startStorage();
  fixture = buildFixture({ batchSize: 4, newBatchThreshold: 2, maxDequeueCount: 3, visibilityTimeout: '00:00:01' });
  const service = QueueServiceClient.fromConnectionString(azurite.connectionString);
  queue = service.getQueueClient('work');
  poison = service.getQueueClient('work-poison');
});
afterAll(async () => {
  fixture?.remove();
  await azurite?.stop();
});
beforeEach(async () => {
  await queue.createIfNotExists();
  await queue.clearMessages();
  await poison.createIfNotExists();
  await poison.clearMessages();
});
afterEach(() => host?.stop());

test('a message is delivered parsed, with its metadata, and deleted', async () => {
  await start();
  await send({ a: 1 });
  const [message] = await seen(1);
  expect(message).toEqual({
    body: { a: 1 },
    metadata: {
      queueTrigger: { a: 1 },
      id: expect.any(String),
      dequeueCount: 1,
      insertionTime: expect.stringMatching(/^20.*Z$/),
      expirationTime: expect.stringMatching(/^20.*Z$/),
      nextVisibleTime: expect.stringMatching(/^20.*Z$/),
      popReceipt: expect.any(String),
    },
  });
  await isEmpty();
});

test('text that is no JSON is delivered as text', async () => {
  await start();
  await send('plain text');
  expect((await seen(1))[0]?.body).toBe('plain text');
});

test('a failure is retried after the delay, then succeeds and is deleted', async () => {
  await start();
  const sentAt = Date.now();
  await send({ failTimes: 1 });
  const messages = await seen(2);
  expect(Date.now() - sentAt).toBeGreaterThan(500);
  expect(messages.map(({ metadata }) => metadata.dequeueCount)).toEqual([1, 2]);
  await isEmpty();
  expect(await countOf(poison)).toBe(0);
  expect(host?.stats().invocations.work).toEqual({ succeeded: 1, failed: 1, timedOut: 0 });
});

test('after the last try a message moves to the poison queue, unchanged', async () => {
  await start();
  await send({ failTimes: 99 });
  await until(
    () => countOf(poison),
    (count) => count === 1,
  );
  await isEmpty();
  expect((await state()).messages.map(({ metadata }) => metadata.dequeueCount)).toEqual([1, 2, 3]);
  const [moved] = (await poison.receiveMessages()).receivedMessageItems;
  expect(Buffer.from(moved?.messageText ?? '', 'base64').toString()).toBe('{"failTimes":99}');
});

test('a message that is not base64 goes to the poison queue without reaching the function', async () => {
  await start();
  await queue.sendMessage('{"not":"base64"}');
  await until(
    () => countOf(poison),
    (count) => count === 1,
  );
  await isEmpty();
  expect((await state()).messages).toEqual([]);
});

test('at most batchSize + newBatchThreshold run at once', async () => {
  for (let index = 0; index < 24; index += 1) await send({ delayMs: 400 });
  await start();
  await seen(24);
  await isEmpty();
  const { mostAtOnce } = await state();
  expect(mostAtOnce).toBeLessThanOrEqual(6);
  expect(mostAtOnce).toBeGreaterThan(2);
});

test('a run that outlasts its lease keeps it', async () => {
  await start({ messageLeaseMs: 4_000 });
  await send({ delayMs: 9_000 });
  await isEmpty();
  expect(await seen(1)).toHaveLength(1);
});

test('a host killed in the middle of a run leaves the message to be delivered again after its lease', async () => {
  const first = await start({ messageLeaseMs: 3_000 });
  await send({ holdTimes: 1 });
  await seen(1);
  await first.kill();
  expect(await countOf(queue)).toBe(1);
  await first.restart();
  expect((await seen(1))[0]?.metadata.dequeueCount).toBe(2);
  await isEmpty();
});

test('a message whose process died at every try goes to the poison queue without another try', async () => {
  const first = await start({ messageLeaseMs: 2_000 });
  await send({ holdTimes: 3 });
  for (let count = 1; count <= 3; count += 1) {
    expect((await seen(1))[0]?.metadata.dequeueCount).toBe(count);
    await first.kill();
    await first.restart();
  }
  await until(
    () => countOf(poison),
    (count) => count === 1,
  );
  expect((await state()).messages).toEqual([]);
});

test('a stop lets a message that is being processed end', async () => {
  const first = await start();
  await send({ delayMs: 400 });
  await seen(1);
  await first.stop();
  expect(await countOf(queue)).toBe(0);
});

test('a queue that does not exist yet is waited for', async () => {
  await queue.delete();
  await start();
  await delay(300);
  await queue.createIfNotExists();
  await send({ late: true });
  expect((await seen(1))[0]?.body).toEqual({ late: true });
});

test('the emulator is gone after a stop', async () => {
  const other = await startAzurite();
  expect(process.kill(other.pid, 0)).toBe(true);
  await other.stop();
  await other.stop();
  expect(() => process.kill(other.pid, 0)).toThrow();
});
