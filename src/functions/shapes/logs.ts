import { z } from 'zod';
import { ErrorInformation, Escrow, StagedDeletion } from './failure';
import { Hold } from './holds';
import { count, flag, instant, named, text, texts } from './kit';

/** How a work item or a step ended. */
export const Status = z.enum(['success', 'warning', 'failure', 'skipped']);
/** What was done. */
export const Action = z.enum(['create', 'update', 'delete', 'stagedDelete', 'disable', 'other']);

/** One of the six stages and what it found. */
export const ProvisioningStep = named(
  'ProvisioningStep',
  z.object({
    name: text,
    provisioningStepType: z.enum(['import', 'scoping', 'matching', 'processing', 'referenceResolution', 'export']),
    status: Status,
    description: text,
    details: texts,
  }),
);

/** One attribute before and after. */
export const ModifiedProperty = named(
  'ModifiedProperty',
  z.object({ displayName: text, oldValue: text.nullable(), newValue: text.nullable() }),
);

const ProvisioningSystem = named('ProvisioningSystem', z.object({ id: text, displayName: text, details: texts }));

/** What an object is. */
export const IdentityType = z.enum(['User', 'Group', 'ServicePrincipal']);

/** An object on either side. */
export const ProvisionedIdentity = named(
  'ProvisionedIdentity',
  z.object({ id: text, displayName: text, identityType: IdentityType, details: texts }),
);

/** How it ended, and why it failed. */
export const ProvisioningStatusInfo = named(
  'ProvisioningStatusInfo',
  z.object({ status: Status, errorInformation: ErrorInformation.nullable() }),
);

/** One entry of the log. @see https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary */
export const LogEntry = named(
  'LogEntry',
  z.object({
    id: text,
    activityDateTime: instant,
    tenantId: text,
    jobId: text,
    cycleId: text,
    changeId: text,
    provisioningAction: Action,
    durationInMilliseconds: count,
    initiatedBy: z.object({ id: text, displayName: text, initiatorType: z.enum(['system', 'user', 'application']) }),
    servicePrincipal: z.object({ id: text, displayName: text }),
    sourceSystem: ProvisioningSystem,
    targetSystem: ProvisioningSystem,
    sourceIdentity: ProvisionedIdentity,
    targetIdentity: ProvisionedIdentity,
    provisioningStatusInfo: ProvisioningStatusInfo,
    provisioningSteps: z.array(ProvisioningStep),
    modifiedProperties: z.array(ModifiedProperty),
    attempts: count.describe('How often the same work item was carried out.'),
    skipReason: text.nullable(),
  }),
);

/** A page of the log. */
export const LogList = named(
  'LogList',
  z.object({
    '@odata.context': text,
    '@odata.count': count.optional(),
    value: z.array(LogEntry).describe('With `$select`, entries have only what was asked for.'),
    '@odata.nextLink': text.optional(),
  }),
);

const Link = named(
  'Link',
  z.object({
    type: z.enum(['user', 'group']),
    sourceId: text,
    targetId: text,
    createdByUs: flag,
    settledRole: z.object({ role: text, customRoleId: text.nullable() }).nullable(),
    isAgent: flag,
    disabledByUs: flag,
    suspendedByOthers: flag.optional(),
    ownedTags: z.array(text),
    exportedVersion: z.int(),
  }),
);

/** Why somebody has an account, or none. */
export const Explanation = named(
  'Explanation',
  z.object({
    provisioningStatus: z.enum(['On', 'Off']),
    answer: text.describe('The answer in one or two sentences.'),
    subject: z.object({
      type: z.enum(['user', 'group']),
      id: text,
      displayName: text.nullable(),
      userPrincipalName: text.nullable(),
      mail: text.nullable(),
      deleted: z.enum(['no', 'soft', 'hard']),
      isImported: flag.describe('False: no cycle has read it yet, so it was read from Entra ID just now.'),
    }),
    link: Link.nullable(),
    scope: z.object({
      decision: z.enum(['in', 'out', 'unknown']),
      reason: text,
      cause: text.nullable(),
      skipReason: text.nullable(),
      role: text.nullable(),
      path: z
        .array(z.object({ id: text, displayName: text.nullable() }))
        .describe('The groups between object and assignment, nearest first; empty for a direct assignment.'),
    }),
    lastError: z
      .object({ activityDateTime: instant, cycleId: text, changeId: text, errorInformation: ErrorInformation })
      .nullable(),
    escrow: Escrow.nullable(),
    stagedDeletion: StagedDeletion.nullable(),
    hold: Hold.nullable().describe('The hold that an undo has left on it.'),
    leaving: z
      .object({
        leftAt: instant.describe('When access was taken away: the days count from it.'),
        createdByUs: flag.describe('False: the account was there before this app, so no day ever deletes it.'),
        deletedAt: instant.nullable(),
        steps: z.array(
          z.object({
            step: z.enum(['access', 'tickets', 'seat', 'delete', 'erase']),
            state: z.enum(['done', 'due', 'waits', 'off']),
            at: instant.nullable().describe('The day on which it is due.'),
            detail: text.nullable(),
          }),
        ),
      })
      .nullable()
      .describe('Where somebody is who left; null for everybody else.'),
    heldBecause: text.nullable().describe('Why nothing moves at present: the job is paused or in quarantine.'),
    log: z.array(LogEntry),
  }),
);

/** The parameter that names a person. */
export const personParameter = (description: string) =>
  z
    .string()
    .max(320)
    .optional()
    .meta({
      description: `${description} An Entra or Zendesk id, a UPN, an address, a name or a part of one; several are refused and listed.`,
      example: 'ann@contoso.com',
    });
