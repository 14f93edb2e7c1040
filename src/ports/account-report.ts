import type { AccountFinding } from '../core/account-findings';
import type { SourceId, TeamMember } from '../core/model';

/** One agent or admin of Zendesk as the report shows them. */
export interface AccountRow extends TeamMember {
  /** The role as the log prints it, with the name of a custom role. */
  readonly roleName: string;
  readonly holdsSeat: boolean;
  /** Who stands behind the account in Entra ID, as linked; null for nobody. */
  readonly source: { readonly id: SourceId; readonly name: string } | null;
  /** What stands out; empty for most. */
  readonly findings: readonly AccountFinding[];
}

/** One page of a report. */
export interface AccountPage {
  readonly rows: readonly AccountRow[];
  /** The mark to continue after; undefined on the last page. */
  readonly next?: string;
}

/** The rows of reports. Throws as the other stores do. */
export interface AccountReports {
  putRows(reportId: string, rows: readonly AccountRow[]): Promise<void>;
  /** At most `limit` rows, those with findings first. @param which `findings` leaves out the others. @param after a mark that a page gave */
  rows(reportId: string, which: 'findings' | 'all', limit: number, after?: string): Promise<AccountPage>;
  remove(reportId: string): Promise<void>;
}

/** Whether a text can be the mark of a page of {@link AccountReports.rows}. */
export const isAccountMark = (text: string): boolean => /^[az]\.[\w.-]{1,600}$/.test(text);
