import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { type Answer, finishedJob, type Probe, probeOf } from '../support/zendesk-probe';

let sim: ZendeskSimulator;
let probe: Probe;

beforeEach(async () => {
  sim = await startZendeskSimulator({ updateLanes: false, jobDurationMs: 10, features: { bulkCreateEnabled: true } });
  probe = probeOf(sim);
});
afterEach(() => sim.close());

const join = (userId: number, groupId: number) =>
  probe('POST', '/api/v2/group_memberships', { group_membership: { user_id: userId, group_id: groupId } });
const rows = (answer: Answer) => answer.at('job_status.results') as Record<string, unknown>[];

describe('groups', () => {
  test('trap 14: deleted groups stay in the list unless excluded; names may repeat', async () => {
    const one = await probe('POST', '/api/v2/groups', { group: { name: 'Twice' } });
    expect((await probe('POST', '/api/v2/groups', { group: { name: 'Twice' } })).status).toBe(201);
    sim.features.uniqueGroupNames = true;
    expect((await probe('POST', '/api/v2/groups', { group: { name: 'twice' } })).at('details.name.0.error')).toBe(
      'DuplicateValue',
    );
    const id = String(one.at('group.id'));
    expect((await probe('DELETE', `/api/v2/groups/${id}`)).status).toBe(204);
    expect((await probe('GET', '/api/v2/groups')).at('count')).toBe(3);
    expect((await probe('GET', '/api/v2/groups?exclude_deleted=true')).at('count')).toBe(2);
    expect((await probe('GET', `/api/v2/groups/${id}`)).at('group.deleted')).toBe(true);
    expect((await probe('PUT', `/api/v2/groups/${id}`, { group: { name: 'x' } })).at('error')).toBe('RecordNotFound');
  });

  test('trap 14: the default group, and one that is the default of an agent, cannot be deleted', async () => {
    expect((await probe('DELETE', `/api/v2/groups/${sim.state.defaultGroup!.id}`)).status).toBe(422);
    const group = sim.seed.group('Second');
    const agent = sim.seed.user({ name: 'A', email: 'a@example.com', role: 'agent', default_group_id: group.id });
    expect((await probe('DELETE', `/api/v2/groups/${group.id}`)).status).toBe(422);
    const home = sim.state.membership(agent.id, sim.state.defaultGroup!.id)!;
    await probe('PUT', `/api/v2/users/${agent.id}/group_memberships/${home.id}/make_default`);
    expect((await probe('DELETE', `/api/v2/groups/${group.id}`)).status).toBe(204);
    expect(sim.state.membershipsOf(agent.id).map((row) => row.group_id)).toEqual([sim.state.defaultGroup!.id]);
  });

  test('trap 14: a new agent lands in the default group, keeps at least one, and leaves all on downgrade', async () => {
    const agent = sim.seed.user({ name: 'A', email: 'a@example.com', role: 'agent' });
    expect(agent.default_group_id).toBe(sim.state.defaultGroup!.id);
    const home = sim.state.membership(agent.id, sim.state.defaultGroup!.id)!;
    expect((await probe('DELETE', `/api/v2/group_memberships/${home.id}`)).status).toBe(422);
    const other = sim.seed.group('Second');
    expect((await join(agent.id, other.id)).status).toBe(201);
    expect((await probe('DELETE', `/api/v2/group_memberships/${home.id}`)).status).toBe(422);
    sim.faults.defaultMembershipRemoval = 'reassign';
    expect((await probe('DELETE', `/api/v2/group_memberships/${home.id}`)).status).toBe(204);
    expect(agent.default_group_id).toBe(other.id);
    await probe('PUT', `/api/v2/users/${agent.id}`, { user: { role: 'end-user', custom_role_id: null } });
    expect(sim.state.membershipsOf(agent.id)).toEqual([]);
    expect(agent.default_group_id).toBeNull();
  });

  test('an end user is refused as a member, a membership that exists too', async () => {
    const group = sim.seed.group('Second');
    const endUser = sim.seed.user({ name: 'E' });
    const agent = sim.seed.user({ name: 'A', email: 'a@example.com', role: 'agent' });
    expect((await join(endUser.id, group.id)).status).toBe(422);
    expect((await join(agent.id, group.id)).status).toBe(201);
    expect((await join(agent.id, group.id)).at('details.user_id.0.error')).toBe('DuplicateValue');
    expect(sim.state.membershipsIn(group.id)).toHaveLength(1);
  });
});

