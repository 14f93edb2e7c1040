import { WHILE_HELD } from '../../src/core/held-words';
import type { Link } from '../../src/core/model';
import { runCycle } from '../../src/engine/cycle/run-cycle';
import { makeExplain } from '../../src/functions/explain';
import { makeJobPause, makeJobStart } from '../../src/functions/job-control';
import { makeLogs } from '../../src/functions/logs';
import { makeOnDemand } from '../../src/functions/on-demand';
import { makeStatus } from '../../src/functions/status';
import type { statusBody } from '../../src/functions/status-body';
import type { Escrow } from '../../src/ports/escrow-store';
import type { StagedDeletion } from '../../src/ports/staged-deletion-store';
import { READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aDirectory, ask, type HttpApp, startHttpApp } from '../support/http-app';

/**
 * A played world: 12 agents through the group "Sales", 14 agents by themselves; then somebody fails with Zendesk's own words, one leaves,
 * one is suspended in Zendesk by hand, and the 12 of "Sales" are to become end users, which the brake holds.
 */
const { directory, application, agent, user } = aDirectory();
const add = (name: string): string =>
  directory.addUser({ userPrincipalName: `${name}@contoso.com`, displayName: `${name} Petersen`, mail: `${name}@contoso.com` });
const sales = directory.addGroup({ displayName: 'Sales & "Co"' });
const salesAgent = directory.assign(sales, agent);
let salesUser = '';
const people = Array.from({ length: 26 }, (_, index) => add(`p${index}`));
people.forEach((id, index) => {
  if (index < 12) directory.addMember(sales, id);
  else directory.assign(id, agent);
});
const at = (index: number): string => people[index] ?? '';

type StatusJson = ReturnType<typeof statusBody>;

let world: HttpApp;
const get = async (handler: Parameters<typeof ask>[0], path: string) => {
  const response = await ask(handler, path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const status = async (): Promise<StatusJson> => (await get(makeStatus(world.getApp), 'status')).body as unknown as StatusJson;
/** A page of the console, as text; a search that finds one leads to them. */
const page = async (path = ''): Promise<string> => {
  const visitor = visit(world.getApp, READER);
  const first = await visitor.get(path);
  const { location } = first.headers;
  return textOf(location === undefined ? first : await visitor.get(location));
};
const person = (text: string): Promise<string> => page(`people?whole=yes&q=${encodeURIComponent(text)}`);
const explain = async (query: string) => get(makeExplain(world.getApp), `explain?${query}`);

async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const some of pages) rows.push(...some);
  return rows;
}

beforeAll(async () => {
  world = await startHttpApp(directory, application, undefined, SIGNED_IN);
  await world.cycle();
  const account = [...world.zendesk.state.users.values()].find(({ external_id }) => external_id === at(13));
  if (account) account.suspended = true;
  directory.disableUser(at(12));
  directory.updateUser(at(13), { displayName: 'Renamed Petersen' });
  const refusal = {
    status: 422,
    body: {
      error: 'RecordInvalid',
      description: 'Record validation errors',
      details: { name: [{ description: 'Name: is too long <b>', error: 'TooLong' }] },
    },
  };
  world.zendesk.faults.next({ method: 'POST', path: /users/ }, refusal, 1_000);
  directory.assign(add('late'), user);
  directory.unassign(salesAgent);
  salesUser = directory.assign(sales, user);
  await world.cycle();
  world.zendesk.faults.clear();
});
afterAll(() => world?.stop());

describe('what the brake holds', () => {
  test('explain says the kind, since when, by which cycle, and names the group beside its id', async () => {
    const [row] = await all<StagedDeletion>(world.app.deps.staged.list());
    const { body } = await explain(`person=${row?.key.id}`);
    expect(row?.kind).toBe('agentDowngrade');
    expect(body.answer).toContain(
      `Since ${row?.stagedAt} the brake has held the downgrade of this agent to an end user, which gives the paid seat back (cycle ${row?.heldIn}).`,
    );
    expect(body.answer).toContain(`through group "Sales & "Co"" (${sales}) with role User`);
    expect(body.answer).not.toContain('removal');
    expect(body.heldBecause).toBeNull();
  });

  test('the page asks about what is held, and names the group', async () => {
    const { summary } = await status();
    expect(summary.whatToDo[0]?.text).toContain('should these agents become end users and give their seats back?');
    expect(summary.whatToDo[0]?.text).not.toContain('access');
    const text = await page('held');
    expect(text).toContain('The downgrade of this agent to an end user');
    expect(text).toContain('Sales & "Co"');
  });

  test('cycles keep their schedule, and everybody says so in the same words', async () => {
    const { summary, schedule } = await status();
    expect(summary.explanation).toContain(WHILE_HELD);
    expect(summary.explanation).toContain('The next cycle starts');
    expect(Date.parse(schedule.nextRunAt ?? '') - Date.now()).toBeLessThan(20 * 60_000 + 1_000);
    expect(await page()).toContain(WHILE_HELD);
    expect((await runCycle(world.app.deps, { owner: 'again', budgetMs: 1_800_000 })).kind).toBe('completed');
  });

  test('held again by an initial cycle, it is held since the first time', async () => {
    const before = await all<StagedDeletion>(world.app.deps.staged.list());
    await world.app.deps.space.markDirty(before.map(({ key }) => key));
    await world.cycle();
    const after = await all<StagedDeletion>(world.app.deps.staged.list());
    expect(after.map(({ stagedAt }) => stagedAt)).toEqual(before.map(({ stagedAt }) => stagedAt));
  });
});

