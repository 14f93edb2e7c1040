import type { InvocationContext, Timer } from '@azure/functions';
import { makeAccounts, makeAccountsRefresh } from '../../src/functions/accounts';
import { makeGroupsCleanUp, makeGroupsLeftOver } from '../../src/functions/clean-up';
import { makePlanCreate, makePlanRead } from '../../src/functions/plan';
import { makePlanWork } from '../../src/functions/plan-work';
import { READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { type JobWorld, startJobWorld } from './job-control-world';

const HOSTILE = '=HYPERLINK("http://x")<img src=x onerror=alert(1)>';
const context = { invocationId: 'timer', info: () => undefined, warn: () => undefined } as unknown as InvocationContext;

const read = (world: JobWorld, query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  world.call(makeAccounts, undefined, { method: 'GET', query, headers });

describe('the report of accounts', () => {
  let world: JobWorld;
  let role: string;
  beforeAll(async () => {
    world = await startJobWorld({
      SERVICE_ACCOUNTS: 'shared@zendesk.example',
      PROTECTED_USERS: 'boss@zendesk.example',
      AGENT_SEATS: '8',
    });
    const { directory, servicePrincipalId, zendesk } = world;
    role = directory.addAppRole(servicePrincipalId, { value: 'agent', displayName: 'Agent' });
    const ann = directory.addUser({ displayName: 'Ann', mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' });
    directory.assign(ann, role, servicePrincipalId);
    const leaver = directory.addUser({ displayName: 'Lea', mail: 'lea@contoso.com', userPrincipalName: 'lea@contoso.com' });
    const assignment = directory.assign(leaver, role, servicePrincipalId);
    await world.settle();
    directory.unassign(assignment);
    await world.settle();
    const agent = (name: string, email: string, more: object = {}) =>
      Object.assign(zendesk.seed.user({ name, email, role: 'agent' }), {
        created_at: '2025-01-01T00:00:00Z',
        last_login_at: '2026-01-01T00:00:00Z',
        ...more,
      });
    agent(HOSTILE, 'nobody@zendesk.example');
    agent('Shared', 'shared@zendesk.example', { last_login_at: null });
    agent('Boss', 'boss@zendesk.example');
    agent('Never', 'never@zendesk.example', { last_login_at: null });
    const light = [...zendesk.state.customRoles.values()].find(({ role_type: type }) => type === 1);
    zendesk.seed.user({ name: 'Light', email: 'light@zendesk.example', role: 'agent', custom_role_id: light?.id });
    zendesk.seed.user({ name: 'Customer', email: 'customer@zendesk.example' });
  });
  afterAll(() => world?.stop());

  it('is asked for before there is one', async () => {
    expect(await read(world)).toMatchObject({ status: 200, body: { report: null, running: null, seats: null } });
    expect(await read(world, { format: 'csv' })).toMatchObject({ status: 404 });
  });

  it('names who stands behind whom, counts the seats, and asks Zendesk nothing when it is read', async () => {
    const made = await world.call(makeAccountsRefresh);
    expect([made.status, made.body.running]).toEqual([200, null]);
    const { requests } = world.zendesk.stats;
    const { status, body } = await read(world);
    expect(status).toBe(200);
    expect(world.zendesk.stats.requests).toBe(requests);
    const findings = Object.fromEntries(body.value.map((one: { name: string; findings: string[] }) => [one.name, one.findings]));
    expect(findings).toMatchObject({
      [HOSTILE]: ['NobodyBehind'],
      Shared: ['ServiceAccount'],
      Boss: ['NobodyBehind', 'Protected'],
      Never: ['NobodyBehind', 'NeverSignedIn'],
      Light: ['NobodyBehind'],
      Lea: ['OutOfScope', 'SuspendedWithSeat'],
    });
    expect(findings).not.toHaveProperty('Ann');
    expect(findings).not.toHaveProperty('Customer');
    const all = (await read(world, { include: 'all', $top: '1000' })).body;
    const ann = all.value.find(({ name }: { name: string }) => name === 'Ann');
    expect(ann).toMatchObject({ holdsSeat: true, sourceIdentity: { displayName: 'Ann' }, findings: [] });
    expect(all.value.find(({ name }: { name: string }) => name === 'Light')).toMatchObject({ holdsSeat: false });
    const used = world.zendesk.state.seatsUsed;
    expect(body.seats).toEqual({ bought: 8, used, needed: used, free: 8 - used });
    expect(body.report).toMatchObject({ byRole: { withoutSeat: 1 }, accounts: used + 1, error: null });
  });

  it('is read page by page, and as CSV that no spreadsheet carries out', async () => {
    const names: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await read(world, { $top: '2', ...(token ? { $skiptoken: token } : {}) });
      names.push(...page.body.value.map(({ name }: { name: string }) => name));
      const next = page.body['@odata.nextLink'] as string | undefined;
      if (next === undefined) break;
      token = new URL(next, 'http://localhost').searchParams.get('$skiptoken') ?? undefined;
    }
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain(HOSTILE);
    expect(await read(world, { $skiptoken: "a' or 1 eq 1" })).toMatchObject({ status: 400 });
    const csv = await read(world, {}, { accept: 'text/csv' });
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.text).toContain(`"'=HYPERLINK`);
    expect(csv.text.split('\r\n').filter((line) => line.includes('Lea'))).toHaveLength(1);
  });

  it('one that breaks off stays unfinished, and the timer completes it; the last whole one stays until then', async () => {
    const before = (await read(world)).body.report.id;
    for (let more = 0; more < 120; more += 1)
      world.zendesk.seed.user({ name: `A${more}`, email: `a${more}@x.example`, role: 'agent' });
    let asked = 0;
    const { target } = world.app.deps;
    const cut = {
      ...world.app.reporting,
      deps: {
        ...world.app.deps,
        target: {
          ...target,
          listTeam: async (after?: string) => {
            asked += 1;
            if (asked > 1) throw new TypeError('cut off');
            return target.listTeam(after);
          },
        },
      },
    };
    const answer = await world.call(makeAccountsRefresh, undefined, { app: { ...world.app, reporting: cut } });
    expect(answer.status).toBe(500);
    const half = (await read(world)).body;
    expect([half.report.id, half.running.accounts]).toEqual([before, 100]);
    await makePlanWork(() => world.app)({} as Timer, context);
    const whole = (await read(world)).body;
    expect(whole.report.id).toBe(half.running.id);
    expect(whole).toMatchObject({ running: null, report: { accounts: 120 + 8 } });
  });

  it('groups are cleaned up by name: number confirmed, ids checked, and recorded with who asked', async () => {
    const { directory, servicePrincipalId, zendesk } = world;
    expect(await world.call(makeGroupsLeftOver, undefined, { method: 'GET' })).toMatchObject({
      status: 200,
      body: { planId: null, value: [] },
    });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, role, servicePrincipalId);
    await world.settle();
    const [sales] = [...zendesk.state.groups.values()].filter(({ name }) => name === 'Sales');
    const [boss] = [...zendesk.state.users.values()].filter(({ email }) => email === 'never@zendesk.example');
    if (!sales || !boss) throw new Error('not seeded');
    zendesk.seed.member(boss, sales);
    const drift = await world.call(makePlanCreate, { drift: true });
    expect([drift.status, drift.body.kind, drift.body.status]).toEqual([200, 'drift', 'planned']);
    const { body } = await world.call(makeGroupsLeftOver, undefined, { method: 'GET' });
    expect(body).toMatchObject({ planId: drift.body.id, value: [{ members: [{ id: String(boss.id), displayName: 'Never' }] }] });
    const members = [{ groupId: group, userIds: [String(boss.id)] }];
    expect(await world.call(makeGroupsCleanUp, { members, confirm: 2 })).toMatchObject({ status: 400 });
    expect(
      await world.call(makeGroupsCleanUp, { members: [{ groupId: group, userIds: ["1' or 1 eq 1"] }], confirm: 1 }),
    ).toMatchObject({ status: 400 });
    expect(await world.call(makeGroupsCleanUp, { groups: [group], confirm: 1 })).toMatchObject({ status: 409 });
    expect(await world.call(makeGroupsCleanUp, { members, confirm: 1 })).toMatchObject({
      status: 202,
      body: { groups: 0, members: 1 },
    });
    await world.drain();
    expect(zendesk.state.membership(boss.id, sales.id)).toBeUndefined();
  });

  it('a plan says how many seats it takes before anything is written, and who waits', async () => {
    const app = world.compose({ ...SIGNED_IN, AGENT_SEATS: String(world.zendesk.state.seatsUsed + 1) });
    const { directory, servicePrincipalId } = world;
    const ids = ['P', 'Q', 'R'].map((name) => {
      const user = directory.addUser({
        displayName: name,
        mail: `${name}@contoso.com`,
        userPrincipalName: `${name}@contoso.com`,
      });
      directory.assign(user, role, servicePrincipalId);
      return user;
    });
    const before = world.zendesk.state.seatsUsed;
    const plan = await world.call(makePlanCreate, {}, { app });
    expect(plan.body.seats).toEqual({ bought: before + 1, before, free: 1, needed: 3, freed: 0, missing: 2, after: before + 1 });
    const { value } = (
      await world.call(makePlanRead, undefined, { app, method: 'GET', params: { id: plan.body.id }, query: { include: 'all' } })
    ).body;
    const codes = new Map(
      value.map((one: { sourceIdentity: { id: string }; code: string | null }) => [one.sourceIdentity.id, one.code]),
    );
    expect([...ids].sort().map((id) => codes.get(id))).toEqual([null, 'AwaitingSeat', 'AwaitingSeat']);
    expect(textOf(await visit(() => app, READER).get(`plans/${plan.body.id}`))).toContain('2 seats are missing');
  });
});
