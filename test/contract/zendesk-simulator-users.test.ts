import { zendeskFaults } from '../../local/zendesk/faults';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { type Answer, type Probe, probeOf } from '../support/zendesk-probe';

let sim: ZendeskSimulator;
let probe: Probe;

beforeEach(async () => {
  sim = await startZendeskSimulator({ updateLanes: false });
  probe = probeOf(sim);
});
afterEach(() => sim.close());

const create = (user: Record<string, unknown>) => probe('POST', '/api/v2/users', { user });
const update = (id: number, user: Record<string, unknown>) => probe('PUT', `/api/v2/users/${id}`, { user });
const idOf = (answer: Answer) => Number(answer.at('user.id'));

describe('merging', () => {
  test('the merged account is gone, and its addresses are further ones of the other', async () => {
    const loser = await create({ name: 'A', email: 'a@example.com', external_id: 'a', verified: true });
    const winner = await create({ name: 'B', email: 'b@example.com' });
    const merged = await probe('PUT', `/api/v2/users/${idOf(loser)}/merge`, { user: { id: idOf(winner) } });
    expect([merged.status, idOf(merged), merged.at('user.email')]).toEqual([200, idOf(winner), 'b@example.com']);
    expect((await probe('GET', `/api/v2/users/${idOf(loser)}`)).at('user.active')).toBe(false);
    const addresses = sim.state.identitiesOf(idOf(winner)).map(({ value, primary }) => [value, primary]);
    expect(addresses).toEqual([
      ['b@example.com', true],
      ['a@example.com', false],
    ]);
    expect((await probe('GET', '/api/v2/users/show_many?external_ids=a')).at('count')).toBe(0);
  });

  test('agents are not merged, and nobody into somebody who is gone', async () => {
    const agent = await create({ name: 'A', email: 'a@example.com', role: 'agent' });
    const other = await create({ name: 'B', email: 'b@example.com' });
    expect((await probe('PUT', `/api/v2/users/${idOf(agent)}/merge`, { user: { id: idOf(other) } })).status).toBe(403);
    expect((await probe('PUT', `/api/v2/users/${idOf(other)}/merge`, { user: { id: 1 } })).status).toBe(404);
  });
});

