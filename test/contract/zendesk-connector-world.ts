import { setTimeout as sleep } from 'node:timers/promises';
import {
  defaultApiToken,
  defaultOAuthClient,
  defaultOwnerEmail,
  type ZendeskSimulatorOptions,
} from '../../local/zendesk/options';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { makeZendeskConnector, type ZendeskConnector } from '../../src/adapters/zendesk/connector';
import type { ZendeskConnectorOptions } from '../../src/adapters/zendesk/settings';
import type { ZendeskAuth } from '../../src/config/config';
import { Secret } from '../../src/config/secret';
import { targetId } from '../../src/core/model';
import type { LogFields, Logger } from '../../src/ports/runtime';
import { makeFakeStateStore } from '../fakes/state-store';
import type { TargetWorld } from './target-connector-suite';

/** OAuth credentials the simulator accepts. */
export const oauth: ZendeskAuth = {
  kind: 'oauth',
  clientId: defaultOAuthClient.identifier,
  clientSecret: new Secret(defaultOAuthClient.secret),
};
/** An API token the simulator accepts. */
export const apiToken: ZendeskAuth = { kind: 'apiToken', email: defaultOwnerEmail, token: new Secret(defaultApiToken.token) };

/** A logger that keeps its lines as text. */
export function makeLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { lines, debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
}

/** Options of a connector that goes as fast as a loopback account allows. */
export function connectorOptions(baseUrl: string, changes: Partial<ZendeskConnectorOptions> = {}): ZendeskConnectorOptions {
  return {
    baseUrl,
    auth: oauth,
    stateStore: makeFakeStateStore(),
    rateLimitShare: 1,
    startPerMinute: 2_500,
    clock: () => new Date(),
    // Waits that nobody needs any more must not keep the test process alive.
    sleep: async (ms) => void (await sleep(ms, undefined, { ref: false })),
    random: () => 0.5,
    logger: makeLog(),
    timeScale: 60,
    ...changes,
  };
}

/** A simulated account with the connector to it. */
export interface ZendeskWorld extends TargetWorld {
  readonly connector: ZendeskConnector;
  readonly simulator: ZendeskSimulator;
}

/** Starts both; limits of the account are off unless asked for. */
export async function makeZendeskWorld(
  options: { readonly simulator?: ZendeskSimulatorOptions; readonly connector?: Partial<ZendeskConnectorOptions> } = {},
): Promise<ZendeskWorld> {
  const simulator = await startZendeskSimulator({ updateLanes: false, recordTraffic: true, ...options.simulator });
  const connector = makeZendeskConnector(connectorOptions(simulator.url, options.connector));
  const { state, seed, features } = simulator;
  const customRole = seed.customRole('Advisor');
  return {
    connector,
    simulator,
    customRoleId: targetId(customRole.id),
    seedUser({ name, email, role = 'end-user', otherEmail, suspended = false }) {
      const body = { name, role, suspended, ...(email === undefined ? {} : { email, verified: true }) };
      const identities = otherEmail === undefined ? [] : [{ type: 'email', value: otherEmail, verified: true }];
      return targetId(seed.user({ ...body, identities }).id);
    },
    seedGroup: (name) => targetId(seed.group(name).id),
    openTicket: (id) => void state.requestedTickets.set(Number(id), 1),
    takeAllSeats: () => {
      features.agentSeats = state.seatsUsed;
    },
    user(id) {
      const row = state.users.get(Number(id));
      if (!row) return undefined;
      const emails = state.identitiesOf(row.id).filter(({ type }) => type === 'email');
      return {
        email: row.email,
        emails: emails.map(({ value }) => value),
        externalId: row.external_id,
        name: row.name,
        role: row.role,
        customRoleId: row.custom_role_id === null ? null : String(row.custom_role_id),
        suspended: row.suspended,
        active: row.active,
        tags: row.tags,
      };
    },
    groupsOf: (id) =>
      state
        .membershipsOf(Number(id))
        .sort((left, right) => Number(right.default) - Number(left.default))
        .map((membership) => state.groups.get(membership.group_id)?.name ?? ''),
    countUsers: () => [...state.users.values()].filter(({ active }) => active).length,
    mails: () => state.sentMails.length,
    async close() {
      await connector.close();
      await simulator.close();
    },
  };
}
