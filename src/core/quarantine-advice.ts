import { ENTRA_ERROR_CODE, RECOMMENDED_ACTION } from './advice';
import type { RemovalKind } from './brake';
import { ERROR_CODES } from './errors';
import { heldQuestion } from './held-words';
import type { QuarantineReason } from './quarantine';

/** A request of this app that is part of the remedy; the body is JSON. */
export interface Remedy {
  readonly method: 'POST';
  /** Below the app's address, such as `/api/job/run`. */
  readonly path: string;
  readonly body?: string;
}

/** One step of what to do. */
export interface Step {
  readonly text: string;
  readonly remedy?: Remedy;
}

/** A quarantine in plain words and what a person does about it, first step first. */
export interface QuarantineAdvice {
  readonly headline: string;
  readonly steps: readonly Step[];
}

/** Starts a cycle now, whatever the back-off says. */
export const RUN_NOW: Remedy = { method: 'POST', path: '/api/job/run' };

const RETRY_ALL: Remedy = {
  method: 'POST',
  path: '/api/job/restart',
  body: '{"criteria":{"resetScope":"Escrows, QuarantineState"}}',
};

const THRESHOLD = 'So many objects failed that provisioning has been slowed down';

const HEADLINES: Readonly<Record<QuarantineReason, string>> = {
  EncounteredQuarantineException: 'A credential or permission was refused, so nothing can be provisioned',
  EncounteredEscrowProportionThreshold: THRESHOLD,
  EncounteredBaseEscrowThreshold: THRESHOLD,
  EncounteredTotalEscrowThreshold: THRESHOLD,
  TooManyDeletes: 'The brake is on: more removals than the threshold wait for your decision',
  QuarantinedOnDemand: 'The job was put into quarantine by hand',
};

const OTHER_SYSTEMS = 'The settings name a different tenant, application or Zendesk account than before';

/**
 * What a quarantine means and what to do. Pure; a reason that nobody knows is told as it is.
 * @param held The kinds of removal that the brake holds
 */
export function quarantineAdvice(reason: string, code: string, held: readonly RemovalKind[] = []): QuarantineAdvice {
  if (code === 'PROV_CONFIG_INVALID') return { headline: OTHER_SYSTEMS, steps: stepsFor(reason, code, held) };
  const headline = isReason(reason) ? HEADLINES[reason] : `The job is in quarantine: ${reason}`;
  return { headline, steps: stepsFor(reason, code, held) };
}

function stepsFor(reason: string, code: string, held: readonly RemovalKind[]): readonly Step[] {
  switch (reason) {
    case 'EncounteredQuarantineException':
      return [
        { text: actionFor(code) },
        { text: 'Run Test Connection until every check passes.', remedy: { method: 'POST', path: '/api/test-connection' } },
        { text: 'Start a cycle now, or wait for the next attempt. Waiting work continues by itself.', remedy: RUN_NOW },
      ];
    case 'TooManyDeletes':
      return [
        { text: heldQuestion(held) },
        {
          text: 'If yes, release them. This counts once, and only for what is held now.',
          remedy: { method: 'POST', path: '/api/job/allow-deletes' },
        },
        {
          text: 'If no, correct the assignments, roles or filters in Entra ID. The next cycle drops every held removal that is no longer due.',
        },
      ];
    default:
      return [
        { text: 'Look at what failed: if most objects share one reason, correct that.' },
        { text: actionFor(code) },
        { text: 'Then try all failed objects again.', remedy: RETRY_ALL },
      ];
  }
}

/** The recommended action of one of our codes, or of the code of Entra's that stands for it in the log. */
function actionFor(code: string): string {
  const ours = ERROR_CODES.find((known) => known === code || ENTRA_ERROR_CODE[known] === code);
  return ours
    ? RECOMMENDED_ACTION[ours]
    : `Correct the cause of the most frequent code (${code}); each log entry says what is wrong and what to do.`;
}

const isReason = (text: string): text is QuarantineReason => Object.hasOwn(HEADLINES, text);
