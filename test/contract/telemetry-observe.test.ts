import { observeGraph, observePorts, observeZendesk } from '../../src/adapters/azure/observe';
import type { Notice } from '../../src/core/notice';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { observeCredential } from '../../src/functions/plan-work';
import type { CycleRecord } from '../../src/ports/cycle-store';
import type { Telemetry } from '../../src/ports/telemetry';
import { makeFakeCycleStore } from '../fakes/cycle-store';
import { makeFakeEscrowStore } from '../fakes/escrow-store';
import { makeFakeHoldStore } from '../fakes/hold-store';
import { makeFakeProvisioningLog } from '../fakes/provisioning-log';
import { makeFakeStagedDeletionStore } from '../fakes/staged-deletion-store';

/** Telemetry that adds up what it is told. */
function makeCollector() {
  const metrics: { name: string; value: number; attributes: object }[] = [];
  const spans: { name: string; durationMs: number; attributes: object; hasFailed: boolean }[] = [];
  const telemetry: Telemetry = {
    metric: (name, value, attributes = {}) =>
      void metrics.push({ name, value, attributes: JSON.parse(JSON.stringify(attributes)) }),
    span: (_name, _attributes, work) => work({ set: () => undefined }),
    finishedSpan: (name, durationMs, attributes, hasFailed) => void spans.push({ name, durationMs, attributes, hasFailed }),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { telemetry, metrics, spans, of: (name: string) => metrics.filter((metric) => metric.name === name) };
}

const NOW = new Date('2026-11-23T10:00:00.000Z');

function makeWorld() {
  const collector = makeCollector();
  const heard: Notice[] = [];
  const bare = {
    log: makeFakeProvisioningLog(),
    cycles: makeFakeCycleStore(),
    escrows: makeFakeEscrowStore(),
    staged: makeFakeStagedDeletionStore(),
    holds: makeFakeHoldStore(),
    notifier: { send: async (notice: Notice) => void heard.push(notice) },
    clock: () => NOW,
    extra: 'kept',
  };
  return { bare, collector, heard, ports: observePorts(bare, collector.telemetry) };
}

const cycle = (change: Partial<CycleRecord> = {}): CycleRecord => ({
  cycleId: 'c-1',
  kind: 'initial',
  state: 'exporting',
  startedAt: '2026-11-23T09:59:00.000Z',
  endedAt: null,
  enqueued: 1,
  staged: 0,
  imported: 1,
  why: 'test',
  error: null,
  ...change,
});

const entry = (change: Partial<ProvisioningLogEntry> = {}): ProvisioningLogEntry => ({
  id: 'ch-1',
  activityDateTime: NOW.toISOString(),
  tenantId: 't',
  jobId: 'j',
  cycleId: 'c-1',
  changeId: 'ch-1',
  provisioningAction: 'create',
  durationInMilliseconds: 250,
  initiatedBy: { id: '', displayName: '', initiatorType: 'system' },
  servicePrincipal: { id: 'sp', displayName: 'Zendesk' },
  sourceSystem: { id: 't', displayName: 'Entra', details: {} },
  targetSystem: { id: 'acme', displayName: 'Zendesk', details: {} },
  sourceIdentity: { id: 's-1', displayName: 'Jane Doe', identityType: 'User', details: { mail: 'jane@example.com' } },
  targetIdentity: { id: '7', displayName: 'Jane Doe', identityType: 'User', details: {} },
  provisioningStatusInfo: { status: 'success', errorInformation: null },
  provisioningSteps: [],
  modifiedProperties: [],
  attempts: 1,
  skipReason: null,
  ...change,
});

test('work items › are stored and counted once, with their lag and without personal data', async () => {
  const { ports, bare, collector } = makeWorld();
  await ports.cycles.put(cycle());
  expect(await ports.log.record(entry())).toBe('recorded');
  expect(await ports.log.record(entry())).toBe('repeated');
  expect((await bare.log.counts('c-1')).total).toBe(1);
  expect(collector.of('provisioning.objects')).toEqual([
    { name: 'provisioning.objects', value: 1, attributes: { objectType: 'user', action: 'create', status: 'success' } },
  ]);
  expect(collector.of('provisioning.object.duration').map(({ value }) => value)).toEqual([250]);
  expect(collector.of('provisioning.export.lag').map(({ value }) => value)).toEqual([60_000]);
  expect(JSON.stringify(collector.metrics)).not.toMatch(/jane|s-1/i);
});

test('work items › skipped or outside of a cycle › have no lag', async () => {
  const { ports, collector } = makeWorld();
  await ports.cycles.put(cycle());
  await ports.log.record(
    entry({ skipReason: 'RedundantExport', provisioningStatusInfo: { status: 'skipped', errorInformation: null } }),
  );
  await ports.log.record(entry({ changeId: 'ch-2', cycleId: 'on-demand' }));
  expect(collector.of('provisioning.objects').map(({ attributes }) => attributes)).toEqual([
    { objectType: 'user', action: 'create', status: 'skipped', skipReason: 'RedundantExport' },
    { objectType: 'user', action: 'create', status: 'success' },
  ]);
  expect(collector.of('provisioning.export.lag')).toEqual([]);
});

test('cycles › are measured when they are closed, and only then', async () => {
  const { ports, collector } = makeWorld();
  await ports.cycles.put(cycle());
  await ports.cycles.put(cycle({ endedAt: '2026-11-23T09:59:30.000Z' }));
  expect(collector.of('provisioning.cycle.duration')).toEqual([]);
  await ports.cycles.put(cycle({ state: 'succeeded', endedAt: '2026-11-23T10:00:00.000Z' }));
  expect(collector.of('provisioning.cycle.duration')).toEqual([
    { name: 'provisioning.cycle.duration', value: 60_000, attributes: { kind: 'initial', state: 'succeeded' } },
  ]);
});

test('staged deletions › those held count, candidates do not', async () => {
  const { ports, collector } = makeWorld();
  const row = {
    key: { type: 'group', id: 'g' },
    cycleId: 'c-1',
    changeId: 'x',
    kind: 'membership',
    count: 4,
    reason: 'r',
    stagedAt: NOW.toISOString(),
  } as unknown as Parameters<typeof ports.staged.put>[0][number];
  await ports.staged.put([{ ...row, state: 'candidate' }]);
  expect(collector.metrics).toEqual([]);
  await ports.staged.put([{ ...row, state: 'staged' }]);
  expect(collector.of('provisioning.deletions.staged').map(({ value }) => value)).toEqual([4]);
});

test('notices › are counted and passed on; whatever else there is stays', async () => {
  const { ports, collector, heard } = makeWorld();
  await ports.notifier.send({ kind: 'brake', message: 'm', held: [], samples: [] });
  expect(heard).toHaveLength(1);
  expect(collector.of('provisioning.quarantine').map(({ attributes }) => attributes)).toEqual([{ kind: 'brake' }]);
  expect(ports.extra).toBe('kept');
});

test('requests to Zendesk › count, 429 apart, with what is left of the quota', () => {
  const { telemetry, of, spans } = makeCollector();
  const observe = observeZendesk(telemetry, () => ({ limit: 700, remaining: 12 }));
  const base = { method: 'GET', route: '/users/{id}', durationMs: 40, throttledMs: 5 };
  observe({ ...base, status: 200 });
  observe({ ...base, status: 429 });
  observe({ ...base, status: 0 });
  expect(of('zendesk.requests')).toHaveLength(3);
  expect(of('zendesk.throttled')).toHaveLength(1);
  expect(of('zendesk.quota.remaining').map(({ value }) => value)).toEqual([12, 12, 12]);
  expect(spans.map(({ hasFailed }) => hasFailed)).toEqual([false, true, true]);
  observeZendesk(telemetry, () => ({ limit: undefined, remaining: undefined }))({ ...base, status: 200 });
  expect(of('zendesk.quota.limit')).toHaveLength(3);
});

test('requests to Graph › count by operation', () => {
  const { telemetry, of, spans } = makeCollector();
  observeGraph(telemetry)({ operation: 'listUsers', status: 503, durationMs: 9 });
  expect(of('graph.requests').map(({ attributes }) => attributes)).toEqual([{ operation: 'listUsers', status: 503 }]);
  expect(spans).toEqual([
    { name: 'graph.request', durationMs: 9, attributes: { operation: 'listUsers', status: 503 }, hasFailed: true },
  ]);
});

test('credential › an API token counts down to 30 April 2027; OAuth has nothing to count', () => {
  const { telemetry, of } = makeCollector();
  observeCredential(undefined, telemetry);
  expect(of('zendesk.credential.days_left')).toEqual([]);
  observeCredential({ on: '2027-04-30', daysLeft: 10, kind: 'apiTokens' }, telemetry);
  expect(of('zendesk.credential.days_left').map(({ value }) => value)).toEqual([10]);
});
