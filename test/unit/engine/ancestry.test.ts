import { sourceId } from '../../../src/core/model';
import { makeAncestry, usersBelow } from '../../../src/engine/decide/ancestry';
import { newRow } from '../../../src/engine/import/source-row';
import type { MemberEdge } from '../../../src/ports/connector-space';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';

/** Edges such as `a>b` (group a has group b) and `a>u1` (group a has user u1), and the groups that Entra ID has deleted. */
async function spaceOf(text: string, deleted: readonly string[] = []) {
  const space = makeFakeConnectorSpace({ pageSize: 1 });
  for (const id of deleted) await space.writeObject({ ...newRow('group', sourceId(id)), deleted: 'hard' }, null);
  const edges = text.split(' ').map((edge): MemberEdge => {
    const [group = '', member = ''] = edge.split('>');
    return { groupId: sourceId(group), memberId: sourceId(member), memberType: member.startsWith('u') ? 'user' : 'group' };
  });
  await space.putMembers(edges);
  return space;
}

describe('makeAncestry', () => {
  it.each([
    ['direct only', 'Direct', 'a>u1 b>a', 'u1', ['a']],
    ['nested', 'Transitive', 'a>u1 b>a c>b', 'u1', ['a', 'a/b', 'a/b/c']],
    [
      'a diamond: each group once, by the shortest way',
      'Transitive',
      'a>u1 b>a c>a d>b d>c d>u1',
      'u1',
      ['a', 'a/b', 'a/c', 'd'],
    ],
    ['a cycle ends', 'Transitive', 'a>u1 b>a a>b', 'u1', ['a', 'a/b']],
    ['a group in itself', 'Transitive', 'a>u1 a>a', 'u1', ['a']],
    ['nobody above', 'Transitive', 'a>u1', 'u2', []],
  ] as const)('%s', async (_name, membership, edges, member, expected) => {
    const above = await makeAncestry(await spaceOf(edges), membership).above(sourceId(member));
    expect(above.map(({ path }) => path.join('/')).sort()).toEqual(expected);
    expect(above.every(({ groupId, path }) => path.at(-1) === groupId)).toBe(true);
  });

  it('no way leads through a deleted group, another one may', async () => {
    const through = async (...deleted: string[]) =>
      (await makeAncestry(await spaceOf('a>u1 b>a c>b d>u1 c>d', deleted), 'Transitive').above(sourceId('u1'))).map(({ path }) =>
        path.join('/'),
      );
    expect(await through('a')).toEqual(['d', 'd/c']);
    expect(await through('b', 'd')).toEqual(['a']);
  });
});

describe('usersBelow', () => {
  it.each([
    ['direct only', 'Direct', 'a>u1 a>b b>u2', ['u1']],
    ['nested', 'Transitive', 'a>u1 a>b b>u2 b>c c>u3', ['u1', 'u2', 'u3']],
    ['a cycle ends', 'Transitive', 'a>b b>a a>u1 b>u2', ['u1', 'u2']],
    ['a diamond', 'Transitive', 'a>b a>c b>d c>d d>u1', ['u1']],
  ] as const)('%s', async (_name, membership, edges, expected) => {
    const found: string[] = [];
    for await (const page of usersBelow(await spaceOf(edges), membership, sourceId('a'))) found.push(...page);
    expect([...new Set(found)].sort()).toEqual(expected);
  });

  it('nobody is below by way of a deleted group', async () => {
    const found: string[] = [];
    for await (const page of usersBelow(await spaceOf('a>u1 a>b b>u2 b>c c>u3', ['b']), 'Transitive', sourceId('a'))) {
      found.push(...page);
    }
    expect(found).toEqual(['u1']);
  });
});
