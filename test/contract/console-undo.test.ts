import type { SourceId } from '../../src/core/model';
import { changeIdFor } from '../../src/engine/change-id';
import type { Hold } from '../../src/ports/hold-store';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { APPROVER, OPERATOR, READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aStatusApp, guid } from '../unit/pages/status-app';
import { logEntry } from './storage/log-entry';

const HOSTILE = '<img src=x onerror=alert(1)>';

function anApp() {
  const { app, deps } = aStatusApp(SIGNED_IN);
  const planning = { ...app.planning, deps, plans: makePlans(), shadow: makeShadow() };
  return { ...app, deps, planning };
}

const hold = (id: SourceId, over: Partial<Hold> = {}): Hold => ({
  key: { type: 'user', id },
  source: { deleted: 'no', entitlements: '', attributes: {} },
  heldBy: { type: 'user', id: 'o', displayName: HOSTILE },
  heldAt: '2026-03-02T09:00:00.000Z',
  planId: guid(9),
  cycleId: guid(8),
  name: HOSTILE,
  way: null,
  allows: null,
  isLast: false,
  ...over,
});

describe('the page of what is held', () => {
  it('lists it, and releases what an approver ticks, or all', async () => {
    const app = anApp();
    expect(textOf(await visit(() => app, READER).get('holds'))).toContain('Nothing is held');
    const ids = [1, 2, 3].map((at) => guid(at) as SourceId);
    await app.deps.holds.put(ids.map((id) => hold(id)));
    const page = await visit(() => app, READER).get('holds');
    expect(textOf(page)).toContain('3 objects are held by');
    expect(page.body).not.toContain(HOSTILE);
    expect(page.body).not.toContain('value="release"');
    expect((await visit(() => app, OPERATOR).get('holds')).body).not.toContain('value="release"');
    expect(textOf(await visit(() => app, APPROVER).act('holds', 'release'))).toContain('Nothing was selected');
    expect(textOf(await visit(() => app, APPROVER).act('holds', 'release', { objects: [`user ${ids[0]}`] }))).toContain(
      '1 object released',
    );
    expect(await app.deps.holds.read({ type: 'user', id: ids[0] as SourceId })).toBeUndefined();
    expect(textOf(await visit(() => app, APPROVER).act('holds', 'releaseAll'))).toContain('2 objects released');
    expect(textOf(await visit(() => app, APPROVER).get('holds'))).toContain('Nothing is held');
    expect((await visit(() => app, READER).get('holds?after=x')).status).toBe(404);
  });
});

describe('the page that takes a cycle back', () => {
  it('is found from the log of a cycle, shows what it changed, and asks for a tick', async () => {
    const app = anApp();
    const [cycleId, id] = [guid(7), guid(5) as SourceId];
    const entry = logEntry(cycleId, changeIdFor(cycleId, { type: 'user', id }));
    await app.deps.log.record({
      ...entry,
      sourceIdentity: { id, displayName: HOSTILE, identityType: 'User', details: {} },
      provisioningAction: 'disable',
      modifiedProperties: [{ displayName: 'suspended', oldValue: 'false', newValue: 'true' }],
    });
    const log = await visit(() => app, READER).get(`log?cycle=${cycleId}`);
    expect(log.body).toContain(`/api/console/undo/${cycleId}`);
    const page = await visit(() => app, READER).get(`undo/${cycleId}`);
    expect(textOf(page)).toContain('Plan an undo of this cycle');
    expect(page.body).not.toContain(HOSTILE);
    expect(page.body).not.toContain('value="undo"');
    const operator = visit(() => app, OPERATOR);
    expect((await operator.get(`undo/${cycleId}`)).body).toContain(`value="user ${id}"`);
    expect(textOf(await operator.act(`undo/${cycleId}`, 'undoTicked'))).toContain('Nothing was selected');
    expect((await operator.get(`undo/${guid(6)}`)).status).toBe(404);
    expect((await operator.get('undo/x')).status).toBe(404);
  });

  it('a plan of the way back is applied by an approver only', async () => {
    const app = anApp();
    const planId = guid(4);
    const header = {
      ...{
        planId,
        kind: 'undo',
        undoes: guid(7),
        state: 'planned',
        createdAt: app.deps.clock().toISOString(),
        createdBy: 'Olga',
      },
      ...{ schemaHash: '', isForOtherSchema: false, phase: 'done', cycle: {}, objects: 1, counts: { update: 1 }, removals: {} },
      ...{ brake: [], endedAt: null, error: null, application: null },
    } as never;
    await app.planning.plans.write(header, null);
    const page = await visit(() => app, OPERATOR).get(`plans/${planId}`);
    expect(textOf(page)).toContain('you need the role Provisioning.Approve');
    expect(page.body).not.toContain('value="apply"');
    expect((await visit(() => app, APPROVER).get(`plans/${planId}`)).body).toContain('value="apply"');
  });
});
