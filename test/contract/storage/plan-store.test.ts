import { openStorage } from '../../../src/adapters/storage/connection';
import { TABLES } from '../../../src/adapters/storage/names';
import { makePlanStore } from '../../../src/adapters/storage/plan-store';
import { jsonColumns, keyOf } from '../../../src/adapters/storage/table-kit';
import type { PlanHeader } from '../../../src/ports/plan-store';
import { makePlans } from '../../simulation/ports/plans';
import { onBoth, withAzurite } from './both';

const header = (planId: string, over: Partial<PlanHeader> = {}): PlanHeader => ({
  planId,
  kind: 'cycle',
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'Ann',
  state: 'planned',
  schemaHash: 'h',
  isForOtherSchema: false,
  phase: 'done',
  cycle: null,
  objects: 0,
  counts: {},
  removals: {},
  brake: [],
  endedAt: null,
  error: null,
  application: null,
  ...over,
});

onBoth('PlanStore', { fake: () => makePlans(), real: makePlanStore }, (make) => {
  test('a header says what the plan is made from', async () => {
    const store = await make();
    await store.write(header('p1'), null);
    await store.write(header('p2', { kind: 'undo', undoes: 'y1' }), null);
    expect((await store.read('p1'))?.value.kind).toBe('cycle');
    expect((await store.read('p2'))?.value).toMatchObject({ kind: 'undo', undoes: 'y1' });
    expect((await store.list()).map(({ kind }) => kind).sort()).toEqual(['cycle', 'undo']);
  });
});

describe('PlanStore › rows of an older version', () => {
  const azurite = withAzurite();

  test('a header without a kind is the plan of a cycle', async () => {
    const storage = openStorage({ kind: 'connectionString', connectionString: azurite().connectionString });
    const { kind: _none, ...old } = header('p1');
    await storage.table(TABLES.plans).write({ partitionKey: 'header', rowKey: keyOf('p1'), ...jsonColumns(old) }, null);
    const store = makePlanStore(storage);
    expect((await store.read('p1'))?.value).toEqual(header('p1'));
    expect(await store.list()).toEqual([header('p1')]);
  });
});