test("Zendesk's own words stand in the failure list, explain, the page and the CSV", async () => {
  const { escrows } = await status();
  const detail = 'Name: is too long <b>';
  expect(escrows.listed).toHaveLength(1);
  expect(escrows.listed[0]?.detail).toContain(detail);
  const { body } = await explain('person=late@contoso.com');
  expect(body.answer).toContain(detail);
  expect(body.escrow).toMatchObject({ detail: escrows.listed[0]?.detail });
  expect(await page('people?show=failed')).toContain('Name: is too long <b>');
  const csv = await (await ask(makeLogs(world.getApp), "logs?format=csv&$filter=status eq 'failure'")).text();
  expect(csv).toContain(detail);
});

test('numbers add up: status and tables say the same', async () => {
  const { deps } = world.app;
  const { users, escrows, stagedDeletions, status: graph, cycles } = await status();
  const links = await all<Link>(deps.links.listLinks('user'));
  const failed = await all<Escrow>(deps.escrows.list());
  const held = (await all<StagedDeletion>(deps.staged.list())).filter(({ state }) => state === 'staged');
  expect(users).toMatchObject({
    linked: links.length,
    suspendedByUs: links.filter(({ disabledByUs }) => disabledByUs).length,
    suspendedByOthers: links.filter((one) => !one.disabledByUs && one.suspendedByOthers).length,
    active: links.filter((one) => !one.disabledByUs && !one.suspendedByOthers).length,
    agents: links.filter(({ isAgent }) => isAgent).length,
    held: held.filter(({ key }) => key.type === 'user').length,
    failed: failed.filter(({ key }) => key.type === 'user').length,
  });
  expect(users.linked).toBe(26);
  expect([users.suspendedByUs, users.suspendedByOthers, users.held, users.failed]).toEqual([1, 1, 12, 1]);
  expect(users.linked).toBe(users.active + users.suspendedByUs + users.suspendedByOthers);
  const inZendesk = [...world.zendesk.state.users.values()].filter(({ external_id }) => external_id !== null);
  expect(inZendesk.filter(({ suspended }) => suspended)).toHaveLength(users.suspendedByUs + users.suspendedByOthers);
  expect(graph.synchronizedEntryCountByType[0]?.value).toBe(links.length);
  expect(stagedDeletions.count).toBe(held.length);
  expect(Object.values(escrows.byCode).reduce((sum, count) => sum + count, 0)).toBe(escrows.count);
  expect(escrows.count).toBe(failed.length);
  for (const { cycleId, counts, pending, enqueued, state } of cycles) {
    expect(Object.values(counts.byOutcome).reduce((sum, count) => sum + count, 0)).toBe(counts.total);
    expect([pending, counts.total]).toEqual([0, (await deps.log.counts(cycleId)).total]);
    expect(counts.total).toBeGreaterThanOrEqual(enqueued);
    expect(['succeeded', 'entryLevelErrors']).toContain(state);
  }
});

