import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatedDirectory } from '../../local/graph/directory';
import { type GraphSimulator, startGraphSimulator } from '../../local/graph/simulator';
import { makeGraphConnector } from '../../src/adapters/graph/connector';
import { formatOf } from '../../src/adapters/notify/formats';
import { makeNotifier } from '../../src/adapters/notify/notifier';
import { WHILE_HELD } from '../../src/core/held-words';
import type { Notice } from '../../src/core/notice';
import type { QuarantineCause } from '../../src/core/quarantine';
import { restartJob } from '../../src/engine/control/restart';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import type { EngineDeps } from '../../src/engine/deps';
import { enterQuarantine } from '../../src/engine/job/quarantine-job';
import { STATUS_KEYS } from '../../src/engine/job/status-keys';
import {
  aCycle,
  anEscrow,
  aStatusApp,
  askStatus,
  minutesAgo,
  nameObject,
  quiet,
  record,
  type StatusApp,
} from '../unit/pages/status-app';

const HOUR_MS = 3600_000;
const SENDER = 'provisioning@contoso.com';

interface Posted {
  readonly kind: string;
  readonly text: string;
  readonly samples: readonly { readonly changeId: string; readonly logUrl: string; readonly name: string | null }[];
  readonly [more: string]: unknown;
}

/** A webhook on loopback: keeps what it gets and answers as it is told to. */
async function startWebhook() {
  const posted: Posted[] = [];
  const hook = { status: 200, headers: {} as Record<string, string>, isSilent: false };
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      posted.push(JSON.parse(text) as Posted);
      if (!hook.isSilent) response.writeHead(hook.status, hook.headers).end('thank you');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    posted,
    hook,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=webhook-secret`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('notifications', () => {
  let graph: GraphSimulator;
  let webhook: Awaited<ReturnType<typeof startWebhook>>;
  let world: StatusApp;
  let deps: EngineDeps;
  const subjects = (): readonly string[] => graph.sentMail.map(({ message }) => String(message['subject']));
  const bodies = (): readonly string[] => graph.sentMail.map(({ message }) => (message['body'] as { content: string }).content);
  const kinds = (): readonly string[] => webhook.posted.map(({ kind }) => kind);
  const pass = (ms: number): void => {
    world.now = new Date(world.now.getTime() + ms);
  };

  beforeEach(async () => {
    const directory = new SimulatedDirectory();
    directory.addUser({ userPrincipalName: SENDER, displayName: 'Provisioning', mail: SENDER });
    graph = await startGraphSimulator({ directory, token: 'token' });
    webhook = await startWebhook();
    world = aStatusApp();
    const connector = makeGraphConnector({
      baseUrl: graph.url,
      servicePrincipalId: '22222222-2222-4222-8222-222222222222',
      credential: { kind: 'token', token: 'token' },
      clock: () => new Date(),
      sleep: async () => undefined,
      logger: quiet,
    });
    const { state } = world.deps;
    const notifier = makeNotifier({
      email: { to: ['admin@contoso.com', 'second@contoso.com'], sender: SENDER },
      webhookUrl: webhook.url,
      webhookTimeoutMs: 500,
      appUrl: 'https://prov.azurewebsites.net',
      sendMail: (mail) => connector.sendMail(mail),
      account: 'contoso',
      keepWarnings: async (warnings) => {
        await state.write(STATUS_KEYS.undelivered, warnings, '*');
      },
      clock: () => world.now,
      logger: quiet,
    });
    deps = { ...world.deps, notifier };
  });
  afterEach(async () => {
    await graph.close();
    await webhook.close();
  });

  let cycles = 0;
  /** A cycle in which those objects failed, each for the so many-th time, and many others did well; closed twice, as two instances would. */
  async function cycleWith(failed: Readonly<Record<number, number>>, healthy = 40): Promise<string> {
    cycles += 1;
    const cycleId = `cycle-${String(cycles).padStart(3, '0')}`;
    const count = Object.keys(failed).length;
    await deps.cycles.put({
      ...aCycle(cycleId, 0, { state: 'exporting', enqueued: count + healthy }),
      startedAt: world.now.toISOString(),
    });
    await record(deps, cycleId, healthy, { action: 'update' });
    await record(deps, cycleId, count, { action: 'create', status: 'failure', errorCode: 'RoleNotFound' });
    for (const [n, attempts] of Object.entries(failed)) await deps.escrows.put(anEscrow(Number(n), { cycleId, attempts }));
    await Promise.all([closeCycles(deps), closeCycles(deps)]);
    await closeCycles(deps);
    return cycleId;
  }

  test('a healthy cycle tells nobody', async () => {
    await cycleWith({});
    expect(graph.sentMail).toEqual([]);
    expect(webhook.posted).toEqual([]);
  });

  test('one digest for a cycle that newly fails objects, with samples, what to do and links to the very log entries', async () => {
    const cycleId = await cycleWith({ 1: 1, 2: 1, 3: 4 });
    expect(subjects()).toEqual(['[Zendesk provisioning contoso] 2 objects could not be provisioned']);
    expect(graph.sentMail[0]?.message['toRecipients']).toEqual([
      { emailAddress: { address: 'admin@contoso.com' } },
      { emailAddress: { address: 'second@contoso.com' } },
    ]);
    expect(bodies()[0]).toContain('https://prov.azurewebsites.net/api/console/log?change=change-1');
    expect(bodies()[0]).toContain('Give the app role the name of a Zendesk role');
    expect(webhook.posted).toHaveLength(1);
    expect(webhook.posted[0]).toMatchObject({
      kind: 'failures',
      cycleId,
      newFailures: 2,
      failures: 3,
      statusUrl: 'https://prov.azurewebsites.net/api/console/people?show=failed',
      solved: 0,
      byCode: { RoleNotFound: 3 },
      logUrl: `https://prov.azurewebsites.net/api/logs?$filter=cycleId%20eq%20%27${cycleId}%27%20and%20status%20eq%20%27failure%27`,
    });
    expect(webhook.posted[0]?.samples.map(({ changeId }) => changeId)).toEqual(['change-1', 'change-2', 'change-3']);
  });

  test('read on a phone: names, the five worst with code, reason and Zendesk’s own words, in short lines; one line for chat', async () => {
    for (let n = 1; n <= 8; n += 1) await nameObject(deps, n, n === 2 ? 'Eve <b>"Evil"</b>\r\nBcc: x' : `Person ${n}`);
    const detail = 'Name: is too long <i>';
    const failing = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [n + 1, n < 2 ? 1 : 4]));
    cycles += 1;
    const cycleId = `cycle-${String(cycles).padStart(3, '0')}`;
    await deps.cycles.put({ ...aCycle(cycleId, 0, { state: 'exporting', enqueued: 48 }), startedAt: world.now.toISOString() });
    await record(deps, cycleId, 40, { action: 'update' });
    await record(deps, cycleId, 8, { action: 'create', status: 'failure', errorCode: 'RoleNotFound' });
    for (const [n, attempts] of Object.entries(failing)) {
      const firstFailedAt = minutesAgo(Number(n) === 5 ? 9_000 : 100);
      await deps.escrows.put(anEscrow(Number(n), { cycleId, attempts, firstFailedAt, ...(n === '1' && { detail }) }));
    }
    await closeCycles(deps);
    const [posted] = webhook.posted;
    expect(posted?.samples.map(({ name }) => name)).toEqual([
      'Person 1',
      'Eve <b>"Evil"</b>\r\nBcc: x',
      'Person 5',
      'Person 3',
      'Person 4',
    ]);
    expect(posted?.text).toBe(
      '[Zendesk provisioning contoso] 2 objects could not be provisioned: Person 1 (RoleNotFound), Eve <b>"Evil"</b> Bcc: x (RoleNotFound), ' +
        'Person 5 (RoleNotFound), Person 3 (RoleNotFound), Person 4 (RoleNotFound) and 3 more. https://prov.azurewebsites.net/api/console/people?show=failed',
    );
    const html = bodies()[0] ?? '';
    expect(html).toContain('>Person 1</a>');
    expect(html).toContain('Zendesk’s own words: Name: is too long &lt;i&gt;');
    expect(html).toContain('Eve &lt;b&gt;&quot;Evil&quot;&lt;/b&gt; Bcc: x');
    expect(html).not.toContain('<table');
    expect(html).toContain('and 3 more');
    expect(html).toContain('href="https://prov.azurewebsites.net/api/console/people?show=failed"');
    expect(html).not.toMatch(/code=[^<&]/);
  });

  test('what changed since the last notice: who of those it named could be provisioned', async () => {
    await cycleWith({ 1: 1, 2: 1 });
    await deps.escrows.remove(anEscrow(1).key);
    pass(HOUR_MS);
    await cycleWith({ 2: 2, 3: 1 });
    expect(webhook.posted.at(-1)).toMatchObject({ newFailures: 1, failures: 2, solved: 1 });
    expect(bodies().at(-1)).toContain('Since the last notice 1 object of those that it named could be provisioned.');
  });

  test('the same object is reported at most once a day; a new one immediately', async () => {
    await cycleWith({ 1: 1 });
    pass(HOUR_MS);
    await cycleWith({ 1: 2 });
    pass(HOUR_MS);
    await cycleWith({ 1: 1 }); // It had recovered meanwhile, and fails anew: on and off is no news.
    expect(kinds()).toEqual(['failures']);
    pass(HOUR_MS);
    await cycleWith({ 1: 2, 2: 1 });
    expect(webhook.posted.map(({ newFailures }) => newFailures)).toEqual([1, 1]);
    pass(25 * HOUR_MS);
    await cycleWith({ 1: 3, 2: 2 });
    await cycleWith({ 1: 4, 2: 3 });
    expect(webhook.posted.map(({ newFailures, failures }) => [newFailures, failures])).toEqual([
      [1, 1],
      [1, 2],
      [0, 2],
    ]);
    expect(subjects().at(-1)).toContain('2 objects still could not be provisioned');
  });

  const credential: QuarantineCause = {
    reason: 'EncounteredQuarantineException',
    code: 'PROV_TARGET_UNAUTHORIZED',
    message: 'Zendesk refused the credential.',
    failingRequest: 'GET /api/v2/users/me → 401',
    sampleIds: [],
  };
  const brake: QuarantineCause = {
    ...credential,
    reason: 'TooManyDeletes',
    code: 'PROV_DELETIONS_STAGED',
    message: 'Held: 34 users to disable.',
  };

  test('quarantine: once on entering, once when the reason changes, once on recovery', async () => {
    await enterQuarantine(deps, credential);
    pass(HOUR_MS);
    await enterQuarantine(deps, credential);
    expect(kinds()).toEqual(['quarantine']);
    expect(bodies()[0]).toContain('GET /api/v2/users/me → 401');
    expect(bodies()[0]).toContain('Check the Zendesk credential with Test Connection');
    pass(HOUR_MS);
    await enterQuarantine(deps, { ...credential, reason: 'EncounteredEscrowProportionThreshold', code: 'RoleNotFound' });
    await enterQuarantine(deps, { ...credential, reason: 'EncounteredEscrowProportionThreshold', code: 'RoleNotFound' });
    expect(webhook.posted.map(({ kind, hasChanged }) => [kind, hasChanged])).toEqual([
      ['quarantine', false],
      ['quarantine', true],
    ]);
    pass(HOUR_MS);
    await cycleWith({});
    await cycleWith({});
    expect(kinds()).toEqual(['quarantine', 'quarantine', 'recovered']);
    expect(subjects()).toHaveLength(3);
  });

  test('lifted by a restart: recovery is told once what failed fails no more, and not when the next cycle fails as well', async () => {
    const operator = { type: 'application', id: '', displayName: 'test' } as const;
    const failing = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n, 1]));
    await cycleWith(failing, 5);
    await restartJob(deps, operator, ['QuarantineState'], 'test');
    expect(kinds()).toEqual(['quarantine']);
    pass(HOUR_MS);
    await cycleWith(failing, 5);
    expect(kinds()).toEqual(['quarantine', 'quarantine']);
    await restartJob(deps, operator, ['QuarantineState'], 'test');
    await restartJob(deps, operator, ['QuarantineState'], 'test');
    pass(HOUR_MS);
    // It succeeds at others, while those that failed still wait for another try.
    await cycleWith({});
    expect(kinds()).toEqual(['quarantine', 'quarantine']);
    for await (const page of deps.escrows.list()) for (const { key } of page) await deps.escrows.remove(key);
    await cycleWith({});
    await cycleWith({});
    expect(kinds()).toEqual(['quarantine', 'quarantine', 'recovered']);
  });

  test('many workers that run into one refused credential at once are one occasion: one notice, and the wait does not grow', async () => {
    await Promise.all(Array.from({ length: 8 }, () => enterQuarantine(deps, credential)));
    expect(kinds()).toEqual(['quarantine']);
    const again = await enterQuarantine(deps, credential);
    expect([again.seriesCount, Date.parse(again.nextAttempt) - world.now.getTime()]).toEqual([1, HOUR_MS]);
  });

  test('a cycle with too many failures: the quarantine is told of, not each failure', async () => {
    await cycleWith(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n, 1])), 5);
    expect(kinds()).toEqual(['quarantine']);
    expect(webhook.posted[0]?.samples[0]?.logUrl).toContain('change-');
  });

  test('the brake: once, with the way to release, and recovery only when nothing is held any more', async () => {
    const staged = {
      ...anEscrow(1),
      kind: 'userDisable' as const,
      count: 1,
      state: 'staged' as const,
      stagedAt: world.now.toISOString(),
    };
    await deps.staged.put([staged]);
    await enterQuarantine(deps, { ...brake, sampleIds: [staged.key.id] });
    await enterQuarantine(deps, { ...brake, sampleIds: [staged.key.id] });
    await cycleWith({});
    expect(kinds()).toEqual(['brake']);
    expect(bodies()[0]).toContain('POST https://prov.azurewebsites.net/api/job/allow-deletes');
    expect(bodies()[0]).toContain('change-1');
    expect(bodies()[0]).toContain('should these people lose access?');
    expect(bodies()[0]).toContain('The suspension of this account: ');
    expect(bodies()[0]).toContain(WHILE_HELD);
    expect(webhook.posted[0]).toMatchObject({ held: ['userDisable'], statusUrl: expect.stringMatching(/console\/held$/) });
    await deps.staged.remove([staged.key]);
    await cycleWith({});
    expect(kinds()).toEqual(['brake', 'recovered']);
  });

  test('switched off after four weeks: told once', async () => {
    await enterQuarantine(deps, credential);
    pass(29 * 24 * HOUR_MS);
    await enterQuarantine(deps, credential);
    pass(HOUR_MS);
    await enterQuarantine(deps, credential);
    expect(kinds()).toEqual(['quarantine', 'switchedOff']);
    expect(subjects().at(-1)).toContain('switched off after four weeks');
  });

  test('hostile reasons stay text in the mail', async () => {
    await deps.escrows.put(
      anEscrow(7, { cycleId: 'x', attempts: 1, reason: '<img src=x onerror=alert(1)>', changeId: "'><script>" }),
    );
    await deps.cycles.put(aCycle('x', 0, { state: 'exporting', enqueued: 41 }));
    await record(deps, 'x', 40, { action: 'update' });
    await record(deps, 'x', 1, { status: 'failure', errorCode: 'RoleNotFound' });
    await closeCycles(deps);
    expect(bodies()[0]).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(bodies()[0]).not.toMatch(/<script|<img/);
  });

  const shownWarnings = async (): Promise<readonly { code: string; problem: string }[]> => {
    const answer = await askStatus({ ...world.app, deps });
    return (JSON.parse(answer.body) as { warnings: { code: string; problem: string }[] }).warnings;
  };

  test('a mail that cannot be sent is a warning in the status until one arrives; the cycle and the webhook go on', async () => {
    graph.permissions.delete('Mail.Send');
    await cycleWith({ 1: 1 });
    expect(kinds()).toEqual(['failures']);
    expect(subjects()).toEqual([]);
    expect((await deps.cycles.latest(1))[0]?.state).toBe('entryLevelErrors');
    const [warning] = (await shownWarnings()).filter(({ code }) => code === 'NoticeNotSent');
    expect(warning?.problem).toMatch(/could not be sent by email/);
    graph.permissions.add('Mail.Send');
    await cycleWith({ 2: 1 });
    expect(subjects()).toHaveLength(1);
    expect((await shownWarnings()).map(({ code }) => code)).not.toContain('NoticeNotSent');
  });

  test.each([
    ['refuses', { status: 500 }, /answered 500/],
    ['redirects', { status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } }, /redirects are not followed/],
  ] as const)('a webhook that %s is a warning without its address, and is asked once', async (_, answer, problem) => {
    Object.assign(webhook.hook, answer);
    await enterQuarantine(deps, credential);
    expect(webhook.posted).toHaveLength(1);
    expect(subjects()).toHaveLength(1);
    const [warning] = (await shownWarnings()).filter(({ code }) => code === 'NoticeNotSent');
    expect(warning?.problem).toMatch(problem);
    expect(JSON.stringify(warning)).not.toContain('webhook-secret');
  });

  test('a webhook that never answers holds nobody up for long', async () => {
    webhook.hook.isSilent = true;
    await enterQuarantine(deps, credential);
    const [warning] = (await shownWarnings()).filter(({ code }) => code === 'NoticeNotSent');
    expect(warning?.problem).toMatch(/did not answer in time/);
  });

  test('neither way works: both are told, so that correcting one does not hide the other', async () => {
    graph.permissions.delete('Mail.Send');
    Object.assign(webhook.hook, { status: 500 });
    await enterQuarantine(deps, credential);
    const warnings = (await shownWarnings()).filter(({ code }) => code === 'NoticeNotSent');
    expect(warnings.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/by email/),
      expect.stringMatching(/by webhook/),
    ]);
    graph.permissions.add('Mail.Send');
  });
});

