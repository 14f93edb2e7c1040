import type { Clock, Logger } from '../../ports/runtime';
import type { StateStore } from '../../ports/state-store';
import { type BulkAccess, type BulkKind, makeBulkAccess } from './bulk-access';
import { type BulkRunner, makeBulkRunner } from './bulk-runner';
import { type Bundler, type BundlerOptions, makeBundler } from './bundler';
import type { ZendeskHttp } from './http';
import { makeJobs } from './jobs';

/** What bulk is made of. */
export interface BulkDeps {
  readonly http: ZendeskHttp;
  readonly store: Pick<StateStore, 'read' | 'write'>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
  readonly timeScale: number;
  readonly isOn: boolean;
}

/** Everything that writes many objects at once. */
export interface Bulk {
  readonly runner: BulkRunner;
  readonly access: BulkAccess;
  /** A bundler that goes by what the account offers for the kind. */
  bundler<Item, R>(kind: BulkKind, parts: Pick<BundlerOptions<Item, R>, 'keyOf' | 'single' | 'bundle'>): Bundler<Item, R>;
}

/** When many is many: below, singles are done before a job would be. Updates go at one a second, creations at some a second. */
const SIZES: Readonly<Record<BulkKind, { readonly minItems: number; readonly maxSingles: number }>> = {
  createUsers: { minItems: 20, maxSingles: 8 },
  updateUsers: { minItems: 8, maxSingles: 2 },
  createMemberships: { minItems: 20, maxSingles: 8 },
  removeMemberships: { minItems: 20, maxSingles: 8 },
  updateTickets: { minItems: 4, maxSingles: 1 },
};
/** Items that wait for each other come from workers that wait for storage: some tens of milliseconds apart. */
const QUIET_MS = 200;

/** Makes it. */
export function makeBulk({ http, store, clock, sleep, logger, timeScale, isOn }: BulkDeps): Bulk {
  const now = () => clock().getTime();
  const access = makeBulkAccess(store, clock, logger);
  return {
    access,
    runner: makeBulkRunner({ jobs: makeJobs({ http, sleep, now, timeScale }), access, sleep, now, timeScale }),
    bundler: (kind, parts) =>
      makeBundler({
        ...parts,
        ...SIZES[kind],
        canBundle: () => isOn && access.isOpen(kind),
        quietMs: QUIET_MS,
        sleep,
        now,
        timeScale,
      }),
  };
}
