import type { ProbeRow } from '../../core/probe';
import type { TargetConnector } from '../../ports/target-connector';
import { makeAddresses } from './addresses';
import { countActiveAdmins } from './admins';
import { makeBulk } from './bulk';
import { orSingles } from './bulk-runner';
import { cached } from './cached';
import { createMany } from './create-many';
import { readDescription, readSelf } from './describe';
import { makeUserLookup } from './find-users';
import { makeGroups } from './groups';
import { makeHttp, type ZendeskHttp } from './http';
import { makeIdentities } from './identities';
import { LOWEST_PLAN_PER_MINUTE } from './lanes';
import { makeLimiter } from './limiter';
import { makeMemberships } from './memberships';
import { makeAuthorizer } from './oauth';
import { makeOrganizations } from './organizations';
import type { Quota, TargetNeeds, ZendeskConnectorOptions } from './settings';
import { teamPage } from './team';
import { probeZendesk } from './test-connection';
import { findHeir, type HeirReads, makeHeirs } from './ticket-heir';
import { makeTickets } from './tickets';
import { makeTransport } from './transport';
import { updateMany } from './update-many';
import { makeUserPace } from './user-update-pace';
import { makeUsers } from './users';

/** The target connector to one Zendesk account, with what test connection and status need. */
export interface ZendeskConnector extends TargetConnector {
  /** Tries the connection: one row per check. Never writes, never throws. */
  probe(): Promise<readonly ProbeRow[]>;
  quota(): Quota;
  /** The same connector for mappings with other needs: one account, one limiter, one set of connections. */
  withNeeds(needs: TargetNeeds): TargetConnector;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

/** How long a description of the account holds. */
const DESCRIPTION_MS = 10 * 60_000;

/** Makes the connector. Sends nothing until it is used. */
export function makeZendeskConnector(options: ZendeskConnectorOptions): ZendeskConnector {
  const { clock, sleep, random, logger, timeScale = 1 } = options;
  const transport = makeTransport(options.baseUrl);
  const plan = { share: options.rateLimitShare, startPerMinute: options.startPerMinute ?? LOWEST_PLAN_PER_MINUTE, timeScale };
  const limiter = makeLimiter({
    store: options.stateStore,
    clock,
    sleep,
    random,
    plan,
    ...(options.maxWaitMs === undefined ? {} : { maxWaitMs: options.maxWaitMs }),
    ...(options.accountWaitMs === undefined ? {} : { accountWaitMs: options.accountWaitMs }),
  });
  const http: ZendeskHttp = makeHttp({
    transport,
    authorizer: makeAuthorizer(options.auth, transport, clock, random),
    limiter,
    userPace: makeUserPace(timeScale),
    clock,
    random,
    logger,
    timeScale,
    onRequest: options.onRequest,
    checkCredential: async (sinceMs) => {
      await credential.since(sinceMs);
    },
  });
  const credential = cached(() => readSelf(http), DESCRIPTION_MS, clock);
  const identities = makeIdentities(http);
  const addresses = makeAddresses(http, identities, sleep);
  const ownEmail = async () => (await credential.get()).email;
  const lookup = makeUserLookup({ http, identities, sleep, clock, ownEmail });
  const isBulkOn = options.bulk ?? true;
  const bulk = makeBulk({ http, store: options.stateStore, clock, sleep, logger, timeScale, isOn: isBulkOn });
  const createDeps = {
    http,
    runner: bulk.runner,
    ownEmail,
    onUnsafe: (why: string) => bulk.access.rest('createUsers', why),
  };
  const usersFor = (needs: TargetNeeds) => {
    const { createOrganizations = false, readOrganizations = false, readBrands = false } = needs;
    const description = cached(() => readDescription(http, logger, needs), DESCRIPTION_MS, clock);
    const describe = (fresh?: boolean) => description.get(fresh);
    const users = makeUsers({
      http,
      lookup,
      identities,
      organizations: makeOrganizations({ http, clock, sleep, mayCreate: createOrganizations }),
      describe,
      readOrganizations,
      readBrands,
      logger,
      bulk: {
        bundler: bulk.bundler,
        createMany: (items) => orSingles(() => createMany(createDeps, items)),
        updateMany: (items) => orSingles(() => updateMany(http, bulk.runner, items)),
        sessions: { windowMs: 10, maxKeys: 100, maxChars: 6_000, sleep },
      },
    });
    return {
      describe,
      getUser: users.get,
      findUsers: users.find,
      createUser: users.create,
      updateUser: users.update,
      endSessions: users.endSessions,
      deleteUser: users.remove,
      eraseUser: users.erase,
    };
  };
  const groups = makeGroups(http, clock);
  const memberships = makeMemberships(http, groups, bulk);
  const own = usersFor(options);
  const heirReads: HeirReads = {
    describe: own.describe,
    findGroups: groups.find,
    findUsers: (email) => own.findUsers({ attribute: 'email', value: email }),
    groupsOf: memberships.ofUser,
  };

  const target: TargetConnector = {
    ...own,
    removeEmail: identities.remove,
    addressesOf: addresses.of,
    countActiveAdmins: (atMost) => countActiveAdmins(http, atMost),
    ticketHeir: makeHeirs(heirReads, clock),
    handOverTickets: makeTickets(http, bulk.runner).handOver,
    getGroup: groups.get,
    findGroups: groups.find,
    listGroups: groups.all,
    listTeam: (after) => teamPage(http, after),
    createGroup: groups.create,
    updateGroup: groups.update,
    deleteGroup: groups.remove,
    listGroupMemberships: memberships.ofGroup,
    addMembership: memberships.add,
    removeMembership: memberships.remove,
    // Where updates are bundled, a full lane of single ones holds nobody up.
    busyForMs: (kind) =>
      limiter.busyForMs(kind === 'userUpdate' && !(isBulkOn && bulk.access.isOpen('updateUsers')) ? 'updateUser' : 'account'),
    limits: limiter.limits,
    clearWaits: limiter.clearWaits,
  };
  const byNeeds = new Map([[needsKey(options), target]]);
  return {
    ...target,
    withNeeds(needs) {
      const key = needsKey(needs);
      const found = byNeeds.get(key) ?? { ...target, ...usersFor(needs) };
      byNeeds.set(key, found);
      return found;
    },
    probe: () =>
      probeZendesk({
        http,
        authKind: options.auth.kind,
        protectedUsers: options.protectedUsers ?? [],
        ticketReceiver: options.ticketReceiver ?? { kind: 'leave' },
        findHeir: (receiver) => findHeir(heirReads, receiver),
        clock,
      }),
    quota: http.quota,
    close: transport.close,
  };
}

/** Each of them, so that none is forgotten in the key. */
const NEEDS: Readonly<Record<keyof TargetNeeds, true>> = {
  createOrganizations: true,
  readOrganizations: true,
  readGroups: true,
  countOrganizations: true,
  readBrands: true,
};

const needsKey = (needs: TargetNeeds): string =>
  (Object.keys(NEEDS) as (keyof TargetNeeds)[]).filter((name) => needs[name]).join(' ');
