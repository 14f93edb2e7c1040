import { makeConnectorSpace } from '../../../src/adapters/storage/connector-space';
import { StaleStateError } from '../../../src/core/errors';
import { type AppRoleAssignment, type Attributes, type SourceObject, sourceId } from '../../../src/core/model';
import type { GroupChunk, MemberEdge } from '../../../src/ports/connector-space';
import type { ObjectKey } from '../../../src/ports/stored';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { all, HOSTILE_TEXTS, onBoth } from './both';

const object = (id: string, over: Partial<SourceObject> = {}): SourceObject => ({
  type: 'user',
  id: sourceId(id),
  attributes: { displayName: id },
  deleted: 'no',
  entitlements: [],
  version: 1,
  ...over,
});
const edge = (group: string, member: string, memberType: 'user' | 'group' = 'user'): MemberEdge => ({
  groupId: sourceId(group),
  memberId: sourceId(member),
  memberType,
});
const user = (id: string): ObjectKey => ({ type: 'user', id: sourceId(id) });
const assignment = (id: string): AppRoleAssignment => ({
  id,
  principalId: sourceId(`p-${id}`),
  principalType: 'User',
  principalDisplayName: id,
  appRoleId: 'role',
});
const numbered = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(5, '0')}`);
const ids = (objects: readonly { id: string }[]): string[] => objects.map(({ id }) => id);

/** Keys without their marks. */
const bare = (keys: readonly ObjectKey[]): readonly ObjectKey[] => keys.map(({ type, id }) => ({ type, id }));

onBoth('ConnectorSpace', { fake: () => makeFakeConnectorSpace(), real: makeConnectorSpace }, (make) => {
  test('an object is kept whole, hostile attributes and all', async () => {
    const space = await make();
    const attributes = Object.fromEntries(HOSTILE_TEXTS.map((text) => [text, text])) as Attributes;
    const entitlements = [{ assignmentId: 'a', appRoleId: 'r', path: [sourceId('g1'), sourceId('g2')] }];
    const written = object('u1', { attributes: { ...attributes, none: null, list: ['a', 'b'], flag: false }, entitlements });
    const etag = await space.writeObject(written, null);
    const read = await space.readObject(user('u1'));
    expect(read?.etag).toBe(etag);
    expect(JSON.stringify(read?.value)).toBe(JSON.stringify(written));
    expect(await space.readObject({ type: 'group', id: sourceId('u1') })).toBeUndefined();
  });

  test('reports are found by their manager, until they are removed', async () => {
    const space = await make();
    const edges = numbered(120, 'r').map((id) => ({ managerId: sourceId('m1'), reportId: sourceId(id) }));
    await space.putReports([...edges, { managerId: sourceId('m2'), reportId: sourceId('r00001') }]);
    await space.putReports(edges.slice(0, 3));
    expect((await all(space.reportsOf(sourceId('m1')))).sort()).toEqual(edges.map(({ reportId }) => reportId));
    await space.removeReports([...edges.slice(1), { managerId: sourceId('m1'), reportId: sourceId('nobody') }]);
    expect(await all(space.reportsOf(sourceId('m1')))).toEqual(['r00000']);
    expect(await all(space.reportsOf(sourceId('m2')))).toEqual(['r00001']);
    expect(await all(space.reportsOf(sourceId('m3')))).toEqual([]);
    expect(await space.groupsOf(sourceId('r00000'))).toEqual([]);
  });

  test('only the newest etag may write', async () => {
    const space = await make();
    const first = await space.writeObject(object('u1'), null);
    await expect(space.writeObject(object('u1'), null)).rejects.toThrow(StaleStateError);
    const second = await space.writeObject(object('u1', { version: 2 }), first);
    await expect(space.writeObject(object('u1', { version: 9 }), first, 'r')).rejects.toThrow(StaleStateError);
    expect(second).not.toBe(first);
    await space.writeObject(object('u1', { version: 3 }), '*');
    expect((await space.readObject(user('u1')))?.value.version).toBe(3);
    await space.removeObject(user('u1'));
    await space.removeObject(user('u1'));
    expect(await space.readObject(user('u1'))).toBeUndefined();
  });

  test('a full round finds exactly the objects it has not seen; writing without a round keeps the stamp', async () => {
    const space = await make();
    await space.writeObject(object('never'), null);
    await space.writeObject(object('anyway'), '*');
    await space.writeObject(object('old'), null, 'round-1');
    await space.writeObject(object('stamped'), null, 'round-1');
    await space.writeObject(object('rewritten'), null, 'round-2');
    await space.writeObject(object('group', { type: 'group' }), null);
    await space.stampObjects([user('stamped'), user('missing'), user('stamped')], 'round-2');
    const etag = (await space.readObject(user('rewritten')))?.etag ?? '';
    await space.writeObject(object('rewritten', { version: 2 }), etag);
    await space.writeObject(object('rewritten', { version: 3 }), '*');
    expect(ids(await all(space.listObjectsNotSeen('user', 'round-2')))).toEqual(['anyway', 'never', 'old']);
    expect(ids(await all(space.listObjectsNotSeen('group', 'round-2')))).toEqual(['group']);
    expect((await space.readObject(user('stamped')))?.value).toEqual(object('stamped'));
    expect(await space.readObject(user('missing'))).toBeUndefined();
  });

  test('a shorter object leaves nothing of a longer one behind', async () => {
    const space = await make();
    const etag = await space.writeObject(object('u1', { attributes: { note: 'x'.repeat(100_000) } }), null);
    await space.writeObject(object('u1', { attributes: { note: 'y' } }), etag);
    expect((await space.readObject(user('u1')))?.value.attributes.note).toBe('y');
  });

  test('members are found from both sides and go from both', async () => {
    const space = await make();
    await space.putMembers([edge('g1', 'u1'), edge('g1', 'u2'), edge('g2', 'u1'), edge('g2', 'g1', 'group'), edge('g1', 'u1')]);
    expect(await all(space.listMembers(sourceId('g1')))).toEqual([edge('g1', 'u1'), edge('g1', 'u2')]);
    expect(await space.groupsOf(sourceId('u1'))).toEqual(['g1', 'g2']);
    expect(await space.groupsOf(sourceId('g1'))).toEqual(['g2']);
    await space.removeMembers([edge('g1', 'u1'), edge('g9', 'u9')]);
    await space.removeMembers([edge('g1', 'u1')]);
    expect(await all(space.listMembers(sourceId('g1')))).toEqual([edge('g1', 'u2')]);
    expect(await space.groupsOf(sourceId('u1'))).toEqual(['g2']);
    expect(await all(space.listMembers(sourceId('g')))).toEqual([]);
  });

  test('a full round finds exactly the members it has not seen', async () => {
    const space = await make();
    await space.putMembers([edge('g1', 'u1'), edge('g1', 'u2')], 'round-1');
    await space.putMembers([edge('g1', 'u3')]);
    await space.putMembers([edge('g1', 'u2')], 'round-2');
    await space.putMembers([edge('g1', 'u2')]);
    expect(await all(space.listMembersNotSeen(sourceId('g1'), 'round-2'))).toEqual([edge('g1', 'u1'), edge('g1', 'u3')]);
  });

  test('more members than a transaction or a page holds', async () => {
    const space = await make();
    const edges = numbered(1_205, 'u').map((id) => edge('big', id));
    await space.putMembers(edges, 'r');
    expect(await all(space.listMembers(sourceId('big')))).toEqual(edges);
    await space.removeMembers(edges.slice(5));
    expect(await all(space.listMembers(sourceId('big')))).toEqual(edges.slice(0, 5));
  });

  test('assignments come, change and go', async () => {
    const space = await make();
    await space.putAssignments(HOSTILE_TEXTS.map(assignment));
    await space.putAssignments([{ ...assignment('A'), appRoleId: 'other' }]);
    const read = await all(space.listAssignments());
    expect(new Set(read.map(({ id }) => id))).toEqual(new Set(HOSTILE_TEXTS));
    expect(read.find(({ id }) => id === 'A')?.appRoleId).toBe('other');
    await space.removeAssignments([...HOSTILE_TEXTS.slice(1).map(assignment), assignment('unknown')]);
    expect(await all(space.listAssignments())).toEqual([assignment(HOSTILE_TEXTS[0] as string)]);
  });

  test('waiting objects are walked through in key order, each once', async () => {
    const space = await make();
    const keys = [...numbered(1_102, 'g').map((id): ObjectKey => ({ type: 'group', id: sourceId(id) })), user('u1'), user('u2')];
    await space.markDirty([...keys].reverse());
    await space.markDirty(keys.slice(0, 3));
    const walked: ObjectKey[] = [];
    for (let page = await space.listDirty(); page.length > 0; page = await space.listDirty(walked.at(-1))) {
      expect(page.length).toBeLessThanOrEqual(500);
      walked.push(...page);
    }
    expect(bare(walked)).toEqual(keys);
    const token = await space.clearDirty(keys.slice(0, -2), await space.claimDirty());
    await space.clearDirty([user('u1')], token);
    expect(bare(await space.listDirty())).toEqual([user('u2')]);
  });

  test('each mark of an object is another one', async () => {
    const space = await make();
    await space.markDirty([user('u1'), user('u2')]);
    const before = await space.listDirty();
    await space.markDirty([user('u1')]);
    const after = await space.listDirty();
    expect(after.map(({ mark }, at) => mark === before[at]?.mark)).toEqual([false, true]);
  });

  test('marks are cleared only by whoever has claimed them last', async () => {
    const space = await make();
    await space.markDirty([user('u1'), user('u2')]);
    const early = await space.claimDirty();
    const late = await space.claimDirty();
    await expect(space.clearDirty([user('u1')], early)).rejects.toThrow(StaleStateError);
    expect(bare(await space.listDirty())).toEqual([user('u1'), user('u2')]);
    const next = await space.clearDirty([user('u1')], late);
    await expect(space.clearDirty([user('u2')], late)).rejects.toThrow(StaleStateError);
    await space.clearDirty([user('u2')], next);
    expect(await space.listDirty()).toEqual([]);
  });

  test('deltas of groups: each in a row of its own, generation by generation, in order', async () => {
    const space = await make();
    const chunk = (name: string): GroupChunk => ({
      ids: [sourceId(name)],
      watermark: 'w'.repeat(40_000),
      watermarkAt: '2026-01-01T00:00:00.000Z',
      next: null,
      round: null,
      watch: null,
      nested: { until: '2026-02-01T00:00:00.000Z', lookedAt: '2026-01-01T00:00:00.000Z' },
    });
    for (let index = 0; index < 12; index += 1) await space.putGroupChunk('one', index, chunk(`g${index}`));
    await space.putGroupChunk('two', 0, chunk('other'));
    await space.putGroupChunk('one', 3, chunk('replaced'));
    const ids = async (generation: string) => (await all(space.listGroupChunks(generation))).flatMap((one) => one.ids);
    expect(await ids('one')).toEqual(Array.from({ length: 12 }, (_, index) => (index === 3 ? 'replaced' : `g${index}`)));
    await space.removeGroupChunks('one');
    expect([await ids('one'), await ids('two'), await ids('none')]).toEqual([[], ['other'], []]);
  });

  test('somebody entitled by thousands of groups is kept whole, changes, shrinks and goes', async () => {
    const space = await make();
    const many = (count: number, word: string): SourceObject =>
      object('many', {
        attributes: { displayName: word },
        entitlements: Array.from({ length: count }, (_, n) => ({
          assignmentId: `${word}-${String(n).padStart(43, 'x')}`,
          appRoleId: '00000000-0000-4000-8000-000000000001',
          path: [sourceId(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`)],
        })),
      });
    const key = user('many');
    for (const value of [many(12_000, 'first'), many(9_000, 'second'), many(3, 'small'), many(6_000, 'again')]) {
      const etag = (await space.readObject(key))?.etag ?? null;
      await space.writeObject(value, etag);
      expect((await space.readObject(key))?.value).toEqual(value);
      expect(await all(space.listObjects('user'))).toEqual([value]);
    }
    await space.removeObject(key);
    expect(await space.readObject(key)).toBeUndefined();
    expect(await all(space.listObjects('user'))).toEqual([]);
  });

  test('many objects are added at once; those that are there stay as they are, and are named', async () => {
    const space = await make();
    const names = numbered(250, 'u');
    await space.writeObject(object('u00007', { attributes: { displayName: 'There before' } }), null, 'r0');
    const taken = await space.addObjects(
      names.map((id) => object(id)),
      'r1',
    );
    expect(taken.map(({ id }) => id)).toEqual(['u00007']);
    expect((await all(space.listObjects('user'))).map(({ id }) => id)).toEqual(names);
    const unseen = await all(space.listObjectsNotSeen('user', 'r1'));
    expect(unseen.map(({ attributes }) => attributes['displayName'])).toEqual(['There before']);
    expect(await space.addObjects([], 'r1')).toEqual([]);
    const some = await all(space.listObjectsBetween('user', sourceId('u00010'), sourceId('u00012')));
    expect(some.map(({ value, round }) => [value.id, round])).toEqual([
      ['u00010', 'r1'],
      ['u00011', 'r1'],
      ['u00012', 'r1'],
    ]);
    await space.writeObject(object('u00010', { version: 2 }), some[0]?.etag ?? '');
    expect((await space.readObject(user('u00010')))?.value.version).toBe(2);
    expect(await all(space.listObjectsBetween('user', sourceId('v'), sourceId('w')))).toEqual([]);
  });

  test('objects are written many at a time, each over what was read; a stale one is told', async () => {
    const space = await make();
    const first = await space.writeObject(object('u00001'), null, 'r1');
    await space.writeObjects([
      { object: object('u00001', { version: 2 }), etag: first },
      ...numbered(150, 'n').map((id) => ({ object: object(id), etag: null })),
    ]);
    expect((await space.readObject(user('u00001')))?.value.version).toBe(2);
    // Written without a round, a row keeps its stamp, and a new one has none.
    expect((await all(space.listObjectsNotSeen('user', 'r1'))).length).toBe(150);
    const now = await space.readObject(user('u00001'));
    await space.writeObjects([{ object: object('u00001', { version: 3 }), etag: now?.etag ?? '' }], 'r2');
    expect((await all(space.listObjectsNotSeen('user', 'r2'))).length).toBe(150);
    await expect(space.writeObjects([{ object: object('u00001', { version: 4 }), etag: first }])).rejects.toThrow(
      StaleStateError,
    );
    await expect(space.writeObjects([{ object: object('n00001'), etag: null }])).rejects.toThrow(StaleStateError);
    expect((await space.readObject(user('u00001')))?.value.version).toBe(3);
  });

  test('edges are listed by the members of a range, and all of them by their groups', async () => {
    const space = await make();
    await space.putMembers([edge('g1', 'a'), edge('g2', 'a'), edge('g1', 'b'), edge('g2', 'g1', 'group'), edge('g3', 'c')]);
    const text = (edges: readonly MemberEdge[]) => edges.map(({ groupId, memberId }) => `${groupId}>${memberId}`);
    expect(text(await all(space.listMembershipsBetween(sourceId('a'), sourceId('b'))))).toEqual(['g1>a', 'g2>a', 'g1>b']);
    expect(text(await all(space.listMembershipsBetween(sourceId('x'), sourceId('y'))))).toEqual([]);
    expect(text(await all(space.listAllMembers()))).toEqual(['g1>a', 'g1>b', 'g2>a', 'g2>g1', 'g3>c']);
  });
});
