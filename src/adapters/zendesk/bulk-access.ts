import { StaleStateError } from '../../core/errors';
import type { Clock, Logger } from '../../ports/runtime';
import type { StateStore } from '../../ports/state-store';

/** What the account may have closed. */
export type BulkKind = 'createUsers' | 'updateUsers' | 'createMemberships' | 'removeMemberships' | 'updateTickets';

/** Which bulk operations the account offers, remembered by all instances for a day. */
export interface BulkAccess {
  /** True until the account refused it; by what this instance knows. */
  isOpen(kind: BulkKind): boolean;
  /** Reads what other instances know, now and then. @throws StateUnavailableError */
  refresh(): Promise<void>;
  /** Notes a refusal, and tells of it once a day. @throws StateUnavailableError */
  close(kind: BulkKind): Promise<void>;
  /** This instance leaves bulk alone for a while. @param why goes into the log, constant words */
  rest(kind: BulkKind, why: string): void;
}

/** Key of the shared document in the state store. */
export const BULK_KEY = 'zendesk-bulk';
const DAY_MS = 86_400_000;
const REFRESH_MS = 5 * 60_000;
/** How long bulk rests once it was of no use: an hour of singles costs little, should it have been a busy moment of Zendesk's. */
const REST_MS = 60 * 60_000;

const ADVICE: Readonly<Record<BulkKind, string>> = {
  createUsers:
    'Users are created one by one. To have them created a hundred at a time, the account owner may write to Zendesk Customer Support: "Please enable bulk user imports (POST /api/v2/users/create_many) for our account."',
  updateUsers: 'Users are updated one by one, one a second: this account refuses PUT /api/v2/users/update_many.',
  createMemberships: 'Group memberships are added one by one: this account refuses POST /api/v2/group_memberships/create_many.',
  removeMemberships:
    'Group memberships are removed one by one: this account refuses DELETE /api/v2/group_memberships/destroy_many.',
  updateTickets: 'Tickets are handed over one by one: this account refuses PUT /api/v2/tickets/update_many.',
};

type Closed = Readonly<Partial<Record<BulkKind, number>>>;

/** Makes it. */
export function makeBulkAccess(store: Pick<StateStore, 'read' | 'write'>, clock: Clock, logger: Logger): BulkAccess {
  let closedUntil: Closed = {};
  const resting = new Map<BulkKind, number>();
  let readAt = Number.NEGATIVE_INFINITY;
  const now = () => clock().getTime();

  async function read() {
    const stored = await store.read<unknown>(BULK_KEY);
    readAt = now();
    // No instant may lie further ahead than a refusal can put it.
    const known = Object.entries(isClosed(stored?.value) ? stored.value : {}).filter(([, until]) => until <= now() + DAY_MS);
    closedUntil = Object.fromEntries(known);
    return stored?.etag ?? null;
  }

  return {
    isOpen: (kind) => Math.max(closedUntil[kind] ?? 0, resting.get(kind) ?? 0) <= now(),
    async refresh() {
      if (now() - readAt >= REFRESH_MS) await read();
    },
    async close(kind) {
      const etag = await read();
      const wasKnown = (closedUntil[kind] ?? 0) > now();
      closedUntil = { ...closedUntil, [kind]: now() + DAY_MS };
      if (wasKnown) return;
      try {
        await store.write(BULK_KEY, closedUntil, etag);
        logger.warn('Zendesk offers no bulk for this', { operation: kind, advice: ADVICE[kind] });
      } catch (error) {
        // Another instance was faster, and tells.
        if (!(error instanceof StaleStateError)) throw error;
      }
    },
    rest(kind, why) {
      resting.set(kind, now() + REST_MS);
      logger.info('Bulk rests for an hour', { operation: kind, reason: why });
    },
  };
}

function isClosed(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && Object.values(value).every(Number.isFinite);
}
