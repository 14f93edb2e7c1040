import { ERROR_TABLE, type ErrorCode } from './error-table';

export type { ErrorCode } from './error-table';

/** Every stable error code. */
export const ERROR_CODES = Object.keys(ERROR_TABLE) as readonly ErrorCode[];

/** The system an error came from. */
export type Side = 'source' | 'target';

/** Base of the error family. Handle by `code`; `core/retry.ts` alone decides what to do about one. */
export class ProvisioningError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

const sided = (side: Side, word: 'UNAUTHORIZED' | 'THROTTLED' | 'UNAVAILABLE' | 'UNEXPECTED' | 'NOT_FOUND'): ErrorCode =>
  side === 'source' ? `PROV_SOURCE_${word}` : `PROV_TARGET_${word}`;

/** One fault of a setting: which, what is wrong with it, and what to do. */
export interface ConfigIssue {
  readonly setting: string;
  readonly problem: string;
}

/** The settings or the mapping file cannot be used; nothing runs but the functions that say so. */
export class ConfigError extends ProvisioningError {
  constructor(readonly issues: readonly ConfigIssue[]) {
    super('PROV_CONFIG_INVALID', `Not configured: ${issues.map((issue) => `${issue.setting}: ${issue.problem}`).join('; ')}`);
  }
}

/** The credential was refused or lacks a permission: no object can succeed until a person acts. */
export class UnauthorizedError extends ProvisioningError {
  /** True where the call that was refused was to write: it has written nothing. */
  readonly isUnwritten: boolean;

  constructor(side: Side, message: string, options?: { cause?: unknown; isUnwritten?: boolean }) {
    super(sided(side, 'UNAUTHORIZED'), message, options);
    this.isUnwritten = options?.isUnwritten === true;
  }
}

/** The other side asks us to wait. `retryAfterMs` ≥ 0 is its own word, honoured whole. */
export class ThrottledError extends ProvisioningError {
  /** True where the call that has to wait was to write: it has written nothing. */
  readonly isUnwritten: boolean;

  constructor(
    side: Side,
    readonly retryAfterMs: number,
    message: string,
    options?: { cause?: unknown; isUnwritten?: boolean },
  ) {
    super(sided(side, 'THROTTLED'), message, options);
    this.isUnwritten = options?.isUnwritten === true;
  }
}

/** The same error where something may have been written before the call that it refuses: then it proves nothing of that. */
export function afterWrite(error: unknown): unknown {
  if (error instanceof UnauthorizedError && error.isUnwritten)
    return new UnauthorizedError('target', error.message, { cause: error });
  if (!(error instanceof ThrottledError) || !error.isUnwritten) return error;
  return new ThrottledError('target', error.retryAfterMs, error.message, { cause: error });
}

/** The other side could not be reached or failed by itself; the same call may work later. */
export class UnavailableError extends ProvisioningError {
  constructor(side: Side, message: string, options?: { cause?: unknown }) {
    super(sided(side, 'UNAVAILABLE'), message, options);
  }
}

/** The delta link is no longer known to Graph; an initial cycle is due and links stay. */
export class WatermarkExpiredError extends ProvisioningError {
  constructor(
    message: string,
    readonly restartLink?: string,
    options?: { cause?: unknown },
  ) {
    super('PROV_WATERMARK_EXPIRED', message, options);
  }
}

/** The object is gone on that side. */
export class NotFoundError extends ProvisioningError {
  constructor(side: Side, message: string, options?: { cause?: unknown }) {
    super(sided(side, 'NOT_FOUND'), message, options);
  }
}

/**
 * A unique value is taken in the target; read again and plan again. `attribute` is the target's name for it, `maker` is who made the object that
 * has the value, where that shows.
 */
export class AlreadyExistsError extends ProvisioningError {
  readonly maker: 'us' | 'others' | undefined;

