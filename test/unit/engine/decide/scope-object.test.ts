import type { SourceId } from '../../../../src/core/model';
import { entitlementsOf, type ScopeContext } from '../../../../src/engine/decide/scope-object';

const id = (text: string): SourceId => text as SourceId;

/** A context in which Ann is in a group that is assigned, and that nobody has read. */
const UNREAD_GROUP = {
  ancestry: { above: async () => [{ groupId: id('team'), path: [id('team')] }], group: async () => undefined },
  assignmentsOf: (principalId: SourceId) => (principalId === 'team' ? [{ id: 'a1', principalId, appRoleId: 'agent' }] : []),
} as unknown as ScopeContext;

describe('engine › what a group that nobody could read entitles to', () => {
  const ann = { type: 'user', id: id('ann') } as const;
  const byTeam = { assignmentId: 'a1', appRoleId: 'agent', path: [id('team')] };
  const ended = { ...byTeam, assignmentId: 'a0' };

  it('nothing new', async () => expect(await entitlementsOf(UNREAD_GROUP, ann, [])).toEqual([]));
  it('what it did before, where it is assigned still', async () =>
    expect(await entitlementsOf(UNREAD_GROUP, ann, [byTeam, ended])).toEqual([byTeam]));
});
