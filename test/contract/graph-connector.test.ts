import { randomUUID } from 'node:crypto';
import { SimulatedDirectory } from '../../local/graph/directory';
import { startGraphSimulator } from '../../local/graph/simulator';
import { makeGraphConnector } from '../../src/adapters/graph/connector';
import { FakeSourceConnector } from '../fakes/source-connector';
import { describeSourceConnector, type SourceWorld } from './source-connector-suite';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function onFake(): Promise<SourceWorld> {
  const fake = new FakeSourceConnector();
  const { directory } = fake;
  const unknown = new Set<string>();
  fake.switches.unknownReads = unknown;
  return {
    connector: fake,
    addUser: (user) => directory.addUser(user),
    updateUser: (id, patch) => directory.updateUser(id, patch),
    softDeleteUser: (id) => directory.softDeleteUser(id),
    restoreUser: (id) => directory.restoreUser(id),
    hardDeleteUser: (id) => directory.hardDeleteUser(id),
    addGroup: (group) => directory.addGroup(group),
    updateGroup: (id, patch) => directory.updateGroup(id, patch),
    deleteGroup: (id) => directory.deleteGroup(id),
    addMember: (group, member) => directory.addMember(group, member),
    removeMember: (group, member) => directory.removeMember(group, member),
    addAppRole: (role) => directory.addAppRole(role),
    assign: (principal, role) => directory.assign(principal, role),
    unassign: (id) => directory.unassign(id),
    expire: () => fake.expireWatermarks(),
    breakReads: (id) => unknown.add(id),
    setPageSize: (size) => {
      fake.pageSize = size;
    },
    knowsGroupsOfGroups: async () => true,
    close: async () => {},
  };
}

async function onSimulator(): Promise<SourceWorld> {
  const directory = new SimulatedDirectory();
  const servicePrincipalId = randomUUID();
  directory.addServicePrincipal({ id: servicePrincipalId, displayName: 'Zendesk' });
  const simulator = await startGraphSimulator({ directory, deltaPageSize: 2, deltaLinksPerPage: 1, token: 'sim' });
  const connector = makeGraphConnector({
    baseUrl: simulator.url,
    servicePrincipalId,
    credential: { kind: 'token', token: 'sim' },
    clock: () => new Date(),
    sleep: async () => {},
    logger: silent,
  });
  simulator.faults.delta.emptyPages = 1;
  return {
    connector,
    addUser: (user) => directory.addUser(user),
    updateUser: (id, patch) => directory.updateUser(id, patch),
    softDeleteUser: (id) => directory.softDeleteUser(id),
    restoreUser: (id) => directory.restoreUser(id),
    hardDeleteUser: (id) => directory.hardDeleteUser(id),
    addGroup: (group) => directory.addGroup(group),
    updateGroup: (id, patch) => directory.updateGroup(id, patch),
    deleteGroup: (id) => directory.deleteGroup(id),
    addMember: (group, member) => directory.addMember(group, member),
    removeMember: (group, member) => directory.removeMember(group, member),
    addAppRole: (role) => directory.addAppRole(servicePrincipalId, role),
    assign: (principal, role) => directory.assign(principal, role, servicePrincipalId),
    unassign: (id) => directory.unassign(id),
    expire: () => {
      simulator.faults.delta.expired = true;
    },
    breakReads: (id) => simulator.faults.unavailable.add(id),
    // The connector asks for the largest pages; the simulator's lists keep to what is asked. Small delta pages are set above.
    setPageSize: () => {},
    knowsGroupsOfGroups: async () => {
      const [group] = directory.groups();
      const answer = await fetch(`${simulator.url}/groups/${group?.id}/memberOf`, { headers: { authorization: 'Bearer sim' } });
      return answer.ok;
    },
    close: () => simulator.close(),
  };
}

describeSourceConnector('the fake', onFake);
describeSourceConnector('Microsoft Graph (simulator)', onSimulator);
