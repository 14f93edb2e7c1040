import type { ConfiguredApp } from '../../src/compose';
import { type SourceId, targetId } from '../../src/core/model';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import { STATUS_KEYS } from '../../src/engine/job/status-keys';
import type { PlanRow } from '../../src/ports/plan-store';
import { APP_ROLES, aLink, aUser } from '../builders/objects';
import { makeFakeAccountReports } from '../fakes/account-reports';
import type { FakeTarget } from '../fakes/target-account';
import { makeFakeTarget } from '../fakes/target-connector';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { APPROVER, OPERATOR, READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aStatusApp, guid } from '../unit/pages/status-app';

const HOSTILE = '<img src=x onerror=alert(1)>';
const AGENT = { role: 'agent' as const, customRoleId: null };

/** The console of an app whose Zendesk is in memory. */
function anApp(): { app: ConfiguredApp; target: FakeTarget } {
  const { app, deps } = aStatusApp({ ...SIGNED_IN, AGENT_SEATS: '2' });
  const target = makeFakeTarget();
  const all = { ...deps, target };
  const planning = { ...app.planning, deps: all, plans: makePlans(), shadow: makeShadow() };
  return { app: { ...app, deps: all, planning, reporting: { deps: all, reports: makeFakeAccountReports() } }, target };
}

describe('the page Accounts', () => {
  it('says that there is no report; an operator makes one, a reader cannot', async () => {
    const { app, target } = anApp();
    target.seedUser({ name: HOSTILE, email: 'x@y.example', role: AGENT });
    const failing = await visit(() => app, OPERATOR).act('accounts', 'refresh');
    expect(textOf(failing)).toContain('It could not be made');
    expect(textOf(failing)).toContain('A newer one could not be made');
    await app.deps.state.write(STATE_KEYS.application, { appRoles: [] }, '*');
    expect(textOf(await visit(() => app, READER).get('accounts'))).toContain('There is no report yet');
    expect((await visit(() => app, READER).get('accounts')).body).not.toContain('name="act" value="refresh"');
    const page = await visit(() => app, OPERATOR).act('accounts', 'refresh');
    expect(textOf(page)).toContain('The report was made.');
    expect(textOf(page)).toContain('nobody in Entra ID stands behind it');
    expect(page.body).not.toContain(HOSTILE);
    expect(page.body).toContain('&lt;img src=x');
    expect(textOf(page)).toMatch(/Seats bought\s*2/);
    const csv = await visit(() => app, READER).get('accounts/csv');
    expect([csv.status, csv.headers['content-type']]).toEqual([200, expect.stringContaining('text/csv')]);
  });

  it('a file that is not there yet is told in a page', async () => {
    const { app } = anApp();
    expect((await visit(() => app, READER).get('accounts/csv')).status).toBe(404);
  });
});

describe('a comparison with Zendesk', () => {
  it('is made by an operator, and shows what is only reported', async () => {
    const { app, target } = anApp();
    const { deps } = app;
    await deps.state.write(STATE_KEYS.application, { appRoles: APP_ROLES }, '*');
    const id = guid(5) as SourceId;
    const account = target.seedUser({
      name: 'By hand',
      email: 'ann@contoso.com',
      externalId: id,
      role: { ...AGENT, role: 'admin' },
    });
    await deps.space.writeObject(
      aUser({ id, attributes: { accountEnabled: true, displayName: HOSTILE, mail: 'ann@contoso.com' } }),
      null,
    );
    const link = aLink({ sourceId: id, targetId: account.id, settledRole: AGENT, isAgent: true });
    await deps.links.write({ type: 'user', id }, { link, claim: null }, null);
    expect((await visit(() => app, READER).get('plans')).body).not.toContain('value="compare"');
    const page = await visit(() => app, OPERATOR).act('plans', 'compare');
    expect(textOf(page)).toContain('The plan was made.');
    expect(textOf(page)).toContain('only reported role : admin in Zendesk, agent in Entra ID');
    expect(textOf(page)).toContain('The name or the address was changed in Zendesk.');
    expect(page.body).not.toContain(HOSTILE);
    expect(account.name).toBe('By hand');
  });
});

describe('group clean-up', () => {
  const [group, member] = [guid(1) as SourceId, targetId(77)];

  async function compared() {
    const { app, target } = anApp();
    const { deps, planning } = app;
    const zendesk = target.seedGroup('Sales');
    const link = aLink({ type: 'group', sourceId: group, targetId: zendesk.id });
    await deps.links.write({ type: 'group', id: group }, { link, claim: null }, null);
    const header = { planId: 'p', kind: 'drift', state: 'planned', createdAt: deps.clock().toISOString(), counts: {} } as never;
    await planning.plans.write(header, null);
    const row = {
      key: { type: 'group', id: group },
      name: HOSTILE,
      targetId: zendesk.id,
      outcome: 'skipped',
      drift: {
        codes: ['MembersForeign'],
        lastChangedAt: null,
        reported: [{ displayName: 'members', oldValue: `Bo (${member})`, newValue: null }],
      },
    } as unknown as PlanRow;
    await planning.plans.putRows('p', [row]);
    const last = {
      planId: 'p',
      startedAt: '2026-03-02T09:00:00Z',
      endedAt: '2026-03-02T09:00:00Z',
      compared: 1,
      differing: 1,
      reported: 1,
      leftOut: 0,
      isRepaired: false,
    };
    await deps.state.write(STATUS_KEYS.drift, { scheduledFrom: null, last, failed: null }, '*');
    return app;
  }

  it('nothing was compared yet', async () => {
    const { app } = anApp();
    expect(textOf(await visit(() => app, READER).get('accounts/groups'))).toContain('Nothing was compared yet');
  });

  it('lists what is left over; who may not approve sees no button', async () => {
    const app = await compared();
    const page = await visit(() => app, OPERATOR).get('accounts/groups');
    expect(textOf(page)).toContain('Member Bo');
    expect(page.body).not.toContain(HOSTILE);
    expect(page.body).not.toContain('name="act" value="remove"');
  });

  it('removes what is ticked only when its number is typed, and puts it into the queue once', async () => {
    const app = await compared();
    const approver = visit(() => app, APPROVER);
    const pick = `member ${group} ${member}`;
    expect(textOf(await approver.act('accounts/groups', 'remove', { typed: '1' }))).toContain('Nothing was selected');
    expect(textOf(await approver.act('accounts/groups', 'remove', { pick, typed: '2' }))).toContain('Nothing was done');
    expect(await app.deps.queue.approximateLength()).toBe(0);
    await approver.act('accounts/groups', 'remove', { pick, typed: '1' });
    expect(await app.deps.queue.approximateLength()).toBe(1);
    const bad = await approver.act('accounts/groups', 'remove', { pick: "member x' 1", typed: '1' });
    expect(bad.status).toBe(400);
    const [entry] = (await app.deps.log.query({}, 10)).entries.filter(({ initiatedBy }) => initiatedBy.id === APPROVER.id);
    expect(entry?.provisioningSteps[0]?.description).toBe('Groups were cleaned up.');
  });
});
