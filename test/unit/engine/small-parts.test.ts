import { LicenseLimitError, ProvisioningError, RejectedError, StaleStateError } from '../../../src/core/errors';
import { sourceId, targetId, type WorkItem } from '../../../src/core/model';
import { protectedBy, protectsAddresses } from '../../../src/core/protection';
import { changeIdFor, releaseCycleId } from '../../../src/engine/change-id';
import { concurrently } from '../../../src/engine/concurrently';
import { mergeAttributes } from '../../../src/engine/import/merge';
import { awaitCount, permitted } from '../../../src/engine/provision/permission';
import { entryOf, errorInformation, modifiedProperty } from '../../../src/engine/record/log-entry';
import { anAccount, aUser } from '../../builders/objects';
import { World } from '../../property/support/world';

const item: WorkItem = {
  objectType: 'user',
  sourceId: sourceId('u1'),
  cycleId: 'c1',
  changeId: 'x1',
  allows: { kind: 'userDisable', countedIn: 'x1' },
};

describe('mergeAttributes', () => {
  it.each([
    ['nothing told', { a: 1 }, {}, { a: 1 }],
    ['a new value wins', { a: 1, b: 2 }, { a: 3 }, { a: 3, b: 2 }],
    ['null clears', { a: 1 }, { a: null }, { a: null }],
    ['what is not named stays', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['lists as a whole', { a: ['x', 'y'] }, { a: ['x'] }, { a: ['x'] }],
  ])('%s', (_name, before, change, expected) => {
    expect({ ...mergeAttributes(before, change) }).toEqual(expected);
  });

  it.each([
    ['the same text', { a: 'x' }, { a: 'x' }],
    ['the same list', { a: ['x', 'y'] }, { a: ['x', 'y'] }],
    ['null again', { a: null }, { a: null }],
  ])('%s: the same object, so nothing has to be written', (_name, before, change) => {
    expect(mergeAttributes(before, change)).toBe(before);
  });

  it('a hostile name does not reach prototypes', () => {
    const merged = mergeAttributes({ a: 1 }, JSON.parse('{"__proto__": "x"}'));
    expect(Object.hasOwn(merged, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('changeIdFor', () => {
  it('is one GUID for one object in one cycle, and another for any other', () => {
    const ids = [
      changeIdFor('c1', { type: 'user', id: sourceId('u1') }),
      changeIdFor('c1', { type: 'group', id: sourceId('u1') }),
      changeIdFor('c1', { type: 'user', id: sourceId('u2') }),
      changeIdFor('c2', { type: 'user', id: sourceId('u1') }),
      releaseCycleId('c1'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(changeIdFor('c1', { type: 'user', id: sourceId('u1') })).toBe(ids[0]);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/);
  });
});

describe('concurrently', () => {
  it('answers in order, with at most so many under way', async () => {
    let [now, most] = [0, 0];
    const results = await concurrently([3, 1, 2, 0, 1], 2, async (turns) => {
      now += 1;
      most = Math.max(most, now);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return turns * 10;
    });
    expect(results).toEqual([30, 10, 20, 0, 10]);
    expect(most).toBe(2);
  });

  it('the first error ends it: what is under way is waited for, nothing new begins', async () => {
    const ended: number[] = [];
    const run = concurrently([0, 1, 2, 3], 2, async (at) => {
      if (at === 0) throw new Error('first');
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(at);
    });
    await expect(run).rejects.toThrow('first');
    expect(ended).toEqual([1]);
  });

  it('nothing to do', async () => {
    expect(await concurrently([], 4, async () => 1)).toEqual([]);
  });
});

describe('protectedBy', () => {
  it.each([
    ['our own account', [], anAccount({ id: targetId(1) }), [], true],
    ['the owner', [], anAccount({ id: targetId(2) }), [], true],
    ['anybody', [], anAccount(), [], false],
    ['named by address, without case', ['ann@contoso.com'], anAccount({ email: 'Ann@Contoso.com' }), [], true],
    ['named by id', ['7'], anAccount(), [], true],
    ['the address it is to get', ['boss@contoso.com'], anAccount(), ['Boss@contoso.com'], true],
    ['a secondary address', ['boss@contoso.com'], anAccount(), ['ann@contoso.com', 'boss@contoso.com'], true],
    ['not to be created', ['boss@contoso.com'], undefined, ['boss@contoso.com'], true],
    ['a part of a name', ['ann@contoso.co'], anAccount(), [null], false],
    ['no account, no address', [], undefined, [null], false],
  ] as const)('%s', (_name, protectedUsers, user, addresses, expected) => {
    const rules = { selfId: targetId(1), ownerId: targetId(2), protectedUsers };
    expect(protectedBy(rules, user, addresses) !== undefined).toBe(expected);
  });
});

describe('protectsAddresses', () => {
  it.each([
    [[], false],
    [['7'], false],
    [['7', 'boss@contoso.com'], true],
  ])('%j › %s', (protectedUsers, expected) => {
    expect(protectsAddresses(protectedUsers)).toBe(expected);
  });
});

describe('the log entry of a work item', () => {
  const deps = new World().deps();
  const subject = { source: aUser(), targetId: targetId(7), targetName: 'Ann', scope: undefined, steps: [] };
  const plan = {
    action: 'update' as const,
    targetId: targetId(7),
    changes: [],
    role: null,
    adopts: false,
    notes: [],
    removals: [],
  };
  it.each([
    ['done', { kind: 'done', subject, plan, warnings: [] }, 'update', 'success', null],
    ['done with a warning', { kind: 'done', subject, plan, warnings: ['w'] }, 'update', 'warning', null],
    ['skipped', { kind: 'skipped', subject, skipReason: 'RedundantExport', reason: 'r' }, 'other', 'skipped', 'RedundantExport'],
    ['failed', { kind: 'failed', subject, plan: undefined, error: new RejectedError('email', 'no') }, 'other', 'failure', null],
  ] as const)('%s', (_name, outcome, action, status, skipReason) => {
    const entry = entryOf(deps, item, outcome as never, deps.clock());
    expect(entry).toMatchObject({ cycleId: 'c1', changeId: 'x1', provisioningAction: action, skipReason, attempts: 1 });
    expect(entry.provisioningStatusInfo.status).toBe(status);
    expect(entry.sourceIdentity).toMatchObject({ id: 'u1', displayName: 'Ann', identityType: 'User' });
  });

  it('a redacted value is never printed, an empty one is told apart', () => {
    const change = { attribute: 'phone', oldValue: null, newValue: '+49 1', redacted: true };
    expect(modifiedProperty(change)).toEqual({ displayName: 'phone', oldValue: null, newValue: '[Redact]' });
    expect(modifiedProperty({ ...change, newValue: ['a', 'b'], redacted: false }).newValue).toBe('a, b');
  });

  it.each([
    [new LicenseLimitError('No seat is free'), 'LicenseLimitExceeded', 'nonServiceFailure'],
    [new RejectedError('email', 'Refused'), 'UnprocessableEntity', 'nonServiceFailure'],
    [new ProvisioningError('PROV_BUG', 'x'), 'PROV_BUG', 'failure'],
  ])('%s', (error, errorCode, errorCategory) => {
    expect(errorInformation(error)).toMatchObject({ errorCode, errorCategory, reason: error.message });
    expect(errorInformation(error).recommendedAction).not.toBe('');
  });
});

describe('permitted', () => {
  const staged = {
    key: { type: 'user', id: sourceId('u1') },
    kind: 'userDisable',
    count: 1,
    reason: 'r',
    stagedAt: 't',
  } as const;
  it.each([
    ['the item allows nothing', false, undefined, undefined, null],
    ['nothing held, no cycle', true, undefined, undefined, 'userDisable'],
    ['held by another cycle', true, { cycleId: 'c2', changeId: 'x2', state: 'staged' }, undefined, null],
    ['held by the very cycle that made the item', true, { cycleId: 'c1', changeId: 'x1', state: 'staged' }, undefined, null],
    ['its own candidate', true, { cycleId: 'c1', changeId: 'x1', state: 'candidate' }, undefined, 'userDisable'],
    ['left to the next cycle', true, { cycleId: 'c0', changeId: 'x0', state: 'candidate' }, undefined, 'userDisable'],
    ['a later cycle counts', true, undefined, { cycleId: 'c2', phase: 'scoping' }, 'waits'],
    ['its own cycle', true, undefined, { cycleId: 'c1', phase: 'brake' }, 'userDisable'],
    ['a later cycle has counted, and not this one', true, undefined, { cycleId: 'c2', phase: 'brake' }, 'userDisable'],
    [
      'a later cycle is judging it',
      true,
      { cycleId: 'c2', changeId: 'x2', state: 'candidate' },
      { cycleId: 'c2', phase: 'brake' },
      'waits',
    ],
  ] as const)('%s', async (_name, isAllowed, row, cycle, expected) => {
    const deps = new World().deps();
    if (row) await deps.staged.put([{ ...staged, ...row }]);
    if (cycle) await deps.state.write('cycle', cycle, null);
    const answer = permitted(deps, isAllowed ? item : { ...item, allows: null });
    if (expected === 'waits') await expect(answer).rejects.toBeInstanceOf(StaleStateError);
    else expect(await answer).toBe(expected);
  });

  it('let go by an operator: permitted, though the row is not gone yet, for exactly what was counted', async () => {
    const deps = new World().deps();
    await deps.staged.put([{ ...staged, cycleId: 'c2', changeId: 'x2', countedIn: 'x1', state: 'staged', heldIn: 'c1' }]);
    const released = { ...item, cycleId: releaseCycleId('c1'), changeId: 'x3' };
    expect(await permitted(deps, released)).toBe('userDisable');
    expect(await permitted(deps, { ...released, allows: { kind: 'userDisable', countedIn: 'x0' } })).toBe(null);
    expect(await permitted(deps, { ...released, cycleId: releaseCycleId('c2') })).toBe(null);
  });

  it('what is held already is not counted twice', async () => {
    const deps = new World().deps();
    const row = { ...staged, cycleId: 'c2', changeId: 'x2', state: 'staged' } as const;
    await deps.staged.put([row]);
    await awaitCount(deps, item, 'userDisable', 1, 'r');
    expect(await deps.staged.read(row.key)).toMatchObject(row);
  });
});
