import { z } from 'zod';
import { ACCOUNT_FINDINGS } from '../../core/account-findings';
import { count, flag, instant, named, text } from './kit';

const Finding = z.enum(ACCOUNT_FINDINGS);

/** An agent or admin of Zendesk. */
const Account = named(
  'Account',
  z.object({
    id: text.describe('In Zendesk.'),
    name: text,
    email: text.nullable(),
    externalId: text.nullable(),
    role: text.describe('With the name of a custom role.'),
    suspended: flag,
    holdsSeat: flag.describe('Light agents and contributors hold none; suspended agents do.'),
    createdDateTime: instant.nullable(),
    lastLoginDateTime: instant.nullable().describe('Null: never.'),
    sourceIdentity: z.object({ id: text, displayName: text }).nullable().describe('Who stands behind it in Entra ID, as linked.'),
    findings: z.array(Finding).describe('What stands out; empty for most.'),
  }),
);

const Report = z.object({
  id: text,
  startedDateTime: instant,
  startedBy: text,
  completedDateTime: instant.nullable(),
  ageInSeconds: count.describe('Since it was completed, or begun.'),
  accounts: count.describe('Agents and admins looked at.'),
  byRole: z.object({ admin: count, agent: count, withoutSeat: count.describe('Light agents and contributors.') }),
  byFinding: z.partialRecord(Finding, count),
  error: z.object({ code: text, message: text }).nullable().describe('Why it stands still for now.'),
});

/** The report of accounts. */
export const Accounts = named(
  'Accounts',
  z.object({
    report: Report.nullable().describe('The last whole report; null before the first.'),
    running: Report.nullable().describe('The one that is being made.'),
    failed: z.object({ at: instant, code: text, message: text }).nullable().describe('Why a newer one could not be made.'),
    seats: z
      .object({
        bought: count.nullable().describe('`AGENT_SEATS`; null while it is not set.'),
        used: count.describe('By agents and admins, suspended ones too, as of the report.'),
        needed: count.describe('Used, and one for each person who waits for a seat now.'),
        free: count.nullable(),
      })
      .nullable()
      .describe('Null before the first report.'),
    value: z.array(Account).describe('Of the last whole report, those with findings first.').optional(),
    '@odata.nextLink': text.optional(),
  }),
);
