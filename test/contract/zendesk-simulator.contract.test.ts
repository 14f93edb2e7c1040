import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { loadZendeskContract, type ZendeskContract } from '../support/zendesk-contract';
import { finishedJob, type Probe, probeOf } from '../support/zendesk-probe';

let sim: ZendeskSimulator;
let probe: Probe;
let contract: ZendeskContract | undefined;

beforeAll(async () => {
  contract = await loadZendeskContract();
  sim = await startZendeskSimulator({
    recordTraffic: true,
    updateLanes: false,
    jobDurationMs: 5,
    timeScale: 60_000,
    features: { bulkCreateEnabled: true },
  });
  probe = probeOf(sim);
});

afterAll(() => sim.close());

/** Every problem in the traffic so far, request and answer. */
function problems(): string[] {
  const judge = contract;
  if (!judge) return [];
  return sim.traffic.flatMap((entry) => [
    // Refused requests may be wrong on purpose.
    ...(entry.status < 400
      ? judge.validateRequest({ method: entry.method, path: entry.path, query: entry.query, body: entry.requestBody })
      : []),
    ...judge.validateResponse({ method: entry.method, path: entry.path, status: entry.status, body: entry.responseBody }),
  ]);
}

test('every operation the app uses fits the official contract, request and answer', async () => {
  const light = sim.seed.customRole('Light agent', 1);
  sim.seed.userField('department', 'dropdown', { values: ['hr', 'it'] });
  sim.seed.userField('vip', 'checkbox', { tag: 'vip' });
  const token = await probe(
    'POST',
    '/oauth/tokens',
    {
      grant_type: 'client_credentials',
      client_id: 'entra-provisioning',
      client_secret: 'simulated-client-secret',
      scope: 'read write',
      expires_in: 1800,
    },
    null,
  );
  expect(token.status).toBe(201);
  const [loser, winner] = ['Loser', 'Winner'].map((name) => sim.seed.user({ name, email: `${name}@merge.example` }).id);
  expect((await probe('PUT', `/api/v2/users/${loser}/merge`, { user: { id: winner } })).status).toBe(200);
  expect((await probe('GET', '/api/v2/users?role[]=agent&role[]=admin&page[size]=1')).at('meta.has_more')).toBe(false);
  for (const path of [
    '/api/v2/users/me',
    '/api/v2/account/settings',
    '/api/v2/custom_roles',
    `/api/v2/custom_roles/${light.id}`,
    '/api/v2/user_fields',
    '/api/v2/locales',
    '/api/v2/locales/agent',
  ]) {
    expect((await probe('GET', path)).status).toBe(200);
  }
  expect((await probe('GET', '/api/v2/users/me', undefined, null)).at('user.id')).toBeNull();

  const created = await probe('POST', '/api/v2/users', {
    user: {
      name: 'Ann',
      email: 'ann@example.com',
      external_id: 'e-ann',
      role: 'agent',
      verified: true,
      skip_verify_email: true,
      phone: '+15551234567',
      tags: ['x'],
      organization: { name: 'Acme' },
      user_fields: { department: 'hr', vip: true },
      locale: 'de',
    },
  });
  const bob = await probe('POST', '/api/v2/users', { user: { name: 'Bob' } });
  const ann = String(created.at('user.id'));
  const upserted = await probe('POST', '/api/v2/users/create_or_update', { user: { name: 'Cy', email: 'cy@example.com' } });
  expect([created.status, bob.status, upserted.status]).toEqual([201, 201, 201]);
  expect(
    (await probe('POST', '/api/v2/users/create_or_update', { user: { name: 'Cy 2', email: 'cy@example.com' } })).status,
  ).toBe(200);
  expect(
    (await probe('PUT', `/api/v2/users/${ann}`, { user: { name: 'Anne', role: 'agent', custom_role_id: light.id } })).at(
      'user.role_type',
    ),
  ).toBe(1);

  const identity = await probe('POST', `/api/v2/users/${ann}/identities`, {
    identity: { type: 'email', value: 'anne@example.com', verified: true },
  });
  const identityId = String(identity.at('identity.id'));
  await probe('PUT', `/api/v2/users/${ann}/identities/${identityId}`, { identity: { verified: true } });
  await probe('GET', `/api/v2/users/${ann}/identities/${identityId}`);
  await probe('PUT', `/api/v2/users/${ann}/identities/${identityId}/make_primary`);
  const old = sim.state.emailIdentity('ann@example.com')!;
  await probe('PUT', `/api/v2/users/${ann}/identities/${old.id}/verify`);
  expect((await probe('DELETE', `/api/v2/users/${ann}/identities/${old.id}`)).status).toBe(204);
  await probe('GET', `/api/v2/users/${ann}/identities?page[size]=1`);

  for (const method of ['POST', 'PUT', 'DELETE']) await probe(method, `/api/v2/users/${ann}/tags`, { tags: ['y'] });
  await probe('GET', `/api/v2/users/${ann}/tags`);
  expect((await probe('DELETE', `/api/v2/users/${ann}/sessions`)).status).toBe(204);
  expect((await probe('POST', `/api/v2/users/logout_many?ids=${ann}`)).status).toBe(202);

  const group = await probe('POST', '/api/v2/groups', { group: { name: 'Tier 2', description: 'second' } });
  const groupId = String(group.at('group.id'));
  await probe('PUT', `/api/v2/groups/${groupId}`, { group: { name: 'Tier two' } });
  const membership = await probe('POST', '/api/v2/group_memberships', {
    group_membership: { user_id: Number(ann), group_id: Number(groupId) },
  });
  const membershipId = String(membership.at('group_membership.id'));
  expect(membership.status).toBe(201);
  for (const path of [
    `/api/v2/groups/${groupId}`,
    '/api/v2/groups?exclude_deleted=true',
    '/api/v2/groups?page[size]=1',
    '/api/v2/groups/count',
    '/api/v2/group_memberships?page[size]=2',
    `/api/v2/users/${ann}/group_memberships`,
    `/api/v2/groups/${groupId}/memberships`,
    `/api/v2/groups/${groupId}/users`,
    `/api/v2/users/${ann}/groups`,
    `/api/v2/group_memberships/${membershipId}`,
  ]) {
    expect((await probe('GET', path)).status).toBe(200);
  }
  await probe('PUT', `/api/v2/users/${ann}/group_memberships/${membershipId}/make_default`);
  const home = sim.state.membership(Number(ann), sim.state.defaultGroup!.id)!;
  await probe('PUT', `/api/v2/users/${ann}/group_memberships/${home.id}/make_default`);
  expect((await probe('DELETE', `/api/v2/group_memberships/${membershipId}`)).status).toBe(204);
  const inGroup = await finishedJob(
    probe,
    await probe('POST', '/api/v2/group_memberships/create_many', {
      group_memberships: [{ user_id: Number(ann), group_id: Number(groupId) }],
    }),
  );
  expect(inGroup.at('job_status.status')).toBe('completed');
  const again = sim.state.membership(Number(ann), Number(groupId))!;
  await finishedJob(probe, await probe('DELETE', `/api/v2/group_memberships/destroy_many?ids=${again.id}`));
  expect((await probe('DELETE', `/api/v2/groups/${groupId}`)).status).toBe(204);

  const organization = await probe('POST', '/api/v2/organizations', { organization: { name: 'Globex', external_id: 'g-1' } });
  const organizationId = String(organization.at('organization.id'));
  const joined = await probe('POST', '/api/v2/organization_memberships', {
    organization_membership: { user_id: Number(ann), organization_id: Number(organizationId) },
  });
  const joinedId = String(joined.at('organization_membership.id'));
  await probe('PUT', `/api/v2/organizations/${organizationId}`, { organization: { details: 'd' } });
  for (const path of [
    '/api/v2/organizations',
    '/api/v2/organizations/search?name=globex',
    '/api/v2/organizations/search?external_id=G-1',
    `/api/v2/organizations/${organizationId}`,
    '/api/v2/organization_memberships',
    `/api/v2/users/${ann}/organization_memberships`,
    `/api/v2/users/${ann}/organizations`,
    `/api/v2/organizations/show_many?ids=${organizationId}`,
  ]) {
    expect((await probe('GET', path)).status).toBe(200);
  }
  await probe('PUT', `/api/v2/users/${ann}/organization_memberships/${joinedId}/make_default`);
  expect((await probe('DELETE', `/api/v2/organization_memberships/${joinedId}`)).status).toBe(204);

  const bulk = { organization_memberships: [{ user_id: Number(ann), organization_id: Number(organizationId) }] };
  await finishedJob(probe, await probe('POST', '/api/v2/organization_memberships/create_many', bulk));
  const bulkRow = sim.state.organizationMembership(Number(ann), Number(organizationId))!;
  await finishedJob(probe, await probe('DELETE', `/api/v2/organization_memberships/destroy_many?ids=${bulkRow.id}`));
  expect(sim.state.organizationMembership(Number(ann), Number(organizationId))).toBeUndefined();

  for (const shape of ['recorded', 'spec', 'success-object', 'null'] as const) {
    sim.faults.jobRows = shape;
    const users = [
      { name: `J ${shape}`, external_id: `j-${shape}` },
      { name: 'bad', email: 'anne@example.com' },
    ];
    expect((await finishedJob(probe, await probe('POST', '/api/v2/users/create_many', { users }))).at('job_status.status')).toBe(
      'completed',
    );
    await finishedJob(
      probe,
      await probe('PUT', '/api/v2/users/update_many', {
        users: [
          { external_id: `j-${shape}`, notes: 'n' },
          { id: 42, notes: 'n' },
        ],
      }),
    );
  }
  await finishedJob(
    probe,
    await probe('POST', '/api/v2/users/create_or_update_many', { users: [{ name: 'up', external_id: 'j-spec' }] }),
  );
  const same = await probe('PUT', `/api/v2/users/update_many?ids=${ann}`, { user: { notes: 'same' } });
  await finishedJob(probe, same);
  await finishedJob(probe, await probe('DELETE', '/api/v2/users/destroy_many?external_ids=j-spec'));
  await probe('GET', `/api/v2/job_statuses/show_many?ids=${String(same.at('job_status.id'))}`);
  await probe('GET', '/api/v2/job_statuses');

  for (const path of [
    '/api/v2/users?page[size]=2',
    '/api/v2/users?page=1&per_page=2',
    '/api/v2/users?role[]=agent&role[]=admin',
    '/api/v2/users?external_id=E-ANN',
    `/api/v2/users/${ann}`,
    `/api/v2/users/show_many?ids=${ann}`,
    '/api/v2/users/show_many?external_ids=e-ann,none&include_deleted=true',
    '/api/v2/users/search?query=email:anne@example.com',
    '/api/v2/users/search?external_id=e-ann',
    '/api/v2/users/count',
    '/api/v2/search?query=type:user%20ann',
    '/api/v2/incremental/users/cursor?start_time=0',
  ]) {
    expect((await probe('GET', path)).status).toBe(200);
  }
  const bobId = String(bob.at('user.id'));
  expect((await probe('DELETE', `/api/v2/users/${bobId}`)).at('user.active')).toBe(false);
  await probe('GET', '/api/v2/deleted_users');
  expect((await probe('DELETE', `/api/v2/deleted_users/${bobId}`)).status).toBe(200);

  for (const [method, path] of [
    ['GET', '/api/v2/users/1'],
    ['GET', '/api/v2/users/x'],
    ['GET', '/api/v2/nowhere'],
    ['POST', '/api/v2/users'],
    ['GET', '/api/v2/users?page[size]=1000'],
  ] as const) {
    expect(
      (await probe(method, path, method === 'POST' ? { user: { name: '', email: 'x' } } : undefined)).status,
    ).toBeGreaterThanOrEqual(400);
  }
  expect(problems()).toEqual([]);
  // Guards the test itself: the drive above must have gone through the server.
  expect(sim.traffic.length).toBeGreaterThan(90);
});

