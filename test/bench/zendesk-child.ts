import { zendeskFaults } from '../../local/zendesk/faults';
import type { ZendeskSimulatorOptions } from '../../local/zendesk/options';
import { startZendeskSimulator } from '../../local/zendesk/simulator';
import { play, startChild } from './child';

/** How the account stands, as the simulator's own process tells it. */
export interface AccountFacts {
  /** Accounts with an external id. */
  readonly linked: number;
  /** Of them with an external id that another one has too. */
  readonly doubled: number;
  readonly suspended: number;
  readonly requests: number;
  readonly throttled: number;
  readonly byRoute: Readonly<Record<string, number>>;
}

/** The Zendesk simulator in a process of its own: what it takes is not the app's. */
export interface ZendeskChild {
  readonly url: string;
  facts(): Promise<AccountFacts>;
  /** Adds accounts that nobody has linked, one for each address. */
  seed(emails: readonly string[]): Promise<void>;
  /** Refuses updates in bulk from now on. */
  closeUpdates(): Promise<void>;
  close(): void;
}

/** The argument that makes a process of this bundle play the account. */
export const ZENDESK_ROLE = '--zendesk';

/** Starts it. */
export async function startZendeskChild(options: ZendeskSimulatorOptions): Promise<ZendeskChild> {
  const child = await startChild(ZENDESK_ROLE, options);
  return {
    url: child.ready as string,
    facts: async () => (await child.ask({ kind: 'facts' })) as AccountFacts,
    seed: async (emails) => void (await child.ask({ kind: 'seed', emails })),
    closeUpdates: async () => void (await child.ask({ kind: 'closeUpdates' })),
    close: child.close,
  };
}

/** More than ever come: a refusal is remembered for a day. */
const CLOSED_CALLS = 100;

/** Plays the account until the parent ends. */
export async function playZendesk(options: ZendeskSimulatorOptions): Promise<void> {
  const simulator = await startZendeskSimulator(options);
  play<{ readonly kind: string; readonly emails?: readonly string[] }>(simulator.url, ({ kind, emails = [] }) => {
    if (kind === 'seed') {
      for (const email of emails) simulator.seed.user({ name: email, email });
      return;
    }
    if (kind === 'closeUpdates') {
      for (let at = 0; at < CLOSED_CALLS; at += 1) simulator.faults.next({ path: /update_many/ }, zendeskFaults.forbidden());
      return;
    }
    const linked = [...simulator.state.users.values()].filter(({ external_id: id, active }) => id !== null && active);
    const facts: AccountFacts = {
      linked: linked.length,
      doubled: linked.length - new Set(linked.map(({ external_id: id }) => id)).size,
      suspended: linked.filter(({ suspended }) => suspended).length,
      requests: simulator.stats.requests,
      throttled: simulator.stats.throttled,
      byRoute: Object.fromEntries(simulator.stats.byRoute),
    };
    return facts;
  });
}
