/**
 * What a cycle costs: `npm run bench -- SCENARIO [--people N] [--groups N]`, one JSON line. Storage is the emulator over sockets, counted
 * on the wire; Entra ID and Zendesk are lean stand-ins in memory, whose calls are counted. Times are of this machine, counts hold.
 *
 *   initial     everybody is assigned and nobody was ever read: import and scoping
 *   idle        the same, and then a cycle in which nothing has changed
 *   changed     the same, and then one in which 1 % of the people have changed
 *   huge-group  one assigned group with everybody in it, and then one member more
 *   many-groups as many assigned groups as `--groups` says, and then nothing
 *   nested      ten levels of groups, two to a level, each in both above it, and then nothing
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startAzurite } from '../../local/azurite';
import { startCountingProxy } from '../../local/counting-proxy';
import { openStorage } from '../../src/adapters/storage/connection';
import { makeConnectorSpace } from '../../src/adapters/storage/connector-space';
import { makeCycleStore } from '../../src/adapters/storage/cycle-store';
import { makeEscrowStore } from '../../src/adapters/storage/escrow-store';
import { makeHoldStore } from '../../src/adapters/storage/hold-store';
import { makeLeavingStore } from '../../src/adapters/storage/leaving-store';
import { makeLinkStore } from '../../src/adapters/storage/link-store';
import { makeProvisioningLog } from '../../src/adapters/storage/provisioning-log';
import { makeStagedDeletionStore } from '../../src/adapters/storage/staged-deletion-store';
import { makeStateStore } from '../../src/adapters/storage/state-store';
import type { SourceId } from '../../src/core/model';
import { readSchema } from '../../src/core/schema/read';
import { ClaimWatch } from '../../src/engine/claim-watch';
import { runCycle } from '../../src/engine/cycle/run-cycle';
import type { EngineDeps } from '../../src/engine/deps';
import type { JobSettings } from '../../src/engine/job-settings';
import { MatchHistory } from '../../src/engine/match-history';
import { someMappings } from '../fakes/mappings';
import { FakeSourceConnector } from '../fakes/source-connector';
import { makeFakeTarget } from '../fakes/target-connector';
import { makeFakeWorkQueue } from '../fakes/work-queue';

const GRAPH_PAGE = 999;

const { values, positionals } = parseArgs({
  options: { people: { type: 'string', default: '1000' }, groups: { type: 'string', default: '200' } },
  allowPositionals: true,
});
const people = Number(values.people);
const groups = Number(values.groups);
const [scenario = 'idle'] = positionals;

async function main(): Promise<void> {
  const azurite = await startAzurite();
  const proxy = await startCountingProxy(azurite.connectionString);
  const source = new FakeSourceConnector();
  source.pageSize = GRAPH_PAGE;
  const target = makeFakeTarget({});
  const seen = { source: 0, target: 0, table: 0 };
  source.beforeCall = () => {
    seen.source += 1;
  };
  target.hook = (moment) => {
    if (moment === 'before') seen.target += 1;
  };
  const deps = depsOf(proxy.connectionString, source, target, scenario === 'nested' || scenario === 'many-groups');
  const measure = async () => {
    const began = { ...seen, table: proxy.tables(), at: performance.now(), cpu: process.cpuUsage() };
    let evaluated = 0;
    let runs = 0;
    for (let isDone = false; !isDone; runs += 1) {
      const outcome = await runCycle(deps, { owner: `bench-${runs}`, budgetMs: 8 * 60_000 });
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind === 'notRun') throw new Error(outcome.reason);
      isDone = outcome.kind === 'completed';
      if (outcome.kind === 'completed') evaluated = outcome.evaluated;
    }
    const cpu = process.cpuUsage(began.cpu);
    return {
      objects: evaluated,
      runs,
      tableOperations: proxy.tables() - began.table,
      sourceCalls: seen.source - began.source,
      targetCalls: seen.target - began.target,
      seconds: round((performance.now() - began.at) / 1000),
      cpuSeconds: round((cpu.user + cpu.system) / 1e6),
      residentMb: Math.round(process.memoryUsage().rss / 2 ** 20),
    };
  };
  try {
    const change = fill(source);
    const initial = await measure();
    const result: Record<string, unknown> = { scenario, people, groups, initial };
    if (scenario !== 'initial') {
      await endAll(deps);
      // The first incremental cycle still pays for what the initial one left.
      await measure();
      await endAll(deps);
      change();
      result[scenario] = await measure();
    }
    console.log(JSON.stringify(result));
  } finally {
    await proxy.close();
    await azurite.stop();
  }
}

/** Nobody works the queue off here: every cycle counts as ended. */
async function endAll({ cycles }: EngineDeps): Promise<void> {
  for (const cycle of await cycles.listExporting()) await cycles.put({ ...cycle, state: 'succeeded' });
}