describe('jobs', () => {
  test('trap 9: bulk create is 403 until enabled, before the batch is looked at', async () => {
    sim.features.bulkCreateEnabled = false;
    for (const path of ['create_many', 'create_or_update_many']) {
      expect((await probe('POST', `/api/v2/users/${path}`, { users: [] })).status).toBe(403);
    }
    sim.features.bulkCreateEnabled = true;
    expect((await probe('POST', '/api/v2/users/create_many', { users: [] })).status).toBe(400);
    const many = Array.from({ length: 101 }, (_, at) => ({ name: `u${at}` }));
    const refused = await probe('POST', '/api/v2/users/create_many', { users: many });
    expect([refused.status, refused.at('error')]).toEqual([400, 'TooManyValues']);
  });

  test('trap 10: recorded rows lack index and external id, a failed one lacks the id, one is bogus', async () => {
    sim.faults.bogusJobRow = true;
    sim.seed.user({ name: 'taken', email: 'taken@example.com' });
    const queued = await probe('POST', '/api/v2/users/create_many', {
      users: [
        { name: 'A', external_id: 'a' },
        { name: 'B', email: 'taken@example.com' },
      ],
    });
    expect([queued.status, queued.at('job_status.status'), queued.at('job_status.results')]).toEqual([200, 'queued', null]);
    expect(String(queued.at('job_status.id'))).toMatch(/^V3-[0-9a-f]+$/);
    const done = await finishedJob(probe, queued);
    expect(done.at('job_status.status')).toBe('completed');
    const created = rows(done).filter((row) => row.status === 'Created');
    expect(created).toHaveLength(2);
    expect(created.every((row) => !('index' in row) && !('external_id' in row))).toBe(true);
    expect(created.filter((row) => !sim.state.users.has(row.id as number))).toHaveLength(1);
    expect(rows(done).filter((row) => 'error' in row && !('id' in row))).toHaveLength(1);
    expect(sim.state.userByExternalId('a')?.name).toBe('A');
  });

  test('update_many takes one change for ids or a list, and a killed job is half done', async () => {
    const users = ['a', 'b', 'c', 'd'].map((name) => sim.seed.user({ name, external_id: name }));
    await finishedJob(probe, await probe('PUT', '/api/v2/users/update_many?external_ids=A,b', { user: { suspended: true } }));
    expect(users.map((user) => user.suspended)).toEqual([true, true, false, false]);
    sim.faults.killJobs = 1;
    const killed = await finishedJob(
      probe,
      await probe('PUT', '/api/v2/users/update_many', { users: users.map(({ id }) => ({ id, notes: 'n' })) }),
    );
    expect([killed.at('job_status.status'), killed.at('job_status.results')]).toEqual(['killed', null]);
    expect(users.map((user) => user.notes)).toEqual(['n', 'n', null, null]);
    sim.faults.failJobs = 1;
    const failed = await finishedJob(
      probe,
      await probe('PUT', '/api/v2/users/update_many', { users: [{ id: users[2]!.id, notes: 'z' }] }),
    );
    expect([failed.at('job_status.status'), users[2]!.notes]).toEqual(['failed', null]);
  });

  test('30 jobs at once, counted per type; then TooManyJobs without Retry-After', async () => {
    sim.faults.holdJobs = true;
    const user = sim.seed.user({ name: 'a' });
    const submit = () => probe('PUT', '/api/v2/users/update_many', { users: [{ id: user.id, notes: 'n' }] });
    for (let at = 0; at < 30; at += 1) expect((await submit()).status).toBe(200);
    const refused = await submit();
    expect([
      refused.status,
      refused.at('error'),
      refused.at('current_job_ids.length'),
      refused.headers.get('retry-after'),
    ]).toEqual([429, 'TooManyJobs', 30, null]);
    expect((await probe('POST', '/api/v2/users/create_many', { users: [{ name: 'x' }] })).status).toBe(200);
    sim.faults.jobLimitScope = 'account';
    expect((await probe('POST', '/api/v2/users/create_many', { users: [{ name: 'y' }] })).status).toBe(429);
  });

  test('a job is 404 once it has expired', async () => {
    const done = await finishedJob(probe, await probe('POST', '/api/v2/users/create_many', { users: [{ name: 'x' }] }));
    sim.jobs.expireFinished();
    expect((await probe('GET', `/api/v2/job_statuses/${String(done.at('job_status.id'))}`)).at('error')).toBe('RecordNotFound');
  });

  test('memberships destroy_many takes effect at once', async () => {
    const group = sim.seed.group('Second');
    const agent = sim.seed.user({ name: 'A', email: 'a@example.com', role: 'agent' });
    sim.seed.member(agent, group);
    sim.faults.holdJobs = true;
    const answer = await probe(
      'DELETE',
      `/api/v2/group_memberships/destroy_many?ids=${sim.state.membership(agent.id, group.id)!.id}`,
    );
    expect([answer.at('job_status.status'), sim.state.membershipsIn(group.id)]).toEqual(['queued', []]);
  });
});
