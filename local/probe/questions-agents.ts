import type { ProbeAccount } from './accounts';
import { hasCode, isFine, record, refusalOf, rows } from './answers';
import type { ProbeAnswer } from './client';
import { type Finding, open, type ProbeContext, type Question, settled } from './question';

/** Code of a plan without a free seat: https://github.com/zendesk/zendesk_api_client_rb/issues/465 */
const NO_SEAT = 'MaxAgentExceeded';
const NO_SEAT_WORDS = 'no seat was free, so no agent could be made; downgrade one and run the probe again';

/** Questions about agents, seats and groups; each takes one seat at most and gives it back. */
export const AGENTS: readonly Question[] = [
  {
    id: 'no-seat',
    title: 'How does the creation of an agent end when no seat is free?',
    assumption: '403 or 422 with the code MaxAgentExceeded, on top or inside details; nothing is created',
    concerns: 'seats: such people wait without being retried again and again, and the operator is told',
    helps: 'none; such people would be retried as refused',
    async ask(context) {
      const { answer, account } = await agent(context);
      if (account) return open('a seat was free; run the probe once more while none is');
      const known = answer.status === 403 || answer.status === 422;
      return settled(refusalOf(answer), known && hasCode(answer, NO_SEAT));
    },
  },
  {
    id: 'role-and-suspension',
    title: 'Do a downgrade and a suspension go into one update?',
    assumption: 'yes: the answer shows both',
    concerns:
      'DEPROVISION_USERS=DowngradeAndSuspend: one update does both, and the app compares the answer with what it asked for',
    helps: 'DEPROVISION_USERS=Suspend until this is mended; seats then stay taken',
    ask: (context) =>
      withAgent(context, async (account) => {
        const user = { role: 'end-user', custom_role_id: null, suspended: true };
        const answer = await context.client.call('PUT', `/api/v2/users/${account.id}`, { user });
        if (!isFine(answer)) return settled(refusalOf(answer), false);
        const { body } = await context.client.call('GET', `/api/v2/users/${account.id}`);
        const { role, suspended } = record(record(body).user);
        const observed = `${role === 'end-user' ? 'downgraded' : 'not downgraded'}, ${suspended === true ? 'suspended' : 'not suspended'}`;
        return settled(observed, role === 'end-user' && suspended === true);
      }),
  },
  {
    id: 'groups-on-downgrade',
    title: 'What happens to the groups of an agent who becomes an end user?',
    assumption: 'the agent leaves all of them',
    concerns: 'memberships: a person who returns is put back into the groups',
    helps: 'none needed',
    ask: (context) =>
      withAgent(context, async (account) => {
        const group = await context.accounts.createGroup(context.accounts.groupName('downgrade'));
        if (group.id === undefined) return open(`a group could not be created: ${refusalOf(group.answer)}`);
        await join(context, account, group.id);
        const before = (await memberships(context, account)).length;
        await context.client.call('PUT', `/api/v2/users/${account.id}`, { user: { role: 'end-user', custom_role_id: null } });
        const after = (await memberships(context, account)).length;
        return settled(`${before} before, ${after} after`, after === 0);
      }),
  },
  {
    id: 'default-membership',
    title: "Can an agent's default membership be removed while there is another?",
    assumption: 'perhaps not: the app makes another one the default first',
    concerns: 'removal of members',
    helps: 'none needed',
    ask: (context) =>
      withAgent(context, async (account) => {
        const group = await context.accounts.createGroup(context.accounts.groupName('default'));
        if (group.id === undefined) return open(`a group could not be created: ${refusalOf(group.answer)}`);
        await join(context, account, group.id);
        const own = (await memberships(context, account)).find((one) => one.default === true);
        if (!own) return open('the agent had no default membership');
        const answer = await context.client.call('DELETE', `/api/v2/group_memberships/${own.id}`);
        return settled(isFine(answer) ? 'removed; another one took its place' : refusalOf(answer), true);
      }),
  },
  {
    id: 'membership-twice',
    title: 'How does a membership that is there already end?',
    assumption: '422; the app reads it back and takes it as done',
    concerns: 'memberships: two work items may add the same one',
    helps: 'none needed',
    ask: (context) =>
      withAgent(context, async (account) => {
        const group = await context.accounts.createGroup(context.accounts.groupName('twice'));
        if (group.id === undefined) return open(`a group could not be created: ${refusalOf(group.answer)}`);
        await join(context, account, group.id);
        const again = await join(context, account, group.id);
        return settled(
          isFine(again) ? `${again.status}, without a word` : refusalOf(again),
          isFine(again) || again.status === 422,
        );
      }),
  },
  {
    id: 'group-names',
    title: 'Are the names of groups unique?',
    assumption: 'no, unless the account is set to check them',
    concerns: 'matching of groups by name: several of one name are a conflict that a person settles',
    helps: 'none needed; unique names are the safer case',
    async ask({ accounts }) {
      const name = accounts.groupName('same');
      const first = await accounts.createGroup(name);
      if (first.id === undefined) return open(`a group could not be created: ${refusalOf(first.answer)}`);
      const { id, answer } = await accounts.createGroup(name);
      return settled(id === undefined ? refusalOf(answer) : 'a second one of the same name was created', id !== undefined);
    },
  },
];

const agent = ({ accounts }: ProbeContext) => accounts.create({ role: 'agent' });

/** Gives the seat back, whatever happens. */
export async function withAgent(context: ProbeContext, work: (account: ProbeAccount) => Promise<Finding>): Promise<Finding> {
  const { answer, account } = await agent(context);
  if (!account) return open(hasCode(answer, NO_SEAT) ? NO_SEAT_WORDS : `an agent could not be created: ${refusalOf(answer)}`);
  try {
    return await work(account);
  } finally {
    await context.client.call('DELETE', `/api/v2/users/${account.id}`);
  }
}

const join = ({ client }: ProbeContext, account: ProbeAccount, groupId: string): Promise<ProbeAnswer> =>
  client.call('POST', '/api/v2/group_memberships', {
    group_membership: { user_id: Number(account.id), group_id: Number(groupId) },
  });

async function memberships({ client }: ProbeContext, account: ProbeAccount) {
  const { body } = await client.call('GET', `/api/v2/users/${account.id}/group_memberships`);
  return rows(body, 'group_memberships');
}
