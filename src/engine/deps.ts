import type { ProvisioningSchema } from '../core/schema/model';
import type { ConnectorSpace, SpaceReads } from '../ports/connector-space';
import type { CycleStore } from '../ports/cycle-store';
import type { EscrowStore } from '../ports/escrow-store';
import type { HoldStore } from '../ports/hold-store';
import type { LeavingStore } from '../ports/leaving-store';
import type { LinkReads, LinkStore } from '../ports/link-store';
import type { Notifier } from '../ports/notifier';
import type { ProvisioningLog } from '../ports/provisioning-log';
import type { Clock, Logger, NewId } from '../ports/runtime';
import type { SourceConnector } from '../ports/source-connector';
import type { StagedDeletionStore } from '../ports/staged-deletion-store';
import type { StateStore } from '../ports/state-store';
import type { TargetConnector, TargetReads } from '../ports/target-connector';
import type { WorkQueue } from '../ports/work-queue';
import type { ClaimWatch } from './claim-watch';
import type { JobSettings } from './job-settings';
import type { Mappings } from './mappings';
import type { MatchHistory } from './match-history';

/**
 * What deciding may look at: both sides and what is kept, and nothing that could write. A stage that is given only this cannot change anything,
 * whatever is added to the ports later.
 */
export interface EngineReads {
  readonly settings: JobSettings;
  readonly schema: ProvisioningSchema;
  readonly source: Pick<SourceConnector, 'readApplication' | 'readUser' | 'readGroup' | 'listGroupsOf'>;
  readonly target: TargetReads;
  readonly state: Pick<StateStore, 'read'>;
  readonly space: SpaceReads;
  readonly links: LinkReads;
  readonly staged: Pick<StagedDeletionStore, 'read'>;
  readonly holds: Pick<HoldStore, 'read'>;
  readonly leavings: Pick<LeavingStore, 'read'>;
  readonly matchHistory: MatchHistory;
  readonly claims: ClaimWatch;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly random: () => number;
}

/** Everything a use case may reach for: the two connectors, the stores, and what is neither pure nor ours. */
export interface EngineDeps {
  readonly settings: JobSettings;
  /** What this piece of work maps, matches and scopes by. */
  readonly schema: ProvisioningSchema;
  /** Every version of it; whoever begins a piece of work chooses. */
  readonly mappings: Mappings;
  readonly source: SourceConnector;
  readonly target: TargetConnector;
  readonly queue: WorkQueue;
  readonly state: StateStore;
  readonly space: ConnectorSpace;
  readonly links: LinkStore;
  readonly escrows: EscrowStore;
  readonly staged: StagedDeletionStore;
  readonly holds: HoldStore;
  readonly leavings: LeavingStore;
  readonly cycles: CycleStore;
  readonly log: ProvisioningLog;
  readonly notifier: Notifier;
  /** What this process has learnt about matching; losing it costs a few requests. */
  readonly matchHistory: MatchHistory;
  /** The claims of other workers that this process has seen; losing it costs a wait. */
  readonly claims: ClaimWatch;
  readonly clock: Clock;
  /** Waits for that many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly newId: NewId;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly logger: Logger;
}