/** Fills the directory as the scenario says. Answers what changes before the measured cycle. */
function fill({ directory }: FakeSourceConnector): () => void {
  const role = directory.addAppRole({ displayName: 'User', value: 'user' });
  const person = (n: number): SourceId =>
    directory.addUser({ displayName: `User ${n}`, mail: `user${n}@contoso.com`, userPrincipalName: `user${n}@contoso.com` });
  const everybody = Array.from({ length: people }, (_, n) => person(n));
  const group = (name: string): SourceId => directory.addGroup({ displayName: name });
  switch (scenario) {
    case 'huge-group': {
      const huge = group('Everybody');
      directory.assign(huge, role);
      for (const id of everybody) directory.addMember(huge, id);
      const late = person(people);
      return () => directory.addMember(huge, late);
    }
    case 'many-groups': {
      const all = Array.from({ length: groups }, (_, n) => group(`Group ${n}`));
      for (const id of all) directory.assign(id, role);
      everybody.forEach((id, n) => {
        const one = all[n % all.length];
        if (one) directory.addMember(one, id);
      });
      return () => undefined;
    }
    case 'nested': {
      let above = [group('Top')];
      directory.assign(above[0] ?? '', role);
      for (let level = 1; level < 10; level += 1) {
        const here = [group(`Left ${level}`), group(`Right ${level}`)];
        for (const parent of above) for (const id of here) directory.addMember(parent, id);
        above = here;
      }
      for (const id of everybody) for (const parent of above) directory.addMember(parent, id);
      return () => undefined;
    }
    default: {
      for (const id of everybody) directory.assign(id, role);
      const some = everybody.slice(0, Math.ceil(people / 100));
      return () => {
        if (scenario === 'changed') for (const id of some) directory.updateUser(id, { displayName: 'Renamed' });
      };
    }
  }
}

/** The engine on the emulator. The queue is in memory: what is put into it is not what is measured. */
function depsOf(
  connectionString: string,
  source: FakeSourceConnector,
  target: EngineDeps['target'],
  isNested: boolean,
): EngineDeps {
  const storage = openStorage({ kind: 'connectionString', connectionString });
  const quiet = (): void => undefined;
  const schema = shipped();
  return {
    settings: { ...SETTINGS, groupMembership: isNested ? 'Transitive' : 'Direct' },
    schema,
    mappings: someMappings(schema, target),
    source,
    target,
    queue: makeFakeWorkQueue(),
    state: makeStateStore(storage),
    space: makeConnectorSpace(storage),
    links: makeLinkStore(storage),
    escrows: makeEscrowStore(storage),
    staged: makeStagedDeletionStore(storage),
    holds: makeHoldStore(storage),
    leavings: makeLeavingStore(storage),
    cycles: makeCycleStore(storage),
    log: makeProvisioningLog(storage),
    notifier: { send: async () => undefined },
    matchHistory: new MatchHistory(),
    claims: new ClaimWatch(),
    clock: () => new Date(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    logger: { debug: quiet, info: quiet, warn: quiet, error: (text, values) => console.error(text, values) },
  };
}

const SETTINGS: JobSettings = {
  status: 'On',
  schedule: '0 */20 * * * *',
  schemaPath: 'provisioning-schema.json',
  logRetentionDays: 90,
  tenantId: '11111111-0000-4000-8000-000000000001',
  servicePrincipalId: 'ffffffff-0000-4000-8000-000000000001',
  subdomain: 'acme',
  scope: 'AssignedOnly',
  groupMembership: 'Direct',
  defaultAccess: 'Skip',
  deprovisionUsers: 'Suspend',
  hardDeletedUsers: 'Suspend',
  deletionThreshold: 500,
  deletionThresholdPercent: 10,
  protectedUsers: [],
  serviceAccounts: [],
  accountsReportSchedule: null,
  driftCheckSchedule: null,
  driftRepair: 'Report',
  offboardTickets: { kind: 'leave' },
};

function shipped() {
  const read = readSchema(readFileSync('provisioning-schema.json', 'utf8'));
  if (!read.ok) throw new Error('The shipped mapping file has faults.');
  return read.schema;
}

const round = (value: number): number => Math.round(value * 100) / 100;

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
