import { makeExplain } from '../../src/functions/explain';
import { aDirectory, ask, type HttpApp, startHttpApp } from '../support/http-app';

const { directory, application, agent, user, odd } = aDirectory();
const add = (name: string): string =>
  directory.addUser({ userPrincipalName: `${name}@contoso.com`, displayName: name, mail: `${name}@contoso.com` });
const direct = add('ann');
const byGroup = add('bob');
const unassigned = add('carl');
const disabled = add('dora');
const byDefault = add('eve');
const unknownRole = add('fred');
const group = directory.addGroup({ displayName: 'Support' });
directory.assign(direct, agent);
directory.assign(group, user);
directory.addMember(group, byGroup);
directory.assign(disabled, user);
directory.disableUser(disabled);
directory.assign(byDefault);
directory.assign(unknownRole, odd);

let world: HttpApp;
let beforeAnyCycle: readonly Record<string, unknown>[];
beforeAll(async () => {
  world = await startHttpApp(directory, application);
  beforeAnyCycle = await Promise.all(
    ['ann', 'bob', 'carl'].map(async (name) => (await explain(`person=${name}@contoso.com`)).body),
  );
  await world.cycle();
});
afterAll(() => world?.stop());

const explain = async (query: string) => {
  const response = await ask(makeExplain(world.getApp), `explain?${query}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('GET explain › one call says why', () => {
  test('assigned directly: the account, the role, the log', async () => {
    const { status, body } = await explain('person=ann@contoso.com');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      subject: { type: 'user', id: direct, userPrincipalName: 'ann@contoso.com', isImported: true },
      scope: { decision: 'in', role: 'Agent', path: [] },
      link: { createdByUs: true },
      lastError: null,
      escrow: null,
      stagedDeletion: null,
      heldBecause: null,
      log: [{ provisioningAction: 'create', sourceIdentity: { id: direct } }],
    });
    expect(body.answer).toMatch(/^Linked to the Zendesk user \d+\. In scope: Assigned directly/);
    const { targetId } = body.link as { targetId: string };
    expect((await explain(`person=${targetId}`)).body).toEqual(body);
    expect((await explain(`person=${direct.toUpperCase()}`)).body).toEqual(body);
  });

  test('before the first cycle, what Entra ID says now counts', () => {
    expect(beforeAnyCycle).toMatchObject([
      { scope: { decision: 'in', role: 'Agent', path: [] } },
      { scope: { decision: 'in', role: 'User', path: [{ id: group }] } },
      { scope: { decision: 'out' } },
    ]);
  });

  test('assigned by a group: the path by its names', async () => {
    const { body } = await explain('person=bob@contoso.com');
    expect(body).toMatchObject({ scope: { decision: 'in', role: 'User', path: [{ id: group, displayName: 'Support' }] } });
    expect(body.answer).toContain(`through group "Support" (${group}) with role User`);
  });

  test('assigned by nothing, and read by no cycle', async () => {
    const { body } = await explain('person=carl@contoso.com');
    expect(body).toMatchObject({
      subject: { id: unassigned, isImported: false },
      scope: { decision: 'out', cause: 'unassigned' },
      link: null,
      log: [],
    });
    expect(body.answer).toMatch(/^No account in Zendesk\. Out of scope: Not assigned/);
  });

  test.each([
    ['dora', disabled, 'disabled'],
    ['eve', byDefault, 'defaultAccess'],
  ])('%s is out: %s %s', async (name, id, cause) => {
    expect((await explain(`person=${name}@contoso.com`)).body).toMatchObject({
      subject: { id },
      scope: { decision: 'out', cause },
      link: null,
      log: [{ provisioningStatusInfo: { status: 'skipped' } }],
    });
  });

  test('failed: last error, escrow, next try', async () => {
    const { body } = await explain('person=fred@contoso.com');
    expect(body).toMatchObject({
      subject: { id: unknownRole },
      scope: { decision: 'in', role: 'Astronaut' },
      link: null,
      lastError: { errorInformation: { errorCode: 'RoleNotFound' } },
      escrow: { code: 'RoleNotFound', nextAttemptAt: expect.any(String) },
    });
    expect(body.answer).toMatch(/The last try failed: .*Astronaut.*next try at/);
  });

  test('a deletion that the brake holds', async () => {
    const key = { type: 'user', id: direct } as never;
    const row = {
      cycleId: 'c',
      changeId: 'd',
      kind: 'userDisable',
      count: 1,
      reason: 'Not assigned.',
      stagedAt: '2026-01-01T00:00:00Z',
    } as never;
    await world.app.deps.staged.put([{ ...(row as object), key, state: 'staged' } as never]);
    const { body } = await explain('person=ann@contoso.com');
    expect(body.stagedDeletion).toMatchObject({ reason: 'Not assigned.' });
    expect(body.answer).toContain(
      'Since 2026-01-01T00:00:00Z the brake has held the suspension of this account (cycle c). The reason for it: Not assigned.',
    );
    await world.app.deps.staged.remove([key]);
  });

  test('a group by its name', async () => {
    expect((await explain('group=Support')).body).toMatchObject({
      subject: { type: 'group', id: group },
      scope: { decision: 'in' },
    });
  });

  test.each([
    ['', 400],
    ['person=a@b.c&group=x', 400],
    ['person=%20', 400],
    [`person=${'x'.repeat(320)}y`, 400],
    ['person=zzz', 404],
    ['person=nobody@contoso.com', 404],
    ['person=99999999', 404],
    ['person=00000000-0000-0000-0000-00000000dead', 404],
    ['group=None', 404],
  ])('%s is refused with %d', async (query, expected) => {
    const { status, body } = await explain(query);
    expect(status).toBe(expected);
    expect(body.code).toBe(expected === 400 ? 'BadRequest' : 'NotFound');
  });
});
