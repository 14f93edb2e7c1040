/** What is done about an error, in one word; `core/retry.ts` says what each means. */
type Course = 'defer' | 'replan' | 'nextCycle' | 'ladder' | 'quarantine' | 'rethrow';

/** Everything that is fixed about an error. */
export interface ErrorRow {
  /** What it means, in a sentence or two: `docs/errors.md` says the same, word for word. */
  readonly meaning: string;
  /** The HTTP status of a request that ends with it. */
  readonly http: number;
  /** The documented name of the same error in Entra's provisioning log, so that existing queries find ours; `null` where it has none. */
  readonly entra: string | null;
  readonly course: Course;
  /** What a person does about it, the same for every object; `docs/errors.md` begins its advice with it. */
  readonly advice: string;
}

/** Every stable error code, one row each; nothing about a code is declared anywhere else. */
export const ERROR_TABLE = {
  PROV_CONFIG_INVALID: {
    meaning: 'Settings or the mapping file cannot be used. Nothing is provisioned until they are corrected.',
    http: 409,
    entra: null,
    course: 'rethrow',
    advice:
      'Correct the settings that the message or the status names; to move to another tenant, application or Zendesk account on purpose, restart with resetScope Full.',
  },
  PROV_SOURCE_UNAUTHORIZED: {
    meaning:
      "Microsoft Graph refused the app's identity, or a permission is missing. The job is in quarantine, because no object can succeed.",
    http: 502,
    entra: null,
    course: 'quarantine',
    advice: "Grant the app's managed identity the Graph permissions that Test Connection lists as missing.",
  },
  PROV_TARGET_UNAUTHORIZED: {
    meaning: 'Zendesk refused the credential. The job is in quarantine and work waits in the queue.',
    http: 502,
    entra: 'Unauthorized',
    course: 'quarantine',
    advice: 'Check the Zendesk credential with Test Connection; its user must be an active admin.',
  },
  PROV_SOURCE_THROTTLED: {
    meaning: 'Microsoft Graph asked to wait. That is not a failure and costs no attempt.',
    http: 503,
    entra: null,
    course: 'defer',
    advice: 'Nothing: Graph asked to wait, and the work continues by itself.',
  },
  PROV_TARGET_THROTTLED: {
    meaning: 'Zendesk asked to wait. That is not a failure and costs no attempt.',
    http: 503,
    entra: 'TooManyRequests',
    course: 'defer',
    advice: 'Nothing: Zendesk asked to wait, and the work continues by itself.',
  },
  PROV_SOURCE_UNAVAILABLE: {
    meaning: 'Microsoft Graph could not be reached, or had a fault of its own.',
    http: 503,
    entra: null,
    course: 'nextCycle',
    advice: 'Nothing at first: the next cycle tries again. If it lasts, look at the health of Microsoft Graph.',
  },
  PROV_TARGET_UNAVAILABLE: {
    meaning: 'Zendesk could not be reached, or had a fault of its own.',
    http: 503,
    entra: 'InternalServerError',
    course: 'nextCycle',
    advice: 'Nothing at first: the next cycle tries again. If it lasts, look at the status page of Zendesk.',
  },
  PROV_WATERMARK_EXPIRED: {
    meaning: 'Microsoft Graph no longer knows where the last cycle ended.',
    http: 503,
    entra: null,
    course: 'nextCycle',
    advice: 'Nothing: an initial cycle starts by itself, and nobody loses access by it.',
  },
  PROV_SOURCE_NOT_FOUND: {
    meaning: 'What was asked for does not exist in this tenant.',
    http: 404,
    entra: null,
    course: 'ladder',
    advice: 'Check the id: the object is not in this tenant.',
  },
  PROV_TARGET_NOT_FOUND: {
    meaning: 'The Zendesk object that belongs to an Entra object is gone.',
    http: 502,
    entra: 'InvalidAnchor',
    course: 'replan',
    advice: 'Nothing: the object was deleted in Zendesk and is matched again at the next attempt.',
  },
  PROV_TARGET_EXISTS: {
    meaning: 'Zendesk says that another object already holds a value that must be unique.',
    http: 409,
    entra: 'EntryConflict',
    course: 'replan',
    advice: 'Look in Zendesk for the object that already holds the value, and change or remove it.',
  },
  PROV_TARGET_REJECTED: {
    meaning: 'Zendesk refuses the data.',
    http: 502,
    entra: 'UnprocessableEntity',
    course: 'ladder',
    advice: "Correct the attribute in Entra ID or in the mapping; Zendesk's message says what is wrong.",
  },
  PROV_TARGET_TICKETS: {
    meaning:
      'Open tickets of an agent who left could not be handed over. Access was taken away all the same; the seat is given back once the tickets have gone.',
    http: 502,
    entra: null,
    course: 'ladder',
    advice:
      'Name in OFFBOARD_TICKETS a group that exists, or an active agent who may be assigned tickets and belongs to a group: Test Connection checks it. Where single tickets are refused, reassign them in Zendesk.',
  },
  PROV_TARGET_LICENSE_LIMIT: {
    meaning: 'No agent seat is free.',
    http: 409,
    entra: 'LicenseLimitExceeded',
    course: 'ladder',
    advice: 'Free an agent seat in Zendesk or buy one; the object is tried again by itself.',
  },
  PROV_TARGET_DISPUTED: {
    meaning:
      'Several Zendesk objects match, or the one that matches belongs to somebody else. Nothing was written; guessing would merge two people.',
    http: 409,
    entra: 'DuplicateTargetEntries',
    course: 'ladder',
    advice: 'Do what the reason says: it names the objects concerned and what decides between them.',
  },
  PROV_TARGET_HANDOVER: {
    meaning:
      'Another user or group that this app keeps still has the address or the name that this one needs, and is about to give it up. It is tried again after a moment, and with every cycle.',
    http: 409,
    entra: 'EntryConflict',
    course: 'nextCycle',
    advice: 'Nothing where the other one is about to change; otherwise do what the reason says.',
  },
  PROV_ROLE_UNKNOWN: {
    meaning: 'The app role does not name a role of the Zendesk account.',
    http: 409,
    entra: 'RoleNotFound',
    course: 'ladder',
    advice: 'Give the app role the name of a Zendesk role, create that role in Zendesk, or map the role in the schema.',
  },
  PROV_MAPPING_FAILED: {
    meaning: 'A required value could not be computed for this object.',
    http: 409,
    entra: 'AttributeValidationFailed',
    course: 'ladder',
    advice: 'Fill the attribute in Entra ID or change its mapping; the entry names the attribute.',
  },
  PROV_STATE_CONFLICT: {
    meaning: 'Another instance changed the same row first.',
    http: 409,
    entra: null,
    course: 'defer',
    advice: 'Nothing: another instance was faster, and the object is tried again.',
  },
  PROV_STATE_UNAVAILABLE: {
    meaning: 'The storage account did not respond. Nothing is written to Zendesk while it cannot be recorded.',
    http: 503,
    entra: null,
    course: 'rethrow',
    advice: 'Check the storage account: nothing is written to Zendesk while it cannot be recorded.',
  },
  PROV_DELETIONS_STAGED: {
    meaning:
      'The brake holds removals: more than `DELETION_THRESHOLD` or `DELETION_THRESHOLD_PERCENT` would lose access in one cycle.',
    http: 409,
    entra: null,
    course: 'ladder',
    advice: 'Look at the held removals; allow them once, or correct the source and they are dropped.',
  },
  PROV_SOURCE_UNEXPECTED: {
    meaning:
      'Microsoft Graph responded in a way that its contract does not allow. Nothing was concluded from it: unknown is not absent.',
    http: 502,
    entra: null,
    course: 'ladder',
    advice: 'Tell the maintainers: Microsoft Graph responded in a way that its contract does not allow.',
  },
  PROV_TARGET_UNEXPECTED: {
    meaning: 'Zendesk responded in a way that its contract does not allow.',
    http: 502,
    entra: 'SystemForCrossDomainIdentityManagementServiceIncompatible',
    course: 'ladder',
    advice: 'Tell the maintainers: Zendesk responded in a way that its contract does not allow.',
  },
  PROV_BUG: {
    meaning: 'The app failed in a way that it did not expect. The object is kept and tried again later.',
    http: 500,
    entra: null,
    course: 'rethrow',
    advice: 'Tell the maintainers, with the change id.',
  },
} as const satisfies Readonly<Record<string, ErrorRow>>;

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** What is fixed about a refusal that is about the request itself and not about provisioning. */
export interface RefusalRow {
  /** As of an {@link ErrorRow}. */
  readonly meaning: string;
  readonly http: number;
}

/** Every code of a refused request; with {@link ERROR_TABLE} the whole set of `code` in a problem. */
export const REFUSAL_TABLE = {
  BadRequest: { meaning: 'The request cannot be understood.', http: 400 },
  NotFound: { meaning: 'Nothing was found under that name or id.', http: 404 },
  Conflict: { meaning: 'The request does not fit the present state.', http: 409 },
  Gone: { meaning: 'It existed but is no longer available.', http: 410 },
  PayloadTooLarge: { meaning: 'The body is larger than this app accepts.', http: 413 },
  NotConfigured: { meaning: 'The app cannot do this until its settings are correct.', http: 503 },
} as const satisfies Readonly<Record<string, RefusalRow>>;

/** A code of a refused request. */
export type RefusalCode = keyof typeof REFUSAL_TABLE;
