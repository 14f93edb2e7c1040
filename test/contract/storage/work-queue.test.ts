import { QueueClient } from '@azure/storage-queue';
import { openStorage } from '../../../src/adapters/storage/connection';
import { POISON_QUEUE, WORK_QUEUE } from '../../../src/adapters/storage/names';
import { makeWorkQueue } from '../../../src/adapters/storage/work-queue';
import { sourceId, type WorkItem } from '../../../src/core/model';
import { makeFakeWorkQueue } from '../../fakes/work-queue';
import { until } from '../../support/host-fixture/until';
import { emptyStorage, HOSTILE_TEXTS, onBoth, withAzurite } from './both';

const item = (id: string): WorkItem => ({
  objectType: 'user',
  sourceId: sourceId(id),
  cycleId: 'y',
  changeId: `c-${id}`,
  allows: null,
});

onBoth('WorkQueue', { fake: () => makeFakeWorkQueue(), real: makeWorkQueue }, (make) => {
  test('every item, at once or later, counts as waiting', async () => {
    const queue = await make();
    expect(await queue.approximateLength()).toBe(0);
    await queue.enqueue([]);
    await queue.enqueue(Array.from({ length: 40 }, (_, n) => item(`u${n}`)));
    await queue.defer(item('late'), 30_000);
    expect(await queue.approximateLength()).toBe(41);
    expect(await queue.takeUnreadable()).toEqual([]);
  });

  test('a cycle that is asked for waits as a message of its own, and is not a work item', async () => {
    const queue = await make();
    await queue.askForCycle();
    const message = { v: 1, kind: 'cycle' };
    for (const one of [message, JSON.stringify(message)]) {
      expect(queue.asksForCycle(one)).toBe(true);
      expect(queue.decode(one)).toBeUndefined();
    }
    for (const other of [
      { v: 1, ...item('u1') },
      { v: 2, kind: 'cycle' },
      { v: 1, kind: 'cycle', more: 1 },
      'cycle',
      null,
      ...HOSTILE_TEXTS,
    ])
      expect(queue.asksForCycle(other)).toBe(false);
  });

  test('decode › an object or its JSON › the item; anything else › undefined', async () => {
    const queue = await make();
    const message = { v: 2, ...item('u1') };
    expect(queue.decode(message)).toEqual(item('u1'));
    expect(queue.decode(JSON.stringify(message))).toEqual(item('u1'));
    const none: readonly unknown[] = [
      ...HOSTILE_TEXTS,
      undefined,
      null,
      7,
      [],
      [message],
      {},
      item('u1'),
      { ...message, v: 3 },
      { ...message, v: 1 },
      { ...message, objectType: 'device' },
      { ...message, sourceId: '' },
      { ...message, changeId: 'x'.repeat(300) },
      { ...message, allows: true },
      { ...message, allows: { kind: 'everything', countedIn: 'c' } },
      { ...message, allows: { kind: 'userDisable' } },
      JSON.stringify(JSON.stringify(message)),
    ];
    for (const value of none) expect(queue.decode(value)).toBeUndefined();
  });

  test('decode › an item of 0.1.0, which did not say what it may take away, may take away nothing', async () => {
    const queue = await make();
    const { allows: _, ...keys } = item('u1');
    expect(queue.decode({ v: 1, ...keys, mayDeprovision: true })).toEqual(item('u1'));
    const allowed = { ...item('u2'), allows: { kind: 'userDisable', countedIn: 'c' }, waited: 2 };
    expect(queue.decode({ v: 2, ...allowed })).toEqual(allowed);
  });
});

describe('WorkQueue › on the wire', () => {
  const azurite = withAzurite();
  const open = async () => {
    const { connectionString } = azurite();
    await emptyStorage(connectionString);
    return {
      queue: makeWorkQueue(openStorage({ kind: 'connectionString', connectionString })),
      work: new QueueClient(connectionString, WORK_QUEUE),
      poison: new QueueClient(connectionString, POISON_QUEUE),
    };
  };

  test('messages are base64 of JSON, never expire, and can be decoded again', async () => {
    const { queue, work } = await open();
    await queue.enqueue([item('u1')]);
    const [message] = (await work.receiveMessages()).receivedMessageItems;
    expect(queue.decode(Buffer.from(message?.messageText ?? '', 'base64').toString('utf8'))).toEqual(item('u1'));
    expect(message?.expiresOn.getUTCFullYear()).toBe(9999);
  });

  test('a deferred item stays hidden for its delay, rounded up to a second', async () => {
    const { queue, work } = await open();
    await queue.defer(item('late'), 2_100);
    expect((await work.receiveMessages()).receivedMessageItems).toEqual([]);
    await until(
      async () => (await work.receiveMessages()).receivedMessageItems.length,
      (seen) => seen === 1,
    );
    await queue.defer(item('far'), 1e12);
    expect(await queue.approximateLength()).toBe(2);
  });

  test('texts that are no base64 leave the poison queue, the readable ones stay visible and untouched', async () => {
    const { queue, poison } = await open();
    await poison.createIfNotExists();
    const readable = Buffer.from(JSON.stringify({ v: 1, ...item('u1') })).toString('base64');
    for (let n = 0; n < 3; n += 1) {
      await poison.sendMessage(readable);
      await poison.sendMessage(`{"not":"base64 ${n} <b>"}`);
    }
    const taken = await queue.takeUnreadable();
    expect(taken.map(({ preview }) => preview).sort()).toEqual([0, 1, 2].map((n) => `{"not":"base64 ${n} <b>"}`));
    expect(await queue.takeUnreadable()).toEqual([]);
    const left = (await poison.receiveMessages({ numberOfMessages: 32 })).receivedMessageItems;
    expect(left.map(({ messageText }) => messageText)).toEqual([readable, readable, readable]);
  });
});
