import { beginCycle, type CycleEvent, type CycleState, next } from '../../../src/core/cycle-state';
import type { EngineDeps } from '../../../src/engine/deps';
import { type CycleContext, CycleInterrupted } from '../../../src/engine/import/cycle-context';
import { HeldAssignments } from '../../../src/engine/import/held-assignments';
import { importAssignments } from '../../../src/engine/import/import-assignments';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { FakeSourceConnector } from '../../fakes/source-connector';
import { makeFakeStateStore } from '../../fakes/state-store';

const COUNT = 4_000;
const PAGE = 100;

/** A cycle whose list of assignments is slow, over stores that live longer than its calls. */
function aSlowList() {
  const source = new FakeSourceConnector();
  source.pageSize = PAGE;
  const person = source.directory.addUser({ displayName: 'Ann', mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' });
  const ids = Array.from({ length: COUNT }, () => source.directory.assign(person));
  const written: string[] = [];
  const asked: string[] = [];
  let nowMs = 0;
  source.beforeCall = ({ method }) => {
    asked.push(method);
    if (method === 'readAssignments') nowMs += 400;
  };
  const store = makeFakeStateStore();
  const state = {
    ...store,
    write: (key: string, value: unknown, etag: string | null) => {
      written.push(key);
      return store.write(key, value, etag);
    },
  };
  const quiet = (): void => undefined;
  const deps = {
    space: makeFakeConnectorSpace(),
    state,
    source,
    clock: () => new Date(nowMs),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    settings: { groupMembership: 'Direct' },
  } as unknown as EngineDeps;
  const begun = beginCycle({ cycleId: 'c', kind: 'incremental' } as Parameters<typeof beginCycle>[0]);
  let kept: CycleState = begun;
  /** One call, from what is kept, with time for so many pages. */
  const call = async (pages: number): Promise<HeldAssignments> => {
    if (kept.phase !== 'assignments') kept = begun;
    const assignments = new HeldAssignments();
    const endsAt = nowMs + pages * 400;
    const context = {
      deps,
      assignments,
      cycle: () => kept,
      fence: async () => undefined,
      isTimeUp: async () => nowMs >= endsAt,
      save: async (event: CycleEvent) => {
        kept = next(kept, event);
        if (kept.phase === 'assignments' && nowMs >= endsAt) throw new CycleInterrupted();
      },
    } as unknown as CycleContext;
    await importAssignments(context);
    return assignments;
  };
  return { source, ids, call, written, asked };
}

describe('engine › a long list of assignments', () => {
  it('keeps what it has seen in few documents, and continues from them without any direct read', async () => {
    const { ids, call, written, asked } = aSlowList();
    await call(COUNT);
    asked.length = 0;
    written.length = 0;
    await expect(call(30)).rejects.toThrow(CycleInterrupted);
    const held = await call(COUNT);
    expect(held.size).toBe(ids.length);
    expect(asked).toEqual(Array.from({ length: COUNT / PAGE }, () => 'readAssignments'));
    // One after ten seconds, with what 25 pages have shown; one at the end of the first call.
    expect(written).toHaveLength(2);
  });

  it('forgets one that is missing after a direct read, also where the list was cut off, and no other', async () => {
    const { source, ids, call, asked } = aSlowList();
    await call(COUNT);
    source.directory.unassign(ids[7] ?? '');
    asked.length = 0;
    await expect(call(30)).rejects.toThrow(CycleInterrupted);
    const held = await call(COUNT);
    expect(asked.filter((method) => method === 'readAssignmentsOf')).toHaveLength(1);
    expect(held.size).toBe(ids.length - 1);
    expect(held.get(ids[7] ?? '')).toBeUndefined();
  });

  it('that has grown old and is read again proves what it lacks now, whatever its first pages had', async () => {
    const { source, ids, call } = aSlowList();
    await call(COUNT);
    await expect(call(30)).rejects.toThrow(CycleInterrupted);
    source.expireWatermarks();
    source.directory.unassign(ids[7] ?? '');
    const held = await call(COUNT);
    expect(held.size).toBe(ids.length - 1);
    expect(held.get(ids[7] ?? '')).toBeUndefined();
  });
});
