import { z } from 'zod';
import { type AccountReports, type AccountRow, isAccountMark } from '../../ports/account-report';
import type { Storage } from './connection';
import { TABLES } from './names';
import { AFTER_SEPARATOR, fromJsonColumns, guard, jsonColumns, keyOf } from './table-kit';

const isRow = guard<AccountRow>()(
  z.looseObject({ id: z.string(), name: z.string(), role: z.looseObject({ role: z.string() }), findings: z.array(z.string()) }),
);

/**
 * Reports of accounts on a table:
 *
 *   partition     row         holds
 *   report.<id>   a|z.<id>    one agent or admin: `a` where something stands out, `z` where nothing does
 */
export function makeAccountReports(storage: Storage): AccountReports {
  const table = storage.table(TABLES.accounts);
  const partition = (reportId: string): string => keyOf('report', reportId);
  return {
    putRows: (reportId, rows) =>
      table.upsertMany(
        rows.map((row) => ({
          partitionKey: partition(reportId),
          rowKey: keyOf(row.findings.length > 0 ? 'a' : 'z', row.id),
          ...jsonColumns(row),
        })),
      ),
    async rows(reportId, which, limit, after) {
      // Marks are row keys; what is none never reaches a query.
      const range = {
        partition: partition(reportId),
        ...(after !== undefined && isAccountMark(after) && { rowAfter: after }),
        ...(which === 'findings' && { rowBefore: `a${AFTER_SEPARATOR}` }),
      };
      const found = [];
      for await (const page of table.pages(range, { pageSize: limit + 1 })) {
        found.push(...page);
        if (found.length > limit) break;
      }
      const last = found.at(limit - 1);
      const rows = found.slice(0, limit).map((row) => fromJsonColumns(row, 'an account of a report', isRow));
      return { rows, ...(found.length > limit && last && { next: last.rowKey }) };
    },
    async remove(reportId) {
      for await (const page of table.pages({ partition: partition(reportId) }, { select: [] })) await table.removeMany(page);
    },
  };
}