describe('matching and uniqueness', () => {
  test('a user needs a name, and nothing is written without one', async () => {
    const answer = await create({ email: 'a@example.com' });
    expect([answer.status, answer.at('error'), answer.at('details.name.0.error')]).toEqual([422, 'RecordInvalid', 'BlankValue']);
    expect(sim.state.userByEmail('a@example.com')).toBeUndefined();
  });

  test('trap 12: descriptions are localised, codes stay', async () => {
    await create({ name: 'A', email: 'a@example.com' });
    sim.faults.language = 'es';
    const answer = await create({ name: 'B', email: 'A@Example.com' });
    expect(answer.at('details.email.0.error')).toBe('DuplicateValue');
    expect(answer.at('details.email.0.description')).toContain('ya está siendo utilizado');
  });

  test('an external id is unique in any letter case, found in any, under a key that may be wrong', async () => {
    const first = await create({ name: 'A', external_id: 'ABC-1' });
    sim.faults.duplicateExternalId = { key: 'name', code: undefined };
    const second = await create({ name: 'B', external_id: 'abc-1' });
    expect([second.status, second.at('details.name.0.description'), second.at('details.name.0.error')]).toEqual([
      422,
      'External has already been taken',
      undefined,
    ]);
    expect((await probe('GET', '/api/v2/users?external_id=aBc-1')).at('users.0.id')).toBe(idOf(first));
    expect((await probe('GET', '/api/v2/users/show_many?external_ids=abc-1,zzz')).at('users.0.external_id')).toBe('ABC-1');
  });

  test('trap 8: create_or_update takes an account over by e-mail and rewrites its external id', async () => {
    const theirs = await create({ name: 'Theirs', email: 'x@example.com', external_id: 'theirs', role: 'agent' });
    const ours = await probe('POST', '/api/v2/users/create_or_update', {
      user: { name: 'Ours', email: 'X@example.com', external_id: 'OURS' },
    });
    expect([ours.status, idOf(ours)]).toEqual([200, idOf(theirs)]);
    expect(sim.state.users.get(idOf(theirs))).toMatchObject({ name: 'Ours', external_id: 'OURS', role: 'agent' });
    const again = await probe('POST', '/api/v2/users/create_or_update', { user: { external_id: 'ours', name: 'Ours' } });
    expect([again.status, again.at('user.external_id')]).toEqual([200, 'ours']);
    expect(
      (await probe('POST', '/api/v2/users/create_or_update', { user: { name: 'New', external_id: 'n' } })).at('user.role'),
    ).toBe('end-user');
  });

  test('trap 11: search lags, look-ups by external id do not', async () => {
    sim.faults.searchLagMs = 60_000;
    await create({ name: 'A', email: 'a@example.com', external_id: 'e1' });
    expect((await probe('GET', '/api/v2/users/search?query=email:a@example.com')).at('count')).toBe(0);
    expect((await probe('GET', '/api/v2/users/search?external_id=e1')).at('count')).toBe(0);
    expect((await probe('GET', '/api/v2/users?external_id=e1')).at('users.0.email')).toBe('a@example.com');
    sim.flushSearchIndex();
    expect((await probe('GET', '/api/v2/users/search?query=email:A@example.com')).at('users.0.external_id')).toBe('e1');
    sim.faults.searchStalled = true;
    sim.faults.searchLagMs = 0;
    await create({ name: 'B', email: 'b@example.com' });
    expect((await probe('GET', '/api/v2/users/search?query=email:b@example.com')).at('count')).toBe(0);
  });

  test('hostile names and keys are data', async () => {
    const body =
      '{"user":{"name":"<script>","external_id":"__proto__","user_fields":{"__proto__":{"x":1},"constructor":"y"},"tags":["__proto__"]}}';
    const answer = await fetch(`${sim.url}/api/v2/users`, {
      method: 'POST',
      headers: { authorization: sim.authorization, 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(201);
    expect((await probe('GET', '/api/v2/users?external_id=__proto__')).at('users.0.name')).toBe('<script>');
    expect((await probe('GET', '/api/v2/users?external_id=constructor')).at('users.length')).toBe(0);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect((await create({ name: 'L', external_id: 'x'.repeat(256) })).status).toBe(422);
    expect((await create({ name: 'L', email: 'not an address' })).at('details.email.0.error')).toBe('InvalidValue');
  });
});

describe('roles and seats', () => {
  test('trap 6: end-user together with a custom role becomes an agent', async () => {
    const light = sim.seed.customRole('Light agent', 1);
    const answer = await create({ name: 'A', email: 'a@example.com', role: 'end-user', custom_role_id: light.id });
    expect([answer.at('user.role'), answer.at('user.role_type'), answer.at('user.restricted_agent')]).toEqual(['agent', 1, true]);
    const down = await update(idOf(answer), { role: 'end-user', custom_role_id: null, suspended: true });
    expect([down.at('user.role'), down.at('user.custom_role_id'), down.at('user.suspended')]).toEqual(['end-user', null, true]);
  });

  test('role_type: 0 for an own role, 4 for an admin where custom roles exist, null for a plain agent', async () => {
    const own = sim.seed.customRole('Tier 1');
    const agent = sim.seed.user({ name: 'A', email: 'a@example.com', role: 'agent', custom_role_id: own.id });
    expect((await probe('GET', `/api/v2/users/${agent.id}`)).at('user.role_type')).toBe(0);
    expect((await update(agent.id, { custom_role_id: null })).at('user.role_type')).toBeNull();
    expect((await update(agent.id, { role: 'admin' })).at('user.role_type')).toBe(4);
    expect((await update(agent.id, { custom_role_id: 99 })).at('details.custom_role_id.0.error')).toBe('InvalidValue');
    sim.features.customRoles = false;
    expect((await update(agent.id, { custom_role_id: own.id, role: 'agent' })).status).toBe(422);
    const roles = await probe('GET', '/api/v2/custom_roles');
    expect([roles.status, roles.at('error')]).toEqual([404, 'InvalidEndpoint']);
    sim.faults.customRolesRefusal = 'light-agents-only';
    expect((await probe('GET', '/api/v2/custom_roles')).at('custom_roles')).toEqual([]);
    sim.faults.customRolesRefusal = 'Forbidden';
    expect((await probe('GET', '/api/v2/custom_roles')).status).toBe(403);
  });

  test('trap 5: suspending an agent frees no seat, downgrading does', async () => {
    sim.features.agentSeats = 2;
    const agent = idOf(await create({ name: 'A', email: 'a@example.com', role: 'agent' }));
    await update(agent, { suspended: true });
    const refused = await create({ name: 'B', email: 'b@example.com', role: 'agent' });
    expect([refused.status, refused.at('error')]).toEqual([422, 'MaxAgentExceeded']);
    expect(sim.state.userByEmail('b@example.com')).toBeUndefined();
    await update(agent, { role: 'end-user', custom_role_id: null });
    expect((await create({ name: 'B', email: 'b@example.com', role: 'agent' })).status).toBe(201);
    expect((await update(agent, { role: 'agent' })).at('error')).toBe('MaxAgentExceeded');
  });

  test('a refused seat may leave an end user behind; light agents have seats of their own', async () => {
    sim.features.agentSeats = 1;
    sim.faults.seatsRefusalLeavesEndUser = true;
    sim.faults.seatsRefusalStatus = 403;
    expect((await create({ name: 'B', email: 'b@example.com', external_id: 'b', role: 'agent' })).status).toBe(403);
    expect(sim.state.userByExternalId('b')).toMatchObject({ role: 'end-user', email: 'b@example.com', default_group_id: null });
    sim.faults.seatsRefusalEnvelope = 'details';
    expect((await create({ name: 'D', email: 'd@example.com', role: 'agent' })).at('details.role.0.error')).toBe(
      'MaxAgentExceeded',
    );
    sim.faults.seatsRefusalEnvelope = 'error';
    const light = sim.seed.customRole('Light agent', 1);
    expect((await create({ name: 'L', email: 'l@example.com', role: 'agent', custom_role_id: light.id })).status).toBe(201);
    sim.features.lightAgentSeats = 1;
    expect((await create({ name: 'M', email: 'm@example.com', role: 'agent', custom_role_id: light.id })).at('error')).toBe(
      'MaxAgentExceeded',
    );
  });

  test('nobody changes their own role, the owner stays, and a credential that is no admin is refused', async () => {
    expect((await update(sim.owner.id, { role: 'agent' })).status).toBe(403);
    expect((await update(sim.owner.id, { suspended: true })).status).toBe(422);
    expect((await probe('DELETE', `/api/v2/users/${sim.owner.id}`)).status).toBe(403);
    const agent = sim.seed.user({ name: 'A', email: 'agent@example.com', role: 'agent' });
    const asAgent = `Basic ${Buffer.from('agent@example.com/token:simulated-api-token').toString('base64')}`;
    const refused = await probe('POST', '/api/v2/users', { user: { name: 'X', email: 'x@example.com', role: 'agent' } }, asAgent);
    expect([refused.status, refused.at('error.title')]).toEqual([403, 'Forbidden']);
    expect((await probe('POST', '/api/v2/users', { user: { name: 'X' } }, asAgent)).status).toBe(201);
    expect((await probe('PUT', `/api/v2/users/${agent.id}`, { user: { name: 'Y' } }, asAgent)).status).toBe(403);
    expect((await probe('POST', '/api/v2/groups', { group: { name: 'G' } }, asAgent)).status).toBe(403);
  });
});

describe('e-mail identities', () => {
  test('trap 7: PUT email adds a secondary identity, unverified; the primary stays', async () => {
    const id = idOf(await create({ name: 'A', email: 'old@example.com', verified: true }));
    const answer = await update(id, { email: 'new@example.com', skip_verify_email: true });
    expect(answer.at('user.email')).toBe('old@example.com');
    expect(sim.state.identitiesOf(id)).toMatchObject([
      { value: 'old@example.com', primary: true, verified: true },
      { value: 'new@example.com', primary: false, verified: false },
    ]);
    expect((await update(id, { email: 'NEW@example.com' })).status).toBe(200);
    expect(sim.state.identitiesOf(id)).toHaveLength(2);
  });

  test('trap 7: add, make primary (answers the whole list), delete the old one', async () => {
    const id = idOf(await create({ name: 'A', email: 'old@example.com' }));
    const path = `/api/v2/users/${id}/identities`;
    const old = sim.state.emailIdentity('old@example.com')!;
    expect((await probe('DELETE', `${path}/${old.id}`)).status).toBe(422);
    const added = await probe('POST', path, { identity: { type: 'email', value: 'new@example.com', verified: true } });
    const primary = await probe('PUT', `${path}/${String(added.at('identity.id'))}/make_primary`);
    expect(primary.at('identities.length')).toBe(2);
    expect((await probe('DELETE', `${path}/${old.id}`)).status).toBe(204);
    expect(sim.state.users.get(id)).toMatchObject({ email: 'new@example.com', verified: true });
    expect((await create({ name: 'B', email: 'old@example.com' })).status).toBe(201);
  });

  test('an address of somebody else is refused everywhere; update may change value but not primary', async () => {
    const one = idOf(await create({ name: 'A', email: 'a@example.com' }));
    const two = idOf(await create({ name: 'B', email: 'b@example.com' }));
    expect((await update(two, { email: 'A@example.com' })).at('details.email.0.error')).toBe('DuplicateValue');
    const taken = await probe('POST', `/api/v2/users/${two}/identities`, { identity: { type: 'email', value: 'a@example.com' } });
    expect([taken.status, taken.at('details.value.0.error')]).toEqual([422, 'DuplicateValue']);
    const identity = sim.state.emailIdentity('a@example.com')!;
    await probe('PUT', `/api/v2/users/${one}/identities/${identity.id}`, {
      identity: { value: 'a2@example.com', primary: false },
    });
    expect(sim.state.users.get(one)?.email).toBe('a2@example.com');
    expect(sim.state.userByEmail('a@example.com')).toBeUndefined();
  });

  test('a mail goes out unless verified or skip_verify_email says no', async () => {
    await create({ name: 'A', email: 'a@example.com', verified: true });
    await create({ name: 'B', email: 'b@example.com', skip_verify_email: true });
    expect(sim.state.sentMails).toEqual([]);
    await create({ name: 'C', email: 'c@example.com' });
    expect(sim.state.sentMails.map(({ to }) => to)).toEqual(['c@example.com']);
  });

  test('a phone number somebody has is shared, not an identity', async () => {
    const one = await create({ name: 'A', phone: '+1555' });
    const two = await create({ name: 'B', phone: '+1555' });
    expect([one.at('user.shared_phone_number'), two.at('user.shared_phone_number')]).toEqual([false, true]);
  });
});

describe('other attributes', () => {
  test('trap 13: organization_id wipes the other memberships', async () => {
    const [acme, globex, third] = ['Acme', 'Globex', 'Third'].map((name) => sim.seed.organization(name));
    const user = sim.seed.user({ name: 'A', organization_ids: [acme!.id, globex!.id] });
    expect(sim.state.organizationMembershipsOf(user.id)).toHaveLength(2);
    await update(user.id, { organization_id: third!.id });
    expect(sim.state.organizationMembershipsOf(user.id).map((row) => row.organization_id)).toEqual([third!.id]);
    await update(user.id, { organization_id: null });
    expect(sim.state.organizationMembershipsOf(user.id)).toEqual([]);
  });

  test('organizations: names are unique without case, organization:{name} links or creates, one only without the feature', async () => {
    const acme = sim.seed.organization('Acme');
    expect((await probe('POST', '/api/v2/organizations', { organization: { name: ' acme ' } })).at('details.name.0.error')).toBe(
      'DuplicateValue',
    );
    expect((await create({ name: 'A', organization: { name: 'ACME' } })).at('user.organization_id')).toBe(acme.id);
    const user = idOf(await create({ name: 'B', organization: { name: 'Brand new' } }));
    expect(sim.state.organizationByName('brand new')).toBeDefined();
    sim.features.multipleOrganizations = false;
    const second = await probe('POST', '/api/v2/organization_memberships', {
      organization_membership: { user_id: user, organization_id: acme.id },
    });
    expect(second.status).toBe(422);
  });

  test('trap 15: tags replace as a whole, PUT tags add, and all is inert without user tagging', async () => {
    const id = idOf(await create({ name: 'A', tags: ['One', 'two'] }));
    expect((await update(id, { tags: ['three'] })).at('user.tags')).toEqual(['three']);
    expect((await probe('PUT', `/api/v2/users/${id}/tags`, { tags: ['four'] })).at('tags')).toEqual(['three', 'four']);
    expect((await probe('DELETE', `/api/v2/users/${id}/tags`, { tags: ['three'] })).at('tags')).toEqual(['four']);
    sim.features.userTagging = false;
    expect((await update(id, { tags: ['five'] })).at('user.tags')).toEqual([]);
    sim.features.userTagging = true;
    expect(sim.state.users.get(id)?.tags).toEqual(['four']);
  });

  test('user fields merge by key, unknown keys vanish, field tags show up in tags, a locale must be enabled', async () => {
    sim.seed.userField('dept', 'dropdown', { values: ['hr'] });
    sim.seed.userField('vip', 'checkbox', { tag: 'is_vip' });
    const id = idOf(await create({ name: 'A', user_fields: { dept: 'hr', nonsense: 1 } }));
    const answer = await update(id, { user_fields: { vip: true } });
    expect([answer.at('user.user_fields'), answer.at('user.tags')]).toEqual([{ dept: 'hr', vip: true }, ['hr', 'is_vip']]);
    expect((await update(id, { user_fields: { dept: 'zz' } })).status).toBe(422);
    sim.faults.unknownUserField = 'refuse';
    expect((await update(id, { user_fields: { nonsense: 1 } })).status).toBe(422);
    expect((await update(id, { locale: 'xx' })).at('details.locale.0.error')).toBe('InvalidValue');
    expect((await update(id, { locale: 'DE' })).at('user.locale')).toBe('de');
  });
});

describe('deletion', () => {
  test('a soft delete frees address and external id, keeps a readable row, and cannot be written any more', async () => {
    const id = idOf(await create({ name: 'A', email: 'a@example.com', external_id: 'e', role: 'agent' }));
    expect((await probe('DELETE', `/api/v2/users/${id}`)).at('user.active')).toBe(false);
    expect((await probe('GET', `/api/v2/users/${id}`)).at('user.active')).toBe(false);
    expect((await update(id, { name: 'B' })).at('error')).toBe('RecordNotFound');
    expect((await probe('GET', '/api/v2/users/show_many?external_ids=e')).at('users.length')).toBe(0);
    expect((await probe('GET', '/api/v2/users/show_many?external_ids=E&include_deleted=true')).at('users.0.id')).toBe(id);
    expect((await create({ name: 'A', email: 'a@example.com', external_id: 'e' })).status).toBe(201);
    expect((await probe('DELETE', `/api/v2/deleted_users/${id}`)).status).toBe(200);
    expect((await probe('GET', `/api/v2/users/${id}`)).status).toBe(404);
    expect(sim.state.seatsUsed).toBe(1);
  });

  test('a requester of open tickets cannot be deleted', async () => {
    const user = sim.seed.user({ name: 'A' });
    sim.state.requestedTickets.set(user.id, 2);
    const answer = await probe('DELETE', `/api/v2/users/${user.id}`);
    expect([answer.status, answer.at('details.base.0.description')]).toEqual([
      422,
      'User is requester on 2 ticket(s) that are not closed.',
    ]);
    expect(sim.state.users.get(user.id)?.active).toBe(true);
  });
});

test('no idempotency: a create that answered 500 was applied, its repetition is refused', async () => {
  sim.faults.next({ method: 'POST', path: /\/users$/ }, zendeskFaults.errorAfterWrite());
  const first = await create({ name: 'A', external_id: 'e' });
  expect([first.status, typeof first.body]).toEqual([500, 'string']);
  expect(sim.state.userByExternalId('e')?.name).toBe('A');
  expect((await create({ name: 'A', external_id: 'e' })).status).toBe(422);
});
