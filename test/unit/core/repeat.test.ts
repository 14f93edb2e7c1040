import type { ModifiedProperty, ProvisioningLogEntry, ProvisioningStatus } from '../../../src/core/record';
import { mergeRepeat } from '../../../src/core/repeat';

const property = (displayName: string, oldValue: string | null, newValue: string | null): ModifiedProperty => ({
  displayName,
  oldValue,
  newValue,
});

const entry = (status: ProvisioningStatus, overrides: Partial<ProvisioningLogEntry> = {}): ProvisioningLogEntry => ({
  id: 'first',
  activityDateTime: '2026-01-01T00:00:00.000Z',
  tenantId: 't',
  jobId: 'j',
  cycleId: 'c',
  changeId: 'x',
  provisioningAction: 'update',
  durationInMilliseconds: 1,
  initiatedBy: { id: '', displayName: '', initiatorType: 'system' },
  servicePrincipal: { id: '', displayName: '' },
  sourceSystem: { id: '', displayName: '', details: {} },
  targetSystem: { id: '', displayName: '', details: {} },
  sourceIdentity: { id: 'u', displayName: '', identityType: 'User', details: {} },
  targetIdentity: { id: '7', displayName: '', identityType: 'User', details: {} },
  provisioningStatusInfo: { status, errorInformation: null },
  provisioningSteps: [],
  modifiedProperties: [],
  attempts: 1,
  skipReason: null,
  ...overrides,
});

const again = (status: ProvisioningStatus, overrides: Partial<ProvisioningLogEntry> = {}): ProvisioningLogEntry =>
  entry(status, { id: 'again', activityDateTime: '2026-01-02T00:00:00.000Z', ...overrides });

describe('mergeRepeat', () => {
  it.each([
    ['skipped', 'success', 'success'],
    ['skipped', 'warning', 'warning'],
    ['skipped', 'failure', 'failure'],
    ['skipped', 'skipped', 'skipped'],
    ['failure', 'success', 'success'],
    ['failure', 'skipped', 'skipped'],
    ['failure', 'failure', 'failure'],
    ['success', 'skipped', 'success'],
    ['success', 'failure', 'success'],
    ['success', 'success', 'success'],
    ['success', 'warning', 'warning'],
    ['warning', 'success', 'warning'],
  ] as const)('first %s, again %s › %s, in its place, with two attempts', (first, second, expected) => {
    const merged = mergeRepeat(entry(first), again(second));
    expect(merged.provisioningStatusInfo.status).toBe(expected);
    expect(merged).toMatchObject({ id: 'first', activityDateTime: '2026-01-01T00:00:00.000Z', attempts: 2 });
  });

  it('two changes of one item are told as one, from the first old value to the last new one', () => {
    const merged = mergeRepeat(
      entry('success', { modifiedProperties: [property('name', 'a', 'b'), property('members', null, 'Ann')] }),
      again('success', {
        modifiedProperties: [
          property('name', 'b', 'c'),
          property('phone', null, '1'),
          property('members', null, 'Ann'),
          property('members', null, 'Bob'),
          property('members', 'Cid', null),
        ],
      }),
    );
    expect(merged.modifiedProperties).toEqual([
      property('name', 'a', 'c'),
      property('members', null, 'Ann'),
      property('phone', null, '1'),
      property('members', null, 'Bob'),
      property('members', 'Cid', null),
    ]);
  });

  it.each([
    ['create', 'update', 'create'],
    ['update', 'other', 'update'],
    ['update', 'disable', 'disable'],
    ['create', 'delete', 'delete'],
    ['disable', 'update', 'disable'],
  ] as const)('%s and then %s is told as %s', (first, second, expected) => {
    const merged = mergeRepeat(entry('success', { provisioningAction: first }), again('success', { provisioningAction: second }));
    expect(merged.provisioningAction).toBe(expected);
  });

  it('the target that was made later is named, and one that is gone does not unname it', () => {
    const target = (id: string) => ({ id, displayName: '', identityType: 'User' as const, details: {} });
    const later = mergeRepeat(
      entry('success', { targetIdentity: target('') }),
      again('success', { targetIdentity: target('9') }),
    );
    expect(later.targetIdentity.id).toBe('9');
    const gone = mergeRepeat(entry('success'), again('success', { targetIdentity: target('') }));
    expect(gone.targetIdentity.id).toBe('7');
  });

  it('steps of all tries are kept, in order, up to a bound', () => {
    const step = (description: string) => ({
      name: 's',
      provisioningStepType: 'export' as const,
      status: 'success' as const,
      description,
      details: {},
    });
    let merged = entry('success', { provisioningSteps: [step('0')] });
    for (let at = 1; at <= 70; at += 1) merged = mergeRepeat(merged, again('success', { provisioningSteps: [step(String(at))] }));
    expect(merged.provisioningSteps).toHaveLength(60);
    expect(merged.provisioningSteps.at(-1)?.description).toBe('70');
    expect(merged.attempts).toBe(71);
  });
});
