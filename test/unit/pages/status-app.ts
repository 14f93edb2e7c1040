import { join } from 'node:path';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { type App, type ConfiguredApp, composeApp } from '../../../src/compose';
import { sourceId, targetId } from '../../../src/core/model';
import type { EngineDeps } from '../../../src/engine/deps';
import { makeStatus } from '../../../src/functions/status';
import type { CycleRecord } from '../../../src/ports/cycle-store';
import type { Escrow } from '../../../src/ports/escrow-store';
import { type LogEntryOptions, logEntry } from '../../contract/storage/log-entry';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { makeFakeCycleStore } from '../../fakes/cycle-store';
import { makeFakeEscrowStore } from '../../fakes/escrow-store';
import { makeFakeHoldStore } from '../../fakes/hold-store';
import { makeFakeLinkStore } from '../../fakes/link-store';
import { makeFakeProvisioningLog } from '../../fakes/provisioning-log';
import { makeFakeStagedDeletionStore } from '../../fakes/staged-deletion-store';
import { makeFakeStateStore } from '../../fakes/state-store';
import { makeFakeWorkQueue } from '../../fakes/work-queue';

export const NOW = new Date('2026-03-02T09:07:30Z');
export const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const SETTINGS = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  ENTRA_TENANT_ID: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f',
  ENTRA_SERVICE_PRINCIPAL_ID: '22222222-2222-4222-8222-222222222222',
  ZENDESK_SUBDOMAIN: 'contoso',
  ZENDESK_OAUTH_CLIENT_ID: 'provisioning',
  ZENDESK_OAUTH_CLIENT_SECRET: 'the-client-secret',
  PROVISIONING_STATUS: 'On',
};

export const compose = (settings: Readonly<Record<string, string | undefined>> = {}): App =>
  composeApp({ ...SETTINGS, ...settings }, join(__dirname, '../../..'), quiet);

/** An app whose stores are in memory; `calls` names every call of a store. */
export interface StatusApp {
  readonly app: ConfiguredApp;
  readonly deps: EngineDeps;
  readonly calls: string[];
  now: Date;
}

export function aStatusApp(settings: Readonly<Record<string, string>> = {}): StatusApp {
  const composed = compose(settings);
  if (composed.kind !== 'configured') throw new Error(composed.error.message);
  const calls: string[] = [];
  const options = { onCall: (name: string) => void calls.push(name), pageSize: 40 };
  const self: { now: Date } = { now: NOW };
  const deps: EngineDeps = {
    ...composed.deps,
    state: makeFakeStateStore(options),
    queue: makeFakeWorkQueue(options),
    space: makeFakeConnectorSpace(options),
    links: makeFakeLinkStore(options),
    escrows: makeFakeEscrowStore(options),
    staged: makeFakeStagedDeletionStore(options),
    holds: makeFakeHoldStore(options),
    cycles: makeFakeCycleStore(options),
    log: makeFakeProvisioningLog(options),
    clock: () => self.now,
  };
  return Object.assign(self, { app: { ...composed, deps }, deps, calls });
}

/** A GUID that ends in a number. */
export const guid = (n: number): string => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const minutesAgo = (minutes: number, now = NOW): string => new Date(now.getTime() - minutes * 60_000).toISOString();

export const aCycle = (cycleId: string, minutes: number, others: Partial<CycleRecord> = {}): CycleRecord => ({
  cycleId,
  kind: 'incremental',
  state: 'succeeded',
  startedAt: minutesAgo(minutes),
  endedAt: minutesAgo(minutes - 1),
  enqueued: 0,
  staged: 0,
  imported: 0,
  why: 'Changes since the last cycle.',
  error: null,
  ...others,
});

export const anEscrow = (n: number, others: Partial<Escrow> = {}): Escrow => ({
  key: { type: 'user', id: sourceId(guid(n)) },
  firstFailedAt: minutesAgo(90),
  lastFailedAt: minutesAgo(27),
  attempts: 2,
  nextAttemptAt: minutesAgo(-33),
  code: 'RoleNotFound',
  reason: 'The app role "Team lead" names no role of this Zendesk account. It has: end-user, agent, admin, Light agent.',
  recommendedAction: 'Give the app role the name of a Zendesk role, create that role in Zendesk, or map the role in the schema.',
  cycleId: 'cycle-9',
  changeId: `change-${n}`,
  isTransient: false,
  ...others,
});

/** Records so many work items of a cycle that ended alike. */
export async function record(deps: EngineDeps, cycleId: string, count: number, options: LogEntryOptions): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await deps.log.record(logEntry(cycleId, `${options.status ?? 'success'}-${options.action ?? 'other'}-${n}`, options));
  }
}

export async function nameObject(deps: EngineDeps, n: number, displayName: string): Promise<void> {
  const id = sourceId(guid(n));
  await deps.space.writeObject(
    { type: 'user', id, attributes: { displayName }, deleted: 'no', entitlements: [], version: 1 },
    null,
  );
}

/** Linked users, and ten cycles of which the oldest was an initial one. */
export async function seedHistory(deps: EngineDeps, users = 64): Promise<void> {
  for (let n = 0; n < users; n += 1) {
    const link = {
      type: 'user' as const,
      sourceId: sourceId(guid(n)),
      targetId: targetId(1000 + n),
      createdByUs: true,
      settledRole: null,
      isAgent: false,
      disabledByUs: false,
      ownedTags: [],
      exportedVersion: 1,
    };
    await deps.links.write({ type: 'user', id: link.sourceId }, { link, claim: null }, null);
  }
  const shapes = [
    [48, 6, 0, 0, 10],
    [2, 5, 1, 0, 3],
    [0, 3, 0, 0, 2],
    [1, 9, 0, 1, 4],
    [0, 0, 0, 0, 0],
    [6, 12, 2, 0, 6],
  ] as const;
  for (const [index, [created, updated, disabled, failed, skipped]] of [...shapes, ...shapes.slice(1, 5)].entries()) {
    const cycleId = `cycle-${index}`;
    const total = created + updated + disabled + failed + skipped;
    await deps.cycles.put(
      aCycle(cycleId, 187 - index * 20, {
        enqueued: total,
        imported: total,
        kind: index === 0 ? 'initial' : 'incremental',
        state: failed > 0 ? 'entryLevelErrors' : 'succeeded',
      }),
    );
    await record(deps, cycleId, created, { action: 'create' });
    await record(deps, cycleId, updated, { action: 'update' });
    await record(deps, cycleId, disabled, { action: 'disable' });
    await record(deps, cycleId, failed, { action: 'create', status: 'failure', errorCode: 'RoleNotFound' });
    await record(deps, cycleId, skipped, { action: 'other', status: 'skipped', skipReason: 'RedundantExport' });
  }
}

/** Asks the status function, as the host would. */
export async function askStatus(
  app: App,
  init: { readonly accept?: string; readonly query?: string } = {},
): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly body: string }> {
  const request = new HttpRequest({
    method: 'GET',
    url: `http://127.0.0.1/api/status${init.query ? `?${init.query}` : ''}`,
    headers: { accept: init.accept ?? 'application/json' },
  });
  const context = new InvocationContext({ functionName: 'status', logHandler: () => undefined });
  const answer = (await makeStatus(() => app)(request, context)) as {
    status?: number;
    headers?: Record<string, string>;
    body?: string;
  };
  return { status: answer.status ?? 200, headers: answer.headers ?? {}, body: answer.body ?? '' };
}
