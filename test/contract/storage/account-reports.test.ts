import { makeAccountReports } from '../../../src/adapters/storage/account-reports';
import { targetId } from '../../../src/core/model';
import type { AccountReports, AccountRow } from '../../../src/ports/account-report';
import { makeFakeAccountReports } from '../../fakes/account-reports';
import { HOSTILE_TEXTS, onBoth } from './both';

const row = (id: number, changes: Partial<AccountRow> = {}): AccountRow => ({
  id: targetId(id),
  externalId: null,
  email: null,
  name: 'Ann',
  role: { role: 'agent', customRoleId: null },
  suspended: false,
  roleType: null,
  createdAt: null,
  lastLoginAt: null,
  roleName: 'agent',
  holdsSeat: true,
  source: null,
  findings: [],
  ...changes,
});

onBoth<AccountReports>('account reports', { fake: () => makeFakeAccountReports(), real: makeAccountReports }, (make) => {
  it('lists what stands out first, page by page, and each report by itself', async () => {
    const reports = await make();
    await reports.putRows('one', [row(3), row(1, { findings: ['NobodyBehind'] }), row(2, { findings: ['Protected'] })]);
    await reports.putRows('two', [row(9)]);
    const first = await reports.rows('one', 'all', 2);
    expect(first.rows.map(({ id }) => id)).toEqual(['1', '2']);
    const rest = await reports.rows('one', 'all', 2, first.next);
    expect([rest.rows.map(({ id }) => id), rest.next]).toEqual([['3'], undefined]);
    expect((await reports.rows('one', 'findings', 10)).rows).toHaveLength(2);
    await reports.putRows('one', [row(3)]);
    expect((await reports.rows('one', 'all', 10)).rows).toHaveLength(3);
    await reports.remove('one');
    expect((await reports.rows('one', 'all', 10)).rows).toEqual([]);
    expect((await reports.rows('two', 'all', 10)).rows).toHaveLength(1);
  });

  it('keeps every text as it is', async () => {
    const reports = await make();
    const rows = HOSTILE_TEXTS.map((name, at) => row(at, { name, findings: ['NobodyBehind'] }));
    await reports.putRows('one', rows);
    const kept = (await reports.rows('one', 'findings', 100)).rows;
    expect(new Set(kept.map(({ name }) => name))).toEqual(new Set(HOSTILE_TEXTS));
  });
});
