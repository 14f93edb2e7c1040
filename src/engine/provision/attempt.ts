import type { Leaving } from '../../core/leaving';
import type { Link, SourceObject, WorkItem } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { ScopeDecision, SkipReason } from '../../core/scope';
import type { WayBack } from '../../core/way-back';
import type { Hold } from '../../ports/hold-store';
import type { TargetDescription } from '../../ports/target-connector';
import type { Ancestor } from '../decide/ancestry';
import type { EngineReads } from '../deps';
import type { Outcome, Subject } from '../record/outcome';
import type { Trace } from '../record/trace';
import type { PairingState } from './pairing';

/** A hold whose way back is still to be carried out. */
export type Back = Hold & { readonly way: WayBack };

/** One work item with everything that was read for it: what its stages decide from. */
export interface Attempt {
  readonly reads: EngineReads;
  readonly item: WorkItem;
  readonly dryRun: boolean;
  /** True when an address was refused a moment ago: then it is searched for, not asked about by creating. */
  readonly isSecondTry: boolean;
  readonly object: SourceObject;
  readonly above: readonly Ancestor[];
  readonly decision: ScopeDecision;
  readonly account: TargetDescription;
  readonly pairing: PairingState;
  /** What is taken back in the place of what is due; null for an ordinary attempt. */
  readonly back: Back | null;
  /** What is kept of somebody who left, where it can matter. */
  readonly leaving: Leaving | null;
  readonly trace: Trace;
}

/** The reason why nothing is done for an object: a decision, not a failure. */
export interface Skip {
  readonly kind: 'skip';
  readonly code: SkipReason;
  readonly reason: string;
}

/** Nothing is to be done, and why. */
export const skip = (code: SkipReason, reason: string): Skip => ({ kind: 'skip', code, reason });

/** Whether a stage has decided that nothing is to be done. */
export const isSkip = (decided: Plan | Skip): decided is Skip => 'kind' in decided;

/** What Zendesk has of an object, as far as an entry of the log names it. */
export type NamedTarget = { readonly id: Link['targetId']; readonly name: string } | undefined;

/** What the log entry of an attempt is about. */
export const subjectOf = ({ object, decision, pairing, trace, back }: Attempt, target: NamedTarget): Subject => ({
  source: object,
  targetId: target?.id ?? pairing.row.link?.targetId,
  targetName: target?.name,
  scope: decision,
  steps: trace.steps,
  ...(back && { initiator: back.heldBy }),
});

/** Ends an attempt without anything done. */
export function skipped(attempt: Attempt, target: NamedTarget, { code, reason }: Omit<Skip, 'kind'>): Outcome {
  attempt.trace.step('export', reason, { skipReason: code }, 'skipped');
  return { kind: 'skipped', subject: subjectOf(attempt, target), skipReason: code, reason };
}