describe('notices › formats', () => {
  test.each([
    ['https://hooks.slack.com/services/T/B/x', 'slack'],
    ['https://prod-12.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke?sig=x', 'teams'],
    ['https://default0.1.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/x', 'teams'],
    ['https://contoso.webhook.office.com/webhookb2/x', 'teams'],
    ['https://hooks.slack.com.evil.example/x', 'json'],
    ['https://evil-hooks.slack.com/x', 'json'],
    ['http://127.0.0.1:7071/hook', 'json'],
  ])('%s takes %s', (url, format) => {
    expect(formatOf(url)).toBe(format);
  });

  const sample = {
    sourceId: 'id',
    name: 'Ann <!channel> [x](http://evil) & Co',
    changeId: 'c',
    code: 'RoleNotFound',
    reason: 'The role is unknown. '.repeat(400),
    detail: 'No such role',
    action: null,
  };
  const notice: Notice = {
    kind: 'failures',
    cycleId: 'c',
    newFailures: 7,
    failures: 9,
    solved: 2,
    byCode: { RoleNotFound: 8, DuplicateTargetEntries: 1 },
    samples: Array.from({ length: 5 }, () => sample),
  };

  async function postedAs(webhookFormat: 'slack' | 'teams' | 'json', appUrl?: string) {
    const webhook = await startWebhook();
    const notifier = makeNotifier({
      webhookUrl: webhook.url,
      webhookFormat,
      ...(appUrl !== undefined && { appUrl }),
      sendMail: async () => undefined,
      account: 'contoso',
      keepWarnings: async (warnings) => expect(warnings).toEqual([]),
      clock: () => new Date(),
      logger: quiet,
    });
    await notifier.send(notice);
    await webhook.close();
    return webhook.posted[0] as unknown as Record<string, unknown>;
  }

  test('Slack: text and blocks within its limits, nothing that mentions or links', async () => {
    const body = await postedAs('slack', 'https://prov.example');
    expect(Object.keys(body)).toEqual(['text', 'blocks']);
    const blocks = body['blocks'] as { type: string; text: { type: string; text: string } }[];
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'section', 'section']);
    expect(blocks[0]?.text.text.length).toBeLessThanOrEqual(150);
    for (const { text } of blocks) expect(text.text.length).toBeLessThanOrEqual(3_000);
    expect(blocks[2]?.text.text).toContain('Ann &lt;!channel&gt; [x](http://evil) &amp; Co');
    expect(blocks[2]?.text.text).toContain('and 4 more');
    expect(blocks.at(-1)?.text.text).toBe('<https://prov.example/api/console/people?show=failed|Read on in the console>');
    expect(body['text']).not.toContain('<!channel>');
    expect(String(body['text'])).not.toContain('\n');
  });

  test('Teams: an Adaptive Card in the envelope of Workflows, names as text and not as Markdown, our JSON beside it', async () => {
    const body = await postedAs('teams', 'https://prov.example');
    expect(body).toMatchObject({ type: 'message', version: 1, kind: 'failures', newFailures: 7 });
    const [attachment] = body['attachments'] as { contentType: string; content: Record<string, unknown> }[];
    expect(attachment?.contentType).toBe('application/vnd.microsoft.card.adaptive');
    expect(attachment?.content).toMatchObject({
      type: 'AdaptiveCard',
      version: '1.4',
      actions: [
        { type: 'Action.OpenUrl', title: 'Open the console', url: 'https://prov.example/api/console/people?show=failed' },
      ],
    });
    const cardBody = attachment?.content['body'] as { type: string; inlines: { text: string }[] }[];
    expect(new Set(cardBody.map(({ type }) => type))).toEqual(new Set(['RichTextBlock']));
    expect(cardBody.flatMap(({ inlines }) => inlines.map(({ text }) => text))).toContain(sample.name);
    // Teams refuses messages of more than 28 KB.
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(28_000);
  });

  test('without an address of the app a card has no button, and Slack no link: a path alone leads nowhere', async () => {
    const card = JSON.stringify(await postedAs('teams'));
    expect(card).toContain('"actions":[]');
    expect(JSON.stringify(await postedAs('slack'))).not.toContain('|Read on');
  });

  test('plain JSON carries neither', async () => {
    const body = await postedAs('json');
    expect(body).not.toHaveProperty('blocks');
    expect(body).not.toHaveProperty('attachments');
  });
});
