import { targetId } from '../../src/core/model';
import { makeFakeTarget } from '../fakes/target-connector';
import { describeTargetConnector } from './target-connector-suite';
import { makeZendeskWorld } from './zendesk-connector-world';

const fakeRoleId = targetId(77);

describeTargetConnector('in-memory fake', async () => {
  const fake = makeFakeTarget({ description: { customRoles: [{ id: fakeRoleId, name: 'Advisor', roleType: 0 }] } });
  return {
    connector: fake,
    customRoleId: fakeRoleId,
    seedUser: ({ name, email = null, role = 'end-user', otherEmail, suspended = false }) =>
      fake.seedUser({
        name,
        email,
        suspended,
        role: { role, customRoleId: null },
        otherEmails: otherEmail === undefined ? [] : [otherEmail],
      }).id,
    seedGroup: (name) => fake.seedGroup(name).id,
    openTicket: (id) => void fake.openTickets.add(id),
    takeAllSeats: () => {
      fake.seats = 0;
    },
    user(id) {
      const row = fake.users.get(id);
      if (!row) return undefined;
      const { email, otherEmails, externalId, name, role, suspended, active } = row;
      const emails = [...(email === null ? [] : [email]), ...otherEmails];
      const tags = row.attributes.tags;
      const { role: roleName, customRoleId } = role;
      return {
        email,
        emails,
        externalId,
        name,
        role: roleName,
        customRoleId,
        suspended,
        active,
        tags: Array.isArray(tags) ? tags : [],
      };
    },
    groupsOf: (id) =>
      [...fake.memberships.values()]
        .filter(({ userId }) => userId === id)
        .sort((left, right) => Number(right.isDefault) - Number(left.isDefault))
        .map(({ groupId }) => fake.groups.get(groupId)?.name ?? ''),
    countUsers: () => [...fake.users.values()].filter(({ active }) => active).length,
    mails: () => fake.mails.length,
    close: async () => undefined,
  };
});

describeTargetConnector('Zendesk connector on the simulator', () => makeZendeskWorld());