describe('people are found by whatever names them, the same everywhere', () => {
  const name = 'Ingrid Ångström-Pet';
  const onDemand = async (subject: string): Promise<{ result: string; text: string; id: string | undefined }> => {
    const answer = await ask(makeOnDemand(world.getApp), 'on-demand', { body: { subjects: [subject], dryRun: true } });
    const text = await answer.text();
    const [one] = (JSON.parse(text) as { value: { key: { result: string }; value: { sourceIdentity: { id: string } } | null }[] })
      .value;
    return { result: one?.key.result ?? '', text, id: one?.value?.sourceIdentity.id };
  };
  const inLogs = async (person: string) => get(makeLogs(world.getApp), `logs?person=${encodeURIComponent(person)}`);

  let id = '';
  let account = '';
  beforeAll(async () => {
    id = directory.addUser({ userPrincipalName: 'ingrid@contoso.com', displayName: name, mail: 'i.angstrom@contoso.com' });
    directory.assign(id, agent);
    await world.cycle();
    account = String([...world.zendesk.state.users.values()].find(({ external_id }) => external_id === id)?.id);
  });

  test.each([
    ['id', () => id.toUpperCase()],
    ['UPN', () => 'INGRID@contoso.com'],
    ['address', () => 'i.angstrom@contoso.com'],
    ['Zendesk id', () => account],
    ['whole name', () => name],
    ['name without accents', () => 'ingrid angstrom-pet'],
    ['part of a name', () => 'Ångström'],
    ['part of an address', () => 'i.angst'],
  ])('by %s', async (_, text) => {
    expect((await explain(`person=${encodeURIComponent(text())}`)).body).toMatchObject({ subject: { id } });
    expect((await inLogs(text())).body).toMatchObject({ value: [{ sourceIdentity: { id } }] });
    expect(await onDemand(text())).toMatchObject({ id });
    expect(await person(text())).toContain(`Linked to the Zendesk user ${account}. In scope: Assigned directly`);
  });

  test('several are listed, never guessed', async () => {
    const { status, body } = await explain('person=p1');
    expect([status, JSON.stringify(body)]).toEqual([
      400,
      expect.stringContaining(`p11 Petersen <p11@contoso.com> user ${at(11)}`),
    ]);
    expect((await inLogs('p1')).status).toBe(400);
    const { result, text } = await onDemand('p1');
    expect([result, text]).toEqual(['Failure', expect.stringContaining(at(11))]);
    const several = await person('p1');
    expect(several).toContain(at(11));
    expect(several).not.toContain('In scope:');
  });

  test('a whole name goes before a part of one', async () => {
    expect((await explain(`person=${encodeURIComponent('p1 petersen')}`)).body).toMatchObject({ subject: { id: at(1) } });
  });

  test('a group by its name, on the page too', async () => {
    expect(await person('sales & "co"')).toContain(sales);
    expect((await explain('group=sales')).body).toMatchObject({ subject: { type: 'group', id: sales } });
  });

  test('somebody who is not assigned is explained, and nobody is said to be nobody only after that', async () => {
    const free = directory.addUser({ userPrincipalName: 'free@contoso.com', displayName: 'Free Bird', mail: 'free@contoso.com' });
    const text = await person('free@contoso.com');
    expect(text).toContain(free);
    expect(text).toContain('Out of scope: Not assigned to the application.');
    expect(await person('nobody<b>@contoso.com')).toContain('Neither the cycles nor the log know anybody of this name');
  });

  test('whom no cycle has read is found in Entra ID by user name or the beginning of a name; several are listed', async () => {
    const twin = (name: string) =>
      directory.addUser({
        userPrincipalName: `unread.${name}@contoso.com`,
        displayName: `Unread ${name}`,
        mail: `${name}@x.example`,
      });
    const [one, two] = [twin('one'), twin('two')];
    for (const text of ['unread.one', 'Unread One', 'unread o'])
      expect((await explain(`person=${encodeURIComponent(text)}`)).body).toMatchObject({ subject: { id: one } });
    expect(await onDemand('unread.two')).toMatchObject({ id: two });
    const { status, body } = await explain('person=unread');
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringMatching(new RegExp(`${one}.*${two}`))]);
    expect((await explain('person=unread%20nobody')).status).toBe(404);
  });

  test('the look-up says what was done: adopted by what, and which properties', async () => {
    const mail = 'adopted@contoso.com';
    const response = await fetch(`${world.zendesk.url}/api/v2/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: await zendeskToken() },
      body: JSON.stringify({ user: { name: 'Old Name', email: mail, role: 'agent' } }),
    });
    expect(response.status).toBe(201);
    const adopted = directory.addUser({ userPrincipalName: mail, displayName: 'New Name', mail });
    directory.assign(adopted, agent);
    await world.cycle();
    const text = await person(adopted);
    expect(text).toContain('Adopted: One object matches by email.');
    expect(text).toMatch(/Account updated\. Changed: .*name/);
  });
});

async function zendeskToken(): Promise<string> {
  const answer = await fetch(`${world.zendesk.url}/oauth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: 'provisioning',
      client_secret: 'secret',
      scope: 'read write',
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return `Bearer ${token}`;
}

test('paused: how, since when and by whom; started again, nothing of it is left', async () => {
  const pause = (items: string) => ask(makeJobPause(world.getApp), 'job/pause', { body: { items } });
  await pause('stop');
  const first = (await status()).paused;
  expect(first).toMatchObject({ items: 'stop', by: 'function key', at: expect.any(String) });
  await pause('stop');
  expect((await status()).paused).toEqual(first);
  expect(await page()).toContain('work items wait in the queue');
  await pause('finish');
  expect((await status()).paused).toMatchObject({ items: 'finish' });
  const { explanation } = (await status()).summary;
  expect(explanation).toContain('paused');
  await ask(makeJobStart(world.getApp), 'job/start', { method: 'POST' });
  expect((await status()).paused).toBeNull();
});

test('one cause of many held removals is told once, with the group by which they were assigned, however often a cycle looks', async () => {
  directory.unassign(salesUser);
  for (const look of ['first', 'again']) {
    await world.cycle();
    const { stagedDeletions } = await status();
    const causes = stagedDeletions.causes.filter(({ kind }) => kind === 'userDisable');
    expect([look, causes]).toEqual([
      look,
      [{ kind: 'userDisable', objects: 12, reason: `Not assigned to the application. Before: through group ${sales}.` }],
    ]);
    expect(await page('held')).toContain(
      'Not assigned to the application. Before: through group "Sales & "Co"". The suspension of this account 12',
    );
    const held = await all<StagedDeletion>(world.app.deps.staged.list());
    await world.app.deps.space.markDirty(held.map(({ key }) => key));
  }
});
