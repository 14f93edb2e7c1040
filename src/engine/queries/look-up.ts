import { ProvisioningError } from '../../core/errors';
import type { ProvisioningLogEntry } from '../../core/record';
import type { Escrow, ObjectKey } from '../../ports/stores';
import type { EngineDeps } from '../deps';
import { type FoundSubject, findSubject } from '../find-subject';
import { ENTRIES_SHOWN, type ExplainResult, type Explanation, explainObject } from './explain-object';

/** What there is to say about a name that somebody has typed. */
export type LookUp = { readonly asked: string } & (
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  /** Entra ID does not have it, or does not respond; what is recorded here, not all of which is empty. */
  | {
      readonly kind: 'recorded';
      readonly reason: string;
      readonly escrow: Escrow | null;
      readonly entries: readonly ProvisioningLogEntry[];
    }
  | { readonly kind: 'several'; readonly found: Extract<FoundSubject, { kind: 'several' }> }
  /** Why there is nothing to say, in a sentence. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** Nothing was typed. */
  | { readonly kind: 'unasked' }
);

/** Looks a person or group up by whatever names them, and explains it. "Nothing is recorded" comes only after Entra ID was asked, too. */
export async function lookUp(deps: EngineDeps, text: string): Promise<LookUp> {
  const asked = text.trim();
  if (asked === '') return { asked, kind: 'unasked' };
  const found = await findSubject(deps, asked);
  switch (found.kind) {
    case 'several':
      return { asked, kind: 'several', found };
    case 'target':
      return { asked, kind: 'nothing', reason: 'This app has never touched the Zendesk account or group with this id.' };
    case 'unreadable':
      return { asked, kind: 'nothing', reason: 'This is longer than any name.' };
    case 'none':
      return {
        asked,
        kind: 'nothing',
        reason:
          'Neither the cycles nor the log know anybody of this name, and Entra ID has no such address. People who are not assigned are found by their id, UPN or e-mail address.',
      };
  }
  const result = await explainOrReason(deps, found.key);
  if (result.kind === 'explained') return { asked, kind: 'explained', explanation: result.explanation };
  const reason =
    result.kind === 'notFound'
      ? 'Entra ID has no such object, and no cycle has ever read one.'
      : `The object could not be read from Entra ID: ${result.reason}`;
  const [escrow, { entries }] = await Promise.all([
    deps.escrows.read(found.key),
    deps.log.query({ sourceId: found.key.id }, ENTRIES_SHOWN),
  ]);
  if (!escrow && entries.length === 0) return { asked, kind: 'nothing', reason };
  return { asked, kind: 'recorded', reason, escrow: escrow ?? null, entries };
}

/** What is recorded is shown also while Entra ID does not respond, or no cycle has read the application yet. */
async function explainOrReason(deps: EngineDeps, key: ObjectKey): Promise<ExplainResult> {
  try {
    return await explainObject(deps, key);
  } catch (error) {
    if (error instanceof ProvisioningError) return { kind: 'unknown', reason: `${error.code}: ${error.message}` };
    throw error;
  }
}
