import { type SourceObject, sourceId } from '../../../src/core/model';
import { readAhead } from '../../../src/engine/import/read-ahead';
import type { ObjectKey } from '../../../src/ports/stored';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { makeFakeLinkStore } from '../../fakes/link-store';

const key = (n: number): ObjectKey => ({ type: 'user', id: sourceId(`u${String(n).padStart(4, '0')}`) });
const row = (n: number, version = 1): SourceObject => ({
  ...key(n),
  attributes: {},
  deleted: 'no',
  entitlements: [],
  version,
});

async function aSpace(people: readonly number[]) {
  const calls: string[] = [];
  const onCall = (name: string) => void calls.push(name);
  const space = makeFakeConnectorSpace({ onCall, pageSize: 50 });
  const links = makeFakeLinkStore({ onCall, pageSize: 50 });
  for (const n of people) await space.writeObject(row(n), null);
  calls.length = 0;
  return { space, links, calls };
}
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const ALL = { links: true, groups: true };

describe('readAhead', () => {
  it('reads what lies close together in ranges, and says who is not there without asking', async () => {
    const { space, links, calls } = await aSpace(upTo(100).filter((n) => n % 10 !== 3));
    await space.putMembers([{ groupId: sourceId('g'), memberId: key(5).id, memberType: 'user' }]);
    const ahead = await readAhead({ space, links }, upTo(100).map(key), ALL);
    calls.length = 0;
    for (const n of upTo(100)) {
      expect((await ahead.space.readObject(key(n)))?.value).toEqual(n % 10 === 3 ? undefined : row(n));
      expect(await ahead.links.read(key(n))).toBeUndefined();
      expect(ahead.groupsOf(key(n).id)).toEqual(n === 5 ? ['g'] : []);
    }
    expect(calls).toEqual([]);
  });

  it('leaves a range alone that holds few of them', async () => {
    const { space, links, calls } = await aSpace(upTo(1_000));
    const keys = upTo(50).map((n) => key(n * 20));
    const ahead = await readAhead({ space, links }, keys, ALL);
    expect(calls.filter((name) => name.endsWith('listObjectsBetween'))).toHaveLength(1);
    for (const one of keys) expect((await ahead.space.readObject(one))?.value.id).toBe(one.id);
    expect(calls.filter((name) => name.endsWith('readObject')).length).toBeGreaterThan(40);
  });

  it('hands a row out once; who asks again sees what was written meanwhile', async () => {
    const { space, links } = await aSpace(upTo(30));
    const ahead = await readAhead({ space, links }, upTo(30).map(key), ALL);
    const read = await ahead.space.readObject(key(1));
    await ahead.space.writeObject(row(1, 2), read?.etag ?? null);
    expect((await ahead.space.readObject(key(1)))?.value.version).toBe(2);
    await ahead.space.writeObject(row(2, 7), (await ahead.space.readObject(key(2)))?.etag ?? null);
    expect((await space.readObject(key(2)))?.value.version).toBe(1);
    await ahead.flush();
    await ahead.flush();
    expect((await space.readObject(key(2)))?.value.version).toBe(7);
  });

  it('does not write over what another has written since', async () => {
    const { space, links } = await aSpace(upTo(30));
    const ahead = await readAhead({ space, links }, upTo(30).map(key), ALL);
    const read = await ahead.space.readObject(key(1));
    await space.writeObject(row(1, 9), '*');
    await ahead.space.writeObject(row(1, 2), read?.etag ?? null);
    await expect(ahead.flush()).rejects.toThrow('changed');
    expect((await space.readObject(key(1)))?.value.version).toBe(9);
  });
});
