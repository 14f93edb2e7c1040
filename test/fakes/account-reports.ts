import type { AccountReports, AccountRow } from '../../src/ports/account-report';
import { copy, type FakeOptions, watched } from './fake-kit';

/** Reports of accounts in memory. */
export function makeFakeAccountReports(options: FakeOptions = {}): AccountReports {
  const reports = new Map<string, Map<string, AccountRow>>();
  const store: AccountReports = {
    async putRows(reportId, rows) {
      const mine = reports.get(reportId) ?? new Map<string, AccountRow>();
      for (const row of rows) mine.set(`${row.findings.length > 0 ? 'a' : 'z'}.${row.id}`, copy(row));
      reports.set(reportId, mine);
    },
    async rows(reportId, which, limit, after) {
      const all = [...(reports.get(reportId) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      const rest = all.filter(([key]) => (which === 'all' || key < 'b') && (after === undefined || key > after));
      const last = rest.at(limit - 1);
      return { rows: rest.slice(0, limit).map(([, row]) => copy(row)), ...(rest.length > limit && last && { next: last[0] }) };
    },
    remove: async (reportId) => void reports.delete(reportId),
  };
  return watched('accountReports', store, options.onCall);
}