const withContract = (name: string, body: (judge: ZendeskContract) => void) => test(name, () => contract && body(contract));

withContract('the judge finds a wrong request', (judge) => {
  expect(
    judge.validateRequest({ method: 'POST', path: '/api/v2/users', body: { user: { email: 'a@example.com' } } }),
  ).not.toEqual([]);
  expect(judge.validateRequest({ method: 'POST', path: '/api/v2/groups', body: { name: 'x' } })).not.toEqual([]);
  expect(judge.validateRequest({ method: 'GET', path: '/api/v2/users/abc' })).not.toEqual([]);
  expect(judge.validateRequest({ method: 'GET', path: '/api/v2/users', query: 'nonsense=1' })).not.toEqual([]);
  expect(judge.validateRequest({ method: 'GET', path: '/api/v2/users/search', query: 'page[size]=1&query=a' })).toEqual([]);
  expect(judge.validateRequest({ method: 'GET', path: '/api/v3/users' })).not.toEqual([]);
  expect(judge.validateRequest({ method: 'PUT', path: '/api/v2/users/1', body: { user: { suspended: 'yes' } } })).not.toEqual([]);
});

withContract('the judge finds a wrong answer', (judge) => {
  const user = { id: 1, name: 'a' };
  expect(judge.validateResponse({ method: 'GET', path: '/api/v2/users/1', status: 200, body: { user } })).toEqual([]);
  expect(
    judge.validateResponse({ method: 'GET', path: '/api/v2/users/1', status: 200, body: { user: { ...user, active: 'yes' } } }),
  ).not.toEqual([]);
  expect(judge.validateResponse({ method: 'GET', path: '/api/v2/users/1', status: 200, body: {} })).not.toEqual([]);
  expect(judge.validateResponse({ method: 'GET', path: '/api/v2/users/1', status: 201, body: { user } })).not.toEqual([]);
  expect(judge.validateResponse({ method: 'DELETE', path: '/api/v2/groups/1', status: 204, body: {} })).not.toEqual([]);
  expect(judge.validateResponse({ method: 'GET', path: '/api/v2/users/1', status: 404, body: { message: 'no' } })).not.toEqual(
    [],
  );
});
