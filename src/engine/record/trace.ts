import type { Plan } from '../../core/plan-model';
import type { ProvisioningStatus, ProvisioningStep } from '../../core/record';

type StepType = ProvisioningStep['provisioningStepType'];

/** Names of the steps as Entra's own log prints them. */
const STEP_NAMES: Readonly<Record<StepType, string>> = {
  import: 'EntryImport',
  scoping: 'EntrySynchronizationScoping',
  matching: 'EntryMatching',
  processing: 'EntryProcessing',
  referenceResolution: 'EntryReferenceResolution',
  export: 'EntryExport',
};

/** Collects what each stage of one work item found, in order, for its log entry. */
export class Trace {
  readonly #collected: ProvisioningStep[] = [];
  #stage: StepType = 'import';
  /** The plan that is being carried out; what a failure is told with. */
  planned: Plan | undefined;

  /** Says which stage begins, so that a failure is noted at the stage where it happened. */
  enter(stage: StepType): void {
    this.#stage = stage;
  }

  /** Does a part of another stage: a fault in it is that stage's. */
  within<T>(stage: StepType, run: () => T): T {
    const before = this.#stage;
    this.#stage = stage;
    const result = run();
    this.#stage = before;
    return result;
  }

  /** Notes what a stage found. A stage may be noted more than once (a plan made again). */
  step(
    provisioningStepType: StepType,
    description: string,
    details: Readonly<Record<string, string>> = {},
    status: ProvisioningStatus = 'success',
  ): void {
    this.#stage = provisioningStepType;
    this.#collected.push({ name: STEP_NAMES[provisioningStepType], provisioningStepType, status, description, details });
  }

  get steps(): readonly ProvisioningStep[] {
    return this.#collected;
  }

  /** The stage that is under way, or was last. */
  get stage(): StepType {
    return this.#stage;
  }
}