  constructor(
    readonly attribute: string,
    message: string,
    options?: { cause?: unknown; maker?: 'us' | 'others' },
  ) {
    super('PROV_TARGET_EXISTS', message, options);
    this.maker = options?.maker;
  }
}

/** The target refuses the data; a person must change data or mapping. `detail` is the target's own wording. */
export class RejectedError extends ProvisioningError {
  constructor(
    readonly attribute: string | undefined,
    message: string,
    readonly detail?: string,
    options?: { cause?: unknown },
  ) {
    super('PROV_TARGET_REJECTED', message, options);
  }
}

/** The target took the write and stored something else than was asked for: a person must change data or mapping, and what it stored was written. */
export class AlteredError extends RejectedError {}

/** The account cannot be deleted while it has requested tickets that are not closed: proved by such a ticket, not by the refusal's words. */
export class OpenTicketsError extends RejectedError {}

/** Open tickets of an agent who left could not be handed over. `detail` is the target's own wording of the first refusal. */
export class TicketsRefusedError extends ProvisioningError {
  constructor(
    message: string,
    readonly detail?: string,
    options?: { cause?: unknown },
  ) {
    super('PROV_TARGET_TICKETS', message, options);
  }
}

/** No agent seat is free in Zendesk. `detail` is Zendesk's own wording. */
export class LicenseLimitError extends ProvisioningError {
  constructor(
    message: string,
    readonly detail?: string,
    options?: { cause?: unknown },
  ) {
    super('PROV_TARGET_LICENSE_LIMIT', message, options);
  }
}

/** Another worker or instance changed the same row first. */
export class StaleStateError extends ProvisioningError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('PROV_STATE_CONFLICT', message, options);
  }
}

/** Storage cannot be reached: nothing may be written to Zendesk, because it could not be recorded. */
export class StateUnavailableError extends ProvisioningError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('PROV_STATE_UNAVAILABLE', message, options);
  }
}

/** More objects would lose access than the brake lets through. */
export class DeletionThresholdError extends ProvisioningError {
  constructor(
    readonly count: number,
    readonly limit: number,
    message: string,
  ) {
    super('PROV_DELETIONS_STAGED', message);
  }
}

/** An answer that the published contract does not allow. */
export class UnexpectedResponseError extends ProvisioningError {
  constructor(side: Side, message: string, options?: { cause?: unknown }) {
    super(sided(side, 'UNEXPECTED'), message, options);
  }
}

/** Several target objects match, or the one that matches belongs to somebody else. All candidates are named; nothing is written. */
export class DisputedMatchError extends ProvisioningError {
  constructor(
    readonly candidateIds: readonly string[],
    message: string,
    /** True where the other claimant is an object of ours: each cycle asks again whether it still stands in the way. */
    readonly isBetweenOurs = false,
  ) {
    super('PROV_TARGET_DISPUTED', message);
  }
}

/** Another object of ours holds what this one needs and is about to give it up. */
export class HandoverError extends ProvisioningError {
  constructor(
    message: string,
    /** True where the other one's own change is under way, so that a short wait helps. */
    readonly isSoon: boolean,
    options?: { cause?: unknown },
  ) {
    super('PROV_TARGET_HANDOVER', message, options);
  }
}

/** An app role names no Zendesk role. `available` lists what exists. */
export class UnknownRoleError extends ProvisioningError {
  constructor(
    readonly available: readonly string[],
    message: string,
  ) {
    super('PROV_ROLE_UNKNOWN', message);
  }
}

/** A mapping gave no usable value for an attribute that the target needs. */
export class MappingError extends ProvisioningError {
  constructor(
    readonly attribute: string,
    message: string,
  ) {
    super('PROV_MAPPING_FAILED', message);
  }
}

/** What the other side said of a refusal in its own words, redacted; undefined where it said none. */
export const ownWordsOf = (error: ProvisioningError): string | undefined =>
  error instanceof RejectedError || error instanceof LicenseLimitError || error instanceof TicketsRefusedError
    ? error.detail
    : undefined;
